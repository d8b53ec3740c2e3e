//! Table `users`.

mod list;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, change::Change, cut_offs::CutOff, expect_one};
use crate::ids::{DeviceId, UserId};

pub use list::{Filter, Order, Place, list};

/// The name of the constraint that keeps usernames unique.
pub const USERNAME_KEY: &str = "users_username_key";

/// A user, as those may see it who may read users.
#[derive(Debug, Clone)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// As prepared by RFC 8265.
    pub username: String,
    /// In lower case.
    pub email: Option<String>,
    /// `admin`, `support`, `auditor`; none for end users.
    pub roles: Vec<String>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// The last sign-in or refresh of a grant that is still kept.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Since when disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When it works again by itself.
    pub disabled_until: Option<DateTime<Utc>>,
    /// Why.
    pub disabled_reason: Option<String>,
    /// The rule *disabled now*, applied.
    pub disabled: bool,
}

/// What a sign-in needs to know before the password is checked.
pub struct UserForSignIn {
    /// Its id.
    pub id: UserId,
    /// The PHC string; none where no password was set yet.
    pub password_hash: Option<String>,
    /// The device asked for, if it is this user's and not disabled.
    pub known_device: Option<DeviceId>,
}

/// A user whose row is locked until the change ends.
pub struct LockedUser {
    /// As prepared by RFC 8265.
    pub username: String,
    /// The PHC string.
    pub password_hash: Option<String>,
    /// `admin`, `support`, `auditor`.
    pub roles: Vec<String>,
    /// Disabled now.
    pub disabled: bool,
    /// In what capacity whoever disabled it did so.
    pub disabled_by_kind: Option<String>,
}

/// One user by id. One statement.
pub async fn find(
    db: &mut PgConnection,
    id: UserId,
    now: DateTime<Utc>,
) -> Result<Option<User>, Error> {
    Ok(sqlx::query_as!(
        User,
        r#"
        SELECT id AS "id: UserId", username, email, roles, created_at,
               (SELECT max(last_used_at) FROM refresh_tokens WHERE user_id = users.id) AS last_used_at,
               disabled_at, disabled_until, disabled_reason,
               disabled_now(disabled_at, disabled_until, $2) AS "disabled!"
        FROM users
        WHERE id = $1
        "#,
        id.0,
        now,
    )
    .fetch_optional(db)
    .await?)
}

/// The id behind a prepared name. One statement.
pub async fn find_id(db: &mut PgConnection, username: &str) -> Result<Option<UserId>, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: UserId" FROM users WHERE username = $1"#,
        username
    )
    .fetch_optional(db)
    .await?)
}

/// What a sign-in with this name, on this device, starts from. One statement.
pub async fn find_for_sign_in(
    db: &mut PgConnection,
    username: &str,
    device: Option<DeviceId>,
    now: DateTime<Utc>,
) -> Result<Option<UserForSignIn>, Error> {
    Ok(sqlx::query_as!(
        UserForSignIn,
        r#"
        SELECT u.id AS "id: UserId", u.password_hash, d.id AS "known_device?: DeviceId"
        FROM users u
        LEFT JOIN devices d
            ON d.id = $2 AND d.user_id = u.id AND NOT disabled_now(d.disabled_at, d.disabled_until, $3)
        WHERE u.username = $1
        "#,
        username,
        device.map(|device| device.0),
        now,
    )
    .fetch_optional(db)
    .await?)
}

/// The stored hash of a user's password. One statement.
pub async fn find_password_hash(
    db: &mut PgConnection,
    id: UserId,
) -> Result<Option<String>, Error> {
    let hash = sqlx::query_scalar!("SELECT password_hash FROM users WHERE id = $1", id.0)
        .fetch_optional(db)
        .await?;
    Ok(hash.flatten())
}

/// Some users, in no order. One statement.
pub async fn list_of_ids(
    db: &mut PgConnection,
    ids: &[UserId],
    now: DateTime<Utc>,
) -> Result<Vec<User>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    Ok(sqlx::query_as!(
        User,
        r#"
        SELECT u.id AS "id: UserId", u.username, u.email, u.roles, u.created_at,
               (SELECT max(g.last_used_at) FROM refresh_tokens g WHERE g.user_id = u.id) AS last_used_at,
               u.disabled_at, u.disabled_until, u.disabled_reason,
               disabled_now(u.disabled_at, u.disabled_until, $2) AS "disabled!"
        FROM users u
        WHERE u.id = ANY($1)
        "#,
        &ids,
        now,
    )
    .fetch_all(db)
    .await?)
}

