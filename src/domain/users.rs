//! Create, change and delete users.

use super::{
    Actor,
    disable::keep_an_administrator,
    error::{Error, Thing},
    password,
    set_password::{self, Link},
    texts,
    username::Username,
};
use crate::{
    app::App,
    crypto::secret::Secret,
    db::{
        audit_events::{self, Action, Event},
        disabling::Subject,
        refusals, users,
    },
    ids::UserId,
};

/// A user to be.
#[derive(Debug, Default)]
pub struct NewUser<'a> {
    /// As typed.
    pub username: &'a str,
    /// Without one, a link to set it is made.
    pub password: Option<&'a Secret<String>>,
    /// As typed.
    pub email: Option<&'a str>,
    /// `admin`, `support`, `auditor`.
    pub roles: &'a [String],
}

/// What is to be different. `None` leaves as it is.
#[derive(Debug, Default)]
pub struct Changes<'a> {
    /// As typed.
    pub username: Option<&'a str>,
    /// As typed; `Some(None)` takes it away.
    pub email: Option<Option<&'a str>>,
    /// The whole new set.
    pub roles: Option<&'a [String]>,
}

/// Creates a user. Costs one hash, where there is a password.
///
/// # Errors
/// What is wrong with a value; a taken name.
pub async fn create(
    app: &App,
    actor: &Actor,
    new: &NewUser<'_>,
) -> Result<(UserId, Option<Link>), Error> {
    let username = Username::choose(new.username)?;
    let email = new.email.map(texts::email).transpose()?;
    let roles = texts::roles(new.roles)?;
    let hash = match new.password {
        Some(typed) => {
            let words = [username.as_str(), email.as_deref().unwrap_or_default()];
            let password = password::choose(app, typed, &words).await?;
            Some(app.hasher.hash(&password).await?)
        }
        None => None,
    };
    let id = UserId(app.clock.id());
    let mut change = app.change(actor).await?;
    users::insert(
        &mut change,
        id,
        username.as_str(),
        email.as_deref(),
        hash.as_deref(),
        &roles,
    )
    .await?;
    let link = match hash {
        Some(_) => None,
        None => Some(set_password::insert_link(app, &mut change, id).await?),
    };
    let event = Event::on(Action::UserCreated, Subject::User(id), id)
        .with("roles", roles)
        .with("password_link", link.is_some());
    change.commit(event).await?;
    Ok((id, link))
}

/// Changes name, e-mail or roles. Other roles count at once: they are read at each request.
///
/// # Errors
/// Not found; what is wrong with a value; a taken name; the last administrator.
pub async fn change(
    app: &App,
    actor: &Actor,
    id: UserId,
    changes: &Changes<'_>,
) -> Result<(), Error> {
    let username = changes.username.map(Username::choose).transpose()?;
    let email = changes
        .email
        .map(|email| email.map(texts::email).transpose())
        .transpose()?;
    let roles = changes.roles.map(texts::roles).transpose()?;

    let mut change = app.change(actor).await?;
    if roles
        .as_ref()
        .is_some_and(|roles| !roles.iter().any(|role| role == "admin"))
    {
        keep_an_administrator(&mut change, id).await?;
    }
    users::lock(&mut change, id)
        .await?
        .ok_or(Error::NotFound(Thing::User))?;
    let now = change.now();
    let old = users::find(change.db(), id, now)
        .await?
        .ok_or(Error::NotFound(Thing::User))?;
    let username = username
        .as_ref()
        .map_or(old.username.as_str(), Username::as_str);
    let email = email.unwrap_or_else(|| old.email.clone());
    let roles = roles.unwrap_or_else(|| old.roles.clone());
    if (username, &email, &roles) == (old.username.as_str(), &old.email, &old.roles) {
        return Ok(());
    }
    users::set_profile(&mut change, id, username, email.as_deref(), &roles).await?;
    // Which fields, not their values: the person can be erased, the event stays.
    let mut event = Event::on(Action::UserChanged, Subject::User(id), id)
        .with("username_changed", username != old.username)
        .with("email_changed", email != old.email);
    if roles != old.roles {
        event = event.with("roles_before", old.roles).with("roles", roles);
    }
    Ok(change.commit(event).await?)
}

/// Whether a set of roles is another one than the user has.
///
/// # Errors
/// Not found; what is wrong with a role.
pub async fn would_change_roles(app: &App, id: UserId, roles: &[String]) -> Result<bool, Error> {
    let user = users::find(&mut *app.db().await?, id, app.clock.now()).await?;
    let user = user.ok_or(Error::NotFound(Thing::User))?;
    Ok(user.roles != texts::roles(roles)?)
}

/// Deletes a user and all that is the person's; the audit log keeps the bare id.
///
/// # Errors
/// Not found; the last administrator.
pub async fn delete(app: &App, actor: &Actor, id: UserId) -> Result<(), Error> {
    let mut change = app.change(actor).await?;
    keep_an_administrator(&mut change, id).await?;
    users::lock(&mut change, id)
        .await?
        .ok_or(Error::NotFound(Thing::User))?;
    refusals::delete_of_user(change.db(), id).await?;
    audit_events::forget_person(change.db(), id).await?;
    users::delete(&mut change, id).await?;
    Ok(change
        .commit(Event::on(Action::UserDeleted, Subject::User(id), id))
        .await?)
}
