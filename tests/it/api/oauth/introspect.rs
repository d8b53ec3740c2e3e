//! `POST /introspect` (RFC 7662): what a token is worth at this moment, told to whom it concerns.

use doorward::{
    domain::{
        clients::{self, NewClient},
        disable::Disabling,
    },
    ids::ClientId,
};
use serde_json::json;

use crate::support::{client::texts, reply::Reply, spawn};

#[tokio::test]
async fn a_good_token_is_told_whole() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let api = server.client("ledger-api", false).await;
    let claims = phone.claims();
    let expected = json!({
        "active": true, "token_type": "Bearer", "iss": "http://doorward.test", "aud": "doorward",
        "sub": ana.id, "client_id": "first-party", "scope": "", "exp": claims["exp"], "iat": claims["iat"],
        "nbf": claims["nbf"], "jti": claims["jti"], "sid": claims["sid"], "device_id": phone.device_id,
        "username": "ana",
    });
    assert_eq!(api.introspect(&phone.access_token).await, expected);
    let own = api.own_token().await;
    assert_eq!(api.introspect(&own).await["sub"], "ledger-api");

    let backend = server.client("backend", false).await;
    let laptop = backend.sign_in(&ana).await;
    let now = server.clock.now().timestamp();
    let expected = json!({
        "active": true, "token_type": "refresh_token", "iss": "http://doorward.test", "sub": ana.id,
        "client_id": "backend", "scope": "read write", "iat": now, "exp": now + 30 * 86_400,
        "sid": laptop.grant_id(), "device_id": laptop.device_id, "username": "ana",
    });
    assert_eq!(backend.introspect(&laptop.refresh_token).await, expected);
}

/// Each way to be worth nothing is told in the same bytes.
#[tokio::test]
async fn what_is_worth_nothing_is_told_alike() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let api = server.client("ledger-api", false).await;
    let nothing = async |token: &str| {
        let answer = api
            .post("/introspect", &[("token", token)])
            .await
            .expect(200);
        assert_eq!(answer.text, r#"{"active":false}"#);
    };
    for junk in ["x", "dwr_", "a.b.c", "\0", &"x".repeat(8_000)] {
        nothing(junk).await;
    }
    // Another client's refresh token is none of its business.
    let phone = ana.sign_in("phone").await;
    nothing(&phone.refresh_token).await;

    let mut laptop = api.sign_in(&ana).await;
    let old = laptop.refresh_token.clone();
    let next = api.refresh(&old).await.expect(200);
    laptop.store(&next);
    nothing(&old).await;
    assert_eq!(api.introspect(&laptop.refresh_token).await["active"], true);

    for (what, verb) in [
        ("devices", "disable"),
        ("tokens", "disable"),
        ("users", "disable"),
        ("devices", "end"),
    ] {
        let laptop = api.sign_in(&ana).await;
        let id = match what {
            "users" => ana.id.to_string(),
            "devices" => laptop.device_id.clone(),
            _ => laptop.grant_id(),
        };
        let path = format!("/{what}/{id}");
        administrator
            .post(&format!("{path}/{verb}"), &json!({}))
            .await
            .expect(200);
        nothing(&laptop.access_token).await;
        nothing(&laptop.refresh_token).await;
        if verb == "disable" {
            administrator
                .post(&format!("{path}/enable"), &json!({}))
                .await
                .expect(200);
            assert_eq!(api.introspect(&laptop.access_token).await["active"], true);
            assert_eq!(api.introspect(&laptop.refresh_token).await["active"], true);
        }
    }

    let promoted = api.sign_in(&ben).await;
    let roles = json!({ "roles": ["auditor"] });
    administrator
        .patch(&format!("/users/{}", ben.id), &roles)
        .await
        .expect(200);
    nothing(&promoted.access_token).await;
    assert_eq!(
        api.introspect(&promoted.refresh_token).await["active"],
        true
    );

    let own = api.own_token().await;
    api.post("/revoke", &[("token", &own)]).await.expect(200);
    nothing(&own).await;
    let first_party = ClientId::first_party();
    let operator = server.operator();
    clients::disable(&server.app, &operator, &first_party, &Disabling::default())
        .await
        .unwrap();
    nothing(&phone.access_token).await;
    server.advance(301);
    nothing(&laptop.access_token).await;
    assert_eq!(api.introspect(&laptop.refresh_token).await["active"], true);
    server.advance(31 * 86_400);
    nothing(&laptop.refresh_token).await;
}

#[tokio::test]
async fn only_whom_it_concerns_is_told() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let token = phone.access_token.as_str();
    let (grants, audiences) = (
        texts(&["client_credentials"]),
        texts(&["https://mail.example"]),
    );
    let elsewhere = NewClient {
        client_id: "mail-api",
        grant_types: &grants,
        audiences: &audiences,
        ..NewClient::default()
    };
    let mail = server.add_client(&elsewhere).await;
    assert_eq!(mail.introspect(token).await, json!({ "active": false }));
    let own = mail.own_token().await;
    assert_eq!(mail.introspect(&own).await["aud"], "https://mail.example");
    let ledger = server.client("ledger-api", false).await;
    assert_eq!(ledger.introspect(&own).await, json!({ "active": false }));

    // An administrator is told about every token.
    let administrator = server.administrator().await;
    for told in [token, &phone.refresh_token, &own] {
        let request = administrator
            .request("POST", "/introspect")
            .form(&[("token", told)]);
        assert_eq!(Reply::of(request).await.expect(200).body["active"], true);
    }
}

#[tokio::test]
async fn nobody_else_can_ask() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let auditor = server
        .user_with_roles("olga", &["auditor"])
        .await
        .sign_in("desk")
        .await;
    let app = server.client("phone-app", true).await;
    let form = [("token", phone.access_token.as_str())];
    for answer in [
        server.form("/introspect", &form).await,
        app.post("/introspect", &form).await,
    ] {
        answer.refused(401, "invalid_client", "bad_client");
    }
    let backend = server.client("backend", false).await;
    let wrong = server
        .request("POST", "/introspect")
        .basic_auth("backend", Some("wrong"));
    Reply::of(wrong.form(&form))
        .await
        .refused(401, "invalid_client", "bad_client");
    for by in [&phone, &auditor] {
        let answer = Reply::of(by.request("POST", "/introspect").form(&form)).await;
        answer.refused(403, "insufficient_scope", "role_required");
    }
    let junk = server.request("POST", "/introspect").bearer_auth("junk");
    Reply::of(junk.form(&form))
        .await
        .refused(401, "invalid_token", "malformed_token");
    let answer = backend.post("/introspect", &[]).await;
    answer.refused(400, "invalid_request", "");
    let json = backend.server.request("POST", "/introspect");
    let json = json
        .basic_auth("backend", Some(&backend.secret))
        .json(&json!({ "token": "x" }));
    let answer = Reply::of(json).await;
    answer.refused(415, "invalid_request", "unsupported_media_type");
    assert!(answer.text.contains("x-www-form-urlencoded"));
    server
        .get("/introspect")
        .await
        .refused(405, "invalid_request", "method_not_allowed");
}
