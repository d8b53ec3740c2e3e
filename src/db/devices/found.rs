//! Table `devices`: by name, by id, and which of them work.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Device;
use crate::{
    db::{
        Error,
        cursor::{LAST, Page},
    },
    ids::{DeviceId, UserId},
};

/// Devices whose name begins so, whatever case; of one name the newest first. One statement, a walk
/// along one index. Both sides are lowered by Postgres, which may know fewer letters than we do.
pub async fn list_named(
    db: &mut PgConnection,
    beginning: &str,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Page<Device>, Error> {
    let devices = sqlx::query_as!(
        Device,
        r#"
        SELECT d.id AS "id!: DeviceId", d.user_id AS "user_id!: UserId", d.name AS "name!", d.kind AS "kind!",
               d.created_at AS "created_at!", d.last_used_at AS "signed_in_at!",
               GREATEST(d.last_used_at, (SELECT max(g.last_used_at) FROM refresh_tokens g WHERE g.device_id = d.id))
                   AS "last_used_at!",
               COALESCE((SELECT g.expires_at > $4 FROM refresh_tokens g
                         WHERE g.device_id = d.id AND g.ended_at IS NULL), false) AS "signed_in!",
               d.disabled_at, d.disabled_until, d.disabled_reason, d.disabled_by_kind,
               disabled_now(d.disabled_at, d.disabled_until, $4) AS "disabled!"
        FROM (
            SELECT * FROM devices
            WHERE lower(name) COLLATE "C" >= lower($1) AND lower(name) COLLATE "C" < lower($2)
            ORDER BY lower(name) COLLATE "C", id DESC LIMIT $3
        ) AS d
        ORDER BY lower(d.name) COLLATE "C", d.id DESC
        "#,
        beginning,
        format!("{beginning}{LAST}"),
        limit + 1,
        now,
    )
    .fetch_all(db)
    .await?;
    Ok(Page::cut(devices, limit, |device| device.id.to_string()))
}

/// Some devices, in no order. One statement.
pub async fn list_of_ids(
    db: &mut PgConnection,
    ids: &[DeviceId],
    now: DateTime<Utc>,
) -> Result<Vec<Device>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    Ok(sqlx::query_as!(
        Device,
        r#"
        SELECT d.id AS "id!: DeviceId", d.user_id AS "user_id!: UserId", d.name AS "name!", d.kind AS "kind!",
               d.created_at AS "created_at!", d.last_used_at AS "signed_in_at!",
               GREATEST(d.last_used_at, (SELECT max(g.last_used_at) FROM refresh_tokens g WHERE g.device_id = d.id))
                   AS "last_used_at!",
               COALESCE((SELECT g.expires_at > $2 FROM refresh_tokens g
                         WHERE g.device_id = d.id AND g.ended_at IS NULL), false) AS "signed_in!",
               d.disabled_at, d.disabled_until, d.disabled_reason, d.disabled_by_kind,
               disabled_now(d.disabled_at, d.disabled_until, $2) AS "disabled!"
        FROM devices d
        WHERE d.id = ANY($1)
        "#,
        &ids,
        now,
    )
    .fetch_all(db)
    .await?)
}

/// The devices of some users on which a refresh succeeds, as far as token and device go: a user
/// or a client that is disabled is not looked at. One statement over these users' grants.
pub async fn list_working(
    db: &mut PgConnection,
    users: &[UserId],
    now: DateTime<Utc>,
) -> Result<Vec<(UserId, DeviceId)>, Error> {
    let users: Vec<Uuid> = users.iter().map(|id| id.0).collect();
    let found = sqlx::query!(
        r#"
        SELECT g.user_id AS "user: UserId", g.device_id AS "device: DeviceId"
        FROM refresh_tokens g
        JOIN devices d ON d.id = g.device_id
        WHERE g.user_id = ANY($1) AND g.ended_at IS NULL AND g.expires_at > $2
            AND NOT disabled_now(g.disabled_at, g.disabled_until, $2)
            AND NOT disabled_now(d.disabled_at, d.disabled_until, $2)
        "#,
        &users,
        now,
    )
    .fetch_all(db)
    .await?;
    Ok(found
        .into_iter()
        .map(|row| (row.user, row.device))
        .collect())
}
