//! Tables `refusals` and `refusal_counts`: why sign-ins and refreshes were refused.

mod list;
pub mod tries;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Error,
    audit_events::Caller,
    cursor::{self, At, Page},
    refresh_tokens::Holder,
};
use crate::ids::{DeviceId, GrantId, UserId};

pub use list::{Filter, list};

/// How many refusals are kept of each subject and reason; older ones are overwritten, all are counted.
/// The schema's check knows it too.
pub const KEPT: i64 = 20;

/// Who was refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct Refused {
    /// The user, where there is one.
    pub user: Option<UserId>,
    /// The device, where it is known.
    pub device: Option<DeviceId>,
    /// The grant, for a refresh.
    pub grant: Option<GrantId>,
}

impl From<&Holder> for Refused {
    fn from(holder: &Holder) -> Self {
        Self {
            user: Some(holder.user_id),
            device: Some(holder.device_id),
            grant: Some(holder.grant),
        }
    }
}

/// A refusal as stored.
#[derive(Debug)]
pub struct Refusal {
    /// Its id; refusals sort by it.
    pub id: Uuid,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Why: the `reason` of the answer.
    pub reason: String,
    /// The user, where there was one.
    pub user_id: Option<UserId>,
    /// The device, where it was known.
    pub device_id: Option<Uuid>,
    /// The grant, for a refresh.
    pub grant_id: Option<Uuid>,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Uuid,
    /// How often the same was refused for the same reason in all.
    pub refused: i64,
}

/// Counts a refusal and keeps it in place of the oldest of its kind; how often there
/// was one like it. One statement.
pub async fn insert(
    db: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
    refused: Refused,
    reason: &str,
    caller: &Caller,
) -> Result<i64, Error> {
    let subject = refused
        .grant
        .map(|grant| grant.0)
        .or(refused.user.map(|user| user.0))
        .unwrap_or_default();
    let times = sqlx::query_scalar!(
        r#"
        WITH counted AS (
            INSERT INTO refusal_counts (subject_id, reason, refused, created_at, last_at)
            VALUES ($2, $3, 1, $4, $4)
            ON CONFLICT (subject_id, reason) DO UPDATE SET refused = refusal_counts.refused + 1, last_at = $4
            RETURNING refused
        ), kept AS (
        INSERT INTO refusals (id, subject_id, reason, slot, created_at, user_id, device_id, grant_id,
                              address, user_agent, request_id)
        SELECT $1, $2, $3, (refused % $11)::integer, $4, $5, $6, $7, $8, $9, $10
        FROM counted
        ON CONFLICT (subject_id, reason, slot) DO UPDATE
        SET id = EXCLUDED.id, created_at = EXCLUDED.created_at, user_id = EXCLUDED.user_id,
            device_id = EXCLUDED.device_id, grant_id = EXCLUDED.grant_id, address = EXCLUDED.address,
            user_agent = EXCLUDED.user_agent, request_id = EXCLUDED.request_id
        )
        SELECT refused AS "refused!" FROM counted
        "#,
        id,
        subject,
        reason,
        now,
        refused.user.map(|user| user.0),
        refused.device.map(|device| device.0),
        refused.grant.map(|grant| grant.0),
        caller.address_text(),
        caller.user_agent,
        caller.request_id,
        KEPT,
    )
    .fetch_one(db)
    .await?;
    Ok(times)
}

