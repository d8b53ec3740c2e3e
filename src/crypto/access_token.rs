//! The access token of RFC 9068: claims, and what a verification can find wrong.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{ClientId, DeviceId, GrantId, NoClientId, Thumbprint, UserId};

/// The `typ` of an access token's header (RFC 9068 §2.1).
pub const TYP: &str = "at+jwt";

/// What an access token says (RFC 9068 §2.2). Times are seconds since 1970 (RFC 7519 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Flat")]
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
    /// Who may use it, if not everybody who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Who acts.
    #[serde(flatten)]
    pub subject: Subject,
}

/// What the bearer of an access token has to prove (RFC 7800 §3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// To hold this key (RFC 9449 §6.1).
    pub jkt: Thumbprint,
}

impl From<Thumbprint> for Confirmation {
    fn from(jkt: Thumbprint) -> Self {
        Self { jkt }
    }
}

/// Whom an access token stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// Where it is published that the token was cut off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// The claim `status` of Token Status List.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The one mechanism that it names.
    pub status_list: StatusReference,
}

/// A place in a status list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReference {
    /// Which place.
    pub idx: i64,
    /// Of which list.
    pub uri: String,
}

/// The claims as they lie in a token, those of a user and of a client alike: reading a nested
/// form would go through a map first, which takes several times as long.
#[derive(Deserialize)]
struct Flat {
    iss: String,
    aud: String,
    exp: i64,
    iat: i64,
    nbf: i64,
    jti: Uuid,
    client_id: ClientId,
    scope: String,
    cnf: Option<Confirmation>,
    sub: String,
    auth_time: Option<i64>,
    sid: Option<GrantId>,
    device_id: Option<DeviceId>,
    username: Option<String>,
    roles: Option<Vec<String>>,
    status: Option<Status>,
}

impl TryFrom<Flat> for Claims {
    type Error = NoClientId;

    fn try_from(flat: Flat) -> Result<Self, NoClientId> {
        let user = || {
            Some(UserClaims {
                sub: flat.sub.parse().ok()?,
                auth_time: flat.auth_time?,
                sid: flat.sid?,
                device_id: flat.device_id?,
                username: flat.username?,
                roles: flat.roles?,
                status: flat.status,
            })
        };
        Ok(Self {
            iss: flat.iss,
            aud: flat.aud,
            exp: flat.exp,
            iat: flat.iat,
            nbf: flat.nbf,
            jti: flat.jti,
            client_id: flat.client_id,
            scope: flat.scope,
            cnf: flat.cnf,
            // The id of a client never has the form of a user's.
            subject: match user() {
                Some(user) => Subject::User(user),
                None => Subject::Client {
                    sub: flat.sub.try_into()?,
                },
            },
        })
    }
}

impl Claims {
    /// Whether a scope was granted.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|granted| granted == scope)
    }

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
