//! The server's secret key and what is derived from it: the check in refresh and
//! device tokens, the seal on signing keys, the keys of throttle rows, the nonces of proofs.

use std::fmt;

use aws_lc_rs::hmac;

use super::{
    seal::{self, SealingKey},
    secret::Secret,
};

/// Names a server key inside a token, so that a token made under the previous key still checks.
pub type KeyId = [u8; 4];

/// One secret key, taken apart by purpose (HKDF): no derived key tells anything of another.
pub struct ServerKey {
    id: KeyId,
    fingerprint: [u8; 32],
    refresh: hmac::Key,
    device: hmac::Key,
    throttle: hmac::Key,
    proof_nonce: hmac::Key,
    signing_keys: SealingKey,
    audit_key: SealingKey,
}

impl ServerKey {
    /// Derives everything from 32 random bytes.
    pub fn new(secret: &Secret<[u8; 32]>) -> Self {
        let mac =
            |purpose| hmac::Key::new(hmac::HMAC_SHA256, &seal::derive(secret.expose(), purpose));
        let fingerprint = seal::derive(secret.expose(), "fingerprint v1");
        let mut id = KeyId::default();
        id.copy_from_slice(&fingerprint[..4]);
        Self {
            id,
            fingerprint,
            refresh: mac("refresh token check v1"),
            device: mac("device token v1"),
            throttle: mac("throttle v1"),
            proof_nonce: mac("proof nonce v1"),
            signing_keys: SealingKey::derive(secret.expose(), "signing key seal v1"),
            audit_key: SealingKey::derive(secret.expose(), "audit key seal v1"),
        }
    }

    /// Tells this key from another; of no use to recover it. Stored in the database.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The name of this key inside tokens.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Keys the check in refresh tokens.
    pub fn refresh(&self) -> &hmac::Key {
        &self.refresh
    }

    /// Keys device tokens.
    pub fn device(&self) -> &hmac::Key {
        &self.device
    }

    /// Seals the private parts of signing keys.
    pub fn signing_keys(&self) -> &SealingKey {
        &self.signing_keys
    }

    /// Seals the key of the audit log's chain.
    pub fn audit_key(&self) -> &SealingKey {
        &self.audit_key
    }

    /// Keys the nonces of proofs.
    pub fn proof_nonce(&self) -> &hmac::Key {
        &self.proof_nonce
    }

    /// A keyed hash of what a throttle counts.
    pub fn throttle(&self, what: &str) -> [u8; 32] {
        let mut key = [0; 32];
        key.copy_from_slice(hmac::sign(&self.throttle, what.as_bytes()).as_ref());
        key
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey([secret])")
    }
}

/// The server key in use and, during a rotation, the one before it.
#[derive(Debug)]
pub struct ServerKeys {
    /// Makes every new check and seal.
    pub current: ServerKey,
    /// Still checks tokens made before the rotation.
    pub previous: Option<ServerKey>,
}

impl ServerKeys {
    /// The key that made a token.
    pub fn find(&self, id: KeyId) -> Option<&ServerKey> {
        if self.current.id == id {
            return Some(&self.current);
        }
        self.previous.as_ref().filter(|previous| previous.id == id)
    }
}
