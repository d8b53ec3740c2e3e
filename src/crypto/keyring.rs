//! The signing keys in memory: signs and verifies access tokens, publishes the JWKS.
//! Keys are parsed once; a verification touches no database (invariant I6).

use std::{collections::HashMap, sync::Arc};

use aws_lc_rs::{
    rsa::{self, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, KeyAlgorithm, PublicKeyUse, ThumbprintHash},
};
use serde_json::Value;
use thiserror::Error;

use super::{
    access_token::{Claims, Rejection, TYP},
    jwe::{self, Recipient},
    secret::Secret,
    sha256,
    signer::{self, Signer},
    verified::{Verified, VerifiedToken},
    verifier::Verifier,
};

/// How far, in seconds, another server's clock may be ahead of ours when it stamps `nbf` and `iat`.
const LEEWAY: i64 = 30;

/// Why a key could not be made or read.
#[derive(Debug, Error)]
pub enum Error {
    /// The crypto library refused.
    #[error("a signing key could not be generated or encoded")]
    Generation,
    /// The stored key is not what its row says.
    #[error("a stored signing key cannot be used: {0}")]
    Unusable(#[from] jsonwebtoken::errors::Error),
    /// A token could not be encrypted.
    #[error(transparent)]
    Encryption(#[from] jwe::Refused),
}

/// The algorithms that Doorward signs with (RFC 7518 §3.1, RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningAlg {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256, 3072 bits.
    Rs256,
    /// HMAC with SHA-256 and a secret shared with each resource server.
    Hs256,
}

impl SigningAlg {
    /// The `alg` value of RFC 7518.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }

    /// Reads an `alg` value; `None` for one that Doorward does not sign with.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Es256, Self::EdDsa, Self::Rs256, Self::Hs256]
            .into_iter()
            .find(|alg| alg.as_str() == text)
    }

    /// Whether it signs with a secret that is shared with whoever verifies: who can verify can sign as well, and is to
    /// believe nothing more by it than that a token is good.
    pub fn is_shared(self) -> bool {
        self == Self::Hs256
    }

    fn jwt(self) -> (Algorithm, KeyAlgorithm) {
        match self {
            Self::Es256 => (Algorithm::ES256, KeyAlgorithm::ES256),
            Self::EdDsa => (Algorithm::EdDSA, KeyAlgorithm::EdDSA),
            Self::Rs256 => (Algorithm::RS256, KeyAlgorithm::RS256),
            Self::Hs256 => (Algorithm::HS256, KeyAlgorithm::HS256),
        }
    }
}

/// A key pair, ready to sign and to be stored.
pub struct SigningKey {
    /// The `kid` of headers and of the JWKS: the RFC 7638 thumbprint.
    pub kid: String,
    /// What it signs with.
    pub alg: SigningAlg,
    /// The public half (RFC 7517), as published.
    pub jwk: Jwk,
    signer: Signer,
}

impl SigningKey {
    /// Makes a new key pair; the second value is its private half as PKCS #8 (RFC 5958).
    ///
    /// # Errors
    /// [`Error::Generation`] when the crypto library refuses, also for HS256, which has no pair.
    pub fn generate(alg: SigningAlg) -> Result<(Self, Secret<Vec<u8>>), Error> {
        let pkcs8 = match alg {
            SigningAlg::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                .and_then(|pair| pair.to_pkcs8v1())
                .map(|der| der.as_ref().to_vec()),
            // jsonwebtoken reads Ed25519 keys in the first version of PKCS #8 only.
            SigningAlg::EdDsa => {
                Ed25519KeyPair::generate_pkcs8v1(&aws_lc_rs::rand::SystemRandom::new())
                    .map(|der| der.as_ref().to_vec())
            }
            SigningAlg::Rs256 => {
                use aws_lc_rs::encoding::AsDer;
                rsa::KeyPair::generate(KeySize::Rsa3072)
                    .and_then(|pair| AsDer::<aws_lc_rs::encoding::Pkcs8V1Der>::as_der(&pair))
                    .map(|der| der.as_ref().to_vec())
            }
            SigningAlg::Hs256 => return Err(Error::Generation),
        };
        let pkcs8 = Secret::new(pkcs8.map_err(|_| Error::Generation)?);
        Ok((Self::from_pkcs8(alg, &pkcs8)?, pkcs8))
    }

