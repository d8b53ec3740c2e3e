//! Disable and enable: users, devices, refresh tokens. A suspension, which enabling
//! or the end of `until` undoes; after the answer no refresh succeeds (invariant I3).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Actor, ActorKind,
    error::{Conflict, Error, Thing},
    set_password::{self, Link},
    texts,
};
use crate::{
    app::App,
    crypto::refresh_token::RefreshToken,
    db::{
        admin_sessions,
        audit_events::{Action, Event, lookup},
        change::Change,
        devices,
        disabling::{self, Locked, Subject},
        users,
    },
    ids::{DeviceId, GrantId, UserId},
};

/// Why, and until when.
#[derive(Debug, Default)]
pub struct Disabling {
    /// In the actor's words.
    pub reason: Option<String>,
    /// When it works again by itself; none: until enabled.
    pub until: Option<DateTime<Utc>>,
}

/// Suspends a user, a device or a refresh token.
///
/// # Errors
/// Not found; [`Error::Forbidden`] beyond the actor's reach; the last administrator; an ended token.
pub async fn disable(
    app: &App,
    actor: &Actor,
    subject: Subject,
    disabling: &Disabling,
) -> Result<(), Error> {
    let mut change = app.change(actor).await?;
    match suspend(&mut change, subject, disabling).await? {
        Some(event) => Ok(change.commit(event).await?),
        None => Ok(()),
    }
}

/// Disables a device that is lost, and makes a link for a new password, both or neither:
/// whoever has the device may know the old one.
///
/// # Errors
/// As [`disable`].
pub async fn disable_lost(
    app: &App,
    actor: &Actor,
    device: DeviceId,
    disabling: &Disabling,
) -> Result<Link, Error> {
    let subject = Subject::Device(device);
    let mut change = app.change(actor).await?;
    let owner = devices::find(change.db(), device, app.clock.now()).await?;
    let user = owner.ok_or(Error::NotFound(Thing::Device))?.user_id;
    // The user's row before the device's, as a sign-in locks them.
    let locked = users::lock(&mut change, user).await?;
    locked.ok_or(Error::NotFound(Thing::User))?;
    if let Some(event) = suspend(&mut change, subject, disabling).await? {
        change.record(event).await?;
    }
    let link = set_password::insert_link(app, &mut change, user).await?;
    let event = Event::on(Action::PasswordLinkMade, Subject::User(user), user);
    change.commit(event).await?;
    Ok(link)
}

/// Suspends all devices of a user that are not suspended, but one perhaps; all of them or none. A sign-in locks the
/// user's row first as well, so no device comes in between.
///
/// # Errors
/// As [`disable`]; not found, for a device to be left that is not the user's.
pub async fn disable_devices(
    app: &App,
    actor: &Actor,
    user: UserId,
    but: Option<DeviceId>,
    disabling: &Disabling,
) -> Result<(), Error> {
    let mut change = app.change(actor).await?;
    let locked = users::lock(&mut change, user).await?;
    locked.ok_or(Error::NotFound(Thing::User))?;
    if let Some(but) = but {
        let locked = devices::lock_of_user(&mut change, but, user).await?;
        locked.ok_or(Error::NotFound(Thing::Device))?;
    }
    let mut events = Vec::new();
    for device in devices::lock_enabled_of_user(&mut change, user).await? {
        if Some(device) != but {
            events.extend(suspend(&mut change, Subject::Device(device), disabling).await?);
        }
    }
    commit_all(change, events).await
}

/// Ends the suspensions of a user's devices that were made in one request, where they still are as it left them;
/// all of these or none.
///
/// # Errors
/// As [`disable`].
pub async fn enable_devices(
    app: &App,
    actor: &Actor,
    user: UserId,
    request: Uuid,
    reason: Option<&str>,
) -> Result<(), Error> {
    let reason = texts::reason(reason)?;
    let mut change = app.change(actor).await?;
    let locked = users::lock(&mut change, user).await?;
    locked.ok_or(Error::NotFound(Thing::User))?;
    let done = lookup::list_of_request(change.db(), request).await?;
    let made = done.into_iter().filter(|event| {
        event.request_id == request
            && event.user_id == Some(user.0)
            && event.action == Action::DeviceDisabled.as_str()
    });
    let mut made: Vec<_> = made
        .filter_map(|event| Some((DeviceId(event.subject_id?), event.created_at)))
        .collect();
    // The order in which all lock them.
    made.sort();
    let mut events = Vec::new();
    for (device, at) in made {
        let subject = Subject::Device(device);
        // A device that is gone has nothing to be enabled.
        let Some(locked) = disabling::lock(&mut change, subject).await? else {
            continue;
        };
        may_set(actor, subject, &locked)?;
        if locked.disabled && locked.disabled_at == Some(at) {
            events.push(resume(&mut change, subject, &locked, reason.as_deref()).await?);
        }
    }
    commit_all(change, events).await
}

/// Commits a change with an event for each thing that was changed; one of nothing is undone.
async fn commit_all(mut change: Change<'_>, mut events: Vec<Event>) -> Result<(), Error> {
    let Some(last) = events.pop() else {
        return Ok(change.undo().await?);
    };
    for event in events {
        change.record(event).await?;
    }
    Ok(change.commit(last).await?)
}

