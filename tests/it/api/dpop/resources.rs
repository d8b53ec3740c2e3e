//! Access tokens that are bound to a key, where they are used (RFC 9449 §7).

use serde_json::json;

use crate::support::{key::Key, reply::Reply, spawn};

const PATHS: [&str; 3] = ["/test_jwt", "/me", "/me/devices"];

#[tokio::test]
async fn a_bound_token_is_good_with_its_key_and_without_nothing() {
    let server = spawn().await;
    let [key, other] = [Key::default(), Key::default()];
    let phone = server.user("ana").await.sign_in_with(&key).await;
    let token = phone.access_token.as_str();
    for path in PATHS {
        phone.get_by(path, &key).await.expect(200);
        let proof = |key: &Key| key.proof_with(&server, ("GET", path), token);
        for scheme in ["DPoP", "dpop", "DPOP"] {
            phone.show(path, scheme, &[&proof(&key)]).await.expect(200);
        }

        for proofs in [&[][..], &[proof(&key).as_str()]] {
            let answer = phone.show(path, "Bearer", proofs).await;
            answer.refused(401, "invalid_token", "token_is_bound");
            let challenge = answer.header("www-authenticate");
            assert!(
                challenge.starts_with("DPoP realm=\"doorward\", error=\"invalid_token\"")
                    && challenge.contains(", algs=\"ES256 "),
                "{challenge}"
            );
        }
        let refused = async |proofs: &[&str], reason: &str| {
            let answer = phone.show(path, "DPoP", proofs).await;
            answer.refused(401, "invalid_dpop_proof", reason);
            let challenge = answer.header("www-authenticate");
            assert!(challenge.starts_with("DPoP "), "{challenge}");
        };
        refused(&[], "proof_missing").await;
        refused(&[&proof(&other)], "wrong_key").await;
        let mut claims = Key::claims(&server, "GET", path);
        refused(&[&key.proof_of(&claims)], "proof_of_another_token").await;
        for ath in ["x", &phone.refresh_token, token] {
            claims["ath"] = json!(ath);
            refused(&[&key.proof_of(&claims)], "proof_of_another_token").await;
        }
    }
}

#[tokio::test]
async fn a_token_that_is_not_bound_is_no_better_with_a_proof() {
    let server = spawn().await;
    let key = Key::default();
    let phone = server.user("ana").await.sign_in("phone").await;
    for path in PATHS {
        let proof = key.proof_with(&server, ("GET", path), &phone.access_token);
        for proofs in [&[][..], &[proof.as_str()]] {
            let answer = phone.show(path, "DPoP", proofs).await;
            answer.refused(401, "invalid_token", "token_is_not_bound");
            let challenge = answer.header("www-authenticate");
            assert!(challenge.starts_with("DPoP "), "{challenge}");
        }
        phone.show(path, "Bearer", &[&proof]).await.expect(200);
    }
}

/// Each way to be refused is told in the scheme that was tried.
#[tokio::test]
async fn what_is_wrong_with_a_bound_token_itself_is_told_as_of_any() {
    let server = spawn().await;
    let key = Key::default();
    let root = server.user_with_roles("root-of-trust", &["admin"]).await;
    let desk = root.sign_in_with(&key).await;
    let (ana, other) = (server.user("ana").await, Key::default());
    let phone = ana.sign_in_with(&other).await;
    for (answer, status, error, reason) in [
        (
            phone.get_by("/users", &other).await,
            403,
            "insufficient_scope",
            "role_required",
        ),
        (
            server.get("/me").await,
            401,
            "invalid_token",
            "missing_token",
        ),
    ] {
        answer.refused(status, error, reason);
    }
    let path = format!("/devices/{}/disable", phone.device_id);
    let proof = key.proof_with(&server, ("POST", &path), &desk.access_token);
    let request = server
        .request("POST", &path)
        .json(&json!({}))
        .header("DPoP", proof);
    let request = request.header("Authorization", format!("DPoP {}", desk.access_token));
    Reply::of(request).await.expect(200);
    for path in ["/test_jwt", "/me"] {
        let answer = phone.get_by(path, &other).await;
        answer.refused(401, "invalid_token", "device_disabled");
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.starts_with("DPoP ") && challenge.contains(", algs=\""),
            "{challenge}"
        );
    }
    server.advance(301);
    let answer = desk.get_by("/me", &key).await;
    answer.refused(401, "invalid_token", "token_expired");
    assert!(answer.header("www-authenticate").starts_with("DPoP "));
}

/// An administrator may ask what a token is worth with a bound token of their own.
#[tokio::test]
async fn an_administrator_with_a_key_introspects() {
    let server = spawn().await;
    let key = Key::default();
    let root = server.user_with_roles("root-of-trust", &["admin"]).await;
    let desk = root.sign_in_with(&key).await;
    let token = desk.access_token.as_str();
    let ask = async |proof: Option<String>| {
        let mut request = server
            .request("POST", "/introspect")
            .form(&[("token", token)]);
        request = request.header("Authorization", format!("DPoP {token}"));
        if let Some(proof) = proof {
            request = request.header("DPoP", proof);
        }
        Reply::of(request).await
    };
    let proof = key.proof_with(&server, ("POST", "/introspect"), token);
    assert_eq!(ask(Some(proof)).await.expect(200).body["active"], true);
    ask(None)
        .await
        .refused(401, "invalid_dpop_proof", "proof_missing");
}

/// RFC 8725 §3.11: a proof is no access token.
#[tokio::test]
async fn a_proof_is_no_access_token() {
    let server = spawn().await;
    let proof = Key::default().proof(&server, "/login");
    for scheme in ["Bearer", "DPoP"] {
        let request = server.request("GET", "/test_jwt");
        let request = request.header("Authorization", format!("{scheme} {proof}"));
        let answer = Reply::of(request.header("DPoP", &proof)).await;
        answer.refused(401, "invalid_token", "malformed_token");
    }
}
