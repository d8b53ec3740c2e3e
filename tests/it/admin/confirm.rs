//! What is grave is done by whoever has typed the password within ten minutes, or types it then.

use serde_json::Value;

use crate::support::{PASSWORD, Server, browser::Browser, reply::Reply, spawn};

const TEN_MINUTES: u64 = 600;

/// Everything that asks, with a form that does something.
async fn grave(desk: &mut Browser<'_>) -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let server = desk.server;
    let ana = server.user("ana").await.id;
    let bob = server.user("bob").await.id;
    let eve = server.user_with_roles("eve", &["auditor"]).await;
    let phone = eve.sign_in("phone").await.device_id;
    server.client("ledger-api", false).await;
    let kid: String = server
        .scalar("SELECT kid FROM signing_keys WHERE state = 'active'")
        .await;
    let found = desk.post("/admin/bulk", &[("what", "devices")]).await;
    let bulk = found.expect(303).header("location").to_owned();
    vec![
        (
            format!("{bulk}/disable"),
            vec![("reason", "recall"), ("lasts", "enabled")],
        ),
        (format!("{bulk}/undo"), vec![("reason", "a mistake")]),
        (
            format!("/admin/users/{ana}/change"),
            vec![("username", "ana"), ("role_support", "1")],
        ),
        (format!("/admin/users/{bob}/delete"), vec![]),
        (format!("/admin/users/{}/password-link", eve.id), vec![]),
        (
            format!("/admin/devices/{phone}/lost"),
            vec![("reason", "left in a taxi")],
        ),
        (
            "/admin/users".to_owned(),
            vec![("username", "carl"), ("role_admin", "1")],
        ),
        ("/admin/keys/rotate".to_owned(), vec![]),
        (format!("/admin/keys/{kid}/retire"), vec![]),
        ("/admin/clients/ledger-api/secret".to_owned(), vec![]),
        (
            "/admin/clients".to_owned(),
            vec![
                ("client_id", "billing"),
                ("kind", "confidential"),
                ("client_credentials", "1"),
            ],
        ),
    ]
}

/// All that these could change.
async fn state(server: &Server) -> Vec<Value> {
    let sql = "SELECT to_jsonb(u) FROM users u UNION ALL SELECT to_jsonb(c) - 'last_used_at' FROM oauth_clients c
               UNION ALL SELECT to_jsonb(k) FROM signing_keys k UNION ALL SELECT to_jsonb(d) FROM devices d
               UNION ALL SELECT to_jsonb(l) FROM password_links l ORDER BY 1";
    sqlx::query_scalar(sql)
        .fetch_all(&server.rows)
        .await
        .unwrap()
}

/// The fields of the form on the page that asks, as a browser would send them with this password.
fn filled(page: &Reply, password: &str) -> Vec<(String, String)> {
    let inputs = page
        .text
        .split("<main")
        .nth(1)
        .unwrap()
        .split("</main>")
        .next()
        .unwrap()
        .split("<input ")
        .skip(1);
    let value = |input: &str, name: &str| {
        let (_, after) = input.split_once(&format!(" {name}=\""))?;
        Some(
            after
                .split('"')
                .next()
                .unwrap()
                .replace("&#39;", "'")
                .replace("&#34;", "\""),
        )
    };
    let fields = inputs.filter_map(|input| {
        let input = format!(" {}", input.split('>').next().unwrap());
        let name = value(&input, "name")?;
        let typed = if name == "confirm_password" {
            password.to_owned()
        } else {
            value(&input, "value")?
        };
        Some((name, typed))
    });
    fields.collect()
}

async fn send(desk: &Browser<'_>, path: &str, fields: &[(String, String)]) -> Reply {
    Reply::of(desk.request("POST", path).form(fields)).await
}

