//! The lists narrowed down, sorted, and read forth and back.

use std::collections::BTreeSet;

use crate::support::{Server, browser::Browser, spawn};

/// The texts of a column, from top to bottom.
fn column(page: &str, label: &str) -> Vec<String> {
    let sign = format!("<td data-label=\"{label}\"");
    let cells = page.split(&sign).skip(1);
    let cells = cells.map(|cell| cell.split("<bdi>").nth(1).unwrap());
    cells
        .map(|cell| cell.split('<').next().unwrap().to_owned())
        .collect()
}

/// Where a link leads that a page has with these words.
fn link(page: &str, words: &str) -> Option<String> {
    let (before, _) = page.split_once(&format!(">{words}</a>"))?;
    let path = before.rsplit("href=\"").next()?.split('"').next()?;
    Some(path.replace("&#38;", "&"))
}

/// Users with devices, tokens and refusals; their names tell the number, and all of it is younger with each.
async fn crowd(server: &Server, many: i32) {
    for sql in [
        "INSERT INTO users (id, username, created_at)
         SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid, 'u' || lpad(n::text, 3, '0'),
                $1::timestamptz + make_interval(mins => n) FROM generate_series(1, $2) AS n",
        "INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
         SELECT id, id, 'd' || substr(username, 2), 'phone', created_at, created_at FROM users WHERE username ~ '^u[0-9]'
             AND $2 > 0 AND $1 IS NOT NULL",
        "INSERT INTO refresh_tokens (id, user_id, device_id, client_id, created_at, absolute_expires_at, expires_at,
                                     last_used_at, secret_hash)
         SELECT id, id, id, 'first-party', created_at, created_at + '90 days', created_at + '30 days', created_at,
                sha256(uuid_send(id)) FROM users WHERE username ~ '^u[0-9]' AND $2 > 0 AND $1 IS NOT NULL",
    ] {
        let made = sqlx::query(sql).bind(server.clock.now()).bind(many);
        made.execute(&server.rows).await.unwrap();
    }
}

async fn names(desk: &mut Browser<'_>, path: &str, label: &str) -> Vec<String> {
    let page = desk.get(path).await.expect(200);
    column(&page.text, label)
}

#[tokio::test]
async fn a_list_is_read_forth_and_back_while_rows_come_and_go() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    crowd(&server, 180).await;
    for (path, label, sign) in [
        ("/admin/users?query=u", "Username", 'u'),
        ("/admin/devices", "Device", 'd'),
        ("/admin/devices?sort=signed_in", "Device", 'd'),
        ("/admin/devices?kind=phone&sort=-signed_in", "Device", 'd'),
        ("/admin/tokens", "User", 'u'),
        ("/admin/tokens?status=live", "User", 'u'),
        ("/admin/tokens?client=first-party", "User", 'u'),
    ] {
        let (mut forth, mut back) = (Vec::new(), Vec::new());
        let mut at = path.to_owned();
        let mut trail = Vec::new();
        loop {
            let page = desk.get(&at).await.expect(200);
            forth.extend(column(&page.text, label));
            trail.push(page.text.clone());
            // What comes or goes on pages that were read must not move those that were not.
            let gone = forth[forth.len() - 40].clone();
            let sql = "UPDATE users SET username = 'gone-' || username WHERE username = $1";
            let gone = format!("u{}", gone.trim_start_matches(sign));
            let done = sqlx::query(sql).bind(&gone).execute(&server.rows);
            done.await.unwrap();
            let Some(next) = link(&page.text, "Next page") else {
                break;
            };
            at = next;
        }
        let unique: BTreeSet<&String> = forth.iter().collect();
        assert_eq!((forth.len(), unique.len()), (180, 180), "{path}");
        assert_eq!(trail.len(), 4, "{path}");
        assert_eq!(link(&trail[0], "Previous page"), None);
        assert_eq!(link(&trail[3], "Last page"), None);

        let end = link(&trail[0], "Last page").unwrap();
        let mut at = end;
        loop {
            let page = desk.get(&at).await.expect(200);
            let mut rows = column(&page.text, label);
            rows.append(&mut back);
            back = rows;
            let Some(previous) = link(&page.text, "Previous page") else {
                break;
            };
            at = previous;
        }
        let unique: BTreeSet<&String> = back.iter().collect();
        assert_eq!(unique.len(), back.len(), "{path}: none doubled");
        // By name, whoever is called another way now has left the list.
        let kept: Vec<&String> = if label == "Username" {
            forth.iter().filter(|name| back.contains(name)).collect()
        } else {
            forth.iter().collect()
        };
        if label == "Device" {
            assert!(back.iter().eq(kept), "{path}");
        } else {
            let renamed = back.iter().map(|name| name.trim_start_matches("gone-"));
            assert!(renamed.eq(kept.iter().map(|name| name.as_str())), "{path}");
        }
        let done = "UPDATE users SET username = replace(username, 'gone-', '') WHERE username LIKE 'gone-%'";
        server.execute(done).await;
    }
}

