//! `POST /token`. The case table of refusals is in `token/refusals.rs`, what becomes of a
//! rotated token in `grace.rs` and `reuse.rs`, the ends in `expiry.rs`; `genuine.rs` has what
//! no server or another history of this one made, and `at_rest.rs` what the database keeps.

mod at_rest;
mod expiry;
mod genuine;
mod grace;
mod records;
mod refusals;
mod reuse;

use serde_json::{Value, json};

use crate::support::spawn;

/// The reason this project exists.
#[tokio::test]
async fn a_lost_phone_gets_nothing_more_and_the_tablet_never_notices() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let administrator = server.administrator().await;

    let disable = format!("/devices/{}/disable", phone.device_id);
    let record = administrator
        .post(&disable, &json!({ "reason": "lost in a taxi" }))
        .await
        .expect(200);
    assert_eq!(
        (
            record.body["disabled"].as_bool(),
            record.str("disabled_reason")
        ),
        (Some(true), "lost in a taxi")
    );

    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "device_disabled");
    tablet.refresh().await.expect(200);
    assert_eq!(server.actions().await.last().unwrap(), "device.disabled");

    let enable = format!("/devices/{}/enable", phone.device_id);
    administrator.post(&enable, &json!({})).await.expect(200);
    phone.refresh().await.expect(200);
}

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_is_told_by_the_row_alone() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let (first, events) = (phone.clone(), server.actions().await.len());
    server.advance(60);

    let request = server
        .request("POST", "/token")
        .header("X-Forwarded-For", "198.51.100.4")
        .header("User-Agent", "phone/2")
        .json(&json!({ "refresh_token": phone.refresh_token }));
    let answer = crate::support::reply::Reply::of(request).await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut fields: Vec<&String> = answer.body.as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "access_token",
            "device_id",
            "device_token",
            "expires_in",
            "refresh_expires_in",
            "refresh_token",
            "scope",
            "token_type"
        ]
    );
    phone.store(&answer);
    assert_ne!(phone.refresh_token, first.refresh_token);
    assert_eq!(
        (&phone.device_id, &phone.device_token, phone.grant_id()),
        (&first.device_id, &first.device_token, first.grant_id())
    );
    assert_eq!(
        (&phone.claims()["auth_time"], &phone.claims()["iat"]),
        (
            &first.claims()["auth_time"],
            &json!(first.claims()["iat"].as_i64().unwrap() + 60)
        )
    );
    phone.get("/test_jwt").await.expect(200);

    let row: Value = server
        .scalar(
            "SELECT jsonb_build_array(generation, last_used_at = created_at + interval '60 s', \
             last_address, last_user_agent, retries) FROM refresh_tokens",
        )
        .await;
    assert_eq!(row, json!([1, true, "198.51.100.4", "phone/2", 0]));
    assert_eq!(server.actions().await.len(), events);
}

#[tokio::test]
async fn what_the_next_access_token_says_is_what_is_true_now() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    let administrator = server.administrator().await;
    administrator
        .patch(
            &format!("/users/{}", ana.id),
            &json!({ "username": "anna", "roles": ["support"] }),
        )
        .await
        .expect(200);
    phone.refresh().await.expect(200);
    assert_eq!(phone.claims()["username"], "anna");
    assert_eq!(phone.claims()["roles"], json!(["support"]));
}

#[tokio::test]
async fn a_name_that_comes_with_the_token_must_be_its_users() {
    let server = spawn().await;
    server.user("ben").await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let named = async |token: &str, username: &str| {
        let body = json!({ "refresh_token": token, "username": username });
        server.post("/token", &body).await
    };
    for wrong in ["ben", "nobody", "", "an", "ana ", "ana\0", "Аna"] {
        named(&phone.refresh_token, wrong)
            .await
            .refused(400, "invalid_grant", "wrong_user");
    }
    let generation: i32 = server.scalar("SELECT generation FROM refresh_tokens").await;
    assert_eq!(generation, 0, "a mismatch does not consume the token");

    for right in ["ana", "ANA", "Ａｎａ"] {
        let answer = named(&phone.refresh_token, right).await.expect(200);
        // Within the grace as well.
        let replayed = named(&phone.refresh_token, right).await.expect(200);
        assert_eq!(replayed.str("refresh_token"), answer.str("refresh_token"));
        named(&phone.refresh_token, "ben")
            .await
            .refused(400, "invalid_grant", "wrong_user");
        phone.store(&answer);
    }
    let body = json!({ "refresh_token": phone.refresh_token, "username": null });
    server.post("/token", &body).await.expect(200);
}
