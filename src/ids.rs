//! Typed identifiers: a device's id cannot be handed over where a user's is meant.
//! All but a client's and a key's are UUIDv7 (RFC 9562 §5.7), made by [`crate::clock::Clock::id`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

id! {
    /// A user, the resource owner of RFC 6749 §1.1; the `sub` of access tokens.
    UserId
}
id! {
    /// A device of a user: what a sign-in happens on.
    DeviceId
}
id! {
    /// A grant: one user's authorisation on one device, the row in `refresh_tokens`; the `sid` of access tokens.
    GrantId
}

/// A client's public name (RFC 6749 §2.2): 3 to 64 of a-z, 0-9, `.`, `_` and `-`, a letter first.
/// Never the form of a UUID: it is the `sub` of the access tokens that the client gets for itself,
/// and no user's id may be taken for it.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type,
)]
#[sqlx(transparent)]
#[serde(try_from = "String")]
pub struct ClientId(String);

/// A text that cannot be a client's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a client's id is 3 to 64 of a-z, 0-9, dot, dash and underscore, and begins with a letter")]
pub struct NoClientId;

impl ClientId {
    /// The built-in public client of first-party apps, which need not name themselves.
    pub fn first_party() -> Self {
        Self("first-party".to_owned())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientId {
    type Error = NoClientId;

    fn try_from(text: String) -> Result<Self, NoClientId> {
        let known = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"._-".contains(&c);
        let fits = (3..=64).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(known)
            && Uuid::parse_str(&text).is_err();
        fits.then_some(Self(text)).ok_or(NoClientId)
    }
}

impl FromStr for ClientId {
    type Err = NoClientId;

    fn from_str(text: &str) -> Result<Self, NoClientId> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which public key it is (RFC 7638): SHA-256 in base64url, 43 characters; the `jkt` of access tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Thumbprint(String);

impl Thumbprint {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Thumbprint {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_name_is_no_users_id() {
        for good in ["first-party", "abc", "billing.job_2", &"a".repeat(64)] {
            assert_eq!(good.parse::<ClientId>().unwrap().as_str(), good);
        }
        let hyphened = "a1b2c3d4-0000-7000-8000-000000000001";
        let long = "a".repeat(65);
        for bad in [
            "",
            "ab",
            "1st",
            "-ab",
            "Abc",
            "a b",
            "abc\0",
            "äbc",
            "a/b",
            &long,
            hyphened,
            &hyphened.replace('-', ""),
        ] {
            assert!(bad.parse::<ClientId>().is_err(), "{bad:?}");
        }
    }
}
