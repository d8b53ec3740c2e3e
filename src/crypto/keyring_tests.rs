//! What a hostile or mistaken access token can look like, and that none passes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    crypto::access_token::{Subject, UserClaims},
    ids::{ClientId, DeviceId, GrantId, UserId},
};

const ISSUER: &str = "https://auth.example";
const NOW: i64 = 1_800_000_000;

impl PartialEq for VerifiedToken {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn claims() -> Claims {
    Claims {
        iss: ISSUER.to_owned(),
        aud: "doorward".to_owned(),
        exp: NOW + 300,
        iat: NOW,
        nbf: NOW,
        jti: Uuid::from_u128(2),
        client_id: ClientId::first_party(),
        scope: String::new(),
        cnf: None,
        subject: Subject::User(UserClaims {
            sub: UserId(Uuid::from_u128(1)),
            auth_time: NOW,
            sid: GrantId(Uuid::from_u128(3)),
            device_id: DeviceId(Uuid::from_u128(4)),
            username: "ana".to_owned(),
            roles: vec![],
            status: None,
        }),
    }
}

fn ring(alg: SigningAlg) -> (Keyring, SigningKey) {
    let (key, pkcs8) = SigningKey::generate(alg).unwrap();
    let again = SigningKey::from_pkcs8(alg, &pkcs8).unwrap();
    (Keyring::new(ISSUER, "doorward", vec![again]).unwrap(), key)
}

/// A token with any header and claims, signed by `key`'s private half.
fn forge(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let claims = claims.to_string();
    let token = key.signer.sign(&header, claims.as_bytes()).unwrap();
    token.expose().clone()
}

fn header(key: &SigningKey) -> Value {
    json!({ "typ": "at+jwt", "alg": key.alg.as_str(), "kid": key.kid })
}

fn with(mut base: Value, name: &str, value: Value) -> Value {
    if value.is_null() {
        base.as_object_mut().unwrap().remove(name);
    } else {
        base[name] = value;
    }
    base
}

#[test]
fn each_algorithm_signs_what_it_verifies_and_publishes_only_the_public_half() {
    for alg in [SigningAlg::Es256, SigningAlg::EdDsa, SigningAlg::Rs256] {
        let (ring, key) = ring(alg);
        let token = ring.sign(&claims()).unwrap();
        assert_eq!(
            ring.verify(token.expose(), now()),
            Ok(Arc::new(claims().into())),
            "{alg:?}"
        );
        let jwks: Value = serde_json::from_str(ring.jwks()).unwrap();
        let jwk = &jwks["keys"][0];
        assert_eq!(
            (&jwk["kid"], &jwk["use"], &jwk["alg"]),
            (&json!(key.kid), &json!("sig"), &json!(alg.as_str()))
        );
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(jwk.get(private).is_none(), "{alg:?} publishes {private}");
        }
    }
}

#[test]
fn a_shared_secret_signs_and_is_not_published() {
    let (pairs, key) = ring(SigningAlg::Es256);
    let old = pairs.sign(&claims()).unwrap();
    let ring = pairs
        .signing_with_secret(&Secret::new("s".repeat(32)))
        .unwrap();
    let token = ring.sign(&claims()).unwrap();
    assert_eq!(
        ring.verify(token.expose(), now()),
        Ok(Arc::new(claims().into()))
    );
    assert_eq!(
        ring.verify(old.expose(), now()),
        Ok(Arc::new(claims().into()))
    );
    assert!(!ring.jwks().contains("oct") && ring.jwks().contains(&key.kid));
}

#[test]
fn a_token_of_a_client_itself_names_no_user_and_may_be_for_others() {
    let (ring, _) = ring(SigningAlg::Es256);
    let claims = Claims {
        client_id: "billing".parse().unwrap(),
        aud: "ledger".to_owned(),
        subject: Subject::Client {
            sub: "billing".parse().unwrap(),
        },
        ..claims()
    };
    assert_eq!(json!(claims)["sub"], "billing");
    let token = ring.sign(&claims).unwrap();
    let for_us = ring.verify(token.expose(), now());
    assert_eq!(for_us, Err(Rejection::WrongAudience));
    assert_eq!(
        ring.verify_for_any(token.expose(), now()),
        Ok(Arc::new(claims.into()))
    );
}

#[test]
fn a_token_that_was_seen_expires_all_the_same_and_leaves_with_its_key() {
    let (ring, _) = ring(SigningAlg::Es256);
    let token = ring.sign(&claims()).unwrap();
    for _ in 0..2 {
        let seen = ring.verify(token.expose(), now());
        assert_eq!(seen, Ok(Arc::new(claims().into())));
    }
    let (early, late) = (now() - chrono::TimeDelta::hours(1), claims().expires_at());
    let at = |time| ring.verify(token.expose(), time);
    assert_eq!(at(early), Err(Rejection::NotYetValid));
    assert_eq!(at(late), Err(Rejection::Expired));
    let changed = format!("{}A", token.expose());
    assert!(ring.verify(&changed, now()).is_err(), "not the same token");
    let without = self::ring(SigningAlg::Es256).0;
    assert_eq!(
        without.verify(token.expose(), now()),
        Err(Rejection::UnknownKey)
    );
}

