//! Access tokens that only their audience reads: signed, then encrypted to its public key (RFC 7519 §11.2), in
//! the compact form of RFC 7516 §7.1.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    digest,
    key_wrap::{AES_256, AesKek, KeyWrap},
    rand::{SystemRandom, fill},
    rsa::{
        OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, EllipticCurveKeyParameters, Jwk, RSAKeyParameters,
    ThumbprintHash,
};
use serde_json::{Value, json};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{public_jwk::is_public, secret::Secret};

/// ECDH with an ephemeral key, whose outcome wraps the key of the content (RFC 7518 §4.6).
const ECDH_ES: &str = "ECDH-ES+A256KW";
/// RSA, with SHA-256 in the padding (RFC 7518 §4.3).
const RSA_OAEP: &str = "RSA-OAEP-256";
/// How the content itself is encrypted (RFC 7518 §5.3).
const ENC: &str = "A256GCM";

/// Why a JWK is no key to encrypt to.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("{}", self.said())]
pub enum Unfit {
    /// No JWK, or none of a kind that is known here.
    Unknown,
    /// The private half came along.
    Private,
    /// It is meant for something else.
    OtherUse,
    /// Fewer bits than 2048 (RFC 7518 §4.3), or more than 8192.
    Size,
}

impl Unfit {
    /// What to send instead.
    pub fn said(self) -> &'static str {
        match self {
            Self::Unknown => "send a public JWK, EC on P-256 or RSA",
            Self::Private => {
                "this JWK holds a private key: make another, and send its public half only"
            }
            Self::OtherUse => {
                "use is enc, and alg is ECDH-ES+A256KW for EC or RSA-OAEP-256 for RSA, or left out"
            }
            Self::Size => "an RSA key has 2048 to 8192 bits",
        }
    }
}

/// The crypto library refused.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("an access token could not be encrypted")]
pub struct Refused;

/// Whom access tokens are encrypted for: the public key of an audience.
pub struct Recipient {
    /// Its `kid`: that of the JWK, or else the thumbprint (RFC 7638).
    pub kid: String,
    /// The public half alone, as stored.
    pub jwk: Value,
    key: Key,
}

enum Key {
    /// A point on P-256, uncompressed.
    Ecdh(Vec<u8>),
    Rsa(Box<OaepPublicEncryptingKey>),
}

impl Recipient {
    /// Reads a public JWK (RFC 7517).
    ///
    /// # Errors
    /// Why it does not fit.
    pub fn from_jwk(jwk: &Value) -> Result<Self, Unfit> {
        let members = jwk.as_object().ok_or(Unfit::Unknown)?;
        if !is_public(members) {
            return Err(Unfit::Private);
        }
        let mut bare = members.clone();
        let (alg, usage) = (bare.remove("alg"), bare.remove("use"));
        bare.remove("key_ops");
        let read: Jwk = serde_json::from_value(Value::Object(bare)).map_err(|_| Unfit::Unknown)?;
        let (key, mut public) = match &read.algorithm {
            AlgorithmParameters::EllipticCurve(point) => ecdh(point)?,
            AlgorithmParameters::RSA(numbers) => rsa(numbers)?,
            _ => return Err(Unfit::Unknown),
        };
        let differs = |given: Option<Value>, wanted: &str| given.is_some_and(|it| it != wanted);
        if differs(usage, "enc") || differs(alg, key.alg()) {
            return Err(Unfit::OtherUse);
        }
        let kid = match read.common.key_id {
            Some(kid) => kid,
            None => read
                .thumbprint(ThumbprintHash::SHA256)
                .map_err(|_| Unfit::Unknown)?,
        };
        public["kid"] = json!(kid);
        public["use"] = json!("enc");
        public["alg"] = json!(key.alg());
        Ok(Self {
            kid,
            jwk: public,
            key,
        })
    }

    /// The `alg` that its tokens have.
    pub fn alg(&self) -> &'static str {
        self.key.alg()
    }

    /// Encrypts a signed token.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn encrypt(&self, signed: &Secret<String>) -> Result<Secret<String>, Refused> {
        let mut content_key = Zeroizing::new([0; 32]);
        fill(&mut *content_key).map_err(|_| Refused)?;
        let mut header = json!({
            "alg": self.alg(),
            "enc": ENC,
            // A token in a token (RFC 7519 §5.2).
            "cty": "JWT",
            "kid": self.kid,
        });
        let encrypted_key = match &self.key {
            Key::Ecdh(point) => {
                let (epk, wrapped) = wrap(point, &content_key)?;
                header["epk"] = epk;
                wrapped
            }
            Key::Rsa(key) => {
                let mut text = vec![0; key.ciphertext_size()];
                let written = key
                    .encrypt(&OAEP_SHA256_MGF1SHA256, &*content_key, &mut text, None)
                    .map_err(|_| Refused)?
                    .len();
                text.truncate(written);
                text
            }
        };
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let mut nonce = [0; NONCE_LEN];
        fill(&mut nonce).map_err(|_| Refused)?;
        let mut text = signed.expose().as_bytes().to_vec();
        let content = UnboundKey::new(&AES_256_GCM, &*content_key).map_err(|_| Refused)?;
        let tag = LessSafeKey::new(content)
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(header.as_bytes()),
                &mut text,
            )
            .map_err(|_| Refused)?;
        let parts = [&encrypted_key, nonce.as_slice(), &text, tag.as_ref()];
        let parts = parts.map(|part| URL_SAFE_NO_PAD.encode(part));
        Ok(Secret::new(format!("{header}.{}", parts.join("."))))
    }
}

