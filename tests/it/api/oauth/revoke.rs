//! `POST /revoke` (RFC 7009).

use crate::support::{phone::Phone, reply::Reply, spawn};

async fn shown(phone: &Phone<'_>, token: &str) -> Reply {
    Reply::of(phone.server.request("GET", "/test_jwt").bearer_auth(token)).await
}

#[tokio::test]
async fn a_refresh_token_ends_with_all_that_came_of_it() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let app = server.client("phone-app", true).await;
    let (phone, tablet) = (app.sign_in(&ana).await, app.sign_in(&ana).await);
    let answer = app
        .post("/revoke", &[("token", &phone.refresh_token)])
        .await
        .expect(200);
    assert_eq!(answer.text, "");
    shown(&phone, &phone.access_token)
        .await
        .refused(401, "invalid_token", "token_ended");
    let answer = app.refresh(&phone.refresh_token).await;
    answer.refused(400, "invalid_grant", "token_ended");
    app.refresh(&tablet.refresh_token).await.expect(200);
    let reason: String = server
        .scalar("SELECT ended_reason FROM refresh_tokens WHERE ended_at IS NOT NULL")
        .await;
    assert_eq!(reason, "revoked");
    let event = server.events().await.pop().unwrap();
    assert_eq!(
        (&event["action"], &event["actor_kind"]),
        (&"token.revoked".into(), &"anonymous".into())
    );
    // Once more is no error, and no event.
    app.post("/revoke", &[("token", &phone.refresh_token)])
        .await
        .expect(200);
    assert_eq!(server.events().await.pop().unwrap(), event);
}

#[tokio::test]
async fn whoever_holds_a_replaced_token_may_end_what_came_of_it() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let old = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    phone.refresh().await.expect(200);
    // Who names no client is the built-in one.
    server.form("/revoke", &[("token", &old)]).await.expect(200);
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_ended");
}

#[tokio::test]
async fn an_access_token_ends_alone_and_everywhere() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let first = phone.access_token.clone();
    phone.refresh().await.expect(200);
    for hint in ["access_token", "refresh_token", "nonsense"] {
        let form = [("token", first.as_str()), ("token_type_hint", hint)];
        server.form("/revoke", &form).await.expect(200);
    }
    shown(&phone, &first)
        .await
        .refused(401, "invalid_token", "token_revoked");
    shown(&phone, &phone.access_token).await.expect(200);
    phone.refresh().await.expect(200);
    let later =
        crate::support::spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    let answer = Reply::of(later.request("GET", "/test_jwt").bearer_auth(&first)).await;
    answer.refused(401, "invalid_token", "token_revoked");
    let actions = server.actions().await;
    let revoked = actions
        .iter()
        .filter(|action| *action == "access_token.revoked");
    assert_eq!(revoked.count(), 1);

    let backend = server.client("backend", false).await;
    let own = backend.own_token().await;
    backend
        .post("/revoke", &[("token", &own)])
        .await
        .expect(200);
    shown(&phone, &own)
        .await
        .refused(401, "invalid_token", "token_revoked");
    backend.own_token().await;
}

#[tokio::test]
async fn what_is_none_of_ours_is_no_error() {
    let server = spawn().await;
    let app = server.client("phone-app", true).await;
    let long = "x".repeat(8_000);
    for token in ["x", "dwr_", "a.b.c", "\0", &long] {
        app.post("/revoke", &[("token", token)]).await.expect(200);
    }
    for form in [&[][..], &[("token", "")]] {
        let answer = app.post("/revoke", form).await;
        answer.refused(400, "invalid_request", "");
    }
}

#[tokio::test]
async fn another_clients_token_stays_what_it_is() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (app, other) = (
        server.client("phone-app", true).await,
        server.client("web-app", true).await,
    );
    let backend = server.client("backend", false).await;
    let (phone, laptop) = (app.sign_in(&ana).await, backend.sign_in(&ana).await);
    for (by, token) in [
        (&other, &phone.refresh_token),
        (&other, &phone.access_token),
        (&app, &laptop.refresh_token),
    ] {
        let answer = by.post("/revoke", &[("token", token)]).await;
        answer.refused(400, "invalid_grant", "wrong_client");
    }
    // A confidential client has to prove who it is.
    let form = [
        ("token", laptop.refresh_token.as_str()),
        ("client_id", "backend"),
    ];
    let answer = server.form("/revoke", &form).await;
    answer.refused(401, "invalid_client", "bad_client");
    shown(&phone, &phone.access_token).await.expect(200);
    app.refresh(&phone.refresh_token).await.expect(200);
    backend.refresh(&laptop.refresh_token).await.expect(200);
}
