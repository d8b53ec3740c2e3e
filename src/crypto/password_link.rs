//! The secret of a single-use link to set a password: `dwp_` and 256 random bits.
//! The one secret that a URL carries; the database keeps its hash.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{random, secret::Secret, sha256};

const PREFIX: &str = "dwp_";

/// What stands in the link's path.
pub struct LinkSecret(Secret<[u8; 32]>);

impl LinkSecret {
    /// A new secret.
    pub fn generate() -> Self {
        Self(Secret::new(random()))
    }

    /// Reads the last segment of a link's path; `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let length = URL_SAFE_NO_PAD
            .decode_slice(text.strip_prefix(PREFIX)?, &mut bytes)
            .ok()?;
        (length == bytes.len()).then(|| Self(Secret::new(bytes)))
    }

    /// The last segment of the link's path.
    pub fn encode(&self) -> Secret<String> {
        Secret::new(format!(
            "{PREFIX}{}",
            URL_SAFE_NO_PAD.encode(self.0.expose())
        ))
    }

    /// What the row keeps of it.
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.0.expose())
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret([secret])")
    }
}
