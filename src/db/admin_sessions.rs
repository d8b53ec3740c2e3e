//! Table `admin_sessions`: the browsers that are signed in to the panel.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, change::Change, expect_one};
use crate::ids::UserId;

/// A session with the user behind it, as of now.
#[derive(Debug)]
pub struct FoundSession {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub user_id: UserId,
    /// The user's name.
    pub username: String,
    /// The user's roles.
    pub roles: Vec<String>,
    /// The last request that was recorded.
    pub last_used_at: DateTime<Utc>,
    /// When the password was last typed.
    pub authenticated_at: DateTime<Utc>,
    /// The user is disabled now.
    pub disabled: bool,
}

/// A session as its owner sees it.
#[derive(Debug)]
pub struct Session {
    /// Its id.
    pub id: Uuid,
    /// The sign-in.
    pub created_at: DateTime<Utc>,
    /// The last request that was recorded.
    pub last_used_at: DateTime<Utc>,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: String,
}

/// The session behind a cookie, unless its time is over. One statement.
pub async fn find(
    db: &mut PgConnection,
    secret_hash: [u8; 32],
    idle_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<FoundSession>, Error> {
    Ok(sqlx::query_as!(
        FoundSession,
        r#"
        SELECT s.id, s.user_id AS "user_id: UserId", u.username, u.roles, s.last_used_at,
               s.authenticated_at,
               disabled_now(u.disabled_at, u.disabled_until, $3) AS "disabled!"
        FROM admin_sessions s
        JOIN users u ON u.id = s.user_id
        WHERE s.secret_hash = $1 AND s.last_used_at > $2 AND s.expires_at > $3
        "#,
        secret_hash.as_slice(),
        idle_since,
        now,
    )
    .fetch_optional(db)
    .await?)
}

/// Which of these sessions are not over, and their users neither disabled nor without a role. One statement.
pub async fn find_good(
    db: &mut PgConnection,
    sessions: &[Uuid],
    idle_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, Error> {
    Ok(sqlx::query_scalar!(
        r#"
        SELECT s.id
        FROM admin_sessions s
        JOIN users u ON u.id = s.user_id
        WHERE s.id = ANY($1) AND s.last_used_at > $2 AND s.expires_at > $3
          AND u.roles <> '{}' AND NOT disabled_now(u.disabled_at, u.disabled_until, $3)
        "#,
        sessions,
        idle_since,
        now,
    )
    .fetch_all(db)
    .await?)
}

/// Records a use; no event, as with a rotation. One statement.
pub async fn set_used(db: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE admin_sessions SET last_used_at = $2 WHERE id = $1",
        id,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A user's sessions whose time is not over, the last used first. One statement.
pub async fn list_of_user(
    db: &mut PgConnection,
    user: UserId,
    idle_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Session>, Error> {
    Ok(sqlx::query_as!(
        Session,
        r#"
        SELECT id, created_at, last_used_at, address, user_agent
        FROM admin_sessions
        WHERE user_id = $1 AND last_used_at > $2 AND expires_at > $3
        ORDER BY last_used_at DESC, id DESC
        "#,
        user.0,
        idle_since,
        now,
    )
    .fetch_all(db)
    .await?)
}

/// A new session. One statement.
pub async fn insert(
    change: &mut Change<'_>,
    id: Uuid,
    user: UserId,
    secret_hash: [u8; 32],
    expires_at: DateTime<Utc>,
) -> Result<(), Error> {
    let (now, caller) = (change.now(), &change.actor().caller);
    let (address, user_agent) = (caller.address_text(), caller.user_agent.as_str());
    let done = sqlx::query!(
        r#"
        INSERT INTO admin_sessions (id, user_id, secret_hash, created_at, last_used_at, authenticated_at, expires_at,
                                    address, user_agent)
        VALUES ($1, $2, $3, $4, $4, $4, $5, $6, $7)
        "#,
        id,
        user.0,
        secret_hash.as_slice(),
        now,
        expires_at,
        address,
        user_agent,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// Notes that the password was typed; false if the session is no more. One statement.
pub async fn set_authenticated(change: &mut Change<'_>, id: Uuid) -> Result<bool, Error> {
    let now = change.now();
    let done = sqlx::query!(
        "UPDATE admin_sessions SET authenticated_at = $2 WHERE id = $1 AND expires_at > $2",
        id,
        now
    )
    .execute(change.db())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whose session this is or was, whether or not its time is over. One statement.
pub async fn find_user(
    db: &mut PgConnection,
    secret_hash: [u8; 32],
) -> Result<Option<UserId>, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT user_id AS "user_id: UserId" FROM admin_sessions WHERE secret_hash = $1"#,
        secret_hash.as_slice(),
    )
    .fetch_optional(db)
    .await?)
}

/// Ends a session of this user; false if there is none whose time is not over. It stays, with a time that was
/// over when it began, so that what is tried with its cookie is known as this user's. One statement.
pub async fn end(change: &mut Change<'_>, id: Uuid, user: UserId) -> Result<bool, Error> {
    let done = sqlx::query!(
        "UPDATE admin_sessions SET expires_at = created_at
         WHERE id = $1 AND user_id = $2 AND expires_at > created_at",
        id,
        user.0
    )
    .execute(change.db())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all sessions of a user, but the one that is to go on. One statement.
pub async fn end_of_user(
    change: &mut Change<'_>,
    user: UserId,
    but: Option<Uuid>,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE admin_sessions SET expires_at = created_at WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND expires_at > created_at",
        user.0,
        but
    )
    .execute(change.db())
    .await?;
    Ok(())
}

/// Ends all sessions of some users. One statement.
pub async fn end_of_users(change: &mut Change<'_>, users: &[Uuid]) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE admin_sessions SET expires_at = created_at WHERE user_id = ANY($1) AND expires_at > created_at",
        users,
    )
    .execute(change.db())
    .await?;
    Ok(())
}