#[tokio::test]
async fn rows_that_come_or_go_beside_a_page_are_not_doubled_on_the_way_back() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    crowd(&server, 120).await;
    let first = desk.get("/admin/devices").await.expect(200);
    assert_eq!(column(&first.text, "Device")[0], "d120");
    let second = desk.get(&link(&first.text, "Next page").unwrap()).await;
    assert_eq!(column(&second.text, "Device")[0], "d070");
    // Three new ones, and the one that the way back is reckoned from is gone.
    crowd_more(&server).await;
    server
        .execute("DELETE FROM devices WHERE name IN ('d070', 'd071')")
        .await;
    let back = link(&second.text, "Previous page").unwrap();
    let page = desk.get(&back).await.expect(200);
    let rows = column(&page.text, "Device");
    assert_eq!((rows.len(), rows[0].as_str()), (50, "d121"), "{rows:?}");
    assert_eq!(rows[49], "d072");
    let page = desk.get(&link(&page.text, "Previous page").unwrap()).await;
    assert_eq!(column(&page.text, "Device"), ["d123", "d122"]);
    assert_eq!(link(&page.text, "Previous page"), None);
    let page = desk.get(&link(&page.text, "Next page").unwrap()).await;
    assert_eq!(column(&page.text, "Device")[0], "d121");
}

async fn crowd_more(server: &Server) {
    let sql = "INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
               SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid,
                      (SELECT id FROM users WHERE username = 'u001'), 'd' || n, 'phone', now(), now()
               FROM generate_series(121, 123) AS n";
    server.execute(sql).await;
}

#[tokio::test]
async fn users_are_narrowed_down_by_state_and_role_and_sorted_by_name_and_age() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    crowd(&server, 4).await;
    for sql in [
        "UPDATE users SET disabled_at = created_at WHERE username IN ('u002', 'u003')",
        "UPDATE users SET roles = '{support}' WHERE username IN ('u003', 'u004')",
        "UPDATE users SET username = 'a-' || username WHERE username = 'u004'",
    ] {
        server.execute(sql).await;
    }
    // The administrator's id is a real one, and so the youngest.
    for (asked, found) in [
        ("", "a-u004 boss u001 u002 u003"),
        ("?status=active", "a-u004 boss u001"),
        ("?status=disabled", "u002 u003"),
        ("?role=support", "a-u004 u003"),
        ("?role=support&status=disabled", "u003"),
        ("?role=auditor", ""),
        ("?query=U&role=support", "u003"),
        ("?sort=-name", "u003 u002 u001 boss a-u004"),
        ("?sort=created", "u001 u002 u003 a-u004 boss"),
        ("?sort=-created", "boss a-u004 u003 u002 u001"),
        ("?sort=-created&status=disabled", "u003 u002"),
        ("?sort=created&role=support&status=active", "a-u004"),
        ("?sort=-created&query=u", "u001 u002 u003"),
        (
            "?sort=nonsense&status=&role=king",
            "a-u004 boss u001 u002 u003",
        ),
    ] {
        let path = format!("/admin/users{asked}");
        let names = names(&mut desk, &path, "Username").await;
        assert_eq!(names.join(" "), found, "{asked}");
    }
    let page = desk.get("/admin/users?status=active&sort=-created").await;
    let sorted = "<th scope=\"col\" aria-sort=\"descending\"><a href=\"/admin/users?status=active&#38;sort=created\">Created</a>";
    assert!(page.text.contains(sorted), "{}", page.text);
    assert_eq!(page.text.matches("aria-sort").count(), 1);
    let by_name = link(&page.text, "Username").unwrap();
    assert_eq!(by_name, "/admin/users?status=active&sort=name");
    let page = desk.get("/admin/users?query=u").await;
    assert_eq!(link(&page.text, "Created"), None, "no index has both");
}

