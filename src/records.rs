//! The public JSON of users, devices, tokens, events and refusals, for the API and for
//! `--json`. A column that is not named here reaches nobody.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    db::{
        audit_events::StoredEvent, devices::Device, oauth_clients::Client, refresh_tokens::Grant,
        refusals::Refusal, signing_keys::StoredKey, users::User,
    },
    ids::{ClientId, DeviceId, GrantId, UserId},
};

/// What somebody may do beside using apps.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    Admin,
    /// Read; disable, enable and end devices and refresh tokens of users without a role.
    Support,
    /// Read.
    Auditor,
}

/// The suspension that users, devices and tokens have alike.
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserRecord {
    /// Stays the same when the name changes.
    #[schema(value_type = Uuid)]
    pub id: UserId,
    /// In the form that it is compared in: `Ana` is kept as `ana`.
    pub username: String,
    /// Where the user can be written to.
    pub email: Option<String>,
    /// None: somebody who only uses apps.
    #[schema(value_type = Vec<Role>)]
    pub roles: Vec<String>,
    /// Since when there is this user.
    pub created_at: DateTime<Utc>,
    /// The last sign-in or refresh on any device.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Whether anything works.
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Device)]
pub struct DeviceRecord {
    /// Stays the same as long as the app sends its `device_token` along.
    #[schema(value_type = Uuid)]
    pub id: DeviceId,
    /// Whose it is.
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    /// As the app called it.
    pub name: String,
    /// `phone`, `browser`, … as the app says.
    pub kind: String,
    /// The first sign-in on it.
    pub created_at: DateTime<Utc>,
    /// The last sign-in or refresh on it.
    pub last_used_at: DateTime<Utc>,
    /// It holds a refresh token that has not ended.
    pub signed_in: bool,
    /// It is the one that asks; only where the owner asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub current: Option<bool>,
    /// Whether anything works.
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenRecord {
    /// Stays the same when the token is refreshed; the `sid` of its access tokens.
    #[schema(value_type = Uuid)]
    pub id: GrantId,
    /// Whose it is.
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    /// Where it is.
    #[schema(value_type = Uuid)]
    pub device_id: DeviceId,
    /// The app that it was given to.
    #[schema(value_type = String)]
    pub client_id: ClientId,
    /// The sign-in.
    pub created_at: DateTime<Utc>,
    /// The last refresh.
    pub last_used_at: DateTime<Utc>,
    /// When it ends if it is not used.
    pub expires_at: DateTime<Utc>,
    /// How often it was refreshed.
    pub generation: i32,
    /// Since when it has ended for good.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it has ended.
    pub ended_reason: Option<String>,
    /// Whether anything works.
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Actor)]
pub struct ActorRecord {
    /// In what capacity.
    pub kind: String,
    /// As which user.
    pub id: Option<Uuid>,
    /// That user's name, while there is such a user.
    pub username: Option<String>,
}

/// What was acted upon.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subject)]
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventRecord {
    /// In the order of time.
    pub id: Uuid,
    /// When.
    pub created_at: DateTime<Utc>,
    /// What happened.
    pub action: String,
    /// Who did it.
    pub actor: ActorRecord,
    /// To what.
    pub subject: SubjectRecord,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// What else is to be said, by action.
    #[schema(value_type = Object)]
    pub details: Value,
    /// Where the request came from.
    pub address: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// The `X-Request-Id` of the answer.
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refusal)]
pub struct RefusalRecord {
    /// In the order of time.
    pub id: Uuid,
    /// When.
    pub created_at: DateTime<Utc>,
    /// As the caller was told.
    pub reason: String,
    /// On which device, where it is known.
    pub device_id: Option<Uuid>,
    /// With which refresh token, where it is known.
    pub token_id: Option<Uuid>,
    /// Where the request came from.
    pub address: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// The `X-Request-Id` of the answer.
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
