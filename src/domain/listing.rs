//! What can be looked at: one reading verb per record and list.

use std::collections::HashMap;

use uuid::Uuid;

use super::error::{Error, Thing};
use crate::{
    app::App,
    db::{
        audit_events::{self, StoredEvent},
        cursor::Page,
        devices::{self, Device, LastUse},
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

/// Whether anybody may sign in to the panel yet.
///
/// # Errors
/// Those of the database.
pub async fn anybody_with_role(app: &App) -> Result<bool, Error> {
    let mut db = app.db().await?;
    Ok(users::any_administrator(&mut db).await? || users::any_with_role(&mut db).await?)
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

/// Some devices, in no order.
///
/// # Errors
/// Those of the database.
pub async fn some_devices(app: &App, ids: &[DeviceId]) -> Result<Vec<Device>, Error> {
    Ok(devices::list_of_ids(&mut *app.db().await?, ids, app.clock.now()).await?)
}

/// A user's devices, newest use first.
///
/// # Errors
/// Not found, for the user.
pub async fn devices(
    app: &App,
    user: UserId,
    before: Option<LastUse>,
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

/// Devices of all users, with the names of their users.
///
/// # Errors
/// Those of the database.
pub async fn all_devices(
    app: &App,
    filter: &devices::Filter,
    limit: i64,
) -> Result<(Page<Device>, HashMap<UserId, String>), Error> {
    let mut db = app.db().await?;
    let page = devices::list(&mut db, filter, limit, app.clock.now()).await?;
    let owners: Vec<UserId> = page.items.iter().map(|device| device.user_id).collect();
    Ok((page, users::names(&mut db, &owners).await?))
}

/// The devices of a user that get something, as far as they and their tokens go.
///
/// # Errors
/// Those of the database.
pub async fn working_devices(app: &App, user: UserId) -> Result<Vec<(UserId, DeviceId)>, Error> {
    Ok(devices::list_working(&mut *app.db().await?, &[user], app.clock.now()).await?)
}

/// The names of some devices.
///
/// # Errors
/// Those of the database.
pub async fn device_names(app: &App, ids: &[DeviceId]) -> Result<HashMap<DeviceId, String>, Error> {
    Ok(devices::names(&mut *app.db().await?, ids).await?)
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

/// A user's grants, newest first; perhaps only those on one device.
///
/// # Errors
/// Not found, for the user.
pub async fn grants(
    app: &App,
    user: UserId,
    device: Option<DeviceId>,
    before: Option<GrantId>,
    limit: i64,
) -> Result<Page<Grant>, Error> {
    let user = self::user(app, user).await?;
    Ok(refresh_tokens::list_of_user(
        &mut *app.db().await?,
        user.id,
        device,
        before,
        limit,
        app.clock.now(),
    )
    .await?)
}

/// Grants of all users, with the names of their users and devices.
#[derive(Debug)]
pub struct AllGrants {
    /// The grants.
    pub page: Page<Grant>,
    /// The names of their users.
    pub users: HashMap<UserId, String>,
    /// The names of their devices.
    pub devices: HashMap<DeviceId, String>,
}

/// Grants of all users.
///
/// # Errors
/// Those of the database.
pub async fn all_grants(
    app: &App,
    filter: &refresh_tokens::Filter,
    limit: i64,
) -> Result<AllGrants, Error> {
    let mut db = app.db().await?;
    let page = refresh_tokens::list(&mut db, filter, limit, app.clock.now()).await?;
    let owners: Vec<UserId> = page.items.iter().map(|grant| grant.user_id).collect();
    let on: Vec<DeviceId> = page.items.iter().map(|grant| grant.device_id).collect();
    Ok(AllGrants {
        users: users::names(&mut db, &owners).await?,
        devices: devices::names(&mut db, &on).await?,
        page,
    })
}

/// What anybody was refused, newest first, with the names of the users.
///
/// # Errors
/// Those of the database.
pub async fn all_refusals(
    app: &App,
    filter: &refusals::Filter,
    limit: i64,
) -> Result<(Page<Refusal>, HashMap<UserId, String>), Error> {
    let mut db = app.db().await?;
    let page = refusals::list(&mut db, filter, limit).await?;
    let refused: Vec<UserId> = page
        .items
        .iter()
        .filter_map(|refusal| refusal.user_id)
        .collect();
    Ok((page, users::names(&mut db, &refused).await?))
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
    Ok(refusals::list_of_user(&mut *app.db().await?, user.id, None, before, limit).await?)
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
