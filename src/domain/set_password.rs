//! New passwords: by their owner, by a single-use link, by the operator.

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Actor, ActorKind, Caller, credentials,
    error::{Error, Thing},
    password, sign_in,
    throttle::{self, Attempt, Subject as Guesser},
};
use crate::{
    app::App,
    crypto::{
        opaque_token::{OpaqueToken, Purpose},
        secret::Secret,
    },
    db::{
        admin_sessions,
        audit_events::{Action, Event},
        change::Change,
        disabling::Subject,
        ended::{self, Ended},
        password_links,
        refusals::Refused,
        users::{self, User},
    },
    ids::{GrantId, UserId},
};

/// How long a link can be used.
const LINK_TTL: Duration = Duration::from_hours(1);

/// The path of the page behind a link; the secret follows.
pub const LINK_PATH: &str = "/set-password/";

/// A single-use link to set a password.
#[derive(Debug)]
pub struct Link {
    /// The whole address. Shown once.
    pub url: Secret<String>,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

/// Who changes the own password, and what stays signed in.
#[derive(Debug)]
pub struct Owner<'a> {
    /// The user.
    pub user: UserId,
    /// Whose allowance a wrong current password draws on.
    pub guesser: Guesser<'a>,
    /// The grant that asks.
    pub grant: Option<GrantId>,
    /// The administrator session that asks.
    pub session: Option<Uuid>,
}

/// Changes the caller's own password and ends every other grant and session. Costs two
/// hashes; a wrong current password counts as a failed sign-in.
///
/// # Errors
/// [`sign_in::Refusal::BadCredentials`]; a weak new password.
pub async fn change_own(
    app: &App,
    owner: &Owner<'_>,
    current: &Secret<String>,
    new: &Secret<String>,
    caller: &Caller,
) -> Result<(), Error> {
    let place = app.hasher.place()?;
    let mut db = app.db().await?;
    let attempt = Attempt::begin(app, &mut db, owner.guesser, caller).await?;
    let stored = users::find_password_hash(&mut db, owner.user).await?;
    drop(db);
    let user = find(app, owner.user).await?;

    let compared = credentials::compare(app, place, &attempt, current, stored.as_deref()).await?;
    if !compared.matches {
        let refused = Refused {
            user: Some(owner.user),
            grant: owner.grant,
            ..Refused::default()
        };
        let refusal = sign_in::Refusal::BadCredentials;
        return Err(credentials::refuse(app, refusal, refused, caller).await);
    }
    attempt.succeeded(app, &mut *app.db().await?).await?;
    let hash = choose(app, &user, new).await?;

    let actor = Actor {
        kind: ActorKind::User,
        user: Some(owner.user),
        caller: caller.clone(),
    };
    let mut change = app.change(&actor).await?;
    let locked = users::lock(&mut change, owner.user).await?;
    let standing = locked.filter(|user| !user.disabled);
    if standing.and_then(|user| user.password_hash) != stored {
        return Err(Error::SignIn(sign_in::Refusal::BadCredentials));
    }
    store(
        app,
        change,
        &user,
        &hash,
        (owner.grant, owner.session),
        "own",
    )
    .await
}

/// Makes a link for a user; one that the user had is void.
///
/// # Errors
/// Not found.
pub async fn make_link(app: &App, actor: &Actor, user: UserId) -> Result<Link, Error> {
    let mut change = app.change(actor).await?;
    users::lock(&mut change, user)
        .await?
        .ok_or(Error::NotFound(Thing::User))?;
    let link = insert_link(app, &mut change, user).await?;
    change
        .commit(Event::on(
            Action::PasswordLinkMade,
            Subject::User(user),
            user,
        ))
        .await?;
    Ok(link)
}