    /// Reads a stored key.
    ///
    /// # Errors
    /// [`Error::Unusable`] when it is no key of that algorithm.
    pub fn from_pkcs8(alg: SigningAlg, pkcs8: &Secret<Vec<u8>>) -> Result<Self, Error> {
        // PEM is the one form that jsonwebtoken reads for all three alike.
        let pem = Secret::new(pem::encode(&pem::Pem::new(
            "PRIVATE KEY",
            pkcs8.expose().as_slice(),
        )));
        let pem = pem.expose().as_bytes();
        let encoding = match alg {
            SigningAlg::Es256 => EncodingKey::from_ec_pem(pem)?,
            SigningAlg::EdDsa => EncodingKey::from_ed_pem(pem)?,
            SigningAlg::Rs256 => EncodingKey::from_rsa_pem(pem)?,
            SigningAlg::Hs256 => return Err(Error::Generation),
        };
        let (algorithm, key_algorithm) = alg.jwt();
        let mut jwk = Jwk::from_encoding_key(&encoding, algorithm)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.key_algorithm = Some(key_algorithm);
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            kid,
            alg,
            jwk,
            signer: Signer::from_pkcs8(alg, pkcs8.expose())?,
        })
    }
}

/// Signs with one key, verifies with all.
pub struct Keyring {
    issuer: String,
    audience: String,
    /// The algorithm and the `kid` that it signs with.
    signs_with: (SigningAlg, String),
    header: String,
    signer: Signer,
    verifiers: HashMap<String, Verifier>,
    /// The header of all that a key has signed, as it lies in the token, and the key's `kid`.
    headers: HashMap<String, String>,
    jwks: String,
    kids: Vec<String>,
    /// The audiences whose tokens nobody else is to read.
    recipients: HashMap<String, Recipient>,
    // Gone with the ring: what a key that is taken away has signed is not remembered beyond it.
    verified: Verified,
}

