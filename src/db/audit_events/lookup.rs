//! Table `audit_events`: the events of a request, what happened to a user, and who came from an address.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{StoredEvent, least_id};
use crate::{
    db::{
        Error,
        cursor::{self, At},
    },
    ids::{DeviceId, UserId},
};

/// What was done in one request, or the one event with that id, oldest first. One statement.
pub async fn list_of_request(db: &mut PgConnection, id: Uuid) -> Result<Vec<StoredEvent>, Error> {
    Ok(sqlx::query_as!(
        StoredEvent,
        r#"
        SELECT e.id AS "id!", e.created_at AS "created_at!", e.action AS "action!", e.actor_kind AS "actor_kind!",
               e.actor_id, a.username AS "actor_username?", e.subject_kind AS "subject_kind!", e.subject_id, e.user_id,
               u.username AS "username?", e.reason, e.details AS "details!", e.address, e.user_agent,
               e.request_id AS "request_id!"
        FROM (
            SELECT * FROM audit_events WHERE request_id = $1
            UNION ALL
            SELECT * FROM audit_events WHERE id = $1 AND request_id <> $1
        ) AS e
        LEFT JOIN users a ON a.id = e.actor_id
        LEFT JOIN users u ON u.id = e.user_id
        ORDER BY e.id
        "#,
        id,
    )
    .fetch_all(db)
    .await?)
}

/// Something that happened to a user, or to a device or a token of that user.
#[derive(Debug)]
pub struct Happened {
    /// The event's id; events sort by it.
    pub id: Uuid,
    /// When.
    pub created_at: DateTime<Utc>,
    /// What.
    pub action: String,
    /// In what capacity.
    pub actor_kind: String,
    /// Who.
    pub actor_id: Option<Uuid>,
    /// The actor's name, while there is such a user.
    pub actor_username: Option<String>,
    /// On which device, or to which, if to one. What happened to a token is on no device once the token is purged.
    pub device_id: Option<DeviceId>,
    /// Why.
    pub reason: Option<String>,
    /// Further facts.
    pub details: Value,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
}

/// What happened to a user, perhaps only on one device, newest first, before an event; `limit` of it. One
/// statement, one walk along an index of each month, merged; the pairs are those of [`super::list`]. No index
/// has the device: it is looked at on the way, past what happened to this user and nobody else.
pub async fn list_of_user(
    db: &mut PgConnection,
    user: UserId,
    device: Option<DeviceId>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Happened>, Error> {
    let (low, high) = cursor::ids(&At::after(before), false);
    Ok(sqlx::query_as!(
        Happened,
        r#"
        SELECT e.id AS "id!", e.created_at AS "created_at!", e.action AS "action!", e.actor_kind AS "actor_kind!",
               e.actor_id, a.username AS "actor_username?", e.device_id AS "device_id?: DeviceId", e.reason,
               e.details AS "details!", e.address, e.user_agent
        FROM (
            SELECT * FROM (
                SELECT *,
                       CASE subject_kind
                           WHEN 'device' THEN subject_id
                           WHEN 'token' THEN COALESCE(
                               (details ->> 'device_id')::uuid,
                               (SELECT g.device_id FROM refresh_tokens g WHERE g.id = subject_id)
                           )
                       END AS device_id
                FROM audit_events
                WHERE (user_id, id) >= ($1, $2) AND (user_id, id) <= ($1, $3)
            ) AS theirs
            WHERE $4::uuid IS NULL OR device_id = $4
            ORDER BY user_id DESC, id DESC LIMIT $5
        ) AS e
        LEFT JOIN users a ON a.id = e.actor_id
        ORDER BY e.id DESC
        "#,
        user.0,
        low,
        high,
        device.map(|id| id.0),
        limit,
    )
    .fetch_all(db)
    .await?)
}

/// Somebody who did something, from a known address.
#[derive(Debug)]
pub struct Arrival {
    /// When.
    pub created_at: DateTime<Utc>,
    /// What was done.
    pub action: String,
    /// Who, or whose it was if nobody said who.
    pub user_id: Option<UserId>,
    /// The device that it was done on, as text.
    pub device_id: Option<String>,
}

/// Who came from an address since a time, the latest first. One statement, one walk along an index of
/// each month since, merged; the pairs and `id >= $2` are those of [`super::list`].
pub async fn list_from_address(
    db: &mut PgConnection,
    address: &str,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Arrival>, Error> {
    Ok(sqlx::query_as!(
        Arrival,
        r#"
        SELECT e.created_at AS "created_at!", e.action AS "action!",
               COALESCE(e.actor_id, e.user_id) AS "user_id: UserId",
               CASE WHEN e.actor_kind IN ('user', 'anonymous') THEN e.details ->> 'device_id' END AS device_id
        FROM (
            SELECT * FROM audit_events
            WHERE (address, id) >= ($1, $2) AND (address, id) <= ($1, $3) AND id >= $2
            ORDER BY address DESC, id DESC LIMIT $4
        ) AS e
        ORDER BY e.id DESC
        "#,
        address,
        least_id(since),
        Uuid::max(),
        limit,
    )
    .fetch_all(db)
    .await?)
}