pub(super) async fn insert_link(
    app: &App,
    change: &mut Change<'_>,
    user: UserId,
) -> Result<Link, Error> {
    let secret = OpaqueToken::generate(Purpose::PasswordLink);
    let expires_at = change.now() + LINK_TTL;
    password_links::replace(change, app.clock.id(), user, secret.hash(), expires_at).await?;
    let url = format!(
        "{}{LINK_PATH}{}",
        app.config.issuer,
        secret.encode().expose()
    );
    Ok(Link {
        url: Secret::new(url),
        expires_at,
    })
}

/// Whose link this is.
///
/// # Errors
/// Not found, for one that was used, replaced, or is too old.
pub async fn user_of_link(app: &App, secret: &str) -> Result<User, Error> {
    let secret = OpaqueToken::parse(Purpose::PasswordLink, secret)
        .ok_or(Error::NotFound(Thing::PasswordLink))?;
    let user =
        password_links::find_user(&mut *app.db().await?, secret.hash(), app.clock.now()).await?;
    find(app, user.ok_or(Error::NotFound(Thing::PasswordLink))?).await
}

/// Sets a password by a link, uses the link up, and ends all grants. Costs one hash.
///
/// # Errors
/// Not found; a weak password, and then the link can still be used.
pub async fn use_link(
    app: &App,
    secret: &str,
    new: &Secret<String>,
    caller: &Caller,
) -> Result<(), Error> {
    let user = user_of_link(app, secret).await?;
    let secret = OpaqueToken::parse(Purpose::PasswordLink, secret)
        .ok_or(Error::NotFound(Thing::PasswordLink))?;
    let hash = choose(app, &user, new).await?;
    let actor = Actor::anonymous(caller);
    let mut change = app.change(&actor).await?;
    users::lock(&mut change, user.id)
        .await?
        .ok_or(Error::NotFound(Thing::PasswordLink))?;
    if !password_links::delete(&mut change, secret.hash()).await? {
        return Err(Error::NotFound(Thing::PasswordLink));
    }
    store(app, change, &user, &hash, (None, None), "link").await
}

/// Sets a user's password at the command line, and ends all grants. Costs one hash.
///
/// # Errors
/// Not found; a weak password.
pub async fn set_by_operator(
    app: &App,
    actor: &Actor,
    user: UserId,
    new: &Secret<String>,
) -> Result<(), Error> {
    let user = find(app, user).await?;
    let hash = choose(app, &user, new).await?;
    let mut change = app.change(actor).await?;
    users::lock(&mut change, user.id)
        .await?
        .ok_or(Error::NotFound(Thing::User))?;
    store(app, change, &user, &hash, (None, None), "operator").await
}

async fn find(app: &App, user: UserId) -> Result<User, Error> {
    users::find(&mut *app.db().await?, user, app.clock.now())
        .await?
        .ok_or(Error::NotFound(Thing::User))
}

async fn choose(app: &App, user: &User, new: &Secret<String>) -> Result<String, Error> {
    let words = [
        user.username.as_str(),
        user.email.as_deref().unwrap_or_default(),
    ];
    let password = password::choose(app, new, &words).await?;
    Ok(app.hasher.hash(&password).await?)
}

/// The end of every way to a new password. The user's row is locked.
async fn store(
    app: &App,
    mut change: Change<'_>,
    user: &User,
    hash: &str,
    (grant, session): (Option<GrantId>, Option<Uuid>),
    by: &str,
) -> Result<(), Error> {
    users::set_password_hash(&mut change, user.id, hash).await?;
    password_links::delete_of_user(&mut change, user.id).await?;
    throttle::forget_account(app, change.db(), &user.username).await?;
    admin_sessions::end_of_user(&mut change, user.id, session).await?;
    let ended = ended::end_of_user(&mut change, user.id, grant, Ended::PasswordChanged).await?;
    let event = Event::on(Action::PasswordChanged, Subject::User(user.id), user.id)
        .with("by", by)
        .with("ended", ended.len())
        .with_ended_sessions(&ended);
    Ok(change.commit(event).await?)
}
