//! Proofs of possession (RFC 9449): what a client signs, for one request, with a key that never leaves it. Here
//! are a proof's form, algorithm, key and signature, the nonces, and the memory of those that came; whether one is
//! good for a request is a rule, and not here.

mod seen;
mod target;

use std::time::Duration;

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{Jwk, ThumbprintHash},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    public_jwk::is_public,
    server_key::{ServerKey, ServerKeys},
};
use crate::ids::Thumbprint;

pub use seen::Seen;
pub use target::is_same;

/// What proofs may be signed with, by the names of RFC 7518, RFC 8037 and RFC 9864: no shared secrets (§4.3).
pub const ALGORITHMS: [&str; 6] = ["ES256", "ES384", "EdDSA", "Ed25519", "PS256", "RS256"];

/// How long a proof may be: one by an RSA key of 4096 bits has two thousand characters.
const LONGEST: usize = 4096;

const NONCE_LENGTH: usize = 16;

/// Why a proof was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// None came where one has to.
    Missing,
    /// No JWT of the right type, with all claims, and no longer than need be; or more than one.
    Malformed,
    /// Signed with what is not offered.
    BadAlgorithm,
    /// No public key in it, or more than a public key.
    BadKey,
    /// The signature is not by that key.
    BadSignature,
    /// Of another method or address.
    WrongRequest,
    /// Made too long ago, or for a time to come.
    OutOfTime,
    /// For another access token, or for none.
    WrongToken,
    /// By another key than the one that the access token is bound to.
    WrongKey,
    /// Without a nonce of ours, or with one that is too old.
    NonceWanted,
    /// It has come before.
    Replayed,
    /// More come than can be remembered.
    Overloaded,
}

/// A proof whose signature is by the key that it names (§4.2).
pub struct Proof {
    /// The key.
    pub key: Thumbprint,
    /// Its own id: `jti`.
    pub id: String,
    /// The method of the request: `htm`.
    pub method: String,
    /// The address of the request: `htu`.
    pub target: String,
    /// When it was made, in seconds since 1970: `iat`.
    pub issued_at: i64,
    /// The hash of the access token that it goes with: `ath`.
    pub token_hash: Option<String>,
    /// The server's nonce.
    pub nonce: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    #[serde(default)]
    jwk: Map<String, Value>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    ath: Option<String>,
    nonce: Option<String>,
}

impl Proof {
    /// Reads a proof. Costs a signature.
    ///
    /// # Errors
    /// The [`Rejection`] that says what was wrong, of those that the proof alone tells.
    pub fn read(text: &str) -> Result<Self, Rejection> {
        if text.len() > LONGEST {
            return Err(Rejection::Malformed);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(Rejection::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Rejection::Malformed)?;
        let header: Header = part(header)?;
        if !header.typ.eq_ignore_ascii_case("dpop+jwt") || header.crit.is_some() {
            return Err(Rejection::Malformed);
        }
        let algorithm = algorithm(&header.alg).ok_or(Rejection::BadAlgorithm)?;
        let jwk = public_key(header.jwk)?;
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| Rejection::BadKey)?;
        // Also wrong for a key of another kind than the algorithm's.
        let verified = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, algorithm);
        if !verified.is_ok_and(|good| good) {
            return Err(Rejection::BadSignature);
        }
        let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256);
        let claims: Claims = part(claims)?;
        if claims.jti.is_empty() {
            return Err(Rejection::Malformed);
        }
        Ok(Self {
            key: thumbprint.map_err(|_| Rejection::BadKey)?.into(),
            id: claims.jti,
            method: claims.htm,
            target: claims.htu,
            issued_at: claims.iat,
            token_hash: claims.ath,
            nonce: claims.nonce,
        })
    }
}

fn algorithm(name: &str) -> Option<Algorithm> {
    match ALGORITHMS.into_iter().find(|known| *known == name)? {
        // The name that RFC 9864 has for what is meant by EdDSA.
        "Ed25519" => Some(Algorithm::EdDSA),
        name => name.parse().ok(),
    }
}

fn public_key(jwk: Map<String, Value>) -> Result<Jwk, Rejection> {
    if !is_public(&jwk) {
        return Err(Rejection::BadKey);
    }
    serde_json::from_value(Value::Object(jwk)).map_err(|_| Rejection::BadKey)
}

fn part<T: DeserializeOwned>(text: &str) -> Result<T, Rejection> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| Rejection::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Rejection::Malformed)
}

/// The nonce of this moment (§8): the same on every server, and stored on none. It is good for `ttl` at least, and
/// for twice as long at the most.
pub fn nonce(keys: &ServerKeys, ttl: Duration, now: DateTime<Utc>) -> String {
    URL_SAFE_NO_PAD.encode(nonce_of(&keys.current, period(ttl, now)))
}

/// Whether a text is a nonce that is good now. That of the period to come is one: another server's clock may be ahead.
pub fn is_nonce(text: &str, keys: &ServerKeys, ttl: Duration, now: DateTime<Utc>) -> bool {
    let Ok(sent) = URL_SAFE_NO_PAD.decode(text) else {
        return false;
    };
    let period = period(ttl, now);
    let mut all = [Some(&keys.current), keys.previous.as_ref()]
        .into_iter()
        .flatten();
    all.any(|key| {
        (period - 1..=period + 1).any(|period| {
            constant_time::verify_slices_are_equal(&nonce_of(key, period), &sent).is_ok()
        })
    })
}

fn period(ttl: Duration, now: DateTime<Utc>) -> i64 {
    now.timestamp() / i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX).max(1)
}

fn nonce_of(key: &ServerKey, period: i64) -> [u8; NONCE_LENGTH] {
    let mut nonce = [0; NONCE_LENGTH];
    let whole = hmac::sign(key.proof_nonce(), &period.to_be_bytes());
    nonce.copy_from_slice(&whole.as_ref()[..NONCE_LENGTH]);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::secret::Secret;

    fn keys(byte: u8, previous: Option<u8>) -> ServerKeys {
        let key = |byte| ServerKey::new(&Secret::new([byte; 32]));
        ServerKeys {
            current: key(byte),
            previous: previous.map(key),
        }
    }

    #[test]
    fn every_algorithm_that_is_offered_is_known_and_no_other() {
        assert!(ALGORITHMS.iter().all(|name| algorithm(name).is_some()));
        for other in ["HS256", "none", "", "es256", "ES512"] {
            assert!(algorithm(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_nonce_is_good_for_a_while_on_every_server_and_through_a_change_of_keys() {
        let ttl = Duration::from_mins(5);
        let at = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        let own = nonce(&keys(1, None), ttl, at(0));
        for (name, (current, previous), seconds, good) in [
            ("at once", (1, None), 0, true),
            ("later", (1, None), 599, true),
            ("too late", (1, None), 600, false),
            ("of a server ahead", (1, None), -1, true),
            ("of a time to come", (1, None), -301, false),
            ("after a change of keys", (2, Some(1)), 0, true),
            ("of a stranger", (2, None), 0, false),
        ] {
            let is_good = is_nonce(&own, &keys(current, previous), ttl, at(seconds));
            assert_eq!(is_good, good, "{name}");
        }
        for junk in ["", "x", &own[1..], &format!("{own}AA")] {
            assert!(!is_nonce(junk, &keys(1, None), ttl, at(0)), "{junk:?}");
        }
    }
}