/// What a user was refused, perhaps only on one device, newest first. One statement, a walk along one index. The
/// count is asked for row by row; joined, Postgres may read all counts.
pub async fn list_of_user(
    db: &mut PgConnection,
    user: UserId,
    device: Option<DeviceId>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Page<Refusal>, Error> {
    let (low, high) = cursor::ids(&At::after(before), false);
    let refusals = sqlx::query_as!(
        Refusal,
        r#"
        SELECT r.id, r.created_at, r.reason, r.user_id AS "user_id: UserId", r.device_id, r.grant_id, r.address,
               r.user_agent, r.request_id,
               (SELECT c.refused FROM refusal_counts c WHERE c.subject_id = r.subject_id AND c.reason = r.reason)
                   AS "refused!"
        FROM refusals r
        WHERE (r.user_id, r.id) >= ($1, $2) AND (r.user_id, r.id) <= ($1, $3)
            AND ($4::uuid IS NULL OR r.device_id = $4)
        ORDER BY r.user_id DESC, r.id DESC
        LIMIT $5
        "#,
        user.0,
        low,
        high,
        device.map(|id| id.0),
        limit + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(Page::cut(refusals, limit, |refusal| refusal.id.to_string()))
}

/// What was refused in one request. One statement.
pub async fn list_of_request(db: &mut PgConnection, request: Uuid) -> Result<Vec<Refusal>, Error> {
    Ok(sqlx::query_as!(
        Refusal,
        r#"
        SELECT r.id, r.created_at, r.reason, r.user_id AS "user_id: UserId", r.device_id, r.grant_id, r.address,
               r.user_agent, r.request_id, c.refused
        FROM refusals r
        JOIN refusal_counts c USING (subject_id, reason)
        WHERE r.request_id = $1
        ORDER BY r.id
        "#,
        request,
    )
    .fetch_all(db)
    .await?)
}

/// What a grant was refused, newest first: twenty of each reason are kept. One statement.
pub async fn list_of_grant(
    db: &mut PgConnection,
    grant: GrantId,
    limit: i64,
) -> Result<Vec<Refusal>, Error> {
    Ok(sqlx::query_as!(
        Refusal,
        r#"
        SELECT r.id, r.created_at, r.reason, r.user_id AS "user_id: UserId", r.device_id, r.grant_id, r.address,
               r.user_agent, r.request_id, c.refused
        FROM refusals r
        JOIN refusal_counts c USING (subject_id, reason)
        WHERE r.subject_id = $1
        ORDER BY r.id DESC
        LIMIT $2
        "#,
        grant.0,
        limit,
    )
    .fetch_all(db)
    .await?)
}

/// Somebody who was refused, at a known address.
#[derive(Debug)]
pub struct TurnedAway {
    /// When.
    pub created_at: DateTime<Utc>,
    /// Why: the `reason` of the answer.
    pub reason: String,
    /// The user, where there was one.
    pub user_id: Option<UserId>,
    /// The device, where it was known.
    pub device_id: Option<DeviceId>,
}

/// Who was refused at an address, the latest first. One statement, a walk along one index: hence the
/// pairs, as in [`super::audit_events::list`].
pub async fn list_from_address(
    db: &mut PgConnection,
    address: &str,
    limit: i64,
) -> Result<Vec<TurnedAway>, Error> {
    Ok(sqlx::query_as!(
        TurnedAway,
        r#"
        SELECT created_at, reason, user_id AS "user_id: UserId", device_id AS "device_id: DeviceId"
        FROM refusals
        WHERE (address, id) >= ($1, '00000000-0000-0000-0000-000000000000')
            AND (address, id) <= ($1, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        ORDER BY address DESC, id DESC
        LIMIT $2
        "#,
        address,
        limit,
    )
    .fetch_all(db)
    .await?)
}

/// Forgets what a deleted person was refused. Two statements, the counts first: that is the
/// order in which [`insert`] locks, and nobody who asks on meanwhile may end in a deadlock.
pub async fn delete_of_user(db: &mut PgConnection, user: UserId) -> Result<(), Error> {
    sqlx::query!(
        r#"
        DELETE FROM refusal_counts
        WHERE subject_id = $1 OR subject_id IN (SELECT subject_id FROM refusals WHERE user_id = $1)
        "#,
        user.0,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("DELETE FROM refusals WHERE user_id = $1", user.0)
        .execute(db)
        .await?;
    Ok(())
}
