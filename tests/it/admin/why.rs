//! `/admin/why`: which rule said no, told by the id of a request or by a token, and nothing is changed by it.

use doorward::{
    crypto::{
        refresh_token::RefreshToken,
        secret::Secret,
        server_key::{ServerKey, ServerKeys},
    },
    ids::GrantId,
};
use serde_json::Value;

use crate::support::{Server, browser::Browser, phone::Phone, reply::Reply, spawn};

/// The page that answers a token or an id.
async fn look(desk: &mut Browser<'_>, what: &str) -> Reply {
    desk.post("/admin/why", &[("what", what)]).await
}

/// What is told of a token; the page must not hold it.
async fn told(desk: &mut Browser<'_>, token: &str) -> String {
    let page = look(desk, token).await.expect(200);
    assert_eq!(page.header("cache-control"), "no-store");
    for part in token.split('.') {
        assert!(!page.text.contains(part), "the token came back");
    }
    assert!(page.text.contains("name=\"what\" value=\"\""));
    page.text
}

/// What is told of the request whose answer this is.
async fn told_of(desk: &mut Browser<'_>, answer: &Reply) -> String {
    let id = answer.header("x-request-id").to_owned();
    let on = look(desk, &id).await.expect(303);
    let path = format!("/admin/why?request={id}");
    assert_eq!(on.header("location"), path);
    desk.get(&path).await.expect(200).text
}

#[track_caller]
fn holds(page: &str, all: &[&str]) {
    for it in all {
        assert!(page.contains(it), "{it:?} is not on the page: {page}");
    }
}

/// All that looking could change.
async fn rows(server: &Server) -> Vec<Value> {
    let sql = "SELECT to_jsonb(g) FROM refresh_tokens g UNION ALL SELECT to_jsonb(d) FROM devices d
               UNION ALL SELECT to_jsonb(r) FROM refusals r UNION ALL SELECT to_jsonb(c) FROM refusal_counts c
               UNION ALL SELECT to_jsonb(t) FROM throttles t ORDER BY 1";
    sqlx::query_scalar(sql)
        .fetch_all(&server.rows)
        .await
        .unwrap()
}

async fn suspend(desk: &mut Browser<'_>, phone: &Phone<'_>, what: &str) {
    let path = format!("/admin/devices/{}/{what}", phone.device_id);
    desk.post(&path, &[("reason", "left in a taxi")])
        .await
        .expect(303);
}

#[tokio::test]
async fn a_request_leads_to_the_rule_that_refused_it_and_on() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("Ana's phone").await;
    phone.refresh().await.expect(200);
    suspend(&mut desk, &phone, "disable").await;
    let refused = phone.refresh().await.expect(400);

    let page = told_of(&mut desk, &refused).await;
    let place = format!("/admin/users/{}?device={}", ana.id, phone.device_id);
    let request = refused.header("x-request-id");
    let disabled = "by <bdi>boss (admin)</bdi>, until it is enabled: <bdi>left in a taxi</bdi>";
    holds(
        &page,
        &[
            "<h2>The device is disabled.</h2>",
            "It is still so.",
            "Enable the device",
            &format!("<a href=\"{place}\">To the device and its token</a>"),
            ">ana</bdi>",
            "Ana&#39;s phone</bdi>",
            "first-party",
            "1 time, last <time datetime=\"2030",
            "The device is disabled</dt>",
            disabled,
            request,
            "device.disabled",
        ],
    );

    // The story goes on: what was so then is not so now.
    suspend(&mut desk, &phone, "enable").await;
    let page = told_of(&mut desk, &refused).await;
    holds(
        &page,
        &[
            "<h2>The device is disabled.</h2>",
            "the current token of this sign-in is taken",
        ],
    );
    phone.refresh().await.expect(200);

    // From every list of refusals.
    let link = format!("/admin/why?request={request}");
    for list in [
        "/admin/refusals",
        &format!("/admin/users/{}", ana.id),
        &format!("/admin/search?query={request}"),
    ] {
        assert!(desk.get(list).await.text.contains(&link), "{list}");
    }
}

#[tokio::test]
async fn what_is_not_known_of_a_request_is_said() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    server.user("ana").await;
    let wrong = serde_json::json!({ "username": "ana", "password": "a wild guess" });
    let answer = server.post("/login", &wrong).await.expect(401);
    let page = told_of(&mut desk, &answer).await;
    holds(
        &page,
        &[
            "The username or the password was wrong.",
            "ana</bdi>",
            "To the user",
        ],
    );

    let junk = serde_json::json!({ "refresh_token": "dwr_junk" });
    let answer = server.post("/token", &junk).await.expect(400);
    holds(
        &told_of(&mut desk, &answer).await,
        &["Nothing is kept of this request."],
    );

    let answer = desk
        .post("/admin/users", &[("username", "bob")])
        .await
        .expect(201);
    let page = told_of(&mut desk, &answer).await;
    holds(
        &page,
        &["Nothing was refused in this request.", "user.created"],
    );

    for (path, status) in [
        ("/admin/why", 200),
        ("/admin/why?request=x", 422),
        ("/admin/why?request=", 422),
    ] {
        desk.get(path).await.expect(status);
    }
    look(&mut desk, " ").await.expect(422);
}

