//! Access tokens that are encrypted for their audience: from when to when, on every server, and for whom not.

use doorward::domain::{audience_keys, clients::NewClient, error::Error};
use serde_json::{Value, json};

use crate::support::{
    Server,
    client::{Client, texts},
    reply::Reply,
    spawn, spawn_on, wait,
};

/// Bob's key of RFC 7518, appendix C.
fn jwk() -> Value {
    json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
        "kid": "bob",
    })
}

/// A client whose tokens are for the ledger.
async fn billing(server: &Server) -> Client<'_> {
    let new = NewClient {
        client_id: "billing",
        audiences: &texts(&["ledger"]),
        ..NewClient::default()
    };
    server.add_client(&new).await
}

fn is_encrypted(token: &str) -> bool {
    token.split('.').count() == 5
}

async fn set(server: &Server, audience: &str, jwk: &Value) -> Result<(), Error> {
    audience_keys::set(&server.app, &server.operator(), audience, jwk).await
}

#[tokio::test]
async fn tokens_are_encrypted_from_the_registration_to_the_removal_on_every_server() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    let client = billing(&server).await;
    let beside = Client {
        server: &other,
        id: client.id.clone(),
        secret: client.secret.clone(),
    };
    assert!(!is_encrypted(&client.own_token().await));

    set(&server, "ledger", &jwk()).await.unwrap();
    assert!(is_encrypted(&client.own_token().await));
    let follows = async || is_encrypted(&beside.own_token().await).then_some(());
    wait::until("the other server has followed", follows).await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    assert!(!is_encrypted(&phone.access_token), "for another audience");
    phone.refresh().await.expect(200);

    audience_keys::remove(&server.app, &server.operator(), "ledger")
        .await
        .unwrap();
    assert!(!is_encrypted(&client.own_token().await));
    let follows = async || (!is_encrypted(&beside.own_token().await)).then_some(());
    wait::until("the other server has followed", follows).await;

    let events = server.events().await;
    let told: Vec<(&Value, &Value)> = events
        .iter()
        .filter(|event| {
            event["action"]
                .as_str()
                .unwrap()
                .starts_with("audience_key.")
        })
        .map(|event| (&event["action"], &event["details"]))
        .collect();
    let details = json!({ "audience": "ledger", "kid": "bob", "alg": "ECDH-ES+A256KW" });
    let removed = json!({ "audience": "ledger", "kid": "bob" });
    assert_eq!(
        told,
        [
            (&json!("audience_key.set"), &details),
            (&json!("audience_key.removed"), &removed)
        ]
    );
    let again = audience_keys::remove(&server.app, &server.operator(), "ledger").await;
    assert!(matches!(again, Err(Error::NotFound(_))), "{again:?}");
}

#[tokio::test]
async fn an_encrypted_token_is_none_to_this_server() {
    let server = spawn().await;
    let client = billing(&server).await;
    set(&server, "ledger", &jwk()).await.unwrap();
    let token = client.own_token().await;
    let shown = server.request("GET", "/test_jwt").bearer_auth(&token);
    Reply::of(shown)
        .await
        .refused(401, "invalid_token", "malformed_token");
    assert_eq!(client.introspect(&token).await, json!({ "active": false }));
}

#[tokio::test]
async fn what_cannot_be_a_key_or_an_audience_is_refused_with_what_to_do() {
    let server = spawn().await;
    let mut private = jwk();
    private["d"] = json!("AQ");
    for (audience, jwk, said) in [
        ("doorward", jwk(), "audience: name the audience of another"),
        ("", jwk(), "audiences: write at most 50"),
        ("ledger", private, "jwk: this JWK holds a private key"),
        ("ledger", json!({ "kty": "oct" }), "jwk: send a public JWK"),
    ] {
        let refused = set(&server, audience, &jwk).await.unwrap_err().to_string();
        assert!(refused.starts_with(said), "{refused}");
    }
    assert!(audience_keys::list(&server.app).await.unwrap().is_empty());
}
