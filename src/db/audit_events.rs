//! Table `audit_events`, and the stored vocabulary: who ([`Actor`]) did what ([`Action`]) to whom ([`Event`]).

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, cursor::Page, disabling::Subject, expect_one};
use crate::ids::UserId;

/// Where a request came from. The same for every door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The address, as seen through the trusted proxies; none at the command line.
    pub address: Option<IpAddr>,
    /// What it calls itself: at most 200 characters, no control characters.
    pub user_agent: String,
    /// The `X-Request-Id` of the answer.
    pub request_id: Uuid,
}

impl Caller {
    /// The address as text.
    pub fn address_text(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }
}

/// In what capacity somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A user with the role `admin`.
    Admin,
    /// A user with the role `support`, without `admin`.
    Support,
    /// A user, on what is the user's own.
    User,
    /// Whoever may run the command line.
    Operator,
    /// Doorward by itself.
    System,
    /// Nobody that is known: the holder of a token or link.
    Anonymous,
}

impl ActorKind {
    /// The highest capacity that a set of roles gives.
    pub fn of_roles(roles: &[String]) -> Self {
        let has = |role: &str| roles.iter().any(|has| has == role);
        match (has("admin"), has("support")) {
            (true, _) => Self::Admin,
            (false, true) => Self::Support,
            (false, false) => Self::User,
        }
    }

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Support => "support",
            Self::User => "user",
            Self::Operator => "operator",
            Self::System => "system",
            Self::Anonymous => "anonymous",
        }
    }
}

/// Who does something.
#[derive(Debug, Clone)]
pub struct Actor {
    /// In what capacity.
    pub kind: ActorKind,
    /// As which user.
    pub user: Option<UserId>,
    /// From where.
    pub caller: Caller,
}

/// What was done: the stored vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name is its stored word, see `as_str`")]
pub enum Action {
    SignedIn,
    SignedOut,
    RefreshTokenReused,
    RefreshTokenFromTheFuture,
    UserCreated,
    UserChanged,
    UserDeleted,
    UserDisabled,
    UserEnabled,
    UserEnded,
    DeviceDisabled,
    DeviceEnabled,
    DeviceEnded,
    TokenDisabled,
    TokenEnabled,
    TokenEnded,
    PasswordChanged,
    PasswordLinkMade,
    SigningKeyCreated,
    SigningKeyRotated,
    SigningKeyRetired,
    SecretKeyAdopted,
    SecretKeyRotated,
    PanelSignedIn,
    PanelSignedOut,
    SetupCodeMade,
    Purged,
}

impl Action {
    /// Each of them.
    pub const ALL: [Self; 27] = [
        Self::SignedIn,
        Self::SignedOut,
        Self::RefreshTokenReused,
        Self::RefreshTokenFromTheFuture,
        Self::UserCreated,
        Self::UserChanged,
        Self::UserDeleted,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::UserEnded,
        Self::DeviceDisabled,
        Self::DeviceEnabled,
        Self::DeviceEnded,
        Self::TokenDisabled,
        Self::TokenEnabled,
        Self::TokenEnded,
        Self::PasswordChanged,
        Self::PasswordLinkMade,
        Self::SigningKeyCreated,
        Self::SigningKeyRotated,
        Self::SigningKeyRetired,
        Self::SecretKeyAdopted,
        Self::SecretKeyRotated,
        Self::PanelSignedIn,
        Self::PanelSignedOut,
        Self::SetupCodeMade,
        Self::Purged,
    ];

    /// As stored: subject, dot, what happened to it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "user.signed_in",
            Self::SignedOut => "user.signed_out",
            Self::RefreshTokenReused => "token.reused",
            Self::RefreshTokenFromTheFuture => "token.generation_ahead",
            Self::UserCreated => "user.created",
            Self::UserChanged => "user.changed",
            Self::UserDeleted => "user.deleted",
            Self::UserDisabled => "user.disabled",
            Self::UserEnabled => "user.enabled",
            Self::UserEnded => "user.ended",
            Self::DeviceDisabled => "device.disabled",
            Self::DeviceEnabled => "device.enabled",
            Self::DeviceEnded => "device.ended",
            Self::TokenDisabled => "token.disabled",
            Self::TokenEnabled => "token.enabled",
            Self::TokenEnded => "token.ended",
            Self::PasswordChanged => "user.password_changed",
            Self::PasswordLinkMade => "user.password_link_made",
            Self::SigningKeyCreated => "signing_key.created",
            Self::SigningKeyRotated => "signing_key.rotated",
            Self::SigningKeyRetired => "signing_key.retired",
            Self::SecretKeyAdopted => "secret_key.adopted",
            Self::SecretKeyRotated => "secret_key.rotated",
            Self::PanelSignedIn => "user.panel_signed_in",
            Self::PanelSignedOut => "user.panel_signed_out",
            Self::SetupCodeMade => "server.setup_code_made",
            Self::Purged => "server.purged",
        }
    }
}

