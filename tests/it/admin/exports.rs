//! Lists taken out as files: what they hold, to whom they are given, and what is told of them.

use serde_json::Value;

use crate::support::{PASSWORD, Server, browser::Browser, reply::Reply, spawn, wait};

const HOSTILE: [&str; 9] = [
    "=HYPERLINK(\"http://evil.test\",\"hi\")",
    "+49 30",
    "-1+1",
    "@SUM(A1)",
    "say \"hi\", twice",
    "\u{202e}gnp.exe",
    "🦀 crab",
    "plain",
    "'quoted'",
];

/// The cells of a CSV file, read by RFC 4180.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut signs = text.chars().peekable();
    let mut quoted = false;
    while let Some(sign) = signs.next() {
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => {
                signs.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(signs.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    assert!(!quoted && cell.is_empty() && row.is_empty(), "broken off");
    rows
}

async fn hostile_devices(server: &Server) {
    let ana = server.user("ana").await;
    for (n, name) in HOSTILE.iter().enumerate() {
        let sql = "INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at, disabled_at, disabled_reason)
                   VALUES ($1, $2, $3, 'phone', $4, $4, CASE WHEN $5 THEN $4::timestamptz END, CASE WHEN $5 THEN E'two\r\nlines' END)";
        let made = sqlx::query(sql)
            .bind(server.clock.id())
            .bind(ana.id)
            .bind(name)
            .bind(server.clock.now())
            .bind(n % 2 == 0);
        made.execute(&server.rows).await.unwrap();
    }
}

fn headers(file: &Reply, name: &str, kind: &str) {
    assert_eq!(file.header("cache-control"), "no-store");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    let disposition = format!("attachment; filename=\"{name}\"");
    assert_eq!(file.header("content-disposition"), disposition);
    assert_eq!(file.header("content-type"), kind);
}

#[tokio::test]
async fn a_file_holds_what_the_list_shows_and_no_formula() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    hostile_devices(&server).await;
    let page = desk.get("/admin/devices?status=disabled").await.expect(200);
    let links = page.text.split("href=\"/admin/export/").skip(1);
    let links: Vec<String> = links
        .map(|link| format!("/admin/export/{}", link.split('"').next().unwrap()))
        .collect();
    assert_eq!(
        links,
        [
            "/admin/export/devices.csv?status=disabled",
            "/admin/export/devices.json?status=disabled",
        ]
    );
    let file = desk.get(&links[0]).await.expect(200);
    let kind = "text/csv; charset=utf-8; header=present";
    headers(&file, "doorward-devices-2030-03-17.csv", kind);
    let rows = cells(&file.text);
    let at = |name: &str| rows[0].iter().position(|it| it == name).unwrap();
    let told: Vec<&str> = rows[1..]
        .iter()
        .map(|row| row[at("name")].as_str())
        .collect();
    // Newest first, as in the list.
    let expected = [
        "'quoted'",
        "🦀 crab",
        "say \"hi\", twice",
        "'-1+1",
        "'=HYPERLINK(\"http://evil.test\",\"hi\")",
    ];
    assert_eq!(told, expected);
    for row in &rows[1..] {
        assert_eq!(row.len(), rows[0].len());
        assert_eq!(row[at("username")], "ana");
        assert_eq!(row[at("disabled_reason")], "two\r\nlines");
    }

    let file = desk.get(&links[1]).await.expect(200);
    headers(
        &file,
        "doorward-devices-2030-03-17.json",
        "application/json",
    );
    let records = file.body.as_array().unwrap();
    let told: Vec<&str> = records
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        told,
        [HOSTILE[8], HOSTILE[6], HOSTILE[4], HOSTILE[2], HOSTILE[0]]
    );
    assert_eq!(records[0]["username"], "ana");
}

#[tokio::test]
async fn every_list_can_be_taken_out_and_none_holds_a_secret() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    let ana = server.user("ana").await;
    ana.sign_in("phone").await;
    let guess = serde_json::json!({ "username": "ana", "password": "a wild guess" });
    server.post("/login", &guess).await.expect(401);
    for (list, rows) in [("users", 2), ("devices", 1), ("tokens", 1), ("refusals", 1)] {
        let file = desk.get(&format!("/admin/export/{list}.csv")).await;
        let table = cells(&file.expect(200).text);
        assert_eq!(table.len(), rows + 1, "{list}: {table:?}");
        let file = desk.get(&format!("/admin/export/{list}.json")).await;
        let records = file.expect(200).body;
        assert_eq!(records.as_array().unwrap().len(), rows, "{list}");
        for secret in ["hash", "secret", "sealed", "argon2", PASSWORD] {
            let text = records.to_string();
            assert!(!text.contains(secret), "{secret} in {list}: {text}");
        }
    }
    let file = desk
        .get("/admin/export/audit.csv?action=user.created")
        .await;
    let table = cells(&file.expect(200).text);
    assert_eq!(table.len(), 3, "{table:?}");
    // None there is none of, and that is a file too.
    let file = desk.get("/admin/export/users.json?role=support").await;
    assert_eq!(file.expect(200).text, "[\n]\n");
}

