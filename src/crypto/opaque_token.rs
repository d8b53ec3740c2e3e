//! Opaque secrets that stand for one row: a prefix and 256 random bits. The database keeps
//! the hash.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{random, seal, secret::Secret, sha256};

/// What a token is for; its prefix tells scanners and people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The last segment of a link to set a password: the one secret that a URL carries.
    PasswordLink,
    /// The cookie of an administrator session.
    AdminSession,
    /// The cookie of a browser that has not signed in yet.
    BeforeSession,
    /// The secret of a confidential client (RFC 6749 §2.3.1).
    ClientSecret,
}

impl Purpose {
    fn prefix(self) -> &'static str {
        match self {
            Self::PasswordLink => "dwp_",
            Self::AdminSession => "dws_",
            Self::BeforeSession => "dwb_",
            Self::ClientSecret => "dwc_",
        }
    }
}

/// A secret for one purpose.
pub struct OpaqueToken {
    purpose: Purpose,
    secret: Secret<[u8; 32]>,
}

impl OpaqueToken {
    /// A new one.
    pub fn generate(purpose: Purpose) -> Self {
        Self {
            purpose,
            secret: Secret::new(random()),
        }
    }

    /// Reads one; `None` if the text cannot be one for this purpose.
    pub fn parse(purpose: Purpose, text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let length = URL_SAFE_NO_PAD
            .decode_slice(text.strip_prefix(purpose.prefix())?, &mut bytes)
            .ok()?;
        (length == bytes.len()).then(|| Self {
            purpose,
            secret: Secret::new(bytes),
        })
    }

    /// As text, for its holder.
    pub fn encode(&self) -> Secret<String> {
        Secret::new(format!(
            "{}{}",
            self.purpose.prefix(),
            URL_SAFE_NO_PAD.encode(self.secret.expose())
        ))
    }

    /// What the row keeps of it.
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.secret.expose())
    }

    /// The CSRF token of the forms that this session is shown: derived, so that nothing is stored.
    pub fn csrf(&self) -> String {
        URL_SAFE_NO_PAD.encode(seal::derive(self.secret.expose(), "csrf v1"))
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpaqueToken({:?}, [secret])", self.purpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_purpose_only() {
        let token = OpaqueToken::generate(Purpose::AdminSession);
        let text = token.encode();
        let read = OpaqueToken::parse(Purpose::AdminSession, text.expose()).unwrap();
        assert_eq!((read.hash(), read.csrf()), (token.hash(), token.csrf()));
        assert!(OpaqueToken::parse(Purpose::PasswordLink, text.expose()).is_none());
        assert!(OpaqueToken::parse(Purpose::AdminSession, "dws_short").is_none());
        assert!(!format!("{token:?}").contains("dws_"));
    }
}
