//! The stored words: who ([`Actor`]) did what ([`Action`]) to whom ([`Event`]).

use std::net::IpAddr;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    db::disabling::Subject,
    ids::{GrantId, UserId},
};

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

    /// All.
    const ALL: [Self; 6] = [
        Self::Admin,
        Self::Support,
        Self::User,
        Self::Operator,
        Self::System,
        Self::Anonymous,
    ];

    /// What is stored as this word.
    pub fn known(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether users with a role, and what is theirs, are within reach.
    pub fn reaches_staff(self) -> bool {
        matches!(self, Self::Admin | Self::Operator | Self::System)
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

impl Actor {
    /// Nobody that is known.
    pub fn anonymous(caller: &Caller) -> Self {
        Self {
            kind: ActorKind::Anonymous,
            user: None,
            caller: caller.clone(),
        }
    }
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
    TokenRevoked,
    TokenExamined,
    PasswordChanged,
    PasswordLinkMade,
    SigningKeyCreated,
    SigningKeyRotated,
    SigningKeyRetired,
    AudienceKeySet,
    AudienceKeyRemoved,
    SecretKeyAdopted,
    SecretKeyRotated,
    PanelSignedIn,
    PanelSignedOut,
    PanelConfirmed,
    PanelConfirmationRefused,
    SetupCodeMade,
    ClientAdded,
    ClientDisabled,
    ClientEnabled,
    ClientSecretMade,
    AccessTokenRevoked,
    AuditChainBegun,
    DemoFilled,
    ExportBegun,
    Exported,
    BulkBegun,
    BulkDone,
    BulkUndoBegun,
    BulkUndone,
    Purged,
}

impl Action {
    /// Each of them.
    pub const ALL: [Self; 46] = [
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
        Self::TokenRevoked,
        Self::TokenExamined,
        Self::PasswordChanged,
        Self::PasswordLinkMade,
        Self::SigningKeyCreated,
        Self::SigningKeyRotated,
        Self::SigningKeyRetired,
        Self::AudienceKeySet,
        Self::AudienceKeyRemoved,
        Self::SecretKeyAdopted,
        Self::SecretKeyRotated,
        Self::PanelSignedIn,
        Self::PanelSignedOut,
        Self::PanelConfirmed,
        Self::PanelConfirmationRefused,
        Self::SetupCodeMade,
        Self::ClientAdded,
        Self::ClientDisabled,
        Self::ClientEnabled,
        Self::ClientSecretMade,
        Self::AccessTokenRevoked,
        Self::AuditChainBegun,
        Self::DemoFilled,
        Self::ExportBegun,
        Self::Exported,
        Self::BulkBegun,
        Self::BulkDone,
        Self::BulkUndoBegun,
        Self::BulkUndone,
        Self::Purged,
    ];

    /// What is stored as this word.
    pub fn known(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }

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
            Self::TokenRevoked => "token.revoked",
            Self::TokenExamined => "token.examined",
            Self::PasswordChanged => "user.password_changed",
            Self::PasswordLinkMade => "user.password_link_made",
            Self::SigningKeyCreated => "signing_key.created",
            Self::SigningKeyRotated => "signing_key.rotated",
            Self::SigningKeyRetired => "signing_key.retired",
            Self::AudienceKeySet => "audience_key.set",
            Self::AudienceKeyRemoved => "audience_key.removed",
            Self::SecretKeyAdopted => "secret_key.adopted",
            Self::SecretKeyRotated => "secret_key.rotated",
            Self::PanelSignedIn => "user.panel_signed_in",
            Self::PanelSignedOut => "user.panel_signed_out",
            Self::PanelConfirmed => "user.panel_confirmed",
            Self::PanelConfirmationRefused => "user.panel_confirmation_refused",
            Self::SetupCodeMade => "server.setup_code_made",
            Self::ClientAdded => "client.added",
            Self::ClientDisabled => "client.disabled",
            Self::ClientEnabled => "client.enabled",
            Self::ClientSecretMade => "client.secret_made",
            Self::AccessTokenRevoked => "access_token.revoked",
            Self::AuditChainBegun => "server.audit_chain_begun",
            Self::DemoFilled => "server.demo_filled",
            Self::ExportBegun => "server.export_begun",
            Self::Exported => "server.exported",
            Self::BulkBegun => "bulk.begun",
            Self::BulkDone => "bulk.done",
            Self::BulkUndoBegun => "bulk.undo_begun",
            Self::BulkUndone => "bulk.undone",
            Self::Purged => "server.purged",
        }
    }
}

/// One event, to be committed with the change that it tells of. Holds ids, no names and no secrets.
#[derive(Debug, Clone)]
pub struct Event {
    pub(in crate::db) action: Action,
    pub(in crate::db) subject_kind: &'static str,
    pub(in crate::db) subject_id: Option<Uuid>,
    pub(in crate::db) user: Option<UserId>,
    pub(in crate::db) reason: Option<String>,
    pub(in crate::db) details: Value,
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

    /// Something done to a client, or to what it has for itself.
    pub fn on_client(action: Action, client: Uuid) -> Self {
        Self {
            subject_kind: "client",
            subject_id: Some(client),
            ..Self::on_server(action)
        }
    }

    /// Something done to many users, devices or tokens at once.
    pub fn on_bulk(action: Action, act: Uuid) -> Self {
        Self {
            subject_kind: "bulk",
            subject_id: Some(act),
            ..Self::on_server(action)
        }
    }

    /// Something done to each of many things of this kind; which, is told to
    /// [`crate::db::change::Change::record_each`].
    pub fn on_each(action: Action, subject_kind: &'static str) -> Self {
        Self {
            subject_kind,
            ..Self::on_server(action)
        }
    }

    /// Why, in the actor's words.
    #[must_use]
    pub fn because(mut self, reason: Option<&str>) -> Self {
        self.reason = reason.map(str::to_owned);
        self
    }

    /// The grants that ended with it, besides what it is about: whoever follows the live feed is told of each.
    #[must_use]
    pub fn with_ended_sessions(self, grants: &[GrantId]) -> Self {
        if grants.is_empty() {
            return self;
        }
        let grants: Vec<String> = grants.iter().map(GrantId::to_string).collect();
        self.with("ended_sessions", grants)
    }

    /// One more fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details[name] = value.into();
        self
    }
}
