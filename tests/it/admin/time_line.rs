//! A user's page tells by device what happened and what was refused.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::overview::words;
use crate::support::{PASSWORD, Server, User, browser::Browser, phone::Phone, reply::Reply, spawn};

const FIREFOX: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0";

/// Sends something from an address, with a program.
async fn from(server: &Server, path: &str, body: &Value, address: &str, agent: &str) -> Reply {
    let request = server.request("POST", path).json(body);
    let request = request.header("X-Forwarded-For", address);
    Reply::of(request.header("User-Agent", agent)).await
}

/// The page about a user, in words, and each group of the time line.
struct Told {
    html: String,
    groups: Vec<(String, Vec<String>)>,
}

async fn look(desk: &mut Browser<'_>, path: &str) -> Told {
    let page = desk.get(path).await.expect(200);
    let (_, after) = page.text.split_once("id=\"time-line\"").unwrap();
    let line = after.split("</section>").next().unwrap();
    let groups = line.split("<div class=\"group\"").skip(1).map(|group| {
        let (heading, table) = group.split_once("</h3>").unwrap();
        let rows = table.split("<tr>").skip(2);
        (
            words(heading),
            rows.map(|row| words(&format!("<tr>{row}"))).collect(),
        )
    });
    Told {
        groups: groups.collect(),
        html: page.text.clone(),
    }
}

impl Told {
    fn group(&self, name: &str) -> &[String] {
        let found = self.groups.iter().find(|(heading, _)| heading == name);
        &found
            .unwrap_or_else(|| panic!("{name}: {:?}", self.groups))
            .1
    }

    /// The sheet of a device.
    fn sheet(&self, name: &str) -> String {
        let sheets = self.html.split("<article class=\"sheet\"").skip(1);
        let mut own = sheets.filter(|sheet| sheet.contains(&format!(">\n<h3><bdi>{name}</bdi>")));
        words(own.next().unwrap())
    }
}

/// A guess, a sign-in on a phone and one on a tablet, refreshes, an answer that is given again; and the phone is
/// disabled, tried in vain and enabled.
async fn a_day<'a>(ana: &User<'a>, desk: &mut Browser<'_>) -> Phone<'a> {
    let server = ana.server;
    let body = |password: &str| {
        let device = json!({ "name": "phone", "kind": "phone" });
        json!({ "username": "ana", "password": password, "device": device })
    };
    from(
        server,
        "/login",
        &body("a wild guess"),
        "203.0.113.9",
        "curl/8.5.0",
    )
    .await;
    server.advance(60);
    let signed_in = from(server, "/login", &body(PASSWORD), "198.51.100.7", FIREFOX).await;
    let phone = Phone::from_answer(server, ana.id, &signed_in.expect(200));
    let mut tablet = ana.sign_in("tablet").await;
    server.advance(60);

    // Refreshes are counted, an answer that is given again apart from them.
    let first = json!({ "refresh_token": phone.refresh_token });
    let answer = from(server, "/token", &first, "198.51.100.8", FIREFOX)
        .await
        .expect(200);
    let next = json!({ "refresh_token": answer.str("refresh_token") });
    server.advance(60);
    let agent = "AcmeShop/7.1 (Android 14; Pixel 8)";
    let answer = from(server, "/token", &next, "198.51.100.9", agent)
        .await
        .expect(200);
    server.advance(5);
    let again = from(server, "/token", &next, "198.51.100.10", agent)
        .await
        .expect(200);
    assert_eq!(again.str("refresh_token"), answer.str("refresh_token"));
    tablet.refresh().await.expect(200);

    server.advance(60);
    let path = format!("/admin/devices/{}", phone.device_id);
    let stolen = [("reason", "stolen"), ("lasts", "hour")];
    desk.post(&format!("{path}/disable"), &stolen)
        .await
        .expect(303);
    let now = json!({ "refresh_token": answer.str("refresh_token") });
    from(server, "/token", &now, "192.0.2.66", "curl/8.5.0")
        .await
        .expect(400);
    let found = [("reason", "found")];
    desk.post(&format!("{path}/enable"), &found)
        .await
        .expect(303);
    tablet
}

