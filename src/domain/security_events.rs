//! Security event tokens (RFC 8417): what the audit log has of a cut-off, in the words of CAEP and RISC, signed, so that
//! whoever only knows our keys can believe it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::Error;
use crate::{
    app::App,
    db::audit_events::{Action, ActorKind, BareEvent},
    ids::{ClientId, GrantId},
};

/// The `typ` of such a token's header (RFC 8417 §2.3).
pub const TYP: &str = "secevent+jwt";

/// What happened, as others know it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A user, a device, a sign-in, a client or an access token is refused from now on.
    SessionRevoked,
    /// A device, a sign-in or a client is enabled again.
    SessionEstablished,
    /// A user has other roles.
    TokenClaimsChange,
    AccountDisabled,
    AccountEnabled,
    AccountPurged,
}

impl Kind {
    /// `None` for what no access token need learn of.
    fn of(action: Action) -> Option<Self> {
        Some(match action {
            Action::UserEnded
            | Action::DeviceDisabled
            | Action::TokenDisabled
            | Action::TokenEnded
            | Action::TokenRevoked
            | Action::SignedOut
            | Action::RefreshTokenReused
            | Action::ClientDisabled
            | Action::AccessTokenRevoked => Self::SessionRevoked,
            Action::DeviceEnabled | Action::TokenEnabled | Action::ClientEnabled => {
                Self::SessionEstablished
            }
            Action::UserDisabled => Self::AccountDisabled,
            Action::UserEnabled => Self::AccountEnabled,
            Action::UserDeleted => Self::AccountPurged,
            Action::UserChanged => Self::TokenClaimsChange,
            _ => return None,
        })
    }

    fn uri(self) -> &'static str {
        match self {
            Self::SessionRevoked => {
                "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
            }
            Self::SessionEstablished => {
                "https://schemas.openid.net/secevent/caep/event-type/session-established"
            }
            Self::TokenClaimsChange => {
                "https://schemas.openid.net/secevent/caep/event-type/token-claims-change"
            }
            Self::AccountDisabled => {
                "https://schemas.openid.net/secevent/risc/event-type/account-disabled"
            }
            Self::AccountEnabled => {
                "https://schemas.openid.net/secevent/risc/event-type/account-enabled"
            }
            Self::AccountPurged => {
                "https://schemas.openid.net/secevent/risc/event-type/account-purged"
            }
        }
    }
}

/// What is read of an event's further facts.
#[derive(Default, Deserialize)]
struct Facts {
    /// The grants that it ended besides.
    #[serde(default)]
    ended_sessions: Vec<GrantId>,
    /// The user's roles from now on.
    roles: Option<Vec<String>>,
    /// The client.
    client_id: Option<ClientId>,
    /// An access token.
    jti: Option<Uuid>,
    /// When a suspension ends by itself.
    until: Option<DateTime<Utc>>,
}

impl Facts {
    fn of(event: &BareEvent) -> Self {
        serde_json::from_str(&event.details).unwrap_or_default()
    }
}

/// What is to be told of some events: each once for what it happened to, or once for each grant that it ended besides.
pub fn to_tell(events: &[BareEvent]) -> Vec<(Uuid, Option<GrantId>)> {
    let of_one = |event: &BareEvent| {
        let facts = Facts::of(event);
        let kind = Action::known(&event.action).and_then(Kind::of);
        let itself =
            kind.is_some_and(|kind| kind != Kind::TokenClaimsChange || facts.roles.is_some());
        let besides = facts.ended_sessions.into_iter().map(Some);
        let told = itself.then_some(None).into_iter().chain(besides);
        told.map(|session| (event.id, session)).collect::<Vec<_>>()
    };
    events.iter().flat_map(of_one).collect()
}

/// The token that tells of an event, or of a grant that it ended besides; `None` for one that means nothing to an access token.
///
/// # Errors
/// Those of the crypto library.
pub fn sign(
    app: &App,
    event: &BareEvent,
    session: Option<GrantId>,
) -> Result<Option<String>, Error> {
    let Some(claims) = claims(app, event, session) else {
        return Ok(None);
    };
    Ok(Some(app.keyring().sign_as(TYP, &claims)?.expose().clone()))
}

/// Its claims (RFC 8417 §2.2): neither `sub` nor `exp`, so that it is never taken for an access token.
fn claims(app: &App, event: &BareEvent, session: Option<GrantId>) -> Option<Value> {
    let action = Action::known(&event.action)?;
    let (kind, id) = match session {
        None => (Kind::of(action)?, event.id.to_string()),
        Some(grant) => (Kind::SessionRevoked, format!("{}.{grant}", event.id)),
    };
    let facts = Facts::of(event);
    let mut said = json!({
        "event_timestamp": event.created_at.timestamp(),
        "initiating_entity": initiator(event, action),
        "reason_admin": { "en": event.action },
    });
    if let Some(until) = facts.until {
        said["until"] = until.timestamp().into();
    }
    if kind == Kind::TokenClaimsChange {
        said["claims"] = json!({ "roles": facts.roles });
    }
    Some(json!({
        "iss": app.config.issuer,
        "aud": app.config.audience,
        "iat": app.clock.now().timestamp(),
        "jti": id,
        "txn": event.request_id,
        "sub_id": subject(&app.config.issuer, (event, session), kind, &facts)?,
        "events": { kind.uri(): said },
    }))
}

/// Whom it is about (RFC 9493): of accounts the user, else what was cut off and whose it is.
fn subject(
    issuer: &str,
    (event, session): (&BareEvent, Option<GrantId>),
    kind: Kind,
    facts: &Facts,
) -> Option<Value> {
    let user = event
        .user_id
        .map(|id| json!({ "format": "iss_sub", "iss": issuer, "sub": id }));
    let opaque = |id: &dyn ToString| json!({ "format": "opaque", "id": id.to_string() });
    if let Some(jti) = facts.jti {
        return Some(json!({ "format": "jwt_id", "iss": issuer, "jti": jti }));
    }
    if !matches!(kind, Kind::SessionRevoked | Kind::SessionEstablished) {
        return user;
    }
    let (member, id) = match (session, event.subject_kind.as_str()) {
        (Some(grant), _) => ("session", Some(opaque(&grant))),
        (None, "token") => ("session", event.subject_id.map(|id| opaque(&id))),
        (None, "device") => ("device", event.subject_id.map(|id| opaque(&id))),
        (None, "client") => ("application", facts.client_id.as_ref().map(|id| opaque(id))),
        (None, _) => return Some(json!({ "format": "complex", "user": user? })),
    };
    let mut subject = json!({ "format": "complex", member: id? });
    if let Some(user) = user {
        subject["user"] = user;
    }
    Some(subject)
}

/// Who did it, in the words of CAEP.
fn initiator(event: &BareEvent, action: Action) -> &'static str {
    match (action, ActorKind::known(&event.actor_kind)) {
        // Whoever came with the old token did not want it.
        (Action::RefreshTokenReused, _) | (_, Some(ActorKind::System) | None) => "policy",
        (_, Some(ActorKind::Admin | ActorKind::Support | ActorKind::Operator)) => "admin",
        (_, Some(ActorKind::User | ActorKind::Anonymous)) => "user",
    }
}
