//! Libraries that read encrypted access tokens, each with a key that it made itself.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::domain::{audience_keys, clients::NewClient};
use serde_json::{Value, json};

use super::run;
use crate::support::{
    Server,
    client::{Client, texts},
    front::{Front, behind},
};

const ALGORITHMS: [&str; 2] = ["ECDH-ES+A256KW", "RSA-OAEP-256"];
const LIBRARIES: [&str; 2] = ["node/jose-decrypt.mjs", "python/jwcrypto_decrypt.py"];

async fn ledger(server: &Server) -> Client<'_> {
    let new = NewClient {
        client_id: "billing",
        audiences: &texts(&["ledger"]),
        grant_types: &texts(&["client_credentials", "refresh_token"]),
        ..NewClient::default()
    };
    server.add_client(&new).await
}

/// Has tokens for the ledger encrypted to this key.
async fn set_key(server: &Server, jwk: &Value) {
    audience_keys::set(&server.app, &server.operator(), "ledger", jwk)
        .await
        .unwrap();
}

fn header(token: &str) -> Value {
    let header = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

/// The token with another header.
fn with_header(token: &str, name: &str, value: &str) -> String {
    let mut header = header(token);
    header[name] = value.into();
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

/// The token with the last two bytes of one of its parts left out.
fn cut(token: &str, part: usize) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let mut bytes = URL_SAFE_NO_PAD.decode(&parts[part]).unwrap();
    bytes.truncate(bytes.len() - 2);
    parts[part] = URL_SAFE_NO_PAD.encode(bytes);
    parts.join(".")
}

#[tokio::test]
async fn jose_and_jwcrypto_read_what_is_theirs_and_nothing_else() {
    let front = Front::open().await;
    let server = behind(&front, |_| {}).await;
    let client = ledger(&server).await;
    let (ana, bo) = (server.user("ana").await, server.user("bo").await);
    for alg in ALGORITHMS {
        for library in LIBRARIES {
            let [own, other] = [
                run(library, &json!({ "make": alg })).await,
                run(library, &json!({ "make": alg })).await,
            ];
            set_key(&server, &other["public"]).await;
            let of_another = client.own_token().await;
            set_key(&server, &own["public"]).await;
            let its_own = client.own_token().await;
            let signed_in = client.sign_in(&ana).await;
            let refreshed = client
                .refresh(&client.sign_in(&bo).await.refresh_token)
                .await;
            let refreshed = refreshed.expect(200).str("access_token").to_owned();
            let head = header(&its_own);
            assert_eq!(
                (&head["alg"], &head["enc"], &head["cty"]),
                (&json!(alg), &json!("A256GCM"), &json!("JWT"))
            );
            let mut tokens = BTreeMap::from([
                ("signed in".to_owned(), signed_in.access_token.clone()),
                ("refreshed".to_owned(), refreshed),
                ("another key".to_owned(), of_another),
                (
                    "another content algorithm".to_owned(),
                    with_header(&its_own, "enc", "A128GCM"),
                ),
                (
                    "another key algorithm".to_owned(),
                    with_header(&its_own, "alg", "RSA-OAEP"),
                ),
                (
                    "no key algorithm".to_owned(),
                    with_header(&its_own, "alg", "dir"),
                ),
            ]);
            for part in 1..5 {
                tokens.insert(format!("part {part} cut short"), cut(&its_own, part));
            }
            tokens.insert("of the client".to_owned(), its_own);
            let asked = json!({
                "issuer": front.url, "audience": "ledger", "alg": alg, "key": own["private"], "tokens": tokens,
            });
            let wanted = json!({
                "of the client": "billing",
                "signed in": ana.id.to_string(),
                "refreshed": bo.id.to_string(),
            });
            assert_eq!(run(library, &asked).await, wanted, "{library}, {alg}");
        }
    }
}
