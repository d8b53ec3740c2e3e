//! What any verb can answer instead of doing what was asked.

use std::time::Duration;

use thiserror::Error;

use super::{clients, password::Weakness, refresh, sign_in, standing};
use crate::{crypto, db};

/// How long to wait when nothing tells more precisely.
pub const TRY_AGAIN: Duration = Duration::from_secs(1);

/// A verb's "no". Each door has exactly one place that gives it words.
#[derive(Debug, Error)]
pub enum Error {
    /// A sign-in was refused.
    #[error("sign-in refused: {0:?}")]
    SignIn(sign_in::Refusal),
    /// A client was refused, or what it asked for.
    #[error("client refused: {0:?}")]
    Client(clients::Refusal),
    /// A refresh was refused.
    #[error("refresh refused: {0:?}")]
    Refresh(refresh::Refusal),
    /// An access token's user, device or grant is in no good standing.
    #[error("access token refused: {0:?}")]
    Standing(standing::Refusal),
    /// A value cannot be what it is to be; the message says what it may be.
    #[error("{field}: {message}")]
    Invalid {
        /// The field, as clients spell it.
        field: &'static str,
        /// What to send instead; in the characters of RFC 6749 §5.2.
        message: &'static str,
    },
    /// A new password is not good enough.
    #[error("{0}")]
    WeakPassword(Weakness),
    /// The actor's role does not reach that far.
    #[error("your role does not allow this")]
    Forbidden,
    /// There is no such thing, or it is not the actor's.
    #[error("there is no such {0}")]
    NotFound(Thing),
    /// The state of things speaks against it.
    #[error("{0}")]
    Conflict(Conflict),
    /// Too many attempts.
    #[error("too many attempts; try again in {} s", .retry_after.as_secs())]
    Throttled {
        /// When the next attempt is let through.
        retry_after: Duration,
    },
    /// More work than the machine can do.
    #[error("more is asked for than this machine can do; try again in a moment")]
    Overloaded,
    /// The database is away.
    #[error("the database is not available")]
    Unavailable(#[source] Option<db::Error>),
    /// Our fault.
    #[error("something failed that should not: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A user.
    User,
    /// A device.
    Device,
    /// A grant's refresh token.
    Token,
    /// An open link to set a password.
    PasswordLink,
    /// The one-time code for the first administrator.
    SetupCode,
    /// A signing key.
    SigningKey,
    /// The key of an audience.
    AudienceKey,
    /// A client.
    Client,
    /// An act on many things at once.
    BulkAct,
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Device => "device",
            Self::Token => "token",
            Self::SigningKey => "signing key",
            Self::AudienceKey => "audience key",
            Self::Client => "client",
            Self::BulkAct => "bulk act",
            Self::SetupCode => {
                "code; it was used, replaced by a later start, or is over an hour old"
            }
            Self::PasswordLink => "link; it was used, replaced, or is over an hour old",
        })
    }
}

/// What stands against a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Another user has that name.
    UsernameTaken,
    /// The grant has ended for good.
    AlreadyEnded,
    /// Nobody could administer any more.
    LastAdmin,
    /// Another client has that id.
    ClientIdTaken,
    /// A public client has no secret.
    NoSecret,
    /// Things may have changed since they were looked at.
    PreviewTooOld,
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UsernameTaken => "this username is taken; choose another",
            Self::AlreadyEnded => "this token has ended for good; sign in again for a new one",
            Self::ClientIdTaken => "another client has this id; choose another",
            Self::NoSecret => "a public client has no secret",
            Self::PreviewTooOld => "this was looked at more than an hour ago; look again",
            Self::LastAdmin => {
                "this is the last administrator who can sign in; make another one first"
            }
        })
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Unavailable(_) => Self::Unavailable(Some(error)),
            db::Error::Away => Self::Unavailable(None),
            db::Error::Busy => Self::Overloaded,
            db::Error::Taken(constraint) if constraint == db::users::USERNAME_KEY => {
                Self::Conflict(Conflict::UsernameTaken)
            }
            db::Error::Taken(constraint) if constraint == db::oauth_clients::CLIENT_ID_KEY => {
                Self::Conflict(Conflict::ClientIdTaken)
            }
            // Two sign-ins have drawn the same place; the next one draws another.
            db::Error::Taken(ref constraint) if constraint == db::status_lists::INDEX_KEY => {
                Self::Unavailable(Some(error))
            }
            other => Self::Internal(Box::new(other)),
        }
    }
}

impl From<crypto::password::Error> for Error {
    fn from(error: crypto::password::Error) -> Self {
        match error {
            crypto::password::Error::Overloaded => Self::Overloaded,
            other => Self::Internal(Box::new(other)),
        }
    }
}

impl From<crypto::keyring::Error> for Error {
    fn from(error: crypto::keyring::Error) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<super::keys::Error> for Error {
    fn from(error: super::keys::Error) -> Self {
        match error {
            super::keys::Error::Database(error) => error.into(),
            other => Self::Internal(Box::new(other)),
        }
    }
}

impl From<Weakness> for Error {
    fn from(weakness: Weakness) -> Self {
        Self::WeakPassword(weakness)
    }
}
