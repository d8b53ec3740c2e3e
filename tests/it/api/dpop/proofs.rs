//! What a proof has to be (RFC 9449 §4.3): the same where tokens are given and where they are used.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::crypto::dpop::ALGORITHMS;
use serde_json::{Value, json};

use crate::support::{Server, key::Key, phone::Phone, reply::Reply, spawn, spawn_with};

/// The same with another value, or without it.
fn changed(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    if value.is_null() {
        object.as_object_mut().unwrap().remove(name);
    } else {
        object[name] = value;
    }
    object
}

/// A request that takes a proof, and how often it can be sent with the tokens that there are.
struct Place<'a> {
    server: &'a Server,
    phone: Phone<'a>,
    key: Key,
    path: &'static str,
}

impl Place<'_> {
    fn method(&self) -> &'static str {
        if self.path == "/me" { "GET" } else { "POST" }
    }

    /// Good claims of a proof for it.
    fn claims(&self) -> Value {
        let mut claims = Key::claims(self.server, self.method(), self.path);
        if self.path == "/me" {
            claims["ath"] = crate::support::key::hash(&self.phone.access_token).into();
        }
        claims
    }

    async fn with(&self, proofs: &[&str]) -> Reply {
        let user = crate::support::User {
            server: self.server,
            id: self.phone.user,
            name: "ana".to_owned(),
        };
        match self.path {
            "/login" => user.try_with(proofs).await,
            "/token" => {
                self.phone
                    .present_with(&self.phone.refresh_token, proofs)
                    .await
            }
            path => self.phone.show(path, "DPoP", proofs).await,
        }
    }

    async fn with_claim(&self, name: &str, value: Value) -> Reply {
        self.with(&[&self.key.proof_of(&changed(&self.claims(), name, value))])
            .await
    }

    async fn refuses(&self, proofs: &[&str], reason: &str) {
        self.refused(&self.with(proofs).await, reason);
    }

    fn refused(&self, answer: &Reply, reason: &str) {
        let status = if self.path == "/me" { 401 } else { 400 };
        answer.refused(status, "invalid_dpop_proof", reason);
        assert_eq!(answer.header("dpop-nonce"), "");
        if self.path == "/me" {
            let challenge = answer.header("www-authenticate");
            assert!(
                challenge.starts_with(
                    "DPoP realm=\"doorward\", error=\"invalid_dpop_proof\", error_description=\""
                ) && challenge.ends_with(", algs=\"ES256 ES384 EdDSA Ed25519 PS256 RS256\""),
                "{challenge}"
            );
        }
    }
}

/// All of them, on a server.
async fn places(server: &Server) -> Vec<Place<'_>> {
    let ana = server.user("ana").await;
    let mut places = Vec::new();
    for path in ["/login", "/token", "/me"] {
        let key = Key::default();
        let phone = ana.sign_in_with(&key).await;
        places.push(Place {
            server,
            phone,
            key,
            path,
        });
    }
    places
}

#[tokio::test]
async fn what_is_no_proof_is_refused_and_uses_nothing_up() {
    let server = spawn().await;
    for place in places(&server).await {
        let (header, claims) = (place.key.header(), place.claims());
        let good = place.key.proof_of(&claims);
        let parts: Vec<&str> = good.split('.').collect();
        place.refuses(&[&good, &good], "proof_malformed").await;
        for junk in ["", "x", "a.b.c", "..", &good[..good.len() - 90], "é"] {
            place.refuses(&[junk], "proof_malformed").await;
        }
        for (name, value) in [
            ("typ", json!("JWT")),
            ("typ", json!("at+jwt")),
            ("typ", Value::Null),
            ("crit", json!(["exp"])),
            ("alg", Value::Null),
            ("jwk", json!("x")),
        ] {
            let proof = place.key.sign(&changed(&header, name, value), &claims);
            place.refuses(&[&proof], "proof_malformed").await;
        }
        // Without a claim, with one of the wrong type, and with one that nobody needs to be so long.
        for name in ["jti", "htm", "htu", "iat"] {
            for value in [Value::Null, json!({}), json!(true)] {
                place.refused(&place.with_claim(name, value).await, "proof_malformed");
            }
        }
        for value in [json!(""), json!("x".repeat(4_000))] {
            place.refused(&place.with_claim("jti", value).await, "proof_malformed");
        }
        // What is longer than all headers may be is cut off by the HTTP library.
        let endless = changed(&claims, "jti", json!("x".repeat(1 << 20)));
        let request = server.request(place.method(), place.path);
        let answer = request
            .header("DPoP", place.key.proof_of(&endless))
            .send()
            .await;
        assert!(answer.is_err() || answer.is_ok_and(|it| it.status().is_client_error()));

        for alg in ["none", "None", "", "HS256", "HS512", "ES512", "x"] {
            let proof = place
                .key
                .sign(&changed(&header, "alg", json!(alg)), &claims);
            place.refuses(&[&proof], "proof_algorithm").await;
        }
        // By who takes the public key for a secret.
        let shared =
            json!({ "typ": "dpop+jwt", "alg": "HS256", "jwk": { "kty": "oct", "k": "AAAA" } });
        let message = [&shared, &claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = message.join(".");
        let signature = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, &[0; 3]),
            message.as_bytes(),
        );
        let proof = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        place.refuses(&[&proof], "proof_algorithm").await;

        let private = changed(&place.key.jwk, "d", json!("AAAA"));
        for jwk in [
            Value::Null,
            json!({}),
            json!({ "kty": "oct", "k": "AAAA" }),
            private,
        ] {
            let proof = place.key.sign(&changed(&header, "jwk", jwk), &claims);
            place.refuses(&[&proof], "proof_key").await;
        }

        let other = Key::default();
        let rsa = changed(&header, "alg", json!("RS256"));
        let later = changed(&claims, "iat", json!(claims["iat"].as_i64().unwrap() + 1));
        let later = URL_SAFE_NO_PAD.encode(later.to_string());
        for forged in [
            other.sign(&header, &claims),
            place.key.sign(&rsa, &claims),
            place
                .key
                .sign(&changed(&header, "jwk", other.jwk.clone()), &claims),
            format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86)),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{good}.x"),
            format!("{}.{later}.{}", parts[0], parts[2]),
        ] {
            place.refuses(&[&forged], "proof_signature").await;
        }
        place.with(&[&good]).await.expect(200);
    }
}

