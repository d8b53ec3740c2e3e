//! The single-use link to set a password: made by an administrator, used on its page.

use serde_json::json;

use crate::support::{PASSWORD, Server, phone::Phone, reply::Reply, spawn};

const NEW_PASSWORD: &str = "another pilot canyon 48";

async fn link(by: &Phone<'_>, user: &str) -> String {
    let path = format!("/users/{user}/password-link");
    // Without a body and without its content type.
    let answer = Reply::of(by.request("POST", &path)).await.expect(200);
    path_of(answer.str("password_link"))
}

/// The path of a link, which must be on the issuer's origin.
fn path_of(link: &str) -> String {
    link.strip_prefix("http://doorward.test")
        .unwrap()
        .to_owned()
}

async fn use_link(server: &Server, path: &str, password: &str, again: &str) -> Reply {
    let fields = [
        ("username", "ana"),
        ("password", password),
        ("again", again),
    ];
    Reply::of(server.request("POST", path).form(&fields)).await
}

async fn login(server: &Server, password: &str) -> Reply {
    let body = json!({ "username": "ana", "password": password });
    server.post("/login", &body).await
}

#[track_caller]
fn page(answer: &Reply, status: u16, heading: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert!(
        answer.text.contains(&format!("<h1>{heading}</h1>")),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_user_without_a_password_sets_it_by_a_link_that_works_once() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let created = administrator
        .post("/users", &json!({ "username": "ana" }))
        .await
        .expect(201);
    let in_an_hour = server.clock.now() + chrono::TimeDelta::hours(1);
    assert_eq!(created.body["password_link_expires_at"], json!(in_an_hour));
    assert_eq!(created.header("cache-control"), "no-store");
    let path = path_of(created.str("password_link"));
    assert!(path.starts_with("/set-password/dwp_"), "{path}");

    for _ in 0..2 {
        let shown = server.get(&path).await;
        page(&shown, 200, "Set your password");
        assert!(shown.text.contains("<bdi>ana</bdi>"), "{}", shown.text);
    }
    login(&server, NEW_PASSWORD).await.expect(401);
    let saved = use_link(&server, &path, NEW_PASSWORD, NEW_PASSWORD).await;
    page(&saved, 200, "Your password is set");
    assert!(
        !saved.headers.contains_key("set-cookie"),
        "nobody is signed in by it"
    );
    login(&server, NEW_PASSWORD).await.expect(200);

    page(&server.get(&path).await, 404, "This link has ended");
    let again = use_link(&server, &path, PASSWORD, PASSWORD).await;
    page(&again, 404, "This link has ended");
    login(&server, PASSWORD).await.expect(401);

    let events = server.events().await;
    let set: Vec<_> = events
        .iter()
        .filter(|event| event["action"] == "user.password_changed")
        .collect();
    assert_eq!(set.len(), 1);
    assert_eq!(
        (&set[0]["actor_kind"], &set[0]["details"]),
        (&json!("anonymous"), &json!({ "by": "link", "ended": 0 }))
    );
}

#[tokio::test]
async fn a_link_ends_after_an_hour() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let administrator = server.administrator().await;
    let path = link(&administrator, &ana.id.to_string()).await;
    server.advance(3599);
    page(&server.get(&path).await, 200, "Set your password");
    server.advance(1);
    page(&server.get(&path).await, 404, "This link has ended");
    let late = use_link(&server, &path, NEW_PASSWORD, NEW_PASSWORD).await;
    page(&late, 404, "This link has ended");
    login(&server, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_newer_link_takes_the_place_of_the_one_before() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let administrator = server.administrator().await;
    let first = link(&administrator, &ana.id.to_string()).await;
    let second = link(&administrator, &ana.id.to_string()).await;
    page(&server.get(&first).await, 404, "This link has ended");
    page(&server.get(&second).await, 200, "Set your password");
    let links: i64 = server.scalar("SELECT count(*) FROM password_links").await;
    assert_eq!(links, 1);
}

#[tokio::test]
async fn a_new_password_ends_all_grants_an_open_link_and_the_throttle() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let administrator = server.administrator().await;
    let path = link(&administrator, &ana.id.to_string()).await;
    for _ in 0..5 {
        login(&server, "wrong pilot canyon 47").await.expect(401);
    }
    login(&server, PASSWORD).await.expect(429);

    let saved = use_link(&server, &path, NEW_PASSWORD, NEW_PASSWORD).await;
    page(&saved, 200, "Your password is set");
    for device in [&mut phone, &mut tablet] {
        device
            .refresh()
            .await
            .refused(400, "invalid_grant", "token_ended");
        device
            .get("/me")
            .await
            .refused(401, "invalid_token", "token_ended");
    }
    administrator.get("/me").await.expect(200);
    login(&server, NEW_PASSWORD).await.expect(200);

    // A link that lies about is void when its user chooses a password in another way.
    let path = link(&administrator, &ana.id.to_string()).await;
    let answer = login(&server, NEW_PASSWORD).await.expect(200);
    let body = json!({ "current_password": NEW_PASSWORD, "new_password": PASSWORD });
    let change = server
        .request("POST", "/me/password")
        .bearer_auth(answer.str("access_token"));
    Reply::of(change.json(&body)).await.expect(200);
    page(&server.get(&path).await, 404, "This link has ended");
}

#[tokio::test]
async fn a_password_that_cannot_be_taken_leaves_the_link_to_try_again() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let administrator = server.administrator().await;
    let path = link(&administrator, &ana.id.to_string()).await;
    for (password, again, told) in [
        (NEW_PASSWORD, PASSWORD, "The two are not the same."),
        ("too short", "too short", "at least 15"),
        ("passwordpassword", "passwordpassword", "attackers"),
        (
            "a\0 pilot canyon 48",
            "a\0 pilot canyon 48",
            "control characters",
        ),
        ("", "", "at least 15"),
    ] {
        let answer = use_link(&server, &path, password, again).await;
        page(&answer, 422, "Set your password");
        assert!(answer.text.contains(told), "{told}: {}", answer.text);
        if !password.is_empty() {
            assert!(
                !answer.text.contains(password),
                "typed passwords are not sent back"
            );
        }
    }
    login(&server, PASSWORD).await.expect(200);
    let saved = use_link(&server, &path, NEW_PASSWORD, NEW_PASSWORD).await;
    page(&saved, 200, "Your password is set");
}

#[tokio::test]
async fn what_is_no_link_of_ours_and_no_form_is_refused() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let administrator = server.administrator().await;
    let path = link(&administrator, &ana.id.to_string()).await;
    let short = &path[..path.len() - 1];
    let longer = format!("{path}A");
    for wrong in [
        "/set-password/dwp_",
        "/set-password/%00",
        "/set-password/junk",
        short,
        &longer,
    ] {
        page(&server.get(wrong).await, 404, "This link has ended");
    }
    server.post(&path, &json!({})).await.expect(415);
    for (form, status) in [
        ("password=a&password=b&again=a", 400),
        ("password=%FF&again=%FF", 400),
        (&"a".repeat(17 * 1024), 413),
    ] {
        let request = server
            .request("POST", &path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.to_owned());
        Reply::of(request).await.expect(status);
    }
    login(&server, PASSWORD).await.expect(200);
}
