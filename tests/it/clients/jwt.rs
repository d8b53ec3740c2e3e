//! Libraries that check access tokens, with the settings that their own documentation shows.

use std::collections::BTreeMap;

use doorward::{
    config::Config,
    crypto::{keyring::SigningAlg, secret::Secret},
};
use serde_json::{Value, json};

use super::run;
use crate::support::{
    Server,
    forge::Forger,
    front::{Front, behind},
    phone::Phone,
};

const SECRET: &str = "a secret of 32 bytes at the least";

/// A Doorward that signs with this, under an issuer that leads to it.
async fn signing_with(alg: SigningAlg) -> (Front, Server) {
    let front = Front::open().await;
    let configure = |config: &mut Config| {
        config.issuer.clone_from(&front.url);
        config.signing_alg = alg;
        if alg == SigningAlg::Hs256 {
            config.signing_secret = Some(Secret::new(SECRET.to_owned()));
        }
    };
    let server = behind(&front, configure).await;
    (front, server)
}

/// The token with one character of its payload or signature changed.
fn tampered(token: &str, part: usize) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let other = if parts[part].as_bytes()[5] == b'A' {
        "B"
    } else {
        "A"
    };
    parts[part].replace_range(5..6, other);
    parts.join(".")
}

/// Has each script look at a token of Ana's and at what is none, under each algorithm.
async fn each_takes_ours(alg: SigningAlg, scripts: &[&str]) {
    let (front, server) = signing_with(alg).await;
    let phone = server.user("ana").await.sign_in("phone").await;
    assert_eq!(phone.header()["alg"], alg.as_str());
    let token = &phone.access_token;
    let mut tokens = BTreeMap::from([
        ("good", token.clone()),
        ("with other claims", tampered(token, 1)),
        ("with another signature", tampered(token, 2)),
        ("no token", "x".to_owned()),
    ]);
    if alg == SigningAlg::Es256 {
        tokens.extend(Forger::of(&server, &phone).await.bad());
    }
    let asked = asked(&front, &phone, alg, &json!(tokens));
    for script in scripts {
        let accepted = run(script, &asked).await;
        assert_eq!(accepted, json!({ "good": "ana" }), "{script}");
    }
}

fn asked(front: &Front, phone: &Phone<'_>, alg: SigningAlg, tokens: &Value) -> Value {
    json!({
        "issuer": front.url,
        "audience": phone.server.app.config.audience,
        "alg": alg.as_str(),
        "secret": (alg == SigningAlg::Hs256).then_some(SECRET),
        "tokens": tokens,
    })
}

#[tokio::test]
async fn es256_is_known_to_all() {
    let all = [
        "node/jose.mjs",
        "node/jsonwebtoken.mjs",
        "node/passport-jwt.mjs",
        "python/pyjwt.py",
    ];
    each_takes_ours(SigningAlg::Es256, &all).await;
}

#[tokio::test]
async fn rs256_is_known_to_all() {
    let all = [
        "node/jose.mjs",
        "node/jsonwebtoken.mjs",
        "node/passport-jwt.mjs",
        "python/pyjwt.py",
    ];
    each_takes_ours(SigningAlg::Rs256, &all).await;
}

/// jsonwebtoken of npm, and so passport-jwt, does not know Ed25519.
#[tokio::test]
async fn eddsa_is_known_to_jose_and_pyjwt() {
    each_takes_ours(SigningAlg::EdDsa, &["node/jose.mjs", "python/pyjwt.py"]).await;
}

#[tokio::test]
async fn hs256_is_for_those_who_have_the_secret() {
    let with_secret = [
        "node/jsonwebtoken.mjs",
        "node/passport-jwt.mjs",
        "python/pyjwt.py",
    ];
    each_takes_ours(SigningAlg::Hs256, &with_secret).await;
}

/// jose looks at the type of a token where it is told to.
#[tokio::test]
async fn jose_takes_nothing_but_access_tokens() {
    let (front, server) = signing_with(SigningAlg::Es256).await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let forger = Forger::of(&server, &phone).await;
    let careful: BTreeMap<_, _> = forger.bad_for_the_careful().into_iter().collect();
    let mut tokens: BTreeMap<_, _> = forger.good_types().into_iter().collect();
    let good: Vec<&str> = tokens.keys().copied().collect();
    let good: BTreeMap<_, _> = good.into_iter().map(|name| (name, "ana")).collect();
    tokens.extend(
        careful
            .into_iter()
            .filter(|(name, _)| name.contains("type")),
    );
    let asked = asked(&front, &phone, SigningAlg::Es256, &json!(tokens));
    assert_eq!(run("node/jose.mjs", &asked).await, json!(good));
}