#[tokio::test]
async fn what_is_grave_asks_for_the_password_and_then_goes_on() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    for (path, fields) in grave(&mut desk).await {
        server.advance(TEN_MINUTES);
        let before = state(&server).await;
        let page = desk.post(&path, &fields).await.expect(403);
        assert!(
            page.text.contains("<h1><bdi>Your password, please"),
            "{path}: {}",
            page.text
        );
        assert!(!page.text.contains(PASSWORD));
        let wrong = send(&desk, &path, &filled(&page, "a wild guess"))
            .await
            .expect(403);
        assert!(wrong.text.contains("This is not your password."), "{path}");
        assert!(!wrong.text.contains("a wild guess"));
        assert_eq!(state(&server).await, before, "{path}");
        desk.get("/admin").await.expect(200);

        let done = send(&desk, &path, &filled(&wrong, PASSWORD)).await;
        assert!(
            [200, 201, 303].contains(&done.status),
            "{path}: {}",
            done.text
        );
        assert_ne!(state(&server).await, before, "{path}");
    }
    let done = server.actions().await;
    for action in ["user.panel_confirmed", "user.panel_confirmation_refused"] {
        assert_eq!(
            done.iter().filter(|it| *it == action).count(),
            11,
            "{action}"
        );
    }
    // What was typed has come along.
    let roles: Vec<String> = server
        .scalar("SELECT roles FROM users WHERE username = 'ana'")
        .await;
    assert_eq!(roles, ["support"]);
    let grants: Vec<String> = server
        .scalar("SELECT grant_types FROM oauth_clients WHERE client_id = 'billing'")
        .await;
    assert_eq!(grants, ["client_credentials"]);
}

#[tokio::test]
async fn a_password_is_good_for_ten_minutes_of_one_session() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let mut other = Browser::new(&server);
    other.try_sign_in("boss", PASSWORD).await.expect(303);
    other.get("/admin").await.expect(200);
    let rotate = "/admin/keys/rotate";
    desk.post(rotate, &[]).await.expect(303);
    server.advance(TEN_MINUTES - 1);
    desk.post(rotate, &[]).await.expect(303);
    server.advance(1);
    let page = desk.post(rotate, &[]).await.expect(403);
    send(&desk, rotate, &filled(&page, PASSWORD))
        .await
        .expect(303);
    desk.post(rotate, &[]).await.expect(303);
    other.post(rotate, &[]).await.expect(403);

    // A new sign-in counts, and what is not grave does not ask.
    server.advance(TEN_MINUTES);
    let ana = server.user("ana").await.id;
    let change = format!("/admin/users/{ana}/change");
    let fields = [("username", "anna"), ("email", "anna@example.com")];
    desk.post(&change, &fields).await.expect(303);
    let link = format!("/admin/users/{ana}/password-link");
    desk.post(&link, &[]).await.expect(200);
    desk.post("/admin/users", &[("username", "carl")])
        .await
        .expect(201);
    desk.post(rotate, &[]).await.expect(403);
    desk.post("/admin/logout", &[]).await.expect(303);
    desk.try_sign_in("boss", PASSWORD).await.expect(303);
    desk.get("/admin").await.expect(200);
    desk.post(rotate, &[]).await.expect(303);
}

#[tokio::test]
async fn guesses_at_it_are_slowed_and_the_form_stays_one_of_the_session() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    server.advance(TEN_MINUTES);
    let rotate = "/admin/keys/rotate";
    let page = desk.post(rotate, &[]).await.expect(403);
    let guess = filled(&page, "a wild guess");
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(send(&desk, rotate, &guess).await.status);
    }
    assert!(
        statuses.starts_with(&[403; 5]) && statuses.ends_with(&[429; 1]),
        "{statuses:?}"
    );
    // While that lasts, the right one is not looked at either.
    send(&desk, rotate, &filled(&page, PASSWORD))
        .await
        .expect(429);
    let guesses: i64 = server
        .scalar("SELECT refused FROM refusal_counts WHERE reason = 'bad_credentials'")
        .await;
    assert_eq!(
        guesses,
        i64::try_from(statuses.iter().filter(|it| **it == 403).count()).unwrap()
    );
    desk.get("/admin").await.expect(200);

    server.advance(60);
    let mut foreign = filled(&page, PASSWORD);
    foreign.retain(|(name, _)| name != "csrf");
    let answer = send(&desk, rotate, &foreign).await.expect(403);
    assert!(answer.text.contains("this form is not one of your session"));
    send(&desk, rotate, &filled(&page, PASSWORD))
        .await
        .expect(303);
}
