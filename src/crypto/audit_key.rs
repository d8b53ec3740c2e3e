//! The key of the audit log's chain. Of the installation and not of the secret key, which may change: the
//! chain outlives it.

use std::fmt;

use aws_lc_rs::hmac;

use super::secret::Secret;

/// A keyed hash.
pub type Mac = [u8; 32];

/// Makes the keyed hashes of the chain.
pub struct AuditKey(hmac::Key);

impl AuditKey {
    /// Of 32 random bytes.
    pub fn new(key: &Secret<Vec<u8>>) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.expose()))
    }

    /// The keyed hash (HMAC-SHA256, RFC 2104) of some parts; `purpose` tells what they are. No part can
    /// be taken for a piece of another: each has its length before it.
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Mac {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [purpose.as_bytes()].iter().chain(parts) {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut mac = Mac::default();
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey([secret])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts_and_where_it_ends() {
        let key = AuditKey::new(&Secret::new(vec![1; 32]));
        let mac = key.mac("a", &[b"bc", b"d"]);
        assert_eq!(mac, key.mac("a", &[b"bc", b"d"]));
        for (purpose, parts) in [
            ("b", [&b"bc"[..], b"d"]),
            ("a", [b"b", b"cd"]),
            ("a", [b"bc", b""]),
        ] {
            assert_ne!(mac, key.mac(purpose, &parts));
        }
        let other = AuditKey::new(&Secret::new(vec![2; 32]));
        assert_ne!(mac, other.mac("a", &[b"bc", b"d"]));
        assert_eq!(format!("{key:?}"), "AuditKey([secret])");
    }
}