/// The names of some users. One statement.
pub async fn names(
    db: &mut PgConnection,
    ids: &[UserId],
) -> Result<HashMap<UserId, String>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let named = sqlx::query!(
        r#"SELECT id AS "id: UserId", username FROM users WHERE id = ANY($1)"#,
        &ids,
    )
    .fetch_all(db)
    .await?;
    Ok(named
        .into_iter()
        .map(|row| (row.id, row.username))
        .collect())
}

/// Locks a user's row against every change and every sign-in until the change ends. One statement.
pub async fn lock(change: &mut Change<'_>, id: UserId) -> Result<Option<LockedUser>, Error> {
    let now = change.now();
    Ok(sqlx::query_as!(
        LockedUser,
        r#"
        SELECT username, password_hash, roles, disabled_by_kind,
               disabled_now(disabled_at, disabled_until, $2) AS "disabled!"
        FROM users
        WHERE id = $1
        FOR NO KEY UPDATE
        "#,
        id.0,
        now,
    )
    .fetch_optional(change.db())
    .await?)
}

/// Locks all administrators, in one order, and tells which of them can sign in now. One statement.
pub async fn lock_administrators(change: &mut Change<'_>) -> Result<Vec<UserId>, Error> {
    let now = change.now();
    let admins = sqlx::query!(
        r#"
        SELECT id AS "id: UserId",
               password_hash IS NOT NULL AND NOT disabled_now(disabled_at, disabled_until, $1) AS "usable!"
        FROM users
        WHERE roles @> ARRAY['admin']
        ORDER BY id
        FOR NO KEY UPDATE
        "#,
        now,
    )
    .fetch_all(change.db())
    .await?;
    Ok(admins
        .into_iter()
        .filter(|admin| admin.usable)
        .map(|admin| admin.id)
        .collect())
}

/// Whether there is an administrator yet. One statement.
pub async fn any_administrator(db: &mut PgConnection) -> Result<bool, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM users WHERE roles @> ARRAY['admin']) AS "any!""#
    )
    .fetch_one(db)
    .await?)
}

/// Whether there is any. One statement.
pub async fn any(db: &mut PgConnection) -> Result<bool, Error> {
    Ok(
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM users) AS "any!""#)
            .fetch_one(db)
            .await?,
    )
}

/// Whether anybody may sign in to the panel. One statement, over all users if nobody may.
pub async fn any_with_role(db: &mut PgConnection) -> Result<bool, Error> {
    Ok(
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM users WHERE roles <> '{}') AS "any!""#)
            .fetch_one(db)
            .await?,
    )
}

/// A new user. One statement.
///
/// # Errors
/// [`Error::Taken`] with [`USERNAME_KEY`].
pub async fn insert(
    change: &mut Change<'_>,
    id: UserId,
    username: &str,
    email: Option<&str>,
    password_hash: Option<&str>,
    roles: &[String],
) -> Result<(), Error> {
    let now = change.now();
    let done = sqlx::query!(
        r#"
        INSERT INTO users (id, username, email, password_hash, roles, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        "#,
        id.0,
        username,
        email,
        password_hash,
        roles,
        now,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// Another name, e-mail and set of roles. One statement.
///
/// # Errors
/// [`Error::Taken`] with [`USERNAME_KEY`].
pub async fn set_profile(
    change: &mut Change<'_>,
    id: UserId,
    username: &str,
    email: Option<&str>,
    roles: &[String],
) -> Result<(), Error> {
    change.cuts_off(CutOff::Roles(id, roles.to_vec()));
    let done = sqlx::query!(
        "UPDATE users SET username = $2, email = $3, roles = $4 WHERE id = $1",
        id.0,
        username,
        email,
        roles,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// Another password. One statement.
pub async fn set_password_hash(
    change: &mut Change<'_>,
    id: UserId,
    hash: &str,
) -> Result<(), Error> {
    let done = sqlx::query!(
        "UPDATE users SET password_hash = $2 WHERE id = $1",
        id.0,
        hash
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// Deletes a user with all devices, grants and links. The places of the grants in the status lists are not free yet. One
/// statement.
pub async fn delete(change: &mut Change<'_>, id: UserId) -> Result<(), Error> {
    change.cuts_off(CutOff::Ended(id.0));
    let now = change.now();
    let done = sqlx::query!(
        r#"
        WITH given_up AS (
            INSERT INTO status_indexes_ended (status_index, ended_at)
            SELECT status_index, $2 FROM refresh_tokens WHERE user_id = $1 AND status_index IS NOT NULL
        )
        DELETE FROM users WHERE id = $1
        "#,
        id.0,
        now,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}
