//! The first page: how much happens, how refreshing goes, how Doorward is.

use std::time::Duration;

use doorward::domain::rollups;
use serde_json::json;

use crate::support::{Server, browser::Browser, spawn, spawn_with};

/// The page, once what has happened is written.
async fn overview(desk: &mut Browser<'_>, span: &str) -> String {
    rollups::write(&desk.server.app).await.unwrap();
    let page = desk.get(&format!("/admin?span={span}")).await.expect(200);
    page.text
}

/// A page, with times as mere words within theirs.
pub fn untimed(html: &str) -> String {
    let mut parts = html.split("<time ");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('>').unwrap().1);
    }
    plain.replace("</time>", "")
}

/// The words of a page without its tags.
pub fn words(html: &str) -> String {
    let html = untimed(html);
    let mut words = String::new();
    for part in html.split('<').skip(1) {
        let text = part.split_once('>').map_or("", |(_, text)| text);
        words.extend([text.trim(), " "]);
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A chart, from its heading to its end.
fn chart<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, after) = page.split_once(&format!("<h3 id=\"{id}\">")).unwrap();
    after.split("</section>").next().unwrap()
}

/// How high the chart's bars are.
fn heights(chart: &str) -> Vec<i64> {
    let (_, drawn) = chart.split_once("<svg ").unwrap_or_default();
    let drawn = drawn.split("</svg>").next().unwrap_or_default();
    let bars = drawn.split("<rect ").skip(1);
    bars.map(|bar| {
        let (_, height) = bar.split_once(" height=\"").unwrap();
        height.split('"').next().unwrap().parse().unwrap()
    })
    .collect()
}

/// What the chart's table says, cell by cell, without those in which nothing happened.
fn cells(chart: &str) -> Vec<String> {
    let cells_of = |line: &str, tag: &str| -> Vec<String> {
        let cells = line.split(tag).skip(1);
        cells.map(|cell| words(&format!("{tag}{cell}"))).collect()
    };
    let (head, body) = chart.split_once("<tbody>").unwrap();
    let columns = cells_of(head.split("<thead>").nth(1).unwrap(), "<th ");
    let lines = body.split("<tr>").skip(1).flat_map(|line| {
        let cells = cells_of(line, "<td");
        assert_eq!(cells.len(), columns.len());
        let numbers = columns[1..].iter().zip(cells[1..].to_vec());
        let numbers = numbers.filter(|(_, number)| number != "0");
        let said = numbers.map(|(column, number)| format!("{}, {column}: {number}", cells[0]));
        said.collect::<Vec<_>>()
    });
    lines.collect()
}

/// Rows as servers would have written them, one minute a time before now.
async fn put(server: &Server, rows: &[(i32, &str, &str, &str, i64)]) {
    for (ago, kind, reason, client, n) in rows {
        let sql = "INSERT INTO rollups (slot, begins_at, kind, reason, client_id, n)
                   VALUES ('minute', date_trunc('minute', $1 - $2 * interval '1 minute', 'UTC'), $3, $4, $5, $6)";
        let row = sqlx::query(sql).bind(server.clock.now()).bind(ago);
        let row = row.bind(kind).bind(reason).bind(client).bind(n);
        row.execute(&server.rows).await.unwrap();
    }
}

#[tokio::test]
async fn what_happens_is_on_the_page_and_a_reuse_is_an_alarm() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    let page = words(&overview(&mut desk, "hour").await);
    assert!(
        page.contains("No refused sign-ins in the last hour"),
        "{page}"
    );
    assert!(page.contains("No reuse alarms in the last hour If a refresh token is used"));
    assert!(page.contains("No refreshes asked for in the last hour."));
    assert!(page.contains("Next rotation not by itself"), "{page}");

    let mut phone = server.user("ana").await.sign_in("phone").await;
    let first = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    phone.present(&first).await.expect(200);
    phone.refresh().await.expect(200);
    phone.present(&first).await.expect(400);
    let guess = json!({ "username": "ana", "password": "a wild guess" });
    server.post("/login", &guess).await.expect(401);

    let html = overview(&mut desk, "hour").await;
    let page = words(&html);
    for told in [
        "2 sign-ins in the last hour Most at 17:46: 2.",
        "1 refused sign-in in the last hour",
        "3 answered refreshes in the last hour",
        "1 reuse alarm in the last hour",
        "4 refreshes asked for in the last hour.",
        "rotated 2 50.0 %",
        "answered again, after a lost answer 1 25.0 %",
        "reuse: the sign-in has ended 1 25.0 %",
        "first-party 4 2 (50.0 %) 1 (25.0 %) 1 (25.0 %) 0 (0 %)",
    ] {
        assert!(page.contains(told), "{told} in {page}");
    }
    assert_eq!(
        cells(chart(&html, "sign-ins-refused")),
        ["17:46, wrong username or password: 1"]
    );
    assert!(chart(&html, "reuse").contains("class=\"alarm\""));

    // An hour later the minutes are past, the hours are not.
    server.advance(3_600);
    let mut desk = Browser::new(&server);
    desk.try_sign_in("boss", crate::support::PASSWORD)
        .await
        .expect(303);
    let page = words(&overview(&mut desk, "hour").await);
    assert!(page.contains("No reuse alarms in the last hour"), "{page}");
    let page = words(&overview(&mut desk, "day").await);
    assert!(
        page.contains("1 reuse alarm in the last 24 hours Most at 17 Mar 17:00: 1."),
        "{page}"
    );
    let page = words(&overview(&mut desk, "month").await);
    assert!(
        page.contains("1 reuse alarm in the last 30 days Most at 17 Mar: 1."),
        "{page}"
    );
}