#[test]
fn every_changed_byte_is_refused() {
    let (ring, _) = ring(SigningAlg::Es256);
    let token = ring.sign(&claims()).unwrap();
    for at in 0..token.expose().len() {
        let mut changed = token.expose().clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'g' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(ring.verify(&changed, now()).is_err(), "byte {at}");
    }
}

#[test]
fn times_are_kept_to_the_second() {
    let (ring, key) = ring(SigningAlg::Es256);
    let verify = |name: &str, value: Value| {
        ring.verify(
            &forge(&key, &header(&key), &with(json!(claims()), name, value)),
            now(),
        )
    };
    assert_eq!(verify("exp", json!(NOW)), Err(Rejection::Expired));
    assert!(verify("exp", json!(NOW + 1)).is_ok());
    assert_eq!(verify("nbf", json!(NOW + 31)), Err(Rejection::NotYetValid));
    assert_eq!(verify("iat", json!(NOW + 31)), Err(Rejection::NotYetValid));
    assert!(verify("nbf", json!(NOW + 30)).is_ok());
    for time in ["exp", "nbf", "iat", "auth_time"] {
        for value in [
            json!("1900000000"),
            json!(1.9e9),
            json!([NOW]),
            json!(1e300),
            Value::Null,
        ] {
            assert!(verify(time, value.clone()).is_err(), "{time}: {value}");
        }
    }
}

#[test]
fn issuer_audience_and_every_other_claim_must_be_there_and_ours() {
    let (ring, key) = ring(SigningAlg::Es256);
    let verify = |name: &str, value: Value| {
        ring.verify(
            &forge(&key, &header(&key), &with(json!(claims()), name, value)),
            now(),
        )
    };
    for issuer in [
        json!("https://auth.example/"),
        json!("https://AUTH.example"),
        json!([ISSUER, "x"]),
    ] {
        assert!(verify("iss", issuer.clone()).is_err(), "{issuer}");
    }
    assert_eq!(
        verify("iss", json!("https://other.example")),
        Err(Rejection::WrongIssuer)
    );
    assert_eq!(
        verify("aud", json!("another")),
        Err(Rejection::WrongAudience)
    );
    for audience in [json!([]), json!(5)] {
        assert!(verify("aud", audience.clone()).is_err(), "{audience}");
    }
    for name in [
        "iss",
        "aud",
        "sub",
        "jti",
        "client_id",
        "sid",
        "device_id",
        "username",
        "roles",
        "scope",
    ] {
        assert!(verify(name, Value::Null).is_err(), "without {name}");
    }
}

#[test]
fn the_header_cannot_talk_its_way_in() {
    let (ring, key) = ring(SigningAlg::Es256);
    let (_, foreign) = self::ring(SigningAlg::Es256);
    let good = header(&key);
    let verify = |header: &Value, key: &SigningKey| {
        ring.verify(&forge(key, header, &json!(claims())), now())
    };
    assert!(verify(&good, &key).is_ok());
    assert!(
        verify(
            &with(good.clone(), "typ", json!("application/AT+JWT")),
            &key
        )
        .is_ok()
    );

    for typ in [
        json!("JWT"),
        json!("statuslist+jwt"),
        json!("dpop+jwt"),
        json!("secevent+jwt"),
        Value::Null,
    ] {
        assert_eq!(
            verify(&with(good.clone(), "typ", typ.clone()), &key),
            Err(Rejection::Malformed),
            "{typ}"
        );
    }
    for alg in [
        "none", "None", "NONE", "", "HS256", "EdDSA", "RS256", "ES384",
    ] {
        assert!(
            verify(&with(good.clone(), "alg", json!(alg)), &key).is_err(),
            "{alg}"
        );
    }
    for crit in [json!(["exp"]), json!(["b64"]), json!([])] {
        assert!(
            verify(&with(good.clone(), "crit", crit.clone()), &key).is_err(),
            "{crit}"
        );
    }
    assert!(verify(&with(good.clone(), "zip", json!("DEF")), &key).is_err());
    assert_eq!(
        verify(&with(good.clone(), "kid", json!("nobody")), &key),
        Err(Rejection::UnknownKey)
    );
    assert_eq!(
        verify(&with(good.clone(), "kid", Value::Null), &key),
        Err(Rejection::Malformed)
    );

    // Signed by a stranger who brings his own key along.
    assert_eq!(verify(&good, &foreign), Err(Rejection::BadSignature));
    for name in ["jwk", "jku", "x5u"] {
        let value = if name == "jwk" {
            json!(foreign.jwk)
        } else {
            json!("http://127.0.0.1:9/")
        };
        assert!(
            verify(&with(good.clone(), name, value), &foreign).is_err(),
            "{name}"
        );
    }
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let (ring, key) = ring(SigningAlg::Rs256);
    let header = with(header(&key), "alg", json!("HS256"));
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&json!(claims())));
    for secret in [
        json!(key.jwk).to_string(),
        ring.jwks().to_owned(),
        String::new(),
    ] {
        let secret = EncodingKey::from_secret(secret.as_bytes());
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &secret, Algorithm::HS256).unwrap();
        assert!(
            ring.verify(&format!("{message}.{signature}"), now())
                .is_err()
        );
    }
    assert!(ring.verify(&format!("{message}."), now()).is_err());
}
