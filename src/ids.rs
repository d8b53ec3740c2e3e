//! Typed identifiers: a device's id cannot be handed over where a user's is meant.
//! All are UUIDv7 (RFC 9562 §5.7), made by [`crate::clock::Clock::id`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
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
