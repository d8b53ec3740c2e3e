//! `POST /login`.

use serde_json::json;

use crate::support::{PASSWORD, spawn};

#[tokio::test]
async fn the_right_password_gives_a_pair_of_tokens_that_work() {
    let server = spawn().await;
    server.user("ana").await;
    let body = json!({ "username": "Ana", "password": PASSWORD, "device": { "name": "Ana's phone", "kind": "phone" } });
    let answer = server.post("/login", &body).await.expect(200);

    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        (answer.str("token_type"), answer.str("scope")),
        ("Bearer", "")
    );
    assert_eq!(
        (
            answer.body["expires_in"].as_i64(),
            answer.body["refresh_expires_in"].as_i64()
        ),
        (Some(300), Some(2_592_000))
    );
    assert!(
        answer.str("refresh_token").starts_with("dwr_")
            && answer.str("device_token").starts_with("dwd_")
    );

    let shown = server
        .request("GET", "/test_jwt")
        .bearer_auth(answer.str("access_token"));
    let shown = crate::support::reply::Reply::of(shown).await.expect(200);
    assert_eq!(
        (shown.str("username"), shown.str("device_id")),
        ("ana", answer.str("device_id"))
    );

    let name: String = server.scalar("SELECT name FROM devices").await;
    assert_eq!(name, "Ana's phone");
    assert_eq!(server.actions().await.last().unwrap(), "user.signed_in");
}
