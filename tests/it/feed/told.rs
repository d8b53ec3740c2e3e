//! What is told, and to whom.

use doorward::crypto::keyring::SigningAlg;
use serde_json::{Value, json};

use super::{Listener, gateway, refused, verified};
use crate::support::{PASSWORD, Server, key::Key, phone::Phone, reply::Reply, spawn, spawn_with};

const NEW_PASSWORD: &str = "another meadow canyon 48";

/// A sign-in again on the same device.
async fn sign_in_again<'a>(server: &'a Server, phone: &Phone<'a>) -> Phone<'a> {
    let body = json!({
        "username": "ana", "password": PASSWORD, "device": { "token": phone.device_token },
    });
    Phone::from_answer(
        server,
        phone.user,
        &server.post("/login", &body).await.expect(200),
    )
}

fn of_user(id: &dyn ToString) -> Value {
    json!({ "format": "iss_sub", "iss": "http://doorward.test", "sub": id.to_string() })
}

fn of_session(user: &dyn ToString, session: &str) -> Value {
    json!({ "format": "complex", "user": of_user(user), "session": { "format": "opaque", "id": session } })
}

fn of_device(user: &dyn ToString, device: &str) -> Value {
    json!({ "format": "complex", "user": of_user(user), "device": { "format": "opaque", "id": device } })
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one history, in its order")]
async fn every_cut_off_is_told_once_in_its_words() {
    let server = spawn().await;
    let desk = server.administrator().await;
    let ana = server.user("ana").await;
    let id = ana.id.to_string();
    let mut phone = ana.sign_in("phone").await;
    let mut tablet = ana.sign_in("tablet").await;
    let gateway = gateway(&server).await;
    let mut feed = Listener::open(&server, &gateway.own_token().await, None).await;

    let now = server.clock.now().timestamp();
    let until = now + 3600;
    let post = async |path: String, body: Value| {
        desk.post(&path, &body).await.expect(200);
    };
    let (device, grant) = (phone.device_id.clone(), phone.grant_id());
    let mut expected: Vec<(&str, Value, &str)> = Vec::new();

    post(
        format!("/devices/{device}/disable"),
        json!({ "reason": "lost by Ana", "until": "2030-03-17T18:46:40Z" }),
    )
    .await;
    expected.push(("session-revoked", of_device(&id, &device), "admin"));
    post(format!("/devices/{device}/enable"), json!({})).await;
    expected.push(("session-established", of_device(&id, &device), "admin"));
    post(format!("/tokens/{grant}/disable"), json!({})).await;
    expected.push(("session-revoked", of_session(&id, &grant), "admin"));
    post(format!("/tokens/{grant}/enable"), json!({})).await;
    expected.push(("session-established", of_session(&id, &grant), "admin"));
    post(format!("/users/{id}/disable"), json!({})).await;
    expected.push(("account-disabled", of_user(&id), "admin"));
    post(format!("/users/{id}/enable"), json!({})).await;
    expected.push(("account-enabled", of_user(&id), "admin"));
    desk.patch(&format!("/users/{id}"), &json!({ "roles": ["auditor"] }))
        .await
        .expect(200);
    expected.push(("token-claims-change", of_user(&id), "admin"));
    // What changes no token's worth is not told.
    desk.patch(
        &format!("/users/{id}"),
        &json!({ "email": "ana@example.org" }),
    )
    .await
    .expect(200);

    // The grant before on the same device ends, and nothing else of Ana's.
    phone = sign_in_again(&server, &phone).await;
    expected.push(("session-revoked", of_session(&id, &grant), "user"));
    // One that was used again is a thief's or the owner's: both are out.
    let old = tablet.refresh_token.clone();
    let tablets = tablet.grant_id();
    tablet.refresh().await.expect(200);
    tablet.refresh().await.expect(200);
    server.advance(60);
    tablet.present(&old).await.expect(400);
    expected.push(("session-revoked", of_session(&id, &tablets), "policy"));

    // A new password ends all but the device that asks.
    let spare = ana.sign_in("spare").await;
    let change = json!({ "current_password": PASSWORD, "new_password": NEW_PASSWORD });
    phone.post("/me/password", &change).await.expect(200);
    expected.push((
        "session-revoked",
        of_session(&id, &spare.grant_id()),
        "user",
    ));

    let jti = phone.claims()["jti"].clone();
    let request = server.request("POST", "/revoke");
    let form = [("token", phone.access_token.as_str())];
    Reply::of(request.form(&form)).await.expect(200);
    let of_token = json!({ "format": "jwt_id", "iss": "http://doorward.test", "jti": jti });
    expected.push(("session-revoked", of_token, "user"));
    phone.refresh().await.expect(200);
    phone.post("/logout", &json!({})).await.expect(204);
    expected.push((
        "session-revoked",
        of_session(&id, &phone.grant_id()),
        "user",
    ));
    let body =
        json!({ "username": "ana", "password": NEW_PASSWORD, "device": { "name": "again" } });
    for path in ["devices", "users"] {
        let answer = server.post("/login", &body).await.expect(200);
        let again = Phone::from_answer(&server, ana.id, &answer);
        let (ended, subject) = if path == "users" {
            (&id, json!({ "format": "complex", "user": of_user(&id) }))
        } else {
            (&again.device_id, of_session(&id, &again.grant_id()))
        };
        post(format!("/{path}/{ended}/end"), json!({})).await;
        expected.push(("session-revoked", subject, "admin"));
    }
    desk.delete(&format!("/users/{id}")).await.expect(204);
    expected.push(("account-purged", of_user(&id), "admin"));

    let heard = feed.hear(expected.len()).await;
    for (message, (kind, subject, by)) in heard.iter().zip(&expected) {
        let event = verified(&server, message).await;
        let said = event["events"]
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap();
        let found = (message.kind(), &event["sub_id"], &said["initiating_entity"]);
        assert_eq!(found, ((*kind).to_owned(), subject, &json!(by)), "{event}");
        assert!(!event.to_string().contains("lost by Ana"), "{event}");
    }
    let said = |at: usize| {
        heard[at].event()["events"]
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .clone()
    };
    assert_eq!(said(0)["event_timestamp"], now);
    assert_eq!(said(0)["until"], until);
    assert_eq!(said(6)["claims"], json!({ "roles": ["auditor"] }));
    let mut ids: Vec<String> = heard
        .iter()
        .map(|it| it.event()["jti"].to_string())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), expected.len());
}

