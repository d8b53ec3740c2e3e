//! Rotation of the refresh token (RFC 9700 §4.14.2): the state machine that
//! ARCHITECTURE.md draws. A lost answer never signs a user out (invariant I4); a
//! stolen token does not live on (I5).

mod refusal;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::{
    Actor, Caller, clients,
    error::Error,
    granted::{Granted, Narrowed},
    username::Username,
};
use crate::{
    app::App,
    crypto::refresh_token::RefreshToken,
    db::{
        audit_events::{Action, Event},
        disabling::Subject,
        ended::{self, Ended},
        refresh_tokens::{
            self, Holder, Standing,
            rotation::{Rotation, rotate},
        },
        refusals::{self, Refused},
        rollups::Kind,
    },
    ids::{ClientId, Thumbprint},
};

pub use refusal::Refusal;

/// How often a refresh looks again when the row changes under its eyes.
const TRIES: u32 = 4;

/// What a rotation that was not done means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The predecessor came again in time: the same successor once more.
    Replay,
    /// A rotated token was used again: the grant ends.
    Reused,
    /// No.
    Refused(Refusal),
    /// Genuine, but of a future that this database does not know: it was restored from a backup.
    FromTheFuture,
    /// Nothing speaks against it any more: the row changed meanwhile.
    TryAgain,
}

/// What was presented.
#[derive(Debug)]
pub struct Presented<'a> {
    /// The token's generation.
    pub generation: i32,
    /// The hash of its secret.
    pub secret_hash: [u8; 32],
    /// The client that presents it.
    pub client: &'a ClientId,
    /// The prepared name that came with it; empty for one that nobody can have.
    pub username: Option<&'a str>,
    /// What is asked for, with spaces between, if not all.
    pub scope: Option<&'a str>,
    /// The key that is proven.
    pub key: Option<&'a Thumbprint>,
}

/// How long a replaced token gets the same successor.
#[derive(Debug, Clone, Copy)]
pub struct Graces {
    /// From anybody who has it.
    pub bearer: Duration,
    /// From whoever proves to hold the key that the grant is bound to.
    pub bound: Duration,
}

impl Graces {
    /// As configured.
    pub fn of(app: &App) -> Self {
        Self {
            bearer: app.config.refresh_reuse_grace,
            bound: app.config.refresh_reuse_grace_bound,
        }
    }
}

/// Whether a genuine token is of a history that the row does not know: a generation to come, or
/// another secret. The database was restored from a backup.
pub(super) fn is_ahead(standing: &Standing, generation: i32, secret_hash: [u8; 32]) -> bool {
    generation > standing.generation
        || (generation == standing.generation && standing.secret_hash != secret_hash)
}

/// What a refused rotation means. Pure; the token has been proven genuine before.
pub fn verdict(
    standing: &Standing,
    presented: &Presented<'_>,
    graces: Graces,
    now: DateTime<Utc>,
) -> Verdict {
    let is_current = presented.generation == standing.generation;
    let is_predecessor = presented.generation.checked_add(1) == Some(standing.generation);
    if is_ahead(standing, presented.generation, presented.secret_hash) {
        return Verdict::FromTheFuture;
    }
    if standing.ended {
        return Verdict::Refused(Refusal::TokenEnded);
    }
    let bound_to = standing.holder.key_thumbprint.as_ref();
    let is_by_its_key = bound_to.is_some() && presented.key == bound_to;
    // Without its key a token is worth nothing, whoever has it and however old it is. One from before the grant was
    // bound had none: whoever was there first may have bound the grant to a key of theirs, and that has to come out.
    let had_key = standing
        .key_since
        .is_some_and(|since| presented.generation >= since);
    if had_key && !is_by_its_key {
        return Verdict::Refused(Refusal::WrongKey);
    }
    let grace = if is_by_its_key {
        graces.bound
    } else {
        graces.bearer
    };
    let in_grace = is_predecessor
        && standing.successor_sealed.is_some()
        && standing
            .rotated_at
            // A clock that was set back must not stretch the grace.
            .is_some_and(|rotated_at| {
                (now - rotated_at).abs() < TimeDelta::from_std(grace).unwrap_or_default()
            });
    let wrong_client = *presented.client != standing.holder.client_id;
    let wrong_key = bound_to.is_some() && !is_by_its_key;
    // A lost answer is asked for again by whom it was meant for; a replaced token in another
    // client's hands was stolen, however young it is.
    if !is_current && (!in_grace || wrong_client || wrong_key) {
        return Verdict::Reused;
    }
    let wrong_user = presented
        .username
        .is_some_and(|username| username != standing.holder.username);
    let granted = |scope: &str| standing.holder.scope.split(' ').any(|it| it == scope);
    let beyond = presented
        .scope
        .is_some_and(|scopes| !scopes.split(' ').all(granted));
    let refusals = [
        (standing.token_disabled, Refusal::TokenDisabled),
        (standing.device_disabled, Refusal::DeviceDisabled),
        (standing.user_disabled, Refusal::UserDisabled),
        (standing.client_disabled, Refusal::ClientDisabled),
        (standing.holder.expires_at <= now, Refusal::TokenExpired),
        (wrong_client, Refusal::WrongClient),
        (wrong_user, Refusal::WrongUser),
        (beyond, Refusal::ScopeNotGranted),
    ];
    match refusals.into_iter().find(|(applies, _)| *applies) {
        Some((_, refusal)) => Verdict::Refused(refusal),
        None if in_grace => Verdict::Replay,
        None => Verdict::TryAgain,
    }
}

