//! The Authorization header, and what an access token has to be (RFC 6750, RFC 9068).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::crypto::secret::Secret;
use serde_json::{Value, json};

use crate::support::{
    Server, clock, database::Database, phone::Phone, reply::Reply, spawn, spawn_on, spawn_with,
};

async fn shown(server: &Server, authorization: &[&str]) -> Reply {
    let mut request = server.request("GET", "/test_jwt");
    for value in authorization {
        request = request.header("Authorization", *value);
    }
    Reply::of(request).await
}

#[tokio::test]
async fn no_bearer_token_is_a_missing_one_and_two_are_one_too_many() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let token = &phone.access_token;
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        shown(&server, &[&format!("{scheme} {token}")])
            .await
            .expect(200);
    }
    for missing in [
        &[][..],
        &["Basic YW5hOm1lYWRvdw=="],
        &["Basic"],
        &[token],
        &["Bearer2 x"],
    ] {
        let answer = shown(&server, missing).await;
        answer.refused(401, "invalid_token", "missing_token");
        // RFC 6750 §3.1: who sent no token is told no error code.
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, "Bearer realm=\"doorward\"", "{missing:?}");
    }
    for empty in [
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Bearer \t",
        "DPoP",
        "DPoP x",
    ] {
        let answer = shown(&server, &[empty]).await;
        assert_eq!(answer.status, 401, "{empty:?}");
    }
    let bearer = format!("Bearer {token}");
    for two in [[&bearer, &bearer], [&bearer, &"Basic x".to_owned()]] {
        shown(&server, &two.map(String::as_str))
            .await
            .refused(400, "invalid_request", "");
    }
    let in_query = server.get(&format!("/test_jwt?access_token={token}")).await;
    in_query.refused(401, "invalid_token", "missing_token");
}

/// A token of other parts, with the signature of the first.
fn resigned(phone: &Phone<'_>, header: &Value, claims: &Value) -> String {
    let signature = phone.access_token.rsplit('.').next().unwrap();
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}.{signature}")
}

fn with(value: &Value, name: &str, to: Value) -> Value {
    let mut value = value.clone();
    value[name] = to;
    value
}

#[tokio::test]
async fn what_we_did_not_sign_is_refused_with_a_challenge_that_says_so() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let (header, claims) = (phone.header(), phone.claims());
    let parts: Vec<&str> = phone.access_token.split('.').collect();
    let without_signature = |alg: &str| {
        let header = with(&header, "alg", json!(alg)).to_string();
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), parts[1])
    };
    let malformed = [
        "x".to_owned(),
        "a.b.c".to_owned(),
        "..".to_owned(),
        "é".to_owned(),
        "x".repeat(7000),
        phone.refresh_token.clone(),
        phone.device_token.clone(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.x", phone.access_token),
        without_signature("none"),
        without_signature("None"),
        without_signature(""),
        resigned(&phone, &with(&header, "typ", json!("JWT")), &claims),
        resigned(&phone, &with(&header, "typ", Value::Null), &claims),
        resigned(&phone, &with(&header, "kid", Value::Null), &claims),
        resigned(&phone, &with(&header, "crit", json!(["exp"])), &claims),
        resigned(&phone, &with(&header, "zip", json!("DEF")), &claims),
    ];
    let bad_signature = [
        resigned(&phone, &header, &with(&claims, "roles", json!(["admin"]))),
        resigned(
            &phone,
            &header,
            &with(&claims, "exp", json!(4_000_000_000_u64)),
        ),
        resigned(&phone, &with(&header, "alg", json!("HS256")), &claims),
        resigned(&phone, &with(&header, "alg", json!("ES384")), &claims),
        resigned(
            &phone,
            &with(&header, "jku", json!("http://127.0.0.1:1/")),
            &claims,
        ),
        format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86)),
    ];
    let unknown_key = [resigned(&phone, &with(&header, "kid", json!("x")), &claims)];
    for (tokens, reason) in [
        (&malformed[..], "malformed_token"),
        (&bad_signature, "bad_signature"),
        (&unknown_key, "unknown_key"),
    ] {
        for token in tokens {
            let answer = shown(&server, &[&format!("Bearer {token}")]).await;
            answer.refused(401, "invalid_token", reason);
            let challenge = answer.header("www-authenticate");
            let expected =
                "Bearer realm=\"doorward\", error=\"invalid_token\", error_description=\"";
            assert!(challenge.starts_with(expected), "{challenge}");
        }
    }
}

#[tokio::test]
async fn a_token_of_another_server_issuer_or_audience_is_refused() {
    let database = Database::create().await;
    let [issuer, audience] = [database.share(), database.share()];
    let clock = clock();
    let server = spawn_on(database, clock.clone(), |_| {}).await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let other_issuer = spawn_on(issuer, clock.clone(), |config| {
        config.issuer = "http://doorward.test/".to_owned();
    })
    .await;
    let other_audience = spawn_on(audience, clock, |config| {
        config.audience = "other".to_owned();
    });
    let other_audience = other_audience.await;
    let stranger = spawn_with(|config| config.secret_key = Some(Secret::new([8; 32]))).await;
    let bearer = format!("Bearer {}", phone.access_token);
    for (server, reason) in [
        (&other_issuer, "wrong_issuer"),
        (&other_audience, "wrong_audience"),
        (&stranger, "unknown_key"),
    ] {
        shown(server, &[&bearer])
            .await
            .refused(401, "invalid_token", reason);
    }
    shown(&server, &[&bearer]).await.expect(200);
}
