//! Authenticated encryption of small values at rest: AES-256-GCM with a random
//! nonce in front (NIST SP 800-38D).

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hkdf,
};
use thiserror::Error;
use zeroize::Zeroize;

use super::secret::Secret;

/// What was to be opened was not sealed by this key for this purpose, or was changed.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("the sealed value does not open with this key")]
pub struct Unopened;

/// A key for [`SealingKey::seal`] and [`SealingKey::open`].
pub struct SealingKey(RandomizedNonceKey);

impl SealingKey {
    /// Derives the key for `purpose` from a secret of full entropy (HKDF-SHA256, RFC 5869).
    #[expect(
        clippy::expect_used,
        reason = "the key length is a constant that fits the algorithm"
    )]
    pub fn derive(secret: &[u8; 32], purpose: &str) -> Self {
        let mut key = derive(secret, purpose);
        let sealing =
            RandomizedNonceKey::new(&AES_256_GCM, &key).expect("32 bytes are an AES-256 key");
        key.zeroize();
        Self(sealing)
    }

    /// Encrypts `plain`; `context` is authenticated with it and must be the same at opening.
    #[expect(clippy::expect_used, reason = "fails only for inputs of gigabytes")]
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut text = plain.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(context), &mut text)
            .expect("a short text can be sealed");
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut text);
        sealed
    }

    /// Decrypts what [`SealingKey::seal`] made.
    ///
    /// # Errors
    /// [`Unopened`] for another key, another context or changed bytes.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Secret<Vec<u8>>, Unopened> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(Unopened)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopened)?;
        let mut text = text.to_vec();
        let length = self
            .0
            .open_in_place(nonce, Aad::from(context), &mut text)
            .map_err(|_| Unopened)?
            .len();
        text.truncate(length);
        Ok(Secret::new(text))
    }
}

/// 32 bytes for `purpose`, derived from a secret of full entropy (HKDF-SHA256, RFC 5869).
#[expect(clippy::expect_used, reason = "one block of output is always allowed")]
pub fn derive(secret: &[u8; 32], purpose: &str) -> [u8; 32] {
    let mut key = [0; 32];
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"doorward")
        .extract(secret)
        .expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key))
        .expect("32 bytes are within HKDF's bounds");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_with_the_same_key_context_and_bytes() {
        let key = SealingKey::derive(&[1; 32], "test");
        let sealed = key.seal(b"context", b"plain");
        assert_eq!(key.open(b"context", &sealed).unwrap().expose(), b"plain");
        assert!(key.open(b"other", &sealed).is_err());
        assert!(
            SealingKey::derive(&[1; 32], "other")
                .open(b"context", &sealed)
                .is_err()
        );
        assert!(
            SealingKey::derive(&[2; 32], "test")
                .open(b"context", &sealed)
                .is_err()
        );
        assert!(key.open(b"context", &sealed[..5]).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(b"context", &changed).is_err(), "byte {at}");
        }
    }
}