/// Suspends within a change; the event of it, unless nothing changes.
async fn suspend(
    change: &mut Change<'_>,
    subject: Subject,
    disabling: &Disabling,
) -> Result<Option<Event>, Error> {
    let actor = change.actor();
    let reason = texts::reason(disabling.reason.as_deref())?;
    let until = texts::until(disabling.until, change.now())?;
    if let Subject::User(user) = subject {
        keep_an_administrator(change, user).await?;
    }
    let locked = lock(change, subject).await?;
    may_set(actor, subject, &locked)?;
    if locked.ended {
        return Err(Error::Conflict(Conflict::AlreadyEnded));
    }
    if locked.disabled && actor.kind == ActorKind::User {
        // Nothing would change but the audit log, which an owner could fill that way.
        return Ok(None);
    }
    disabling::set_disabled(change, subject, until, reason.as_deref()).await?;
    if let Subject::User(user) = subject {
        admin_sessions::end_of_user(change, user, None).await?;
    }
    let action = match subject {
        Subject::User(_) => Action::UserDisabled,
        Subject::Device(_) => Action::DeviceDisabled,
        Subject::Grant(_) => Action::TokenDisabled,
    };
    let event = Event::on(action, subject, locked.user_id)
        .because(reason.as_deref())
        .with("until", until.map(|until| until.to_rfc3339()));
    // Undoing it would not be to enable.
    Ok(Some(if locked.disabled {
        event.with("again", true)
    } else {
        event
    }))
}

/// Ends a suspension. Enabling what is not disabled changes nothing and is no error.
///
/// # Errors
/// As [`disable`].
pub async fn enable(
    app: &App,
    actor: &Actor,
    subject: Subject,
    reason: Option<&str>,
) -> Result<(), Error> {
    let reason = texts::reason(reason)?;
    let mut change = app.change(actor).await?;
    let locked = lock(&mut change, subject).await?;
    may_set(actor, subject, &locked)?;
    if locked.ended {
        return Err(Error::Conflict(Conflict::AlreadyEnded));
    }
    if !locked.disabled {
        return Ok(());
    }
    let event = resume(&mut change, subject, &locked, reason.as_deref()).await?;
    Ok(change.commit(event).await?)
}

/// Ends a suspension within a change; the event of it, which tells what the suspension was, for whoever takes it back.
async fn resume(
    change: &mut Change<'_>,
    subject: Subject,
    locked: &Locked,
    reason: Option<&str>,
) -> Result<Event, Error> {
    disabling::set_enabled(change, subject).await?;
    let action = match subject {
        Subject::User(_) => Action::UserEnabled,
        Subject::Device(_) => Action::DeviceEnabled,
        Subject::Grant(_) => Action::TokenEnabled,
    };
    let until = locked.disabled_until.map(|until| until.to_rfc3339());
    Ok(Event::on(action, subject, locked.user_id)
        .because(reason)
        .with("was_until", until)
        .with("was_reason", locked.disabled_reason.clone()))
}

/// The grant that a refresh token belongs to, whatever its generation.
///
/// # Errors
/// Not found, for what is none of ours.
pub fn grant_of_token(app: &App, refresh_token: &str) -> Result<GrantId, Error> {
    RefreshToken::parse(refresh_token, &app.keys)
        .map(|token| token.grant)
        .ok_or(Error::NotFound(Thing::Token))
}

/// Refuses to take away the last administrator who can sign in. Locks them all, in one order.
pub(super) async fn keep_an_administrator(
    change: &mut Change<'_>,
    but: UserId,
) -> Result<(), Error> {
    let usable = users::lock_administrators(change).await?;
    if usable.contains(&but) && usable.len() == 1 {
        return Err(Error::Conflict(Conflict::LastAdmin));
    }
    Ok(())
}

pub(super) async fn lock(change: &mut Change<'_>, subject: Subject) -> Result<Locked, Error> {
    let thing = match subject {
        Subject::User(_) => Thing::User,
        Subject::Device(_) => Thing::Device,
        Subject::Grant(_) => Thing::Token,
    };
    disabling::lock(change, subject)
        .await?
        .ok_or(Error::NotFound(thing))
}

/// Who may reach the subject at all: administrators everything; support the devices and
/// tokens of users without a role; owners what is theirs.
pub(super) fn may_reach(actor: &Actor, subject: Subject, locked: &Locked) -> Result<(), Error> {
    let is_user = matches!(subject, Subject::User(_));
    match actor.kind {
        ActorKind::Admin | ActorKind::Operator | ActorKind::System => Ok(()),
        ActorKind::Support if !is_user && locked.user_roles.is_empty() => Ok(()),
        ActorKind::User if actor.user == Some(locked.user_id) => Ok(()),
        ActorKind::Support | ActorKind::User | ActorKind::Anonymous => Err(Error::Forbidden),
    }
}

/// Who may set or end a suspension: who reaches the subject, and, but for administrators,
/// only where nobody in another capacity has suspended it. Disabling again counts: a
/// nearer `until` would undo what an administrator did.
fn may_set(actor: &Actor, subject: Subject, locked: &Locked) -> Result<(), Error> {
    may_reach(actor, subject, locked)?;
    let above = matches!(
        actor.kind,
        ActorKind::Admin | ActorKind::Operator | ActorKind::System
    );
    if above || !locked.disabled || locked.disabled_by_kind.as_deref() == Some(actor.kind.as_str())
    {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}
