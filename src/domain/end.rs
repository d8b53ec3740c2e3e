//! Ends grants for good: logout, signed out, ended by an administrator. Nothing that
//! is enabled afterwards revives them.

use super::{
    Actor, ActorKind,
    disable::{lock, may_reach},
    error::{Error, Thing},
    standing::Principal,
    texts,
};
use crate::{
    app::App,
    db::{
        audit_events::{Action, Caller, Event},
        disabling::Subject,
        ended::{self, Ended},
    },
    ids::DeviceId,
};

/// Signs the caller's own device out.
///
/// # Errors
/// Those of the database.
pub async fn logout(app: &App, principal: &Principal, caller: &Caller) -> Result<(), Error> {
    let actor = principal.as_owner(caller);
    let mut change = app.change(&actor).await?;
    if !ended::end(&mut change, principal.grant, Ended::Logout).await? {
        return Ok(());
    }
    let event = Event::on(
        Action::SignedOut,
        Subject::Grant(principal.grant),
        principal.user,
    )
    .with("device_id", principal.device.to_string());
    Ok(change.commit(event).await?)
}

/// Ends what a subject has: all grants of a user, the grant of a device, or one grant.
/// Ending what has ended changes nothing and is no error.
///
/// # Errors
/// Not found; [`Error::Forbidden`] beyond the actor's reach.
pub async fn end(
    app: &App,
    actor: &Actor,
    subject: Subject,
    reason: Option<&str>,
) -> Result<(), Error> {
    let reason = texts::reason(reason)?;
    let how = if actor.kind == ActorKind::User {
        Ended::SignedOut
    } else {
        Ended::EndedByAdministrator
    };
    let mut change = app.change(actor).await?;
    let locked = lock(&mut change, subject).await?;
    may_reach(actor, subject, &locked)?;
    let (action, ended) = match subject {
        Subject::User(user) => (
            Action::UserEnded,
            ended::end_of_user(&mut change, user, None, how).await?,
        ),
        Subject::Device(device) => (
            Action::DeviceEnded,
            Vec::from_iter(ended::end_of_device(&mut change, device, how).await?),
        ),
        Subject::Grant(grant) => {
            let ended = ended::end(&mut change, grant, how).await?;
            (Action::TokenEnded, Vec::from_iter(ended.then_some(grant)))
        }
    };
    if ended.is_empty() {
        return Ok(());
    }
    let event = Event::on(action, subject, locked.user_id)
        .because(reason.as_deref())
        .with("ended", ended.len());
    // A device can be signed in on again, and disabled and enabled: it is its sign-in that has ended.
    let event = match subject {
        Subject::Device(_) => event.with_ended_sessions(&ended),
        Subject::User(_) | Subject::Grant(_) => event,
    };
    Ok(change.commit(event).await?)
}

/// Signs one of the caller's own devices out.
///
/// # Errors
/// Not found, also for another user's device.
pub async fn sign_out_device(
    app: &App,
    principal: &Principal,
    device: DeviceId,
    caller: &Caller,
) -> Result<(), Error> {
    match end(
        app,
        &principal.as_owner(caller),
        Subject::Device(device),
        None,
    )
    .await
    {
        Err(Error::Forbidden) => Err(Error::NotFound(Thing::Device)),
        done => done,
    }
}