/// What comes with a refresh token.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The client, which has said or proven who it is.
    pub client: &'a ClientId,
    /// The user whose token it must be (the tutorial's additional control).
    pub username: Option<&'a str>,
    /// What the access token is to be good for, if less than was granted (RFC 6749 §6).
    pub scope: Option<&'a str>,
    /// For whom it is to be, if not for the client's first audience.
    pub audience: Option<String>,
    /// The key that is proven, to which the access token is to be bound.
    pub key: Option<Thumbprint>,
}

/// Exchanges a refresh token for a new pair (RFC 6749 §6). One statement where nothing
/// speaks against it, shared with those that come at the same time; a refusal asks a second one why.
///
/// # Errors
/// The [`Refusal`]s; [`Error::Unavailable`] when the database is away, and then the
/// token that the client has stays good.
pub async fn refresh(
    app: &App,
    presented: &str,
    asked: &Asked<'_>,
    caller: &Caller,
) -> Result<Granted, Error> {
    exchange(app, presented, asked, caller)
        .await
        .inspect_err(|error| {
            let client = Some(asked.client);
            app.counts.refused(Kind::RefreshRefused, client, error);
        })
}

async fn exchange(
    app: &App,
    presented: &str,
    asked: &Asked<'_>,
    caller: &Caller,
) -> Result<Granted, Error> {
    let token =
        RefreshToken::parse(presented, &app.keys).ok_or(Error::Refresh(Refusal::UnknownToken))?;
    let narrowed = Narrowed {
        scope: clients::asked_scopes(asked.scope)?.map(|scopes| scopes.join(" ")),
        audience: asked.audience.clone(),
        key: asked.key.clone(),
    };
    // A name that nobody can have matches nobody.
    let username = asked.username.map(|name| {
        Username::parse(name)
            .map(|name| name.as_str().to_owned())
            .unwrap_or_default()
    });
    let successor = token.successor();
    let rotation = Arc::new(Rotation {
        grant: token.grant,
        generation: token.generation,
        secret_hash: token.hash(),
        successor_hash: successor.hash(),
        successor_sealed: token.seal_successor(&successor),
        client: asked.client.clone(),
        username,
        scope: narrowed.scope.clone(),
        key: asked.key.clone(),
        address: caller.address_text(),
        user_agent: caller.user_agent.clone(),
    });
    app.hasher.stand_back();
    if let Some((holder, now)) = app.rotations.rotate(Arc::clone(&rotation)).await? {
        app.counts.refreshed(asked.client);
        return Granted::sign(app, holder, &successor, narrowed, now);
    }
    let (holder, token, now) = alone(app, &token, successor, &rotation, caller).await?;
    Granted::sign(app, holder, &token, narrowed, now)
}