impl Key {
    fn alg(&self) -> &'static str {
        match self {
            Self::Ecdh(_) => ECDH_ES,
            Self::Rsa(_) => RSA_OAEP,
        }
    }
}

fn ecdh(point: &EllipticCurveKeyParameters) -> Result<(Key, Value), Unfit> {
    if point.curve != EllipticCurve::P256 {
        return Err(Unfit::Unknown);
    }
    let mut bytes = vec![4];
    for coordinate in [&point.x, &point.y] {
        let coordinate = number(coordinate)?;
        if coordinate.len() != 32 {
            return Err(Unfit::Unknown);
        }
        bytes.extend(coordinate);
    }
    // A point beside the curve is found by whoever tries to use it.
    wrap(&bytes, &[0; 32]).map_err(|_| Unfit::Unknown)?;
    let public = json!({ "kty": "EC", "crv": "P-256", "x": point.x, "y": point.y });
    Ok((Key::Ecdh(bytes), public))
}

fn rsa(numbers: &RSAKeyParameters) -> Result<(Key, Value), Unfit> {
    let components = PublicKeyComponents {
        n: number(&numbers.n)?,
        e: number(&numbers.e)?,
    };
    let key: PublicEncryptingKey = components.try_into().map_err(|_| Unfit::Unknown)?;
    if !(2048..=8192).contains(&key.key_size_bits()) {
        return Err(Unfit::Size);
    }
    let key = OaepPublicEncryptingKey::new(key).map_err(|_| Unfit::Unknown)?;
    let public = json!({ "kty": "RSA", "n": numbers.n, "e": numbers.e });
    Ok((Key::Rsa(Box::new(key)), public))
}

fn number(text: &str) -> Result<Vec<u8>, Unfit> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Unfit::Unknown)
}

/// Wraps a key with what an ephemeral key and the recipient's agree upon: the ephemeral public key, and the
/// wrapped one (RFC 3394).
fn wrap(recipient: &[u8], content_key: &[u8; 32]) -> Result<(Value, Vec<u8>), Refused> {
    let refused = |_| Refused;
    let ephemeral =
        EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).map_err(refused)?;
    let public = ephemeral.compute_public_key().map_err(refused)?;
    let (x, y) = public
        .as_ref()
        .get(1..)
        .and_then(|point| point.split_at_checked(32))
        .ok_or(Refused)?;
    let epk = json!({
        "kty": "EC",
        "crv": "P-256",
        "x": URL_SAFE_NO_PAD.encode(x),
        "y": URL_SAFE_NO_PAD.encode(y),
    });
    let peer = UnparsedPublicKey::new(&ECDH_P256, recipient);
    let wrapped = agree_ephemeral(ephemeral, peer, Refused, |shared| {
        let key = Zeroizing::new(derive(shared));
        let kek = AesKek::new(&AES_256, &*key).map_err(refused)?;
        let mut wrapped = vec![0; content_key.len() + 8];
        kek.wrap(content_key, &mut wrapped).map_err(refused)?;
        Ok(wrapped)
    })?;
    Ok((epk, wrapped))
}

/// The key that wraps, from what was agreed upon: one round of the Concat KDF (RFC 7518 §4.6.2), which names
/// the algorithm, neither party, and how long the key is.
fn derive(shared: &[u8]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&1_u32.to_be_bytes());
    context.update(shared);
    context.update(&[0, 0, 0, 14]);
    context.update(ECDH_ES.as_bytes());
    context.update(&[0; 8]);
    context.update(&256_u32.to_be_bytes());
    let mut key = [0; 32];
    key.copy_from_slice(context.finish().as_ref());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: &str, y: &str) -> Value {
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
    }

    /// Bob's key of RFC 7518, appendix C.
    fn bob() -> Value {
        point(
            "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
        )
    }

    #[test]
    fn a_key_is_named_by_its_thumbprint_unless_it_has_a_name() {
        let named = Recipient::from_jwk(&{
            let mut jwk = bob();
            jwk["kid"] = json!("bob");
            jwk
        });
        assert_eq!(named.unwrap().kid, "bob");
        let unnamed = Recipient::from_jwk(&bob()).unwrap();
        assert_eq!((unnamed.kid.len(), unnamed.alg()), (43, ECDH_ES));
        assert_eq!(Recipient::from_jwk(&unnamed.jwk).unwrap().kid, unnamed.kid);
    }

    #[test]
    fn what_is_no_public_key_to_encrypt_to_is_refused() {
        let with = |name: &str, value: Value| {
            let mut jwk = bob();
            jwk[name] = value;
            Recipient::from_jwk(&jwk).err()
        };
        assert_eq!(with("use", json!("enc")), None);
        assert_eq!(with("alg", json!(ECDH_ES)), None);
        assert_eq!(with("d", json!("AQ")), Some(Unfit::Private));
        assert_eq!(with("use", json!("sig")), Some(Unfit::OtherUse));
        assert_eq!(with("alg", json!("ECDH-ES")), Some(Unfit::OtherUse));
        assert_eq!(with("crv", json!("P-384")), Some(Unfit::Unknown));
        assert_eq!(with("x", json!("AQ")), Some(Unfit::Unknown));
        let beside = "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMU";
        assert_eq!(with("x", json!(beside)), Some(Unfit::Unknown));
        for other in [json!(null), json!([]), json!({}), json!({ "kty": "oct" })] {
            assert_eq!(Recipient::from_jwk(&other).err(), Some(Unfit::Unknown));
        }
        let short = URL_SAFE_NO_PAD.encode([0xff; 128]);
        let short = json!({ "kty": "RSA", "n": short, "e": "AQAB" });
        assert!(Recipient::from_jwk(&short).is_err());
    }
}
