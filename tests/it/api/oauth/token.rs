//! `POST /token` as a form: RFC 6749 §4.4 and §6, to the letter.

use doorward::domain::clients::NewClient;
use serde_json::{Value, json};

use crate::support::{
    client::texts,
    phone::{self, Phone},
    reply::{Reply, fields},
    spawn,
};

const GRANT: (&str, &str) = ("grant_type", "refresh_token");
const OWN: (&str, &str) = ("grant_type", "client_credentials");

fn claims(answer: &Reply) -> Value {
    phone::claims(answer.str("access_token"))
}

#[tokio::test]
async fn a_refresh_by_form_is_a_refresh() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let app = server.client("phone-app", true).await;
    let phone = app.sign_in(&ana).await;
    assert_eq!(phone.claims()["client_id"], "phone-app");
    assert_eq!(phone.claims()["scope"], "read write");

    let answer = app.refresh(&phone.refresh_token).await.expect(200);
    assert_eq!(
        fields(&answer.body),
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
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    assert_eq!(answer.body["expires_in"], 300);
    let next = Phone::from_answer(&server, ana.id, &answer);
    next.get("/me").await.expect(200);

    // The answer was lost: the same successor, on this face too.
    let again = app.refresh(&phone.refresh_token).await.expect(200);
    assert_eq!(again.body["refresh_token"], answer.body["refresh_token"]);
    app.refresh(&next.refresh_token).await.expect(200);
    let reuse = app.refresh(&phone.refresh_token).await;
    reuse.refused(400, "invalid_grant", "token_reused");
}

#[tokio::test]
async fn fewer_scopes_can_be_asked_for_and_more_use_nothing_up() {
    let server = spawn().await;
    let app = server.client("phone-app", true).await;
    let phone = app.sign_in(&server.user("ana").await).await;
    let mut current = phone.refresh_token.clone();
    for (scope, reason) in [
        ("admin", "scope_not_granted"),
        ("read admin", "scope_not_granted"),
        ("re\"ad", "scope_not_allowed"),
        ("read  write", "scope_not_allowed"),
        (" read", "scope_not_allowed"),
        ("r\u{e9}ad", "scope_not_allowed"),
    ] {
        let form = [GRANT, ("refresh_token", current.as_str()), ("scope", scope)];
        let answer = app.post("/token", &form).await;
        answer.refused(400, "invalid_scope", reason);
    }
    let generation: i32 = server.scalar("SELECT generation FROM refresh_tokens").await;
    assert_eq!(generation, 0, "nothing was used up");
    for (scope, granted) in [
        ("read", "read"),
        ("write read write", "write read"),
        ("", "read write"),
    ] {
        let form = [GRANT, ("refresh_token", current.as_str()), ("scope", scope)];
        let answer = app.post("/token", &form).await.expect(200);
        assert_eq!(answer.body["scope"], granted);
        assert_eq!(claims(&answer)["scope"], granted);
        current = answer.str("refresh_token").to_owned();
    }
}

#[tokio::test]
async fn what_is_missing_or_twice_is_named() {
    let server = spawn().await;
    let app = server.client("phone-app", true).await;
    let phone = app.sign_in(&server.user("ana").await).await;
    let token = phone.refresh_token.as_str();
    let refused = async |form: &[(&str, &str)], error: &str, told: &str| {
        let answer = server.form("/token", form).await;
        answer.refused(400, error, "");
        assert!(answer.text.contains(told), "{form:?}: {}", answer.text);
    };
    let client = ("client_id", "phone-app");
    for (form, told) in [
        (&[][..], "grant_type"),
        (&[("grant_type", ""), client], "grant_type"),
        (&[GRANT, client], "refresh_token"),
        (&[GRANT, client, ("refresh_token", "")], "refresh_token"),
        (&[GRANT, GRANT, client, ("refresh_token", token)], "twice"),
        (
            &[
                GRANT,
                client,
                ("refresh_token", token),
                ("refresh_token", token),
            ],
            "twice",
        ),
        (&[GRANT, client, client, ("refresh_token", token)], "twice"),
        (
            &[GRANT, ("client_secret", "x"), ("refresh_token", token)],
            "client_id",
        ),
    ] {
        refused(form, "invalid_request", told).await;
    }
    for grant_type in [
        "password",
        "implicit",
        "authorization_code",
        "Refresh_token",
        "foo\0",
    ] {
        let form = [
            ("grant_type", grant_type),
            client,
            ("username", "ana"),
            ("password", crate::support::PASSWORD),
        ];
        refused(&form, "unsupported_grant_type", "/login").await;
    }
    // In the address, where everybody can read it, nothing counts (RFC 6749 §3.2).
    let path = format!("/token?grant_type=refresh_token&client_id=phone-app&refresh_token={token}");
    server
        .form(&path, &[])
        .await
        .refused(400, "invalid_request", "");
    // What is not known is passed over (§3.2).
    let form = [GRANT, client, ("refresh_token", token), ("state", "x")];
    server.form("/token", &form).await.expect(200);
}

#[tokio::test]
async fn whatever_is_no_current_token_is_an_invalid_grant() {
    let server = spawn().await;
    let app = server.client("phone-app", true).await;
    let phone = app.sign_in(&server.user("ana").await).await;
    let long = "x".repeat(5_000);
    for token in [
        &phone.access_token,
        "dwr_",
        "x",
        &long,
        "\0",
        "dwr_\u{202e}",
        &phone.device_token,
    ] {
        let answer = app.refresh(token).await;
        answer.refused(400, "invalid_grant", "unknown_token");
    }
    app.refresh(&phone.refresh_token).await.expect(200);
}