/// One event, to be committed with the change that it tells of. Holds ids, no names and no secrets.
#[derive(Debug, Clone)]
pub struct Event {
    action: Action,
    subject_kind: &'static str,
    subject_id: Option<Uuid>,
    user: Option<UserId>,
    reason: Option<String>,
    details: Value,
}

impl Event {
    /// Something done to a user, a device or a grant of `user`.
    pub fn on(action: Action, subject: Subject, user: UserId) -> Self {
        let (subject_kind, id) = match subject {
            Subject::User(id) => ("user", id.0),
            Subject::Device(id) => ("device", id.0),
            Subject::Grant(id) => ("token", id.0),
        };
        Self {
            action,
            subject_kind,
            subject_id: Some(id),
            user: Some(user),
            reason: None,
            details: json!({}),
        }
    }

    /// Something done to the server itself.
    pub fn on_server(action: Action) -> Self {
        Self {
            action,
            subject_kind: "server",
            subject_id: None,
            user: None,
            reason: None,
            details: json!({}),
        }
    }

    /// Why, in the actor's words.
    #[must_use]
    pub fn because(mut self, reason: Option<&str>) -> Self {
        self.reason = reason.map(str::to_owned);
        self
    }

    /// One more fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details[name] = value.into();
        self
    }
}

/// An event as stored, with the names that its ids have now.
#[derive(Debug)]
pub struct StoredEvent {
    /// Its id; events sort by it.
    pub id: Uuid,
    /// When.
    pub created_at: DateTime<Utc>,
    /// What.
    pub action: String,
    /// In what capacity.
    pub actor_kind: String,
    /// Who.
    pub actor_id: Option<Uuid>,
    /// The actor's name, while there is such a user.
    pub actor_username: Option<String>,
    /// `user`, `device`, `token` or `server`.
    pub subject_kind: String,
    /// To what.
    pub subject_id: Option<Uuid>,
    /// Whose that was.
    pub user_id: Option<Uuid>,
    /// That user's name, while there is such a user.
    pub username: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Further facts.
    pub details: Value,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Uuid,
}

/// Which events a list shows.
#[derive(Debug, Default)]
pub struct Filter {
    /// Done by this user.
    pub actor: Option<Uuid>,
    /// Done to this user, device or grant, or to anything of this user.
    pub subject: Option<Uuid>,
    /// Of this kind.
    pub action: Option<String>,
    /// Not before.
    pub since: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
    /// The event after which the page begins.
    pub before: Option<Uuid>,
}

/// Stores an event. Only [`super::change::Change::commit`] calls it. One statement.
pub(super) async fn insert(
    db: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
    actor: &Actor,
    event: &Event,
) -> Result<(), Error> {
    let done = sqlx::query!(
        r#"
        INSERT INTO audit_events (id, created_at, action, actor_kind, actor_id, subject_kind, subject_id,
                                  user_id, reason, details, address, user_agent, request_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        "#,
        id,
        now,
        event.action.as_str(),
        actor.kind.as_str(),
        actor.user.map(|user| user.0),
        event.subject_kind,
        event.subject_id,
        event.user.map(|user| user.0),
        event.reason,
        event.details,
        actor.caller.address_text(),
        actor.caller.user_agent,
        actor.caller.request_id,
    )
    .execute(db)
    .await?;
    expect_one(done.rows_affected())
}

/// Events, newest first. One statement.
pub async fn list(
    db: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Page<StoredEvent>, Error> {
    let events = sqlx::query_as!(
        StoredEvent,
        r#"
        SELECT e.id, e.created_at, e.action, e.actor_kind, e.actor_id, a.username AS "actor_username?",
               e.subject_kind, e.subject_id, e.user_id, u.username AS "username?", e.reason, e.details,
               e.address, e.user_agent, e.request_id
        FROM audit_events e
        LEFT JOIN users a ON a.id = e.actor_id
        LEFT JOIN users u ON u.id = e.user_id
        WHERE ($1::uuid IS NULL OR e.actor_id = $1)
            AND ($2::uuid IS NULL OR e.subject_id = $2 OR e.user_id = $2)
            AND ($3::text IS NULL OR e.action = $3)
            AND ($4::timestamptz IS NULL OR e.created_at >= $4)
            AND ($5::timestamptz IS NULL OR e.created_at < $5)
            AND ($6::uuid IS NULL OR e.id < $6)
        ORDER BY e.id DESC
        LIMIT $7
        "#,
        filter.actor,
        filter.subject,
        filter.action,
        filter.since,
        filter.until,
        filter.before,
        limit + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(Page::cut(events, limit, |event| event.id.to_string()))
}

/// Takes address and user agent of a deleted person out of the events. One statement.
pub async fn forget_person(db: &mut PgConnection, user: UserId) -> Result<u64, Error> {
    let done = sqlx::query!(
        r#"
        UPDATE audit_events
        SET address = NULL, user_agent = NULL
        WHERE actor_id = $1 OR (user_id = $1 AND actor_kind = 'anonymous')
        "#,
        user.0,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