#[tokio::test]
async fn each_device_has_what_happened_on_it_newest_first() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    ben.sign_in("Ben's phone").await;
    let tablet = a_day(&ana, &mut desk).await;
    let user = format!("/admin/users/{}", ana.id);
    let told = look(&mut desk, &user).await;
    let headings: Vec<&str> = told.groups.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(headings, ["phone", "tablet", "The user as a whole"]);
    let lines: Vec<&str> = told
        .group("phone")
        .iter()
        .map(|line| line.split_once(" UTC ").unwrap().1)
        .collect();
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(
        lines[0].starts_with("device enabled by boss (admin) : found"),
        "{}",
        lines[0]
    );
    assert_eq!(
        lines[1],
        "refresh refused: device disabled 1 time so far ; why was it refused? 192.0.2.66 curl 8.5.0"
    );
    assert!(
        lines[2].starts_with("device disabled by boss (admin) : stolen until 2030-03-17 18:"),
        "{}",
        lines[2]
    );
    assert_eq!(
        lines[3],
        "user signed in client id first-party, new device 198.51.100.7 Firefox 131 on Windows"
    );
    let lines = told.group("The user as a whole");
    assert!(lines[0].contains(
        "refused: wrong username or password 1 time so far ; why was it refused? 203.0.113.9"
    ));
    assert!(lines[1].contains("user created by operator"));
    assert!(
        !told.html.contains("Ben&#39;s phone"),
        "that was somebody else"
    );

    // To the second, and exact for whoever wants it.
    let at = server.clock.now();
    let exact =
        at.format("<time datetime=\"%Y-%m-%dT%H:%M:%S%.3fZ\" title=\"%Y-%m-%d %H:%M:%S%.3f UTC\">");
    assert!(told.html.contains(&exact.to_string()), "{exact}");
    let last = at - chrono::TimeDelta::seconds(60);
    let refreshes = format!(
        "2 refreshes, last at {} from 198.51.100.10 with AcmeShop 7.1 on Android ; 1 lost answer given again.",
        last.format("%Y-%m-%d %H:%M:%S UTC")
    );
    assert!(
        told.sheet("phone").contains(&refreshes),
        "{refreshes}: {}",
        told.sheet("phone")
    );
    assert!(told.sheet("tablet").contains("1 refresh, last at "));

    // One device alone.
    let told = look(&mut desk, &format!("{user}?device={}", tablet.device_id)).await;
    assert_eq!(told.groups.len(), 1);
    assert_eq!(told.group("tablet").len(), 1);
}

#[tokio::test]
async fn what_happened_to_a_token_stands_at_its_device_while_the_token_is_kept() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let path = format!("/admin/tokens/{}/end", phone.grant_id());
    desk.post(&path, &[("reason", "odd")]).await.expect(303);
    let user = format!("/admin/users/{}", ana.id);
    let told = look(&mut desk, &user).await;
    assert!(told.group("phone")[0].contains("token ended by boss (admin) : odd ended 1"));
    assert!(
        told.sheet("phone").contains("No refreshes."),
        "{}",
        told.sheet("phone")
    );
    server.execute("DELETE FROM refresh_tokens").await;
    let told = look(&mut desk, &user).await;
    assert!(told.group("The user as a whole")[0].contains("token ended"));
    assert!(told.group("phone")[0].contains("user signed in"));
    // And the device: what happened on it stays.
    server.execute("DELETE FROM devices").await;
    let told = look(&mut desk, &user).await;
    assert!(told.group("A device that is gone")[0].contains("user signed in"));
}

#[tokio::test]
async fn a_long_time_line_goes_on_by_cursor_and_loses_nothing() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    server.advance(10);
    ana.sign_in("tablet").await;
    // Events and refusals in turns.
    for n in 0..60 {
        server.advance(10);
        let body = json!({
            "username": "ana", "password": PASSWORD, "device": { "token": phone.device_token },
        });
        let answer = server.post("/login", &body).await.expect(200);
        if n % 4 == 0 {
            phone.refresh().await.expect(400);
        }
        phone.store(&answer);
    }
    for (path, lines) in [
        (format!("/admin/users/{}", ana.id), 60 + 15 + 3),
        (
            format!("/admin/users/{}?device={}", ana.id, phone.device_id),
            60 + 15 + 1,
        ),
    ] {
        let (mut next, mut seen, mut pages) = (path, Vec::new(), 0);
        loop {
            let told = look(&mut desk, &next).await;
            pages += 1;
            let found: Vec<String> = told
                .groups
                .into_iter()
                .flat_map(|(_, lines)| lines)
                .collect();
            let times = found
                .iter()
                .filter(|line| line.contains("signed in") || line.contains("refresh refused"));
            let times: Vec<&String> = times.collect();
            assert!(times.len() > 1 && found.len() <= 50);
            seen.extend(found);
            let (_, line) = told.html.split_once("id=\"time-line\"").unwrap();
            let line = line.split("</section>").next().unwrap();
            let Some((before, _)) = line.split_once("\" rel=\"next\"") else {
                break;
            };
            next = before
                .rsplit("href=\"")
                .next()
                .unwrap()
                .replace("&#38;", "&");
        }
        assert_eq!((seen.len(), pages), (lines, 2));
        assert_eq!(
            seen.iter().collect::<BTreeSet<_>>().len(),
            lines,
            "{seen:#?}"
        );
    }
    let page = desk
        .get(&format!("/admin/users/{}?events=%25", ana.id))
        .await;
    assert_eq!(page.status, 400);
}
