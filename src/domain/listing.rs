//! What can be looked at: one reading verb per record and list.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::error::{Error, Thing};
use crate::{
    app::App,
    db::{
        audit_events::{self, StoredEvent},
        cursor::Page,
        devices::{self, Device},
        refresh_tokens::{self, Grant},
        refusals::{self, Refusal},
        users::{self, User},
    },
    ids::{DeviceId, GrantId, UserId},
};

/// One user.
///
/// # Errors
/// Not found.
pub async fn user(app: &App, id: UserId) -> Result<User, Error> {
    users::find(&mut *app.db().await?, id, app.clock.now())
        .await?
        .ok_or(Error::NotFound(Thing::User))
}

/// One user by name.
///
/// # Errors
/// Not found.
pub async fn user_named(app: &App, name: &str) -> Result<User, Error> {
    let name = super::username::Username::parse(name).map_err(|_| Error::NotFound(Thing::User))?;
    let id = users::find_id(&mut *app.db().await?, name.as_str()).await?;
    user(app, id.ok_or(Error::NotFound(Thing::User))?).await
}

/// Whether there is an administrator yet.
///
/// # Errors
/// Those of the database.
pub async fn any_administrator(app: &App) -> Result<bool, Error> {
    Ok(users::any_administrator(&mut *app.db().await?).await?)
}

/// Users by name.
///
/// # Errors
/// Those of the database.
pub async fn users(app: &App, filter: &users::Filter, limit: i64) -> Result<Page<User>, Error> {
    Ok(users::list(&mut *app.db().await?, filter, limit, app.clock.now()).await?)
}

/// One device.
///
/// # Errors
/// Not found.
pub async fn device(app: &App, id: DeviceId) -> Result<Device, Error> {
    devices::find(&mut *app.db().await?, id, app.clock.now())
        .await?
        .ok_or(Error::NotFound(Thing::Device))
}

/// A user's devices, newest use first.
///
/// # Errors
/// Not found, for the user.
pub async fn devices(
    app: &App,
    user: UserId,
    before: Option<(DateTime<Utc>, DeviceId)>,
    limit: i64,
) -> Result<Page<Device>, Error> {
    let user = self::user(app, user).await?;
    Ok(devices::list_of_user(
        &mut *app.db().await?,
        user.id,
        before,
        limit,
        app.clock.now(),
    )
    .await?)
}

/// One grant.
///
/// # Errors
/// Not found.
pub async fn grant(app: &App, id: GrantId) -> Result<Grant, Error> {
    refresh_tokens::find(&mut *app.db().await?, id, app.clock.now())
        .await?
        .ok_or(Error::NotFound(Thing::Token))
}

/// A user's grants, newest first.
///
/// # Errors
/// Not found, for the user.
pub async fn grants(
    app: &App,
    user: UserId,
    before: Option<GrantId>,
    limit: i64,
) -> Result<Page<Grant>, Error> {
    let user = self::user(app, user).await?;
    Ok(refresh_tokens::list_of_user(
        &mut *app.db().await?,
        user.id,
        before,
        limit,
        app.clock.now(),
    )
    .await?)
}

/// What a user was refused, newest first.
///
/// # Errors
/// Not found, for the user.
pub async fn refusals(
    app: &App,
    user: UserId,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Page<Refusal>, Error> {
    let user = self::user(app, user).await?;
    Ok(refusals::list_of_user(&mut *app.db().await?, user.id, before, limit).await?)
}

/// Audit events, newest first.
///
/// # Errors
/// Those of the database.
pub async fn events(
    app: &App,
    filter: &audit_events::Filter,
    limit: i64,
) -> Result<Page<StoredEvent>, Error> {
    Ok(audit_events::list(&mut *app.db().await?, filter, limit).await?)
}
