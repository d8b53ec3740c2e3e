//! Reuse (RFC 9700 §4.14.2): a rotated token that comes again outside the grace, or after
//! its successor was used, ends the grant.

use serde_json::json;

use crate::support::{phone::Phone, reply::Reply, spawn};

/// The token of the phone's first generation, with the phone at its third.
async fn two_refreshes_later(phone: &mut Phone<'_>) -> String {
    let first = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    phone.refresh().await.expect(200);
    first
}

#[tokio::test]
async fn a_reused_token_ends_its_grant_and_the_other_device_never_notices() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let stolen = two_refreshes_later(&mut phone).await;

    let request = server
        .request("POST", "/token")
        .header("X-Forwarded-For", "203.0.113.66")
        .header("User-Agent", "thief/1.0")
        .json(&json!({ "refresh_token": stolen }));
    let answer = Reply::of(request).await;
    answer.refused(400, "invalid_grant", "token_reused");

    // Neither the thief nor the owner goes on with this grant, by no token of it.
    for _ in 0..2 {
        phone
            .present(&stolen)
            .await
            .refused(400, "invalid_grant", "token_ended");
        phone
            .refresh()
            .await
            .refused(400, "invalid_grant", "token_ended");
    }
    phone
        .get("/me")
        .await
        .refused(401, "invalid_token", "token_ended");
    tablet.refresh().await.expect(200);
    tablet.get("/me").await.expect(200);

    let mut events = server.events().await;
    let event = events.pop().unwrap();
    assert_ne!(events.pop().unwrap()["action"], "token.reused", "one only");
    let expected = json!({
        "id": event["id"], "created_at": event["created_at"],
        "action": "token.reused", "actor_kind": "anonymous", "actor_id": null,
        "subject_kind": "token", "subject_id": phone.grant_id(), "user_id": ana.id,
        "reason": null, "details": { "device_id": phone.device_id, "generation": 2 },
        "address": "203.0.113.66", "user_agent": "thief/1.0",
        "request_id": answer.header("x-request-id"),
    });
    assert_eq!(event, expected);
    let row: serde_json::Value = server
        .scalar(
            "SELECT jsonb_build_array(ended_reason, successor_sealed) FROM refresh_tokens \
             WHERE ended_at IS NOT NULL",
        )
        .await;
    assert_eq!(row, json!(["reuse", null]));
}

#[tokio::test]
async fn a_predecessor_whose_successor_was_used_is_reused_within_the_grace_too() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    phone.refresh().await.expect(200);
    let second = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    phone.refresh().await.expect(200);
    phone
        .present(&second)
        .await
        .refused(400, "invalid_grant", "token_reused");
}

#[tokio::test]
async fn a_suspended_grant_is_ended_by_reuse_as_well() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let administrator = server.administrator().await;
    let user = format!("/users/{}", ana.id);
    for suspended in ["token", "device", "user"] {
        let mut phone = ana.sign_in(suspended).await;
        let old = two_refreshes_later(&mut phone).await;
        let path = match suspended {
            "token" => format!("/tokens/{}", phone.grant_id()),
            "device" => format!("/devices/{}", phone.device_id),
            _ => user.clone(),
        };
        administrator
            .post(&format!("{path}/disable"), &json!({}))
            .await
            .expect(200);
        phone
            .present(&old)
            .await
            .refused(400, "invalid_grant", "token_reused");

        // Enabling does not bring back what has ended; a token cannot even be enabled.
        let status = if suspended == "token" { 409 } else { 200 };
        administrator
            .post(&format!("{path}/enable"), &json!({}))
            .await
            .expect(status);
        phone
            .refresh()
            .await
            .refused(400, "invalid_grant", "token_ended");
    }
}

#[tokio::test]
async fn a_rotated_token_of_an_ended_grant_is_of_an_ended_grant() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let old = two_refreshes_later(&mut phone).await;
    phone.post("/logout", &json!({})).await.expect(204);
    for token in [&old, &phone.refresh_token] {
        phone
            .present(token)
            .await
            .refused(400, "invalid_grant", "token_ended");
    }
    let reason: String = server
        .scalar("SELECT ended_reason FROM refresh_tokens")
        .await;
    assert_eq!(reason, "logout");
    assert!(!server.actions().await.contains(&"token.reused".to_owned()));
}

#[tokio::test]
async fn an_expired_token_that_was_rotated_ends_its_grant() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let old = two_refreshes_later(&mut phone).await;
    server.advance(31 * 24 * 3600);
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_expired");
    phone
        .present(&old)
        .await
        .refused(400, "invalid_grant", "token_reused");
}