#[tokio::test]
async fn devices_are_narrowed_down_by_state_kind_and_last_sign_in() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    crowd(&server, 4).await;
    for sql in [
        "UPDATE devices SET kind = 'watch' WHERE name IN ('d002', 'd003')",
        "UPDATE devices SET disabled_at = created_at WHERE name IN ('d003', 'd004')",
        "UPDATE devices SET last_used_at = '2030-01-01T12:00Z' WHERE name = 'd003'",
        "UPDATE devices SET last_used_at = '2030-01-01T11:00Z' WHERE name = 'd002'",
    ] {
        server.execute(sql).await;
    }
    for (asked, found) in [
        ("", "d004 d003 d002 d001"),
        ("?sort=created", "d001 d002 d003 d004"),
        ("?status=active", "d002 d001"),
        ("?status=disabled", "d004 d003"),
        ("?kind=watch", "d003 d002"),
        ("?kind=Watch", ""),
        ("?kind=watch&status=disabled", "d003"),
        ("?kind=watch&status=active&sort=created", "d002"),
        ("?sort=signed_in", "d002 d003 d001 d004"),
        ("?sort=-signed_in", "d004 d001 d003 d002"),
        ("?not_since=2030-01-01T12:01", "d003 d002"),
        ("?not_since=2030-01-01T12:00", "d002"),
        ("?not_since=2030-01-01T12:01&status=disabled", "d003"),
        (
            "?not_since=2031-01-01T00:00&kind=phone&sort=signed_in",
            "d001 d004",
        ),
    ] {
        let path = format!("/admin/devices{asked}");
        let names = names(&mut desk, &path, "Device").await;
        assert_eq!(names.join(" "), found, "{asked}");
    }
    let long = "x".repeat(33);
    for (asked, field) in [
        ("not_since=yesterday".to_owned(), "not_since"),
        (format!("kind={long}"), "kind"),
    ] {
        let page = desk.get(&format!("/admin/devices?{asked}")).await;
        let page = page.expect(422);
        assert!(page.text.contains(&format!("id=\"{field}-fault\"")));
        assert!(!page.text.contains("/admin/export/"), "nothing to take out");
    }
}

#[tokio::test]
async fn tokens_are_narrowed_down_by_state_and_client() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    server.client("ledger-app", true).await;
    crowd(&server, 6).await;
    for sql in [
        "UPDATE refresh_tokens SET ended_at = created_at, ended_reason = 'logout'
         WHERE user_id = (SELECT id FROM users WHERE username = 'u001')",
        "UPDATE refresh_tokens SET expires_at = created_at - '1 day'::interval
         WHERE user_id = (SELECT id FROM users WHERE username = 'u002')",
        "UPDATE refresh_tokens SET disabled_at = created_at, client_id = 'ledger-app'
         WHERE user_id = (SELECT id FROM users WHERE username = 'u003')",
        "UPDATE refresh_tokens SET client_id = 'ledger-app'
         WHERE user_id = (SELECT id FROM users WHERE username = 'u004')",
        "UPDATE refresh_tokens SET expires_at = created_at + '40 days'
         WHERE user_id = (SELECT id FROM users WHERE username = 'u005')",
        "UPDATE refresh_tokens SET expires_at = created_at - '1 second'::interval - '6 minutes'::interval
         WHERE user_id = (SELECT id FROM users WHERE username = 'u006')",
    ] {
        server.execute(sql).await;
    }
    for (asked, found) in [
        ("", "u006 u005 u004 u003 u002 u001"),
        ("?status=live", "u005 u004"),
        ("?status=expired", "u006 u002"),
        ("?status=ended", "u001"),
        ("?status=disabled", "u003"),
        ("?client=ledger-app", "u004 u003"),
        ("?client=ledger-app&status=disabled", "u003"),
        ("?client=first-party&status=disabled", ""),
        ("?client=nobody", ""),
    ] {
        let path = format!("/admin/tokens{asked}");
        let names = names(&mut desk, &path, "User").await;
        assert_eq!(names.join(" "), found, "{asked}");
    }
    for asked in ["client=No%20id", "client=ledger-app&status=ended"] {
        let page = desk.get(&format!("/admin/tokens?{asked}")).await;
        assert!(page.expect(422).text.contains("client-fault"));
    }
}