#[tokio::test]
async fn a_token_of_another_client_is_not_used_up_on_either_face() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (app, other) = (
        server.client("phone-app", true).await,
        server.client("web-app", true).await,
    );
    let backend = server.client("backend", false).await;
    let mut first_party = ana.sign_in("desk").await;
    let (phone, laptop) = (app.sign_in(&ana).await, backend.sign_in(&ana).await);
    for (by, token) in [
        (&other, &phone.refresh_token),
        (&backend, &phone.refresh_token),
        (&app, &laptop.refresh_token),
        (&app, &first_party.refresh_token),
    ] {
        let answer = by.refresh(token).await;
        answer.refused(400, "invalid_grant", "wrong_client");
    }
    // Who names no client is the built-in one.
    for token in [&phone.refresh_token, &laptop.refresh_token] {
        let answer = server
            .post("/token", &json!({ "refresh_token": token }))
            .await;
        answer.refused(400, "invalid_grant", "wrong_client");
    }
    let by_name = json!({ "refresh_token": laptop.refresh_token, "client_id": "backend" });
    let answer = server.post("/token", &by_name).await;
    answer.refused(401, "invalid_client", "bad_client");
    let kept: i64 = server
        .scalar("SELECT sum(refused)::bigint FROM refusal_counts WHERE reason = 'wrong_client'")
        .await;
    assert_eq!(kept, 6);

    // Each goes on with its own.
    first_party.refresh().await.expect(200);
    backend.refresh(&laptop.refresh_token).await.expect(200);
    let by_name = json!({ "refresh_token": phone.refresh_token, "client_id": "phone-app" });
    let next = server.post("/token", &by_name).await.expect(200);

    // A replaced token in another client's hands was stolen, however young it is.
    let answer = other.refresh(&phone.refresh_token).await;
    answer.refused(400, "invalid_grant", "token_reused");
    let answer = app.refresh(next.str("refresh_token")).await;
    answer.refused(400, "invalid_grant", "token_ended");
}

#[tokio::test]
async fn a_client_gets_a_token_for_itself_and_no_more() {
    let server = spawn().await;
    let backend = server.client("backend", false).await;
    let answer = backend
        .post("/token", &[OWN, ("scope", "read")])
        .await
        .expect(200);
    assert_eq!(
        fields(&answer.body),
        ["access_token", "expires_in", "scope", "token_type"]
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut claims = claims(&answer);
    claims["jti"].take();
    let now = server.clock.now().timestamp();
    assert_eq!(
        claims,
        json!({
            "iss": "http://doorward.test", "aud": "doorward", "sub": "backend", "client_id": "backend",
            "iat": now, "nbf": now, "exp": now + 300, "jti": null, "scope": "read",
        })
    );

    // It is let in where nobody's standing is asked for, and nowhere else.
    let token = answer.str("access_token");
    let shown = Reply::of(server.request("GET", "/test_jwt").bearer_auth(token))
        .await
        .expect(200);
    assert_eq!(shown.body["sub"], "backend");
    assert_eq!(
        (&shown.body["username"], &shown.body["device_id"]),
        (&Value::Null, &Value::Null)
    );
    for (method, path) in [
        ("GET", "/me"),
        ("GET", "/users"),
        ("POST", "/logout"),
        ("GET", "/me/devices"),
    ] {
        let answer = Reply::of(server.request(method, path).bearer_auth(token)).await;
        answer.refused(403, "insufficient_scope", "role_required");
    }

    let too_much = backend.post("/token", &[OWN, ("scope", "read root")]).await;
    too_much.refused(400, "invalid_scope", "scope_not_allowed");
    let all = backend.post("/token", &[OWN]).await.expect(200);
    assert_eq!(all.body["scope"], "read write");
    let public = server.client("phone-app", true).await;
    let answer = public.post("/token", &[OWN]).await;
    answer.refused(400, "unauthorized_client", "grant_not_allowed");
}

#[tokio::test]
async fn a_token_is_for_one_of_the_clients_audiences() {
    let server = spawn().await;
    let (grants, audiences) = (
        texts(&["refresh_token", "client_credentials"]),
        texts(&["https://ledger.example", "https://mail.example"]),
    );
    let new = NewClient {
        client_id: "backend",
        grant_types: &grants,
        audiences: &audiences,
        ..NewClient::default()
    };
    let backend = server.add_client(&new).await;
    let phone = backend.sign_in(&server.user("ana").await).await;
    assert_eq!(phone.claims()["aud"], "https://ledger.example");
    let answer = Reply::of(phone.request("GET", "/test_jwt")).await;
    answer.refused(401, "invalid_token", "wrong_audience");

    for (resource, aud) in [
        ("", "https://ledger.example"),
        ("https://mail.example", "https://mail.example"),
    ] {
        let answer = backend
            .post("/token", &[OWN, ("resource", resource)])
            .await
            .expect(200);
        assert_eq!(claims(&answer)["aud"], aud);
    }
    let refresh = [GRANT, ("refresh_token", phone.refresh_token.as_str())];
    for form in [&[OWN][..], &refresh] {
        let form = [form, &[("resource", "https://evil.example")]].concat();
        let answer = backend.post("/token", &form).await;
        answer.refused(400, "invalid_target", "audience_not_allowed");
    }
    let form = [&refresh[..], &[("resource", "https://mail.example")]].concat();
    let answer = backend.post("/token", &form).await.expect(200);
    assert_eq!(claims(&answer)["aud"], "https://mail.example");
}