#[tokio::test]
async fn a_proof_is_for_one_method_and_one_address() {
    let server = spawn().await;
    for place in places(&server).await {
        for (name, value) in [
            ("htm", "PUT".to_owned()),
            ("htm", place.method().to_lowercase()),
            ("htu", format!("http://doorward.test{}/", place.path)),
            ("htu", "http://doorward.test/revoke".to_owned()),
            ("htu", format!("https://doorward.test{}", place.path)),
            ("htu", format!("http://doorward.test:8000{}", place.path)),
            ("htu", format!("http://evil.test{}", place.path)),
            // Where it really is: the name that it is known by is another.
            ("htu", format!("{}{}", server.url, place.path)),
            ("htu", place.path.to_owned()),
        ] {
            let answer = place.with_claim(name, json!(value)).await;
            place.refused(&answer, "proof_of_another_request");
        }
    }
}

#[tokio::test]
async fn an_address_may_be_written_in_other_ways() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in_with(&Key::default()).await;
    for address in [
        "http://doorward.test/login",
        "HTTP://Doorward.TEST/login",
        "http://doorward.test:80/login",
        "http://doorward.test/login?from=here",
        "http://doorward.test/login#form",
        "http://doorward.test/%6cogin",
    ] {
        let key = Key::default();
        let claims = changed(
            &Key::claims(&server, "POST", "/login"),
            "htu",
            json!(address),
        );
        let answer = ana.try_with(&[&key.proof_of(&claims)]).await.expect(200);
        phone.store(&answer);
        // Of a request the query does not count either.
        phone.get_by("/me/devices?limit=1", &key).await.expect(200);
    }
}

#[tokio::test]
async fn behind_a_name_with_a_path_the_address_has_that_path() {
    let server =
        spawn_with(|config| "https://auth.example/t1".clone_into(&mut config.issuer)).await;
    let (ana, key) = (server.user("ana").await, Key::default());
    let mut claims = Key::claims(&server, "POST", "/login");
    assert_eq!(claims["htu"], "https://auth.example/t1/login");
    ana.try_with(&[&key.proof_of(&claims)]).await.expect(200);
    claims["htu"] = json!("https://auth.example/login");
    let answer = ana.try_with(&[&key.proof_of(&claims)]).await;
    answer.refused(400, "invalid_dpop_proof", "proof_of_another_request");
}

#[tokio::test]
async fn a_clock_may_be_a_minute_off_and_no_more() {
    let server = spawn().await;
    let now = server.clock.now().timestamp();
    for place in places(&server).await {
        for at in [now - 61, now + 61, now - 86_400, 0, i64::MIN, i64::MAX] {
            let answer = place.with_claim("iat", json!(at)).await;
            place.refused(&answer, "proof_out_of_time");
        }
        place.refused(
            &place.with_claim("iat", json!("now")).await,
            "proof_malformed",
        );
        // The token is rotated by the first of these, and given again to the others.
        for off in [-10, 10, -60, 60] {
            place.with_claim("iat", json!(now + off)).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_proof_is_good_once() {
    let server = spawn_with(|config| config.access_token_ttl = Duration::from_hours(1)).await;
    for place in places(&server).await {
        let claims = changed(&place.claims(), "jti", json!("one and only"));
        let proof = place.key.proof_of(&claims);
        place.with(&[&proof]).await.expect(200);
        // The id counts, whatever else is in it, for as long as the proof is good.
        let later = claims["iat"].as_i64().unwrap() + 60;
        let again = place.key.proof_of(&changed(&claims, "iat", json!(later)));
        for proof in [&proof, &again] {
            place.refuses(&[proof], "proof_replayed").await;
        }
        server.advance(60);
        place.refuses(&[&again], "proof_replayed").await;
        server.advance(59);
        place.refuses(&[&again], "proof_replayed").await;
        server.advance(2);
        place.refuses(&[&again], "proof_out_of_time").await;
        // Another's id is another id.
        let claims = changed(&Key::claims(&server, "POST", "/login"), "jti", json!("x"));
        for _ in 0..2 {
            let user = crate::support::User {
                server: &server,
                id: place.phone.user,
                name: "ana".to_owned(),
            };
            let other = Key::default();
            user.try_with(&[&other.proof_of(&claims)]).await.expect(200);
        }
    }
}

#[tokio::test]
async fn keys_are_good_of_every_kind_that_the_metadata_lists() {
    let server = spawn().await;
    let document = server.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(
        document.body["dpop_signing_alg_values_supported"],
        json!(ALGORITHMS)
    );
    let ana = server.user("ana").await;
    for name in ALGORITHMS {
        let key = Key::of(name);
        let mut phone = ana.sign_in_with(&key).await;
        assert_eq!(phone.claims()["cnf"]["jkt"], key.thumbprint(), "{name}");
        phone.refresh_by(&key).await.expect(200);
        phone.get_by("/test_jwt", &key).await.expect(200);
    }
}