#[tokio::test]
async fn a_refresh_token_is_told_by_its_generation_and_is_not_used() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    let first = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    let second = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    let current = phone.refresh_token.clone();
    let before = rows(&server).await;

    let page = told(&mut desk, &format!("  {current}\n")).await;
    holds(
        &page,
        &[
            "<h2>Nothing speaks against this token.</h2>",
            "the current token",
            "2 times, last",
        ],
    );
    let page = told(&mut desk, &second).await;
    holds(
        &page,
        &[
            "<h2>Nothing speaks against this token.</h2>",
            "the token before the current one",
            "same successor",
        ],
    );
    let page = told(&mut desk, &first).await;
    holds(
        &page,
        &[
            "Reuse: this token had been replaced.",
            "2 generations older",
            "has ended nothing",
        ],
    );
    server.advance(31);
    let page = told(&mut desk, &second).await;
    holds(
        &page,
        &[
            "Reuse: this token had been replaced.",
            "the token before the current one",
        ],
    );
    assert_eq!(rows(&server).await, before, "to look is not to present");

    // It is told who looked, and at whose.
    let events = server.events().await;
    let looked: Vec<_> = events
        .iter()
        .filter(|it| it["action"] == "token.examined")
        .collect();
    assert_eq!(looked.len(), 4);
    assert_eq!(looked[0]["subject_id"], phone.grant_id());
    assert_eq!(looked[0]["user_id"], ana.id.to_string());
    assert_eq!(looked[0]["actor_kind"], "admin");
    assert!(!looked[0].to_string().contains(&current));

    // The app goes on, and what ends it then is told.
    phone.refresh().await.expect(200);
    phone
        .present(&first)
        .await
        .refused(400, "invalid_grant", "token_reused");
    let page = told(&mut desk, &phone.refresh_token).await;
    holds(
        &page,
        &[
            "The sign-in has ended for good.",
            "the current token",
            ": reuse</bdi>",
            "token.reused",
        ],
    );
}

#[tokio::test]
async fn what_is_no_token_of_this_server_is_told_apart_and_leaves_nothing() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let token = &phone.refresh_token;
    let altered = format!("{}AAAA", &token[..96]);
    let other_server = ServerKeys {
        current: ServerKey::new(&Secret::new([8; 32])),
        previous: None,
    };
    let foreign = RefreshToken::first(GrantId(uuid::Uuid::nil())).encode(&other_server);
    let events = server.events().await.len();
    for (what, title) in [
        ("what is this", "This is no token of this server."),
        (&phone.device_token, "This is no token of this server."),
        (&token[..99], "This is no refresh token."),
        (&altered, "This refresh token was changed, or made up."),
        (
            foreign.expose(),
            "This refresh token was made under another server key.",
        ),
        ("a.b.c", "This is no access token of this server."),
        (
            &format!(
                "{}AAAA",
                &phone.access_token[..phone.access_token.len() - 4]
            ),
            "The signature of this access token is wrong.",
        ),
    ] {
        let page = look(&mut desk, what).await.expect(200).text;
        holds(&page, &[title]);
        assert!(!page.contains("The story"), "{title}");
        assert!(!page.contains(what), "{title}");
    }
    assert_eq!(server.events().await.len(), events);
    let delete = format!("/admin/users/{}/delete", phone.user);
    desk.post(&delete, &[]).await.expect(303);
    holds(&told(&mut desk, token).await, &["what it was for is gone"]);
}

#[tokio::test]
async fn an_access_token_is_told_by_what_refuses_it() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let token = &phone.access_token;
    let page = told(&mut desk, token).await;
    holds(
        &page,
        &[
            "Nothing speaks against this token.",
            "ana</bdi>",
            "It expires",
            "doorward",
        ],
    );
    let page = told(&mut desk, &format!("Bearer {token}")).await;
    holds(&page, &["Nothing speaks against this token."]);

    suspend(&mut desk, &phone, "disable").await;
    holds(&told(&mut desk, token).await, &["The device is disabled."]);
    suspend(&mut desk, &phone, "enable").await;
    let revoke = server
        .request("POST", "/revoke")
        .form(&[("token", token.as_str())]);
    Reply::of(revoke).await.expect(200);
    holds(
        &told(&mut desk, token).await,
        &["This one access token was revoked by its client."],
    );

    let other = ana.sign_in("tablet").await;
    let change = format!("/admin/users/{}/change", ana.id);
    let fields = [("username", "ana"), ("role_auditor", "1")];
    desk.post(&change, &fields).await.expect(303);
    holds(
        &told(&mut desk, &other.access_token).await,
        &["other roles than the access token says"],
    );
    server.advance(301);
    let page = told(&mut desk, &other.access_token).await;
    holds(
        &page,
        &[
            "The access token has expired",
            "tablet</bdi>",
            "The app refreshes.",
        ],
    );
}

#[tokio::test]
async fn only_those_with_a_role_are_told_and_a_token_stands_in_no_address() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    for role in ["support", "auditor"] {
        let mut desk = server.browser(role, &[role]).await;
        let page = told(&mut desk, &phone.refresh_token).await;
        holds(&page, &["the current token of its sign-in"]);
    }
    let nobody = Browser::new(&server);
    let form = [("what", phone.refresh_token.as_str())];
    let answer = Reply::of(nobody.request("POST", "/admin/why").form(&form)).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/admin/login")
    );
    assert_eq!(answer.text, "");

    // Who pastes one into the search is told where it belongs, and does not see it again.
    let mut desk = server.browser("boss", &["admin"]).await;
    for token in [&phone.refresh_token, &phone.access_token] {
        let page = desk
            .get(&format!("/admin/search?query={token}"))
            .await
            .expect(200);
        holds(&page.text, &["looks like a token", "href=\"/admin/why\""]);
        assert!(!page.text.contains(token.as_str()));
    }
}
