//! The one search box: what each kind of word leads to, and that nothing breaks it.

use crate::support::{PASSWORD, Server, browser::Browser, reply::Reply, spawn};
use rocket::http::RawStr;
use serde_json::json;

/// The part of a page that is its own.
fn main_of(page: &Reply) -> &str {
    let (_, main) = page.text.split_once("<main").unwrap();
    main.split("</main>").next().unwrap()
}

async fn search(desk: &mut Browser<'_>, text: &str) -> Reply {
    let query = RawStr::new(text).percent_encode();
    let reply = desk.get(&format!("/admin/search?query={query}")).await;
    assert!([200, 303].contains(&reply.status), "{text}: {}", reply.text);
    reply
}

async fn sign_in_from(server: &Server, address: &str, device: &str, password: &str) -> Reply {
    let body = json!({
        "username": "ana", "password": password, "device": { "name": device, "kind": "phone" },
    });
    let request = server.request("POST", "/login").json(&body);
    Reply::of(request.header("X-Forwarded-For", address)).await
}

#[tokio::test]
async fn an_id_leads_straight_to_its_place() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let gone = server.user("gone").await;
    doorward::domain::users::delete(&server.app, &server.operator(), gone.id)
        .await
        .unwrap();
    let client: uuid::Uuid = server.scalar("SELECT id FROM oauth_clients").await;
    let device = format!("/admin/users/{}?device={}", ana.id, phone.device_id);
    for (id, path) in [
        (ana.id.to_string(), format!("/admin/users/{}", ana.id)),
        (phone.device_id.clone(), device.clone()),
        (phone.grant_id(), device.clone()),
        (phone.grant_id().to_uppercase(), device),
        (
            client.to_string(),
            "/admin/clients#client-first-party".to_owned(),
        ),
        (
            "first-party".to_owned(),
            "/admin/clients#client-first-party".to_owned(),
        ),
        (
            gone.id.to_string(),
            format!("/admin/audit?subject={}", gone.id),
        ),
    ] {
        let found = search(&mut desk, &format!(" {id} ")).await;
        assert_eq!(found.header("location"), path, "{id}: {}", found.text);
        assert_eq!(found.status, 303);
    }
}

#[tokio::test]
async fn a_request_is_found_by_what_it_did_and_by_what_it_was_refused() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    server.user("ana").await;
    let done = sign_in_from(&server, "192.0.2.1", "phone", PASSWORD).await;
    let refused = sign_in_from(&server, "192.0.2.1", "phone", "a wild guess").await;
    for (reply, words) in [
        (&done, "user.signed_in"),
        (&refused, "wrong username or password"),
    ] {
        let id = reply.header("x-request-id");
        let page = search(&mut desk, id).await.expect(200);
        let main = main_of(&page);
        assert!(main.contains(words) && main.contains(id), "{main}");
    }
    let event: uuid::Uuid = server
        .scalar("SELECT id FROM audit_events WHERE action = 'user.signed_in'")
        .await;
    let page = search(&mut desk, &event.to_string()).await.expect(200);
    assert!(main_of(&page).contains("user.signed_in"));
}

#[tokio::test]
async fn names_are_found_by_their_beginning_whatever_case() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    server
        .execute("UPDATE users SET email = 'mailbox@example.com' WHERE username = 'ben'")
        .await;
    let phone = ana.sign_in("Ana's Phone").await;
    let tablet = ben.sign_in("tablet").await;

    // A user by name or e-mail, with the devices: it is clear who is meant.
    for (text, user, device) in [
        ("AN", "ana", &phone.device_id),
        ("ana", "ana", &phone.device_id),
        ("MailBox@", "ben", &tablet.device_id),
    ] {
        let page = search(&mut desk, text).await.expect(200);
        let main = main_of(&page);
        assert!(main.contains(&format!("<bdi>{user}</bdi></a>")), "{main}");
        assert!(main.contains(&format!("/admin/devices/{device}/disable")));
        assert_eq!(main.matches("<article").count(), 1, "{main}");
        // As typed, to be typed on.
        assert!(page.text.contains(&format!("value=\"{text}\"")));
    }
    // A device by name, with its owner and the form, which is open: there is nothing else to choose.
    for text in ["ana's p", "ANA'S PHONE", " Ana's"] {
        let page = search(&mut desk, text).await.expect(200);
        let main = main_of(&page);
        for words in [
            "Ana&#39;s Phone",
            "<bdi>ana</bdi>",
            "<details open>",
            "” gets nothing more within a second.",
            "</bdi> is signed in on no other device.",
        ] {
            assert!(main.contains(words), "{words}: {main}");
        }
        assert!(!main.contains("tablet"));
    }
    // Who may not disable has no button.
    let mut auditor = server.browser("auditor", &["auditor"]).await;
    let page = search(&mut auditor, "ana's").await.expect(200);
    assert!(main_of(&page).contains("Ana&#39;s Phone"));
    assert!(!main_of(&page).contains("<form"), "{}", page.text);

    // Nothing is left out silently.
    let sql = "INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
               SELECT gen_random_uuid(), $1, 'Laptop ' || n, 'browser', $2, $2 FROM generate_series(1, 30) AS n";
    let made = sqlx::query(sql).bind(ben.id).bind(server.clock.now());
    made.execute(&server.rows).await.unwrap();
    server
        .execute(
            "INSERT INTO users (id, username, created_at)
             SELECT gen_random_uuid(), 'u' || lpad(n::text, 2, '0'), now() FROM generate_series(1, 30) AS n",
        )
        .await;
    let page = search(&mut desk, "lap").await.expect(200);
    assert_eq!(main_of(&page).matches("<article").count(), 20);
    assert!(main_of(&page).contains("There are more."));
    let page = search(&mut desk, "U").await.expect(200);
    assert_eq!(
        main_of(&page).matches("data-label=\"Username\"").count(),
        20
    );
    assert!(main_of(&page).contains("href=\"/admin/users?query=U\""));
    let page = search(&mut desk, "ben").await.expect(200);
    assert!(main_of(&page).contains(&format!("href=\"/admin/users/{}#devices\"", ben.id)));
}