#[tokio::test]
async fn a_client_that_is_disabled_is_told_of_to_the_others() {
    let server = spawn().await;
    let desk = server.administrator().await;
    let client = server.client("backend", false).await;
    let mut feed = Listener::open(&server, &desk.access_token, None).await;
    let disabling = doorward::domain::disable::Disabling::default();
    let by = server.operator();
    doorward::domain::clients::disable(&server.app, &by, &client.id, &disabling)
        .await
        .unwrap();
    doorward::domain::clients::enable(&server.app, &by, &client.id, None)
        .await
        .unwrap();
    let heard = feed.hear(2).await;
    let kinds: Vec<String> = heard.iter().map(super::Message::kind).collect();
    assert_eq!(kinds, ["session-revoked", "session-established"]);
    let of_client =
        json!({ "format": "complex", "application": { "format": "opaque", "id": "backend" } });
    for message in &heard {
        assert_eq!(verified(&server, message).await["sub_id"], of_client);
    }
}

#[tokio::test]
async fn staff_may_listen_and_clients_with_the_scope_and_nobody_else() {
    let server = spawn().await;
    for role in ["admin", "support", "auditor"] {
        let staff = server
            .user_with_roles(role, &[role])
            .await
            .sign_in("desk")
            .await;
        Listener::open(&server, &staff.access_token, None).await;
    }
    let gateway = gateway(&server).await;
    let answer = super::asking(&server, &gateway.own_token().await, None)
        .send()
        .await
        .unwrap();
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.headers()[name], value);
    }
    let user = server.user("ana").await.sign_in("phone").await;
    let other = server.client("backend", false).await.own_token().await;
    refused(&server, &user.access_token, None).await.refused(
        403,
        "insufficient_scope",
        "role_required",
    );
    let answer = refused(&server, &other, None).await;
    answer.refused(403, "insufficient_scope", "scope_required");
    assert!(
        answer
            .header("www-authenticate")
            .contains("scope=\"events\"")
    );
    Reply::of(server.request("GET", "/events")).await.refused(
        401,
        "invalid_token",
        "missing_token",
    );
}

/// A proof is good once, and the request has but one.
#[tokio::test]
async fn an_administrator_with_a_key_listens() {
    let server = spawn().await;
    let key = Key::default();
    let boss = server.user_with_roles("boss", &["admin"]).await;
    let token = boss.sign_in_with(&key).await.access_token;
    let request = server.request("GET", "/events");
    let request = request.header("Authorization", format!("DPoP {token}"));
    let proof = key.proof_with(&server, ("GET", "/events"), &token);
    let answer = request.header("DPoP", proof).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// Whoever listens is sent tokens that are signed with the same keys: none of them opens a door.
#[tokio::test]
async fn an_event_is_no_access_token() {
    let server = spawn().await;
    let desk = server.administrator().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let mut feed = Listener::open(&server, &desk.access_token, None).await;
    let path = format!("/devices/{}/disable", phone.device_id);
    desk.post(&path, &json!({})).await.expect(200);
    let event = feed.next().await.unwrap();
    let request = server.request("GET", "/test_jwt").bearer_auth(&event.token);
    Reply::of(request)
        .await
        .refused(401, "invalid_token", "malformed_token");
}

/// Whoever can verify by a shared secret could also sign with it.
#[tokio::test]
async fn there_is_no_feed_where_the_secret_is_shared() {
    let server = spawn_with(|config| {
        config.signing_alg = SigningAlg::Hs256;
        config.signing_secret = Some(doorward::crypto::secret::Secret::new("k".repeat(32)));
    })
    .await;
    let desk = server.administrator().await;
    refused(&server, &desk.access_token, None)
        .await
        .refused(404, "not_found", "no_such_path");
}