#[tokio::test]
async fn a_file_is_given_to_whoever_may_read_the_list_and_is_told_of() {
    let server = spawn().await;
    let path = "/admin/export/users.csv?query=Ana@Example.com&status=active";
    let mut nobody = Browser::new(&server);
    let answer = nobody.get(path).await.expect(303);
    assert!(answer.header("location").starts_with("/admin/login?next="));
    assert!(
        !server
            .actions()
            .await
            .iter()
            .any(|it| it.contains("export"))
    );

    let mut desk = server.browser("boss", &["auditor"]).await;
    desk.get(path).await.expect(200);
    let told = exported(&server, 1).await;
    let begun = server.events().await;
    let begun = begun
        .iter()
        .find(|event| event["action"] == "server.export_begun")
        .unwrap();
    assert_eq!(begun["details"]["list"], "users");
    assert_eq!(begun["actor_id"], told[0]["actor_id"]);
    let details = &told[0]["details"];
    assert_eq!(details["rows"], 0);
    assert_eq!(
        (&details["complete"], &details["format"]),
        (&true.into(), &"csv".into())
    );
    // Whom somebody looked for is a name, which the audit log does not hold.
    assert_eq!(
        details["filters"],
        serde_json::json!(["query", "status=active"])
    );
    let page = desk.get("/admin/audit?action=server.exported").await;
    assert!(page.expect(200).text.contains("query, status=active"));
}

/// The events of exports that are over, once there are so many.
async fn exported(server: &Server, many: usize) -> Vec<Value> {
    wait::until("the audit log is told", async || {
        let mut events = server.events().await;
        events.retain(|event| event["action"] == "server.exported");
        (events.len() >= many).then_some(events)
    })
    .await
}

async fn many_users(server: &Server) {
    let sql = "INSERT INTO users (id, username, created_at, disabled_at, disabled_reason)
               SELECT gen_random_uuid(), 'many' || lpad(n::text, 6, '0'), now(), now(), repeat('why ', 120)
               FROM generate_series(1, 20000) AS n";
    server.execute(sql).await;
}

#[tokio::test]
async fn a_long_list_is_taken_out_as_it_is_read() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    many_users(&server).await;
    let file = desk
        .get("/admin/export/users.csv?query=many")
        .await
        .expect(200);
    assert_eq!(
        file.header("content-length"),
        "",
        "nobody knows how long it is"
    );
    let rows = cells(&file.text);
    assert_eq!(rows.len(), 20_001);
    assert!(rows[1..].is_sorted_by(|a, b| a[1] < b[1]));
    let told = exported(&server, 1).await;
    assert_eq!(told[0]["details"]["rows"], 20_000);

    // Whoever goes away stops the work.
    let request = desk.request("GET", "/admin/export/users.json?query=many");
    let mut response = request.send().await.unwrap();
    assert!(response.chunk().await.unwrap().unwrap().starts_with(b"["));
    drop(response);
    let told = exported(&server, 2).await;
    let details = &told[1]["details"];
    assert_eq!(details["complete"], false, "{details}");
    assert!(details["rows"].as_u64().unwrap() < 20_000, "{details}");
}

#[tokio::test]
async fn an_export_does_not_outlive_the_role() {
    let server = spawn().await;
    let desk = server.browser("boss", &["auditor"]).await;
    many_users(&server).await;
    let request = desk.request("GET", "/admin/export/users.csv?query=many");
    let mut response = request.send().await.unwrap();
    let mut text = response.chunk().await.unwrap().unwrap().to_vec();
    let boss: doorward::ids::UserId = server
        .scalar("SELECT id FROM users WHERE username = 'boss'")
        .await;
    let changes = doorward::domain::users::Changes {
        username: None,
        email: None,
        roles: Some(&[]),
    };
    doorward::domain::users::change(&server.app, &server.operator(), boss, &changes)
        .await
        .unwrap();
    while let Some(piece) = response.chunk().await.unwrap() {
        text.extend(piece);
    }
    let text = String::from_utf8(text).unwrap();
    assert!(text.ends_with("This export is not complete. Repeat it.\r\n"));
    let told = exported(&server, 1).await;
    assert_eq!(told[0]["details"]["complete"], false);
}
