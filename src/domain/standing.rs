//! Who the bearer of an access token is *now*: a role, and the standing of user,
//! device and grant, are read at every route that touches the database.

use chrono::{DateTime, Utc};

use super::{Actor, ActorKind, Caller, error::Error};
use crate::{
    app::App,
    crypto::access_token::{Claims, Subject, UserClaims},
    db::refresh_tokens,
    ids::{DeviceId, GrantId, UserId},
};

/// Why a valid access token is worth nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Its grant has ended, or was deleted with its user.
    TokenEnded,
    /// Its refresh token is disabled.
    TokenDisabled,
    /// Its device is disabled.
    DeviceDisabled,
    /// Its user is disabled.
    UserDisabled,
    /// Its user has other roles by now; a refresh gets a token that says so.
    RolesChanged,
    /// It was revoked by itself (RFC 7009).
    TokenRevoked,
    /// Its client is disabled.
    ClientDisabled,
}

/// A user in good standing, on a device, with the roles that the database says.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The user.
    pub user: UserId,
    /// `admin`, `support`, `auditor`; none for end users.
    pub roles: Vec<String>,
    /// The grant that the access token came from.
    pub grant: GrantId,
    /// The device.
    pub device: DeviceId,
}

impl Principal {
    /// Whether the user has a role.
    pub fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|has| has == role)
    }

    /// Acting in the highest capacity that the roles give.
    pub fn actor(&self, caller: &Caller) -> Actor {
        let kind = ActorKind::of_roles(&self.roles);
        Actor {
            kind,
            user: Some(self.user),
            caller: caller.clone(),
        }
    }

    /// Acting on what is the user's own.
    pub fn as_owner(&self, caller: &Caller) -> Actor {
        Actor {
            kind: ActorKind::User,
            user: Some(self.user),
            caller: caller.clone(),
        }
    }
}

/// What speaks against verified claims, as far as this replica has heard. No query.
pub fn heard_of(app: &App, claims: &Claims, now: DateTime<Utc>) -> Option<Refusal> {
    let known = app.cut_offs.known();
    let of_user = |user: &UserClaims| {
        [
            (
                known.has_ended(user.sid.0) || known.has_ended(user.sub.0),
                Refusal::TokenEnded,
            ),
            (known.is_suspended(user.sid.0, now), Refusal::TokenDisabled),
            (
                known.is_suspended(user.device_id.0, now),
                Refusal::DeviceDisabled,
            ),
            (known.is_suspended(user.sub.0, now), Refusal::UserDisabled),
            (
                known.has_other_roles(user.sub, &user.roles),
                Refusal::RolesChanged,
            ),
        ]
    };
    let user = match &claims.subject {
        Subject::User(user) => Some(of_user(user)),
        Subject::Client { .. } => None,
    };
    let own = [
        (known.has_ended(claims.jti), Refusal::TokenRevoked),
        (
            known.is_client_suspended(&claims.client_id, now),
            Refusal::ClientDisabled,
        ),
    ];
    let mut refusals = user.into_iter().flatten().chain(own);
    let first = refusals.find(|(applies, _)| *applies);
    first.map(|(_, refusal)| refusal)
}

/// Reads the standing behind verified claims. One statement.
///
/// # Errors
/// The [`Refusal`]s, the gravest first; [`Error::Forbidden`] for a client that acts for itself.
pub async fn of_bearer(app: &App, claims: &Claims) -> Result<Principal, Error> {
    let Subject::User(user) = &claims.subject else {
        return Err(Error::Forbidden);
    };
    let mut db = app.db().await?;
    let refusal = match refresh_tokens::find_standing(&mut db, user.sid, app.clock.now()).await? {
        None => Refusal::TokenEnded,
        Some(standing) if standing.ended => Refusal::TokenEnded,
        Some(standing) if standing.token_disabled => Refusal::TokenDisabled,
        Some(standing) if standing.device_disabled => Refusal::DeviceDisabled,
        Some(standing) if standing.user_disabled => Refusal::UserDisabled,
        Some(standing) if standing.client_disabled => Refusal::ClientDisabled,
        Some(standing) => {
            let holder = standing.holder;
            return Ok(Principal {
                user: holder.user_id,
                roles: holder.roles,
                grant: holder.grant,
                device: holder.device_id,
            });
        }
    };
    Err(Error::Standing(refusal))
}