#[tokio::test]
async fn an_address_tells_who_came_from_it_lately() {
    let server = spawn().await;
    server.user("ana").await;
    sign_in_from(&server, "2001:db8::7", "old phone", PASSWORD)
        .await
        .expect(200);
    server.advance(31 * 24 * 3600);
    let mut desk = server.browser("boss", &["auditor"]).await;
    sign_in_from(&server, "2001:db8::7", "phone", PASSWORD)
        .await
        .expect(200);
    server.advance(60);
    sign_in_from(&server, "2001:db8::7", "phone", "a wild guess")
        .await
        .expect(401);
    for text in ["2001:db8::7", "2001:0DB8:0::7", "[2001:db8::7]"] {
        let page = search(&mut desk, text).await.expect(200);
        let main = main_of(&page);
        for words in [
            "user.signed_in",
            "<bdi>phone</bdi>",
            "<bdi>ana</bdi>",
            "refused: wrong username or password",
        ] {
            assert!(main.contains(words), "{words}: {main}");
        }
        assert!(!main.contains("old phone") && !main.contains("boss"));
    }
    let page = search(&mut desk, "192.0.2.99").await.expect(200);
    assert!(main_of(&page).contains("Nothing is found by this."));
}

#[tokio::test]
async fn what_finds_nothing_says_what_to_do_and_hostile_words_stay_text() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let hostile = "<img src=x onerror=alert(1)>\"'";
    let ana = server.user("ana").await;
    ana.sign_in(hostile).await;
    for (text, advice) in [
        ("", "Type the beginning of a username"),
        ("   ", "Type the beginning of a username"),
        (" \0", "Type the beginning of a username"),
        ("zoe", "Nothing is found by this."),
        (&uuid::Uuid::max().to_string(), "Nothing is found by this."),
        ("a\0b", "Nothing is found by this."),
        ("\u{202e}", "Nothing is found by this."),
        ("'; DROP TABLE users;--", "Nothing is found by this."),
        ("<script>alert(1)</script>", "Nothing is found by this."),
        (
            &"x".repeat(10_000),
            "Nothing that is looked for is so long.",
        ),
    ] {
        let page = search(&mut desk, text).await.expect(200);
        let main = main_of(&page);
        assert!(main.contains(advice), "{text}: {main}");
        assert_eq!(page.text.matches("<script").count(), 2, "{}", page.text);
    }
    desk.get("/admin/search").await.expect(200);
    desk.get("/admin/search?query=%FF").await;
    let page = search(&mut desk, hostile).await.expect(200);
    assert!(main_of(&page).contains("&#60;img src=x"), "{}", page.text);
    assert!(!page.text.contains("<img"));
    // A sign of a pattern is a letter like any other.
    for text in ["%", "_", "\\", "*"] {
        let page = search(&mut desk, text).await.expect(200);
        assert!(main_of(&page).contains("Nothing is found"), "{text}");
    }
    // Nobody signed in finds nothing.
    let nobody = server.get("/admin/search?query=ana").await;
    assert_eq!(nobody.status, 303);
    assert!(nobody.header("location").starts_with("/admin/login?next="));
}