impl Keyring {
    /// A ring that signs with the first of `keys` and verifies with each of them.
    ///
    /// # Errors
    /// [`Error::Generation`] for an empty list, [`Error::Unusable`] for a broken key.
    pub fn new(issuer: &str, audience: &str, keys: Vec<SigningKey>) -> Result<Self, Error> {
        let (mut verifiers, mut headers) = (HashMap::new(), HashMap::new());
        for key in &keys {
            verifiers.insert(key.kid.clone(), Verifier::of(&key.signer)?);
            headers.insert(header(TYP, key.alg, &key.kid)?, key.kid.clone());
        }
        let kids = keys.iter().map(|key| key.kid.clone()).collect();
        let jwks: Vec<&Jwk> = keys.iter().map(|key| &key.jwk).collect();
        let jwks = serde_json::json!({ "keys": jwks }).to_string();
        let first = keys.into_iter().next().ok_or(Error::Generation)?;
        Ok(Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            header: header(TYP, first.alg, &first.kid)?,
            signs_with: (first.alg, first.kid),
            signer: first.signer,
            verifiers,
            headers,
            jwks,
            kids,
            recipients: HashMap::new(),
            verified: Verified::none(),
        })
    }

    /// Makes the ring sign with a secret shared with the resource servers (HS256). The
    /// secret is never published; the key pairs go on verifying what they signed.
    ///
    /// # Errors
    /// [`Error::Generation`].
    pub fn signing_with_secret(mut self, secret: &Secret<String>) -> Result<Self, Error> {
        let bytes = secret.expose().as_bytes();
        let kid = format!("hs256-{:02x?}", &sha256(&sha256(bytes))[..4])
            .replace(['[', ']', ',', ' '], "");
        self.header = header(TYP, SigningAlg::Hs256, &kid)?;
        self.signs_with = (SigningAlg::Hs256, kid.clone());
        self.signer = Signer::from_secret(bytes);
        self.headers.insert(self.header.clone(), kid.clone());
        self.verifiers.insert(kid, Verifier::of(&self.signer)?);
        Ok(self)
    }

    /// Makes the ring encrypt what it signs for these audiences.
    #[must_use]
    pub fn encrypting_for(mut self, recipients: HashMap<String, Recipient>) -> Self {
        self.recipients = recipients;
        self
    }

    /// The `kid` of the key that tokens for an audience are encrypted to, if any is.
    pub fn recipient(&self, audience: &str) -> Option<&str> {
        self.recipients.get(audience).map(|it| it.kid.as_str())
    }

    /// How many audiences have such a key.
    pub fn recipients(&self) -> usize {
        self.recipients.len()
    }

    /// Who issues: the `iss` of every access token.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// For whom access tokens are by default, and those that this server accepts.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The `kid`s of the key pairs that it was made of, in their order.
    pub fn kids(&self) -> &[String] {
        &self.kids
    }

    /// The public keys (RFC 7517 §5), as the text of the answer.
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    /// Signs an access token (RFC 9068), and encrypts it where its audience has a key (RFC 7519 §11.2).
    ///
    /// # Errors
    /// [`Error::Unusable`] and [`Error::Encryption`] when the crypto library refuses.
    pub fn sign(&self, claims: &Claims) -> Result<Secret<String>, Error> {
        let json = serde_json::to_vec(claims).map_err(|_| Error::Generation)?;
        let signed = self.signer.sign(&self.header, &json)?;
        Ok(match self.recipients.get(&claims.aud) {
            Some(recipient) => recipient.encrypt(&signed)?,
            None => signed,
        })
    }

    /// Signs claims of another kind (RFC 7519), which its `typ` tells from access tokens (RFC 8725 §3.11).
    ///
    /// # Errors
    /// [`Error::Unusable`] when the crypto library refuses.
    pub fn sign_as(&self, typ: &str, claims: &Value) -> Result<Secret<String>, Error> {
        let (alg, kid) = &self.signs_with;
        let header = header(typ, *alg, kid)?;
        self.signer.sign(&header, claims.to_string().as_bytes())
    }

    /// Verifies an access token for this server: form, type, key, signature, issuer, audience,
    /// and its times at `now`.
    ///
    /// # Errors
    /// The [`Rejection`] that says what was wrong.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<VerifiedToken>, Rejection> {
        let claims = self.verify_for_any(token, now)?;
        if claims.aud == self.audience {
            Ok(claims)
        } else {
            Err(Rejection::WrongAudience)
        }
    }

    /// The same, whatever audience it is for: only to tell its holder or a resource server about it.
    ///
    /// # Errors
    /// As [`Keyring::verify`].
    pub fn verify_for_any(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Arc<VerifiedToken>, Rejection> {
        let claims = self.read(token)?;
        let now = now.timestamp();
        if claims.exp <= now {
            return Err(Rejection::Expired);
        }
        if claims.nbf > now + LEEWAY || claims.iat > now + LEEWAY {
            return Err(Rejection::NotYetValid);
        }
        Ok(claims)
    }

    /// What a token says that this server signed, also when its time is over or to come: only to tell
    /// about it.
    ///
    /// # Errors
    /// As [`Keyring::verify`], but for those of time and audience.
    pub fn read(&self, token: &str) -> Result<Arc<VerifiedToken>, Rejection> {
        self.verified.claims(token, || self.decode(token))
    }

    /// All that does not depend on the time.
    fn decode(&self, token: &str) -> Result<Claims, Rejection> {
        let (message, signature) = token.rsplit_once('.').ok_or(Rejection::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Rejection::Malformed)?;
        let kid = match self.headers.get(header) {
            Some(kid) => kid,
            None => &self.kid_of_foreign(token)?,
        };
        let verifier = self.verifiers.get(kid).ok_or(Rejection::UnknownKey)?;
        if !verifier.is_good(message.as_bytes(), &part(signature)?) {
            return Err(Rejection::BadSignature);
        }
        let claims: Claims =
            serde_json::from_slice(&part(claims)?).map_err(|_| Rejection::Malformed)?;
        if claims.iss == self.issuer {
            Ok(claims)
        } else {
            Err(Rejection::WrongIssuer)
        }
    }

    /// The `kid` in a header that none of our keys writes so: what is wrong with the token, or a server of
    /// another version that signed it.
    fn kid_of_foreign(&self, token: &str) -> Result<String, Rejection> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Rejection::Malformed)?;
        // jsonwebtoken reads `crit` and `typ` and enforces neither (RFC 7515 §4.1.11, RFC 8725 §3.11).
        if header.crit.is_some()
            || header.zip.is_some()
            || !header.typ.as_deref().is_some_and(is_access_token_type)
        {
            return Err(Rejection::Malformed);
        }
        let kid = header.kid.ok_or(Rejection::Malformed)?;
        let verifier = self.verifiers.get(&kid).ok_or(Rejection::UnknownKey)?;
        if header.alg == verifier.alg.jwt().0 {
            Ok(kid)
        } else {
            Err(Rejection::BadSignature)
        }
    }
}

/// One of the three parts of a token, decoded.
fn part(text: &str) -> Result<Vec<u8>, Rejection> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| Rejection::Malformed)
}

fn header(typ: &str, alg: SigningAlg, kid: &str) -> Result<String, Error> {
    let header = Header {
        typ: Some(typ.to_owned()),
        kid: Some(kid.to_owned()),
        ..Header::new(alg.jwt().0)
    };
    let header = serde_json::to_vec(&header).map_err(|_| Error::Generation)?;
    Ok(signer::encode(&header))
}

/// The media type may be written with or without its `application/` (RFC 9068 §4).
fn is_access_token_type(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").unwrap_or(&typ) == TYP
}

#[cfg(test)]
#[path = "keyring_tests.rs"]
mod tests;