/// What is behind a rotation that was not done together with others, and what follows: who holds
/// the grant now, with which token, and since when.
async fn alone(
    app: &App,
    token: &RefreshToken,
    successor: RefreshToken,
    rotation: &Rotation,
    caller: &Caller,
) -> Result<(Holder, RefreshToken, DateTime<Utc>), Error> {
    let presented = Presented {
        generation: token.generation,
        secret_hash: rotation.secret_hash,
        client: &rotation.client,
        username: rotation.username.as_deref(),
        scope: rotation.scope.as_deref(),
        key: rotation.key.as_ref(),
    };
    let mut db = app.db_for_refresh().await?;
    for _ in 0..TRIES {
        let now = app.clock.now();
        let Some(standing) = refresh_tokens::find_standing(&mut db, token.grant, now).await? else {
            let refused = Refused {
                grant: Some(token.grant),
                ..Refused::default()
            };
            return refuse(app, &mut db, Refusal::UnknownToken, refused, caller).await;
        };
        let refused = Refused::from(&standing.holder);
        match verdict(&standing, &presented, Graces::of(app), now) {
            Verdict::Replay => {
                let sealed = standing.successor_sealed.as_deref().unwrap_or_default();
                let Some(same) = token.open_successor(sealed) else {
                    drop(db);
                    return end_for_reuse(app, &standing, refused, caller).await;
                };
                if refresh_tokens::count_retry(&mut db, rotation, same.generation, now).await? {
                    app.counts.count(Kind::Retried, Some(presented.client));
                    return Ok((standing.holder, same, now));
                }
            }
            Verdict::Reused => {
                drop(db);
                return end_for_reuse(app, &standing, refused, caller).await;
            }
            Verdict::FromTheFuture => {
                drop(db);
                return note_the_future(app, &standing, refused, caller).await;
            }
            Verdict::Refused(refusal) => {
                return refuse(app, &mut db, refusal, refused, caller).await;
            }
            Verdict::TryAgain => {
                let idle_ttl = app.config.refresh_token_idle_ttl;
                if let Some(holder) = rotate(&mut db, rotation, now, idle_ttl).await? {
                    app.counts.refreshed(presented.client);
                    return Ok((holder, successor, now));
                }
            }
        }
    }
    Err(Error::Unavailable(None))
}

/// Keeps a refusal, and refuses.
pub(super) async fn refuse<T>(
    app: &App,
    db: &mut PgConnection,
    refusal: Refusal,
    refused: Refused,
    caller: &Caller,
) -> Result<T, Error> {
    refusals::insert(
        db,
        app.clock.id(),
        app.clock.now(),
        refused,
        refusal.as_str(),
        caller,
    )
    .await?;
    Err(Error::Refresh(refusal))
}

/// Punishes, commits, and then refuses: a refusal must not roll back its own consequences.
async fn end_for_reuse<T>(
    app: &App,
    standing: &Standing,
    refused: Refused,
    caller: &Caller,
) -> Result<T, Error> {
    let holder = &standing.holder;
    let actor = Actor::anonymous(caller);
    let mut change = app.change(&actor).await?;
    let refusal = if ended::end(&mut change, holder.grant, Ended::Reuse).await? {
        let event = Event::on(
            Action::RefreshTokenReused,
            Subject::Grant(holder.grant),
            holder.user_id,
        )
        .with("device_id", holder.device_id.to_string())
        .with("generation", standing.generation);
        change.commit(event).await?;
        app.counts.count(Kind::Reused, Some(&holder.client_id));
        tracing::warn!(grant = %holder.grant, user = %holder.user_id, "a rotated refresh token was used again; its grant has ended");
        Refusal::TokenReused
    } else {
        change.undo().await?;
        Refusal::TokenEnded
    };
    refuse(app, &mut *app.db().await?, refusal, refused, caller).await
}

/// A genuine token that is ahead of its row ends nothing: it is the database that went back.
async fn note_the_future<T>(
    app: &App,
    standing: &Standing,
    refused: Refused,
    caller: &Caller,
) -> Result<T, Error> {
    let reason = Refusal::UnknownToken.as_str();
    let times = refusals::insert(
        &mut *app.db().await?,
        app.clock.id(),
        app.clock.now(),
        refused,
        reason,
        caller,
    )
    .await?;
    // Once per grant: whoever asks again and again must not fill the audit log.
    if times == 1 {
        let actor = Actor::anonymous(caller);
        let holder = &standing.holder;
        let event = Event::on(
            Action::RefreshTokenFromTheFuture,
            Subject::Grant(holder.grant),
            holder.user_id,
        )
        .with("device_id", holder.device_id.to_string())
        .with("generation", standing.generation);
        app.change(&actor).await?.commit(event).await?;
    }
    Err(Error::Refresh(Refusal::UnknownToken))
}

#[cfg(test)]
#[path = "refresh_tests.rs"]
mod tests;
