//! The key that verifies access tokens, parsed once. jsonwebtoken would parse it anew for every
//! token, and read header and claims twice.

use aws_lc_rs::{
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
        VerificationAlgorithm,
    },
};

use super::{
    keyring::{Error, SigningAlg},
    signer::Signer,
};

/// A key, ready to verify what one signer signs.
pub struct Verifier {
    /// What the signer signs with: a token that names another algorithm is not its.
    pub alg: SigningAlg,
    key: Key,
}

enum Key {
    Public(ParsedPublicKey),
    Shared(Box<hmac::Key>),
}

impl Verifier {
    /// Of what `signer` signs.
    ///
    /// # Errors
    /// [`Error::Generation`] when the crypto library refuses.
    pub fn of(signer: &Signer) -> Result<Self, Error> {
        let (alg, key) = match signer {
            Signer::Ecdsa(key) => (
                SigningAlg::Es256,
                parse(&ECDSA_P256_SHA256_FIXED, key.public_key().as_ref())?,
            ),
            Signer::Ed25519(key) => (
                SigningAlg::EdDsa,
                parse(&ED25519, key.public_key().as_ref())?,
            ),
            Signer::Rsa(key) => (
                SigningAlg::Rs256,
                parse(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref())?,
            ),
            Signer::Hmac(key) => (SigningAlg::Hs256, Key::Shared(key.clone())),
        };
        Ok(Self { alg, key })
    }

    /// Whether `signature` is the signer's, of `message`.
    pub fn is_good(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            Key::Public(key) => key.verify_sig(message, signature).is_ok(),
            Key::Shared(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}

fn parse(algorithm: &'static dyn VerificationAlgorithm, key: &[u8]) -> Result<Key, Error> {
    let parsed = ParsedPublicKey::new(algorithm, key).map_err(|_| Error::Generation)?;
    Ok(Key::Public(parsed))
}
