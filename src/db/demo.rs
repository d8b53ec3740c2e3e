//! People who do not exist, for whoever wants to look at the panel: all tables at once, in one file of SQL.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Error, change::Change};
use crate::ids::{DeviceId, UserId};

/// How much was made.
#[derive(Debug, Clone, Copy)]
pub struct Filled {
    /// Users.
    pub users: i64,
    /// Devices, each with one refresh token.
    pub devices: i64,
    /// Events of the audit log.
    pub events: i64,
}

/// Fills empty tables. The events go back to `since`; `password_hash` is everybody's.
pub async fn fill(
    change: &mut Change<'_>,
    users: u32,
    password_hash: &str,
    since: DateTime<Utc>,
) -> Result<Filled, Error> {
    let now = change.now();
    sqlx::query!(
        r#"
        SELECT set_config('doorward.demo_users', $1, true) AS "users!", set_config('doorward.demo_hash', $2, true) AS "hash!",
               set_config('doorward.demo_now', $3::timestamptz::text, true) AS "now!",
               set_config('doorward.demo_since', $4::timestamptz::text, true) AS "since!"
        "#,
        users.to_string(),
        password_hash,
        now,
        since,
    )
    .fetch_one(change.db())
    .await?;
    sqlx::raw_sql(include_str!("demo/fill.sql"))
        .execute(change.db())
        .await?;
    Ok(sqlx::query_as!(
        Filled,
        r#"
        SELECT (SELECT count(*) FROM users) AS "users!", (SELECT count(*) FROM devices) AS "devices!",
               (SELECT count(*) FROM audit_unsealed) AS "events!"
        "#
    )
    .fetch_one(change.db())
    .await?)
}

/// When somebody's device was there.
#[derive(Debug)]
pub struct Presence {
    /// Whose and which it is.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// From when on.
    pub since: DateTime<Utc>,
    /// The last time.
    pub last_at: DateTime<Utc>,
}

/// All of them. One statement.
pub async fn presences(db: &mut PgConnection) -> Result<Vec<Presence>, Error> {
    Ok(sqlx::query_as!(
        Presence,
        r#"
        SELECT user_id AS "user: UserId", device_id AS "device: DeviceId", created_at AS since, last_used_at AS last_at
        FROM refresh_tokens
        "#
    )
    .fetch_all(db)
    .await?)
}

/// Has Postgres count what there is now, or it plans as for empty tables.
pub async fn analyze(db: &mut PgConnection) -> Result<(), Error> {
    sqlx::raw_sql("SET statement_timeout = 0; ANALYZE; RESET statement_timeout")
        .execute(db)
        .await?;
    Ok(())
}
