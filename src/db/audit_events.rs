//! Table `audit_events`: who did what to whom, in the words of [`vocabulary`].

pub mod lookup;
pub mod partitions;
mod vocabulary;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, cursor::Page, expect_one};
use crate::ids::UserId;

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
    /// `user`, `device`, `token`, `client` or `server`.
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

/// Which events a list shows.
#[derive(Debug, Default)]
pub struct Filter {
    /// Done by this user.
    pub actor: Option<Uuid>,
    /// Done to this user, device or grant, or to anything of this user.
    pub subject: Option<Uuid>,
    /// Of this kind.
    pub action: Option<String>,
    /// Not before.
    pub since: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
    /// The event after which the page begins.
    pub before: Option<Uuid>,
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

/// Events, newest first. One statement.
///
/// Each branch is one walk along one index of each month, merged: of all events, or else of the actor's,
/// the subject's, the user's, the action's; whatever else is asked for is looked at on the way. With an OR
/// between them, or an equality that it takes for common, Postgres would walk through all once it plans
/// for any arguments: hence the pairs. Their ends are inclusive, and no column has two plain bounds: Postgres
/// would expect hardly any rows, and then it reads and sorts all there are instead of merging. Ids sort by
/// time, so that times bound the walk as well; the lower end of a pair does not stop it, hence `id >= $6`,
/// which keeps it out of the months before.
pub async fn list(
    db: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Page<StoredEvent>, Error> {
    let from = filter.since.map(least_id);
    let to = filter.until.map(|until| first_id(until + SLACK));
    let to = to.into_iter().chain(filter.before).min();
    let last = to.map(|to| Uuid::from_u128(to.as_u128().saturating_sub(1)));
    let events = sqlx::query_as!(
        StoredEvent,
        r#"
        SELECT e.id AS "id!", e.created_at AS "created_at!", e.action AS "action!", e.actor_kind AS "actor_kind!",
               e.actor_id, a.username AS "actor_username?", e.subject_kind AS "subject_kind!", e.subject_id, e.user_id,
               u.username AS "username?", e.reason, e.details AS "details!", e.address, e.user_agent,
               e.request_id AS "request_id!"
        FROM (
            (SELECT * FROM audit_events
             WHERE (id, id) >= ($6, $6) AND id <= $7 AND $1::uuid IS NULL AND $2::uuid IS NULL AND $3::text IS NULL
                 AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
             ORDER BY id DESC LIMIT $8)
            UNION ALL
            (SELECT * FROM audit_events
             WHERE (actor_id, id) >= ($1, $6) AND (actor_id, id) <= ($1, $7) AND id >= $6
                 AND ($2 IS NULL OR subject_id = $2 OR user_id = $2) AND ($3 IS NULL OR action = $3)
                 AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
             ORDER BY actor_id DESC, id DESC LIMIT $8)
            UNION ALL
            (SELECT * FROM audit_events
             WHERE (subject_id, id) >= ($2, $6) AND (subject_id, id) <= ($2, $7) AND id >= $6
                 AND $1 IS NULL AND ($3 IS NULL OR action = $3)
                 AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
             ORDER BY subject_id DESC, id DESC LIMIT $8)
            UNION ALL
            (SELECT * FROM audit_events
             WHERE (user_id, id) >= ($2, $6) AND (user_id, id) <= ($2, $7) AND id >= $6
                 AND $1 IS NULL AND subject_id IS DISTINCT FROM $2 AND ($3 IS NULL OR action = $3)
                 AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
             ORDER BY user_id DESC, id DESC LIMIT $8)
            UNION ALL
            (SELECT * FROM audit_events
             WHERE (action, id) >= ($3, $6) AND (action, id) <= ($3, $7) AND id >= $6
                 AND $1 IS NULL AND $2 IS NULL
                 AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
             ORDER BY action DESC, id DESC LIMIT $8)
        ) AS e
        LEFT JOIN users a ON a.id = e.actor_id
        LEFT JOIN users u ON u.id = e.user_id
        ORDER BY e.id DESC
        LIMIT $8
        "#,
        filter.actor,
        filter.subject,
        filter.action,
        filter.since,
        filter.until,
        from.unwrap_or_default(),
        last.unwrap_or(Uuid::max()),
        limit + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(Page::cut(events, limit, |event| event.id.to_string()))
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