#[tokio::test]
async fn the_bars_and_the_table_say_the_same() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    put(
        &server,
        &[
            (59, "refresh_refused", "token_ended", "first-party", 500),
            (30, "refresh_refused", "token_ended", "first-party", 300),
            (30, "refresh_refused", "token_ended", "store-app", 100),
            (30, "refresh_refused", "unknown_token", "", 250),
            (10, "refresh_refused", "token_expired", "store-app", 1),
            // Out of the hour.
            (60, "refresh_refused", "token_ended", "first-party", 7_000),
        ],
    )
    .await;
    let html = overview(&mut desk, "hour").await;
    let refused = chart(&html, "refreshes-refused");
    let said = [
        "16:47, token ended: 500",
        "17:16, token ended: 400",
        "17:16, no token of ours, or an outdated one: 250",
        "17:36, token expired: 1",
    ];
    assert_eq!(cells(refused), said);
    assert_eq!(heights(refused), [500, 400, 250, 14]);
    let page = words(refused);
    assert!(
        page.starts_with("in the last hour Most at 17:16: 650. 1,000 "),
        "{page}"
    );
    assert!(refused.starts_with("1,151 refused refreshes"));
    assert!(
        page.contains("16:47 17:17 17:46 UTC token ended : 900"),
        "{page}"
    );
    // For each client as well, with its causes.
    let page = words(&html);
    assert!(page.contains(
        "store-app 101 0 (0 %) 0 (0 %) 0 (0 %) 101 (100 %) token ended: 100, token expired: 1"
    ));
    assert!(page.contains("refused: token ended 900 78.2 %"), "{page}");
}

#[tokio::test]
async fn a_client_with_alarms_is_on_top_and_whatever_is_in_the_rows_is_text() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let hostile = "<script>alert(1)</script>\"'\u{202e}";
    let clients: Vec<String> = (0..20).map(|n| format!("client-{n:02}")).collect();
    for client in &clients {
        put(&server, &[(1, "refreshed", "", client, 50)]).await;
    }
    put(
        &server,
        &[
            (1, "refreshed", "", hostile, 10),
            (1, "reused", "", hostile, 1),
            (1, "refresh_refused", hostile, hostile, 1),
            (1, "sign_in_refused", hostile, hostile, 1),
            (1, "of_a_newer_server", "", "first-party", 1),
            (-90, "refreshed", "", "of-the-future", 1),
        ],
    )
    .await;
    let html = overview(&mut desk, "hour").await;
    assert!(!html.contains("<script>") && !html.contains("of-the-future"));
    let (_, clients) = html.split_once("By client").unwrap();
    let (_, first) = clients.split_once("data-label=\"Client\"><bdi>").unwrap();
    assert!(first.starts_with("&#60;script&#62;alert(1)"), "{first}");
    assert_eq!(clients.matches("data-label=\"Client\"").count(), 10);
}

#[tokio::test]
async fn it_says_how_doorward_is() {
    let server = spawn_with(|config| config.signing_key_rotation = Duration::from_hours(24)).await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let page = words(&overview(&mut desk, "hour").await);
    let (_, health) = page.split_once(" Health ").unwrap();
    assert!(health.contains("Migrations up to date"), "{health}");
    assert!(health.contains("made 2030-03-17 17:46 UTC"), "{health}");
    assert!(
        health.contains("Next rotation 2030-03-18 17:46 UTC"),
        "{health}"
    );
    let (_, answer) = health.split_once("Answers within ").unwrap();
    let milliseconds = answer.split(' ').next().unwrap();
    assert!(milliseconds.parse::<f64>().unwrap() < 5_000.0);
}
