//! The access token of RFC 9068: claims, and what a verification can find wrong.

use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{ClientId, DeviceId, GrantId, UserId};

/// The `typ` of an access token's header (RFC 9068 §2.1).
pub const TYP: &str = "at+jwt";

/// What an access token says (RFC 9068 §2.2). Times are seconds since 1970 (RFC 7519 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it: the configured `issuer`.
    pub iss: String,
    /// For whom: the configured `audience`, or one of the client's own.
    pub aud: String,
    /// From when on it is worth nothing.
    pub exp: i64,
    /// When it was issued.
    pub iat: i64,
    /// From when on it is valid: `iat`.
    pub nbf: i64,
    /// Its own id.
    pub jti: Uuid,
    /// The client (RFC 8693 §4.3).
    pub client_id: ClientId,
    /// What was granted (RFC 6749 §3.3), separated by spaces.
    pub scope: String,
    /// Who acts.
    #[serde(flatten)]
    pub subject: Subject,
}

/// Whom an access token stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Subject {
    /// A user, on a device.
    User(UserClaims),
    /// The client itself (RFC 6749 §4.4).
    Client {
        /// The client.
        sub: ClientId,
    },
}

/// What the access token of a user says besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserClaims {
    /// The user.
    pub sub: UserId,
    /// When the user gave the password.
    pub auth_time: i64,
    /// The grant, which is the refresh token's id.
    pub sid: GrantId,
    /// The device.
    pub device_id: DeviceId,
    /// The user's name when the token was issued.
    pub username: String,
    /// The user's roles when the token was issued; empty for end users.
    pub roles: Vec<String>,
}

impl Claims {
    /// `exp` as an instant.
    pub fn expires_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.exp, 0).unwrap_or_default()
    }
}

/// Why an access token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// No JWT, not an access token, or a claim is absent or of the wrong type.
    Malformed,
    /// Signed by a key that is not, or no longer, one of ours.
    UnknownKey,
    /// The signature does not fit, or the algorithm is not the key's.
    BadSignature,
    /// Another issuer's.
    WrongIssuer,
    /// Meant for another audience.
    WrongAudience,
    /// Issued for a time to come.
    NotYetValid,
    /// Its time is over.
    Expired,
}

impl From<jsonwebtoken::errors::Error> for Rejection {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => Self::BadSignature,
            ErrorKind::InvalidIssuer => Self::WrongIssuer,
            ErrorKind::InvalidAudience => Self::WrongAudience,
            _ => Self::Malformed,
        }
    }
}
