//! Table `audit_events`: who did what to whom, in the words of [`vocabulary`].

mod list;
pub mod lookup;
pub mod partitions;
mod vocabulary;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, cursor::next_id, expect_one};
use crate::ids::UserId;

pub use list::{Filter, list};
pub use vocabulary::{Action, Actor, ActorKind, Caller, Event};

/// An event as stored, with the names that its ids have now.
#[derive(Debug)]
pub struct StoredEvent {
    /// Its id; events sort by it.
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
    /// `user`, `device`, `token`, `client`, `bulk` or `server`.
    pub subject_kind: String,
    /// To what.
    pub subject_id: Option<Uuid>,
    /// Whose that was.
    pub user_id: Option<Uuid>,
    /// That user's name, while there is such a user.
    pub username: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Further facts.
    pub details: Value,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Uuid,
}

/// Stores an event, which waits for its seal from then on. Only [`super::change::Change::commit`] calls it. One statement.
pub(super) async fn insert(
    db: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
    actor: &Actor,
    event: &Event,
) -> Result<(), Error> {
    let done = sqlx::query!(
        r#"
        WITH event AS (
            INSERT INTO audit_events (id, created_at, action, actor_kind, actor_id, subject_kind, subject_id,
                                      user_id, reason, details, address, user_agent, request_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            RETURNING id
        )
        INSERT INTO audit_unsealed SELECT id FROM event
        "#,
        id,
        now,
        event.action.as_str(),
        actor.kind.as_str(),
        actor.user.map(|user| user.0),
        event.subject_kind,
        event.subject_id,
        event.user.map(|user| user.0),
        event.reason,
        event.details,
        actor.caller.address_text(),
        actor.caller.user_agent,
        actor.caller.request_id,
    )
    .execute(db)
    .await?;
    expect_one(done.rows_affected())
}

/// Stores an event for each of some things, with the id that is its own, what it is about and whose that is. Only
/// [`super::change::Change::record_each`] calls it. One statement.
pub(super) async fn insert_each(
    db: &mut PgConnection,
    each: (&[Uuid], &[Uuid], &[Uuid]),
    now: DateTime<Utc>,
    actor: &Actor,
    event: &Event,
) -> Result<(), Error> {
    let (ids, subjects, users) = each;
    let done = sqlx::query!(
        r#"
        WITH events AS (
            INSERT INTO audit_events (id, created_at, action, actor_kind, actor_id, subject_kind, subject_id,
                                      user_id, reason, details, address, user_agent, request_id)
            SELECT id, $4, $5, $6, $7, $8, subject_id, user_id, $9, $10, $11, $12, $13
            FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[]) AS each (id, subject_id, user_id)
            RETURNING id
        )
        INSERT INTO audit_unsealed SELECT id FROM events
        "#,
        ids,
        subjects,
        users,
        now,
        event.action.as_str(),
        actor.kind.as_str(),
        actor.user.map(|user| user.0),
        event.subject_kind,
        event.reason,
        event.details,
        actor.caller.address_text(),
        actor.caller.user_agent,
        actor.caller.request_id,
    )
    .execute(db)
    .await?;
    if done.rows_affected() == ids.len() as u64 {
        Ok(())
    } else {
        Err(Error::RowCount(done.rows_affected()))
    }
}

/// An event's id is made a moment after the time that it bears, and clocks are put right.
const SLACK: TimeDelta = TimeDelta::minutes(1);

/// The least id that an event of a time can have.
pub fn least_id(at: DateTime<Utc>) -> Uuid {
    first_id(at - SLACK)
}

/// An id that no event of a time before can have.
pub fn first_id_after(at: DateTime<Utc>) -> Uuid {
    first_id(at + SLACK)
}

/// The least id of a time (RFC 9562 §5.7).
fn first_id(at: DateTime<Utc>) -> Uuid {
    let milliseconds = u128::try_from(at.timestamp_millis()).unwrap_or_default();
    Uuid::from_u128(milliseconds << 80)
}

/// The least and the greatest id that what happened in a time can have.
pub(super) fn ids_between(
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> (Uuid, Uuid) {
    let beyond = until.map(|until| first_id(until + SLACK));
    (
        since.map(least_id).unwrap_or_default(),
        beyond.map_or(Uuid::max(), |id| next_id(id, false)),
    )
}

/// Takes address and user agent of a deleted person out of the events. One statement.
pub async fn forget_person(db: &mut PgConnection, user: UserId) -> Result<u64, Error> {
    let done = sqlx::query!(
        r#"
        UPDATE audit_events
        SET address = NULL, user_agent = NULL
        WHERE actor_id = $1 OR (user_id = $1 AND actor_kind = 'anonymous')
        "#,
        user.0,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// An event as it was written, without what else is known of it.
#[derive(Debug)]
pub struct BareEvent {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub created_at: DateTime<Utc>,
    /// What.
    pub action: String,
    /// In what capacity.
    pub actor_kind: String,
    /// Who.
    pub actor_id: Option<Uuid>,
    /// What kind of thing it was done to.
    pub subject_kind: String,
    /// To what.
    pub subject_id: Option<Uuid>,
    /// Whose that was.
    pub user_id: Option<Uuid>,
    /// Why.
    pub reason: Option<String>,
    /// Further facts, as Postgres writes them.
    pub details: String,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Uuid,
}

/// Those of some events that are there. One statement.
pub async fn bare(db: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<BareEvent>, Error> {
    let events = sqlx::query_as!(
        BareEvent,
        r#"
        SELECT id, created_at, action, actor_kind, actor_id, subject_kind, subject_id, user_id, reason,
               details::text AS "details!", address, user_agent, request_id
        FROM audit_events
        WHERE id = ANY($1)
        "#,
        ids,
    );
    Ok(events.fetch_all(db).await?)
}

/// How many events there are; reads them all. One statement.
pub async fn count(db: &mut PgConnection) -> Result<u64, Error> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "events!" FROM audit_events"#);
    Ok(count.fetch_one(db).await?.unsigned_abs())
}

/// The ids of events in their order. One statement.
pub async fn ids(db: &mut PgConnection, after: Uuid, limit: i64) -> Result<Vec<Uuid>, Error> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM audit_events WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit,
    );
    Ok(ids.fetch_all(db).await?)
}
