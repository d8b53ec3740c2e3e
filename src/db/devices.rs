//! Table `devices`.

mod found;
mod list;

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Error,
    change::Change,
    cursor::{self, Page},
    expect_one,
};
use crate::ids::{DeviceId, UserId};

pub use found::{list_named, list_of_ids, list_working};
pub use list::{Filter, Order, list};

/// A device, as its owner and those who may read users see it.
#[derive(Debug, Clone)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub user_id: UserId,
    /// What its owner or the app calls it.
    pub name: String,
    /// `phone`, `browser`, … as the app says.
    pub kind: String,
    /// The first sign-in on it.
    pub created_at: DateTime<Utc>,
    /// The last sign-in.
    pub signed_in_at: DateTime<Utc>,
    /// The last sign-in or refresh.
    pub last_used_at: DateTime<Utc>,
    /// It holds a live grant.
    pub signed_in: bool,
    /// Since when disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When it works again by itself.
    pub disabled_until: Option<DateTime<Utc>>,
    /// Why.
    pub disabled_reason: Option<String>,
    /// In what capacity whoever disabled it did so.
    pub disabled_by_kind: Option<String>,
    /// The rule *disabled now*, applied.
    pub disabled: bool,
}

/// A device's place in a list: when it was last used, or signed in on, and which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastUse(DateTime<Utc>, DeviceId);

impl LastUse {
    /// What a client hands back of a place; `None` if it is not one of ours.
    pub fn parse(cursor: &str) -> Option<Self> {
        let key = cursor::text(cursor)?;
        let (micros, id) = key.split_once(' ')?;
        let at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        // Postgres' calendar is shorter than chrono's, and a time out of it fails the statement.
        (1970..=9999)
            .contains(&at.year())
            .then_some(Self(at, id.parse().ok()?))
    }
}

/// What locking a device tells a sign-in.
#[derive(Debug)]
pub struct LockedDevice {
    /// Disabled now.
    pub disabled: bool,
}

/// One device by id. One statement.
pub async fn find(
    db: &mut PgConnection,
    id: DeviceId,
    now: DateTime<Utc>,
) -> Result<Option<Device>, Error> {
    Ok(sqlx::query_as!(
        Device,
        r#"
        SELECT id AS "id: DeviceId", user_id AS "user_id: UserId", name, kind, created_at, last_used_at AS signed_in_at,
               GREATEST(last_used_at, (SELECT max(last_used_at) FROM refresh_tokens WHERE device_id = devices.id))
                   AS "last_used_at!",
               EXISTS (SELECT FROM refresh_tokens
                       WHERE device_id = devices.id AND ended_at IS NULL AND expires_at > $2) AS "signed_in!",
               disabled_at, disabled_until, disabled_reason, disabled_by_kind,
               disabled_now(disabled_at, disabled_until, $2) AS "disabled!"
        FROM devices
        WHERE id = $1
        "#,
        id.0,
        now,
    )
    .fetch_optional(db)
    .await?)
}

/// The user's devices, most recently used first. One statement over this user's devices only.
pub async fn list_of_user(
    db: &mut PgConnection,
    user: UserId,
    before: Option<LastUse>,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Page<Device>, Error> {
    let (before_at, before_id) = before.map(|LastUse(at, id)| (at, id)).unzip();
    let devices = sqlx::query_as!(
        Device,
        r#"
        SELECT id AS "id!: DeviceId", user_id AS "user_id!: UserId", name AS "name!", kind AS "kind!",
               created_at AS "created_at!", signed_in_at AS "signed_in_at!", last_used_at AS "last_used_at!", signed_in AS "signed_in!",
               disabled_at, disabled_until, disabled_reason, disabled_by_kind, disabled AS "disabled!"
        FROM (
            SELECT d.id, d.user_id, d.name, d.kind, d.created_at, d.last_used_at AS signed_in_at,
                   GREATEST(d.last_used_at, (SELECT max(g.last_used_at) FROM refresh_tokens g WHERE g.device_id = d.id))
                       AS last_used_at,
                   EXISTS (SELECT FROM refresh_tokens g
                           WHERE g.device_id = d.id AND g.ended_at IS NULL AND g.expires_at > $2) AS signed_in,
                   d.disabled_at, d.disabled_until, d.disabled_reason, d.disabled_by_kind,
                   disabled_now(d.disabled_at, d.disabled_until, $2) AS disabled
            FROM devices d
            WHERE d.user_id = $1
        ) AS devices
        WHERE $3::timestamptz IS NULL OR (last_used_at, id) < ($3, $4)
        ORDER BY last_used_at DESC, id DESC
        LIMIT $5
        "#,
        user.0,
        now,
        before_at,
        before_id.map(|id| id.0),
        limit + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(Page::cut(devices, limit, |device| {
        format!("{} {}", device.last_used_at.timestamp_micros(), device.id)
    }))
}

/// The names of some devices. One statement.
pub async fn names(
    db: &mut PgConnection,
    ids: &[DeviceId],
) -> Result<HashMap<DeviceId, String>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let named = sqlx::query!(
        r#"SELECT id AS "id: DeviceId", name FROM devices WHERE id = ANY($1)"#,
        &ids,
    )
    .fetch_all(db)
    .await?;
    Ok(named.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Locks a device of this user until the change ends. One statement.
pub async fn lock_of_user(
    change: &mut Change<'_>,
    id: DeviceId,
    user: UserId,
) -> Result<Option<LockedDevice>, Error> {
    let now = change.now();
    Ok(sqlx::query_as!(
        LockedDevice,
        r#"
        SELECT disabled_now(disabled_at, disabled_until, $3) AS "disabled!"
        FROM devices
        WHERE id = $1 AND user_id = $2
        FOR NO KEY UPDATE
        "#,
        id.0,
        user.0,
        now,
    )
    .fetch_optional(change.db())
    .await?)
}

/// Locks those of a user's devices that are not disabled now, until the change ends; in the order of their ids. One
/// statement.
pub async fn lock_enabled_of_user(
    change: &mut Change<'_>,
    user: UserId,
) -> Result<Vec<DeviceId>, Error> {
    let now = change.now();
    Ok(sqlx::query_scalar!(
        r#"
        SELECT id AS "id: DeviceId"
        FROM devices
        WHERE user_id = $1 AND NOT disabled_now(disabled_at, disabled_until, $2)
        ORDER BY id
        FOR NO KEY UPDATE
        "#,
        user.0,
        now,
    )
    .fetch_all(change.db())
    .await?)
}

/// Records a sign-in on a known device; a name or kind that is given replaces the old one. One statement.
pub async fn set_used(
    change: &mut Change<'_>,
    id: DeviceId,
    name: Option<&str>,
    kind: Option<&str>,
) -> Result<(), Error> {
    let now = change.now();
    let done = sqlx::query!(
        "UPDATE devices SET last_used_at = $2, name = COALESCE($3, name), kind = COALESCE($4, kind) WHERE id = $1",
        id.0,
        now,
        name,
        kind,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}
