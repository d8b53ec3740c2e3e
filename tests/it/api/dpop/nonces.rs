//! Where a nonce is asked for (RFC 9449 §8 and §9), each proof has one of this server's, not too old.

use std::time::Duration;

use serde_json::json;

use crate::support::{
    Server, User, clock, database::Database, key::Key, key::hash, reply::Reply, spawn_on,
    spawn_with,
};

/// The one nonce in an answer.
#[track_caller]
fn nonce(answer: &Reply) -> String {
    let all: Vec<_> = answer.headers.get_all("dpop-nonce").iter().collect();
    assert_eq!(all.len(), 1, "{:?}", answer.headers);
    all[0].to_str().unwrap().to_owned()
}

fn proof(key: &Key, server: &Server, path: &str, nonce: &str) -> String {
    let mut claims = Key::claims(server, "POST", path);
    claims["nonce"] = nonce.into();
    key.proof_of(&claims)
}

async fn asking() -> Server {
    spawn_with(|config| config.dpop_nonce_ttl = Duration::from_mins(5)).await
}

async fn sign_in(user: &User<'_>, key: &Key, nonce: &str) -> Reply {
    user.try_with(&[&proof(key, user.server, "/login", nonce)])
        .await
}

#[tokio::test]
async fn a_proof_without_a_good_nonce_is_answered_with_one() {
    let server = asking().await;
    let (ana, key) = (server.user("ana").await, Key::default());
    let answer = ana.try_with(&[&key.proof(&server, "/login")]).await;
    answer.refused(400, "use_dpop_nonce", "proof_nonce");
    let first = nonce(&answer);
    for bad in ["", "x", &first[1..], &"A".repeat(22)] {
        let answer = sign_in(&ana, &key, bad).await;
        answer.refused(400, "use_dpop_nonce", "proof_nonce");
        assert_eq!(nonce(&answer), first);
    }
    // It is good more than once, and an answer that is good has the next one.
    for _ in 0..2 {
        assert_eq!(nonce(&sign_in(&ana, &key, &first).await.expect(200)), first);
    }
    // Once one was given, no proof is good without.
    let answer = ana.try_with(&[&key.proof(&server, "/login")]).await;
    answer.refused(400, "use_dpop_nonce", "proof_nonce");

    server.advance(300);
    let answer = sign_in(&ana, &key, &first).await.expect(200);
    let second = nonce(&answer);
    assert_ne!(first, second);
    server.advance(300);
    let answer = sign_in(&ana, &key, &first).await;
    answer.refused(400, "use_dpop_nonce", "proof_nonce");
    sign_in(&ana, &key, &second).await.expect(200);
    // Who sends no proof is not told of nonces.
    let phone = ana.sign_in("tablet").await;
    let answer = phone.present(&phone.refresh_token).await.expect(200);
    assert_eq!(answer.header("dpop-nonce"), "");
}

#[tokio::test]
async fn a_refresh_without_a_nonce_uses_nothing_up_and_so_does_a_request_with_an_access_token() {
    let server = asking().await;
    let (ana, key) = (server.user("ana").await, Key::default());
    let given = nonce(&ana.try_with(&[&key.proof(&server, "/login")]).await);
    let answer = sign_in(&ana, &key, &given).await.expect(200);
    let mut phone = crate::support::phone::Phone::from_answer(&server, ana.id, &answer);

    let answer = phone.refresh_by(&key).await;
    answer.refused(400, "use_dpop_nonce", "proof_nonce");
    let own = proof(&key, &server, "/token", &nonce(&answer));
    let answer = phone.present_with(&phone.refresh_token, &[&own]).await;
    phone.store(&answer.expect(200));
    assert_eq!(
        server
            .scalar::<i32>("SELECT generation FROM refresh_tokens")
            .await,
        1
    );

    let answer = phone.get_by("/me", &key).await;
    answer.refused(401, "use_dpop_nonce", "proof_nonce");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("DPoP "), "{challenge}");
    assert!(
        challenge.contains("error=\"use_dpop_nonce\""),
        "{challenge}"
    );
    let mut claims = Key::claims(&server, "GET", "/me");
    claims["ath"] = hash(&phone.access_token).into();
    claims["nonce"] = nonce(&answer).into();
    let answer = phone.show("/me", "DPoP", &[&key.proof_of(&claims)]).await;
    nonce(&answer.expect(200));
}

/// Nothing is stored: whoever has the secret key has the nonces.
#[tokio::test]
async fn a_nonce_of_one_server_is_good_on_all() {
    let database = Database::create().await;
    let shared = database.share();
    let clock = clock();
    let configure = |config: &mut doorward::config::Config| {
        config.dpop_nonce_ttl = Duration::from_mins(5);
    };
    let one = spawn_on(database, clock.clone(), configure).await;
    let other = spawn_on(shared, clock, configure).await;
    let (ana, key) = (one.user("ana").await, Key::default());
    let given = nonce(&ana.try_with(&[&key.proof(&one, "/login")]).await);
    let elsewhere = User {
        server: &other,
        id: ana.id,
        name: ana.name.clone(),
    };
    sign_in(&elsewhere, &key, &given).await.expect(200);
}

#[tokio::test]
async fn a_page_of_another_origin_can_read_the_nonce() {
    let app = "https://app.example.com";
    let server = spawn_with(|config| {
        config.cors_origins = vec![app.to_owned()];
        config.dpop_nonce_ttl = Duration::from_mins(5);
    })
    .await;
    let request = server.request("POST", "/token").header("Origin", app);
    let request = request.header("DPoP", Key::default().proof(&server, "/token"));
    let answer = Reply::of(request.json(&json!({ "refresh_token": "x" }))).await;
    nonce(&answer);
    let exposed = answer.header("access-control-expose-headers");
    assert!(exposed.contains("DPoP-Nonce"), "{exposed}");
}
