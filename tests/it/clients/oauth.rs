//! Libraries that speak OAuth, with nothing but what their own documentation shows: discovery,
//! refresh, tokens of a client's own, introspection, revocation.

use serde_json::{Value, json};

use super::run;
use crate::support::{
    Server,
    client::Client,
    front::{Front, behind},
    phone::Phone,
};

/// A Doorward, a user of it, and its clients: one that can keep a secret, and one that cannot.
struct Stage {
    front: Front,
    server: Server,
}

impl Stage {
    async fn open() -> Self {
        let front = Front::open().await;
        let server = behind(&front, |_| {}).await;
        Self { front, server }
    }

    /// Has a script do what it can with a sign-in of this client's; what it did.
    async fn did(&self, script: &str, client: &Client<'_>, method: &str, discovery: &str) -> Value {
        let name = format!("user-{}", self.server.clock.id().simple());
        let user = self.server.user(&name).await;
        let phone: Phone<'_> = client.sign_in(&user).await;
        let secret = Some(&client.secret).filter(|secret| !secret.is_empty());
        let asked = json!({
            "issuer": self.front.url,
            "client_id": client.id.as_str(),
            "secret": secret,
            "method": method,
            "discovery": discovery,
            "refresh_token": phone.refresh_token,
        });
        let mut did = run(script, &asked).await;
        if did["user"] == json!(name) {
            did["user"] = json!("the user");
        }
        did
    }
}

/// What a client with a secret gets done; the public one does less.
fn all(client: &Client<'_>) -> Value {
    json!({
        "refreshed": true,
        "scope": "read write",
        "own": "read",
        "introspected": [true, client.id.as_str(), "read"],
        "user": "the user",
        "revoked": false,
        "refused": "invalid_grant",
    })
}

fn without(mut done: Value, names: &[&str]) -> Value {
    for &name in names {
        done.as_object_mut().unwrap().remove(name);
    }
    done
}

/// What a public client cannot do.
const CONFIDENTIAL: [&str; 4] = ["own", "introspected", "user", "revoked"];

#[tokio::test]
async fn openid_client_finds_and_uses_every_endpoint() {
    let stage = Stage::open().await;
    let backend = stage.server.client("backend", false).await;
    for (method, discovery) in [("basic", "oauth2"), ("post", "oidc")] {
        let did = stage.did("node/openid-client.mjs", &backend, method, discovery);
        assert_eq!(did.await, all(&backend), "{method}, {discovery}");
    }
    let app = stage.server.client("app", true).await;
    let did = stage.did("node/openid-client.mjs", &app, "none", "oauth2");
    assert_eq!(did.await, without(all(&app), &CONFIDENTIAL));
}

#[tokio::test]
async fn simple_oauth2_refreshes_and_revokes() {
    let stage = Stage::open().await;
    let backend = stage.server.client("backend", false).await;
    for method in ["basic", "post"] {
        let did = stage.did("node/simple-oauth2.mjs", &backend, method, "");
        let done = without(all(&backend), &["introspected", "user", "revoked"]);
        assert_eq!(did.await, done, "{method}");
    }
}

#[tokio::test]
async fn authlib_finds_and_uses_every_endpoint() {
    let stage = Stage::open().await;
    let backend = stage.server.client("backend", false).await;
    let script = "python/authlib_client.py";
    for (method, discovery) in [
        ("basic", "oauth-authorization-server"),
        ("post", "openid-configuration"),
    ] {
        let did = stage.did(script, &backend, method, discovery);
        assert_eq!(did.await, all(&backend), "{method}, {discovery}");
    }
    let app = stage.server.client("app", true).await;
    let did = stage.did(script, &app, "none", "openid-configuration");
    assert_eq!(did.await, without(all(&app), &CONFIDENTIAL));
}
