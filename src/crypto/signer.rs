//! The key that signs access tokens, parsed once. jsonwebtoken would parse and check it anew for
//! every token, which takes as long as the signature itself.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    keyring::{Error, SigningAlg},
    secret::Secret,
};

/// A private key, ready to sign.
pub enum Signer {
    /// ES256.
    Ecdsa(EcdsaKeyPair),
    /// EdDSA.
    Ed25519(Ed25519KeyPair),
    /// RS256.
    Rsa(Box<rsa::KeyPair>),
    /// HS256.
    Hmac(Box<hmac::Key>),
}

impl Signer {
    /// Reads a private key (PKCS #8, RFC 5958).
    ///
    /// # Errors
    /// [`Error::Generation`] when it is no key of that algorithm; HS256 has none.
    pub fn from_pkcs8(alg: SigningAlg, pkcs8: &[u8]) -> Result<Self, Error> {
        let refused = |_| Error::Generation;
        Ok(match alg {
            SigningAlg::Es256 => Self::Ecdsa(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
                    .map_err(refused)?,
            ),
            SigningAlg::EdDsa => Self::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(refused)?),
            SigningAlg::Rs256 => {
                Self::Rsa(Box::new(rsa::KeyPair::from_pkcs8(pkcs8).map_err(refused)?))
            }
            SigningAlg::Hs256 => return Err(Error::Generation),
        })
    }

    /// A shared secret, for HS256.
    pub fn from_secret(secret: &[u8]) -> Self {
        Self::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    /// The compact form (RFC 7515 §7.1) of `claims`, which are JSON, under a header that [`encode`] gave.
    ///
    /// # Errors
    /// [`Error::Generation`] when the crypto library refuses.
    pub fn sign(&self, header: &str, claims: &[u8]) -> Result<Secret<String>, Error> {
        let mut token = format!("{header}.{}", encode(claims));
        let (message, random) = (token.as_bytes(), SystemRandom::new());
        let signature = match self {
            Self::Ecdsa(key) => key.sign(&random, message).map(|it| it.as_ref().to_vec()),
            Self::Ed25519(key) => key.try_sign(message).map(|it| it.as_ref().to_vec()),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map(|()| signature)
            }
            Self::Hmac(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
        };
        let signature = signature.map_err(|_| Error::Generation)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(Secret::new(token))
    }
}

/// A part of a token.
pub fn encode(json: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(json)
}