#[tokio::test]
async fn refusals_are_narrowed_down_by_reason_and_time() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    let ana = server.user("ana").await;
    let guess = serde_json::json!({ "username": "ana", "password": "a wild guess" });
    server.post("/login", &guess).await.expect(401);
    server.advance(600);
    let disable = format!("/admin/users/{}/disable", ana.id);
    desk.get("/admin").await;
    desk.post(&disable, &[]).await;
    let rows: Vec<String> = sqlx::query_scalar("SELECT reason FROM refusals ORDER BY id")
        .fetch_all(&server.rows)
        .await
        .unwrap();
    assert_eq!(rows[0], "bad_credentials");
    assert_eq!(rows.len(), 2);
    let half = (server.clock.now() - chrono::TimeDelta::minutes(5)).format("%Y-%m-%dT%H:%M");
    for (asked, found) in [
        (String::new(), 2),
        ("?reason=bad_credentials".to_owned(), 1),
        ("?reason=token_reused".to_owned(), 0),
        ("?reason=nonsense".to_owned(), 2),
        (format!("?since={half}"), 1),
        (format!("?until={half}"), 1),
        (format!("?reason=bad_credentials&since={half}"), 0),
    ] {
        let page = desk.get(&format!("/admin/refusals{asked}")).await;
        let rows = page.expect(200).text.matches("data-label=\"Why\"").count();
        assert_eq!(rows, found, "{asked}");
    }
    let page = desk.get("/admin/refusals?until=x").await.expect(422);
    assert!(page.text.contains("until-fault"));
}

#[tokio::test]
async fn events_are_narrowed_down_by_address() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    let ana = server.user("ana").await;
    for address in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7"] {
        let body = serde_json::json!({
            "username": ana.name, "password": crate::support::PASSWORD, "device": { "name": "phone" },
        });
        let request = server.request("POST", "/login").json(&body);
        let answer = request.header("X-Forwarded-For", address).send().await;
        assert_eq!(answer.unwrap().status(), 200);
    }
    for (asked, found) in [
        ("?address=192.0.2.7", 2),
        // However it is written.
        ("?address=%20::ffff:192.0.2.7", 2),
        ("?address=2001:DB8:0::7", 1),
        ("?address=192.0.2.8", 0),
        ("?address=192.0.2.7&action=user.signed_in", 2),
        ("?address=192.0.2.7&action=user.created", 0),
        ("?address=192.0.2.7&actor=ana", 2),
        ("?address=192.0.2.7&actor=boss", 0),
        ("?address=2001:db8::7&subject=ana", 1),
    ] {
        let page = desk.get(&format!("/admin/audit{asked}")).await;
        let rows = page.expect(200).text.matches("data-label=\"What\"").count();
        assert_eq!(rows, found, "{asked}");
    }
    for asked in ["nonsense", "192.0.2.0/24"] {
        let page = desk.get(&format!("/admin/audit?address={asked}")).await;
        assert!(page.expect(422).text.contains("address-fault"), "{asked}");
    }
    let path = "/admin/export/audit.csv?address=2001:db8::7";
    let file = desk.get(path).await.expect(200);
    assert_eq!(file.text.lines().count(), 2);
}
