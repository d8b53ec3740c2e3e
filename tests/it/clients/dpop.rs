//! A library that proves to hold a key (RFC 9449), as its documentation shows it, with nonces and without.

use std::time::Duration;

use doorward::clock::Clock;
use serde_json::{Value, json};

use super::run;
use crate::support::{PASSWORD, database::Database, front::Front, spawn_on};

/// What openid-client does with a sign-in of Ana's, and how often it asks for tokens and with one.
async fn did(alg: &str, nonce_ttl: Duration) -> (Value, usize, usize) {
    let front = Front::open().await;
    // At the time that the other program has, however long it takes to start.
    let server = spawn_on(Database::create().await, Clock::system(), |config| {
        config.issuer.clone_from(&front.url);
        config.dpop_nonce_ttl = nonce_ttl;
    })
    .await;
    front.lead_to(&server);
    server.user("ana").await;
    server.client("app", true).await;
    let asked = json!({
        "issuer": front.url, "client_id": "app", "alg": alg, "username": "ana", "password": PASSWORD,
    });
    let did = run("node/openid-client-dpop.mjs", &asked).await;
    (did, front.asked("POST /token"), front.asked("GET /me"))
}

#[tokio::test]
async fn openid_client_refreshes_and_asks_with_its_key() {
    for alg in ["ES256", "Ed25519"] {
        let expected = json!({
            "listed": true,
            "signed_in": "DPoP",
            // As it is told to whoever uses the library, in small letters.
            "refreshed": ["dpop", "dpop", "dpop"],
            "asked": ["ana", "invalid_dpop_proof", "invalid_token"],
            "refused": ["invalid_dpop_proof", "invalid_dpop_proof"],
        });
        let (without, tokens, resources) = did(alg, Duration::ZERO).await;
        assert_eq!((&without, tokens, resources), (&expected, 6, 3), "{alg}");
        // It asks once more for each key that it has no nonce for: at the first refresh of the one, and for the other
        // where it is used first.
        let (with, tokens, resources) = did(alg, Duration::from_mins(5)).await;
        assert_eq!((&with, tokens, resources), (&expected, 7, 4), "{alg}");
    }
}
