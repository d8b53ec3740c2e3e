//! The public JSON of users, devices, tokens, events and refusals, for the API and for
//! `--json`. A column that is not named here reaches nobody.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    db::{
        audit_events::StoredEvent, devices::Device, oauth_clients::Client, refresh_tokens::Grant,
        refusals::Refusal, signing_keys::StoredKey, users::User,
    },
    ids::{ClientId, DeviceId, GrantId, UserId},
};

/// The suspension that users, devices and tokens have alike.
#[derive(Debug, Serialize)]
pub struct Suspension {
    /// Since when.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub disabled_until: Option<DateTime<Utc>>,
    /// Why.
    pub disabled_reason: Option<String>,
    /// The rule applied now.
    pub disabled: bool,
}

/// A user.
#[derive(Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the fields are those of the row, see `db::users::User`"
)]
pub struct UserRecord {
    pub id: UserId,
    pub username: String,
    pub email: Option<String>,
    pub roles: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    #[serde(flatten)]
    pub suspension: Suspension,
}

impl From<User> for UserRecord {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            username: user.username,
            email: user.email,
            roles: user.roles,
            created_at: user.created_at,
            last_used_at: user.last_used_at,
            suspension: Suspension {
                disabled_at: user.disabled_at,
                disabled_until: user.disabled_until,
                disabled_reason: user.disabled_reason,
                disabled: user.disabled,
            },
        }
    }
}

/// A device.
#[derive(Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the fields are those of the row, see `db::devices::Device`"
)]
pub struct DeviceRecord {
    pub id: DeviceId,
    pub user_id: UserId,
    pub name: String,
    pub kind: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub signed_in: bool,
    /// It is the one that asks; only where the owner asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<bool>,
    #[serde(flatten)]
    pub suspension: Suspension,
}

impl From<Device> for DeviceRecord {
    fn from(device: Device) -> Self {
        Self {
            id: device.id,
            user_id: device.user_id,
            name: device.name,
            kind: device.kind,
            created_at: device.created_at,
            last_used_at: device.last_used_at,
            signed_in: device.signed_in,
            current: None,
            suspension: Suspension {
                disabled_at: device.disabled_at,
                disabled_until: device.disabled_until,
                disabled_reason: device.disabled_reason,
                disabled: device.disabled,
            },
        }
    }
}

/// A refresh token's grant; nothing of the token itself.
#[derive(Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the fields are those of the row, see `db::refresh_tokens::Grant`"
)]
pub struct TokenRecord {
    pub id: GrantId,
    pub user_id: UserId,
    pub device_id: DeviceId,
    pub client_id: ClientId,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub generation: i32,
    pub ended_at: Option<DateTime<Utc>>,
    pub ended_reason: Option<String>,
    #[serde(flatten)]
    pub suspension: Suspension,
}

impl From<Grant> for TokenRecord {
    fn from(grant: Grant) -> Self {
        Self {
            id: grant.id,
            user_id: grant.user_id,
            device_id: grant.device_id,
            client_id: grant.client_id,
            created_at: grant.created_at,
            last_used_at: grant.last_used_at,
            expires_at: grant.expires_at,
            generation: grant.generation,
            ended_at: grant.ended_at,
            ended_reason: grant.ended_reason,
            suspension: Suspension {
                disabled_at: grant.disabled_at,
                disabled_until: grant.disabled_until,
                disabled_reason: grant.disabled_reason,
                disabled: grant.disabled,
            },
        }
    }
}

/// Who acted.
#[derive(Debug, Serialize)]
pub struct ActorRecord {
    /// In what capacity.
    pub kind: String,
    /// As which user.
    pub id: Option<Uuid>,
    /// That user's name, while there is such a user.
    pub username: Option<String>,
}

/// What was acted upon.
#[derive(Debug, Serialize)]
pub struct SubjectRecord {
    /// `user`, `device`, `token`, `client` or `server`.
    pub kind: String,
    /// Which.
    pub id: Option<Uuid>,
    /// Whose.
    pub user_id: Option<Uuid>,
    /// That user's name, while there is such a user.
    pub username: Option<String>,
}

/// An audit event.
#[derive(Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the fields are those of the row, see `db::audit_events::StoredEvent`"
)]
pub struct EventRecord {
    pub id: Uuid,
    pub created_at: DateTime<Utc>,
    pub action: String,
    pub actor: ActorRecord,
    pub subject: SubjectRecord,
    pub reason: Option<String>,
    pub details: Value,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Uuid,
}

impl From<StoredEvent> for EventRecord {
    fn from(event: StoredEvent) -> Self {
        Self {
            id: event.id,
            created_at: event.created_at,
            action: event.action,
            actor: ActorRecord {
                kind: event.actor_kind,
                id: event.actor_id,
                username: event.actor_username,
            },
            subject: SubjectRecord {
                kind: event.subject_kind,
                id: event.subject_id,
                user_id: event.user_id,
                username: event.username,
            },
            reason: event.reason,
            details: event.details,
            address: event.address,
            user_agent: event.user_agent,
            request_id: event.request_id,
        }
    }
}

/// A refused sign-in or refresh.
#[derive(Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the fields are those of the row, see `db::refusals::Refusal`"
)]
pub struct RefusalRecord {
    pub id: Uuid,
    pub created_at: DateTime<Utc>,
    pub reason: String,
    pub device_id: Option<Uuid>,
    pub token_id: Option<Uuid>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Uuid,
    /// How often the same was refused for the same reason in all.
    pub count: i64,
}

impl From<Refusal> for RefusalRecord {
    fn from(refusal: Refusal) -> Self {
        Self {
            id: refusal.id,
            created_at: refusal.created_at,
            reason: refusal.reason,
            device_id: refusal.device_id,
            token_id: refusal.grant_id,
            address: refusal.address,
            user_agent: refusal.user_agent,
            request_id: refusal.request_id,
            count: refusal.refused,
        }
    }
}

/// A client; nothing of its secret.
#[derive(Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the fields are those of the row, see `db::oauth_clients::Client`"
)]
pub struct ClientRecord {
    pub client_id: ClientId,
    pub name: String,
    pub kind: String,
    pub grant_types: Vec<String>,
    pub scopes: Vec<String>,
    pub audiences: Vec<String>,
    pub redirect_uris: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    #[serde(flatten)]
    pub suspension: Suspension,
}

impl From<Client> for ClientRecord {
    fn from(client: Client) -> Self {
        Self {
            client_id: client.client_id,
            name: client.name,
            kind: client.kind,
            grant_types: client.grant_types,
            scopes: client.scopes,
            audiences: client.audiences,
            redirect_uris: client.redirect_uris,
            created_at: client.created_at,
            last_used_at: client.last_used_at,
            suspension: Suspension {
                disabled_at: client.disabled_at,
                disabled_until: client.disabled_until,
                disabled_reason: client.disabled_reason,
                disabled: client.disabled,
            },
        }
    }
}

/// A signing key; its private half is nobody's business.
#[derive(Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the fields are those of the row, see `db::signing_keys::StoredKey`"
)]
pub struct SigningKeyRecord {
    pub kid: String,
    pub alg: String,
    pub state: String,
    pub created_at: DateTime<Utc>,
    pub activated_at: Option<DateTime<Utc>>,
    pub retired_at: Option<DateTime<Utc>>,
}

impl From<StoredKey> for SigningKeyRecord {
    fn from(key: StoredKey) -> Self {
        Self {
            kid: key.kid,
            alg: key.alg,
            state: key.state,
            created_at: key.created_at,
            activated_at: key.activated_at,
            retired_at: key.retired_at,
        }
    }
}
