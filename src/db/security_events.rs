//! Table `security_events`: what the live feed tells, in the order in which it tells it.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Error;
use crate::ids::GrantId;

/// What the feed still has.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Whoever has read up to here has missed nothing.
    pub oldest: i64,
    /// The last.
    pub newest: i64,
}

/// One of them.
#[derive(Debug)]
pub struct SecurityEvent {
    /// Its place in the feed.
    pub number: i64,
    /// The event in the audit log.
    pub event_id: Uuid,
    /// The grant that ended, where the event is about something else.
    pub session: Option<GrantId>,
}

/// What there is. One statement.
pub async fn extent(db: &mut PgConnection) -> Result<Extent, Error> {
    let extent = sqlx::query_as!(
        Extent,
        r#"SELECT min(number) AS "oldest!", max(number) AS "newest!" FROM security_events"#
    );
    Ok(extent.fetch_one(db).await?)
}

/// Puts events at the end, each perhaps with a grant that it ended. Only whoever holds the audit log's chain may. One
/// statement.
pub async fn append(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    events: &[(Uuid, Option<GrantId>)],
) -> Result<(), Error> {
    let (ids, sessions): (Vec<Uuid>, Vec<Option<Uuid>>) = events
        .iter()
        .map(|(event, session)| (*event, session.map(|grant| grant.0)))
        .unzip();
    let done = sqlx::query!(
        r#"
        INSERT INTO security_events (number, event_id, session_id, created_at)
        SELECT (SELECT max(number) FROM security_events) + each.place, each.event_id, each.session_id, $3
        FROM UNNEST($1::uuid[], $2::uuid[]) WITH ORDINALITY AS each (event_id, session_id, place)
        "#,
        &ids,
        &sessions as &[Option<Uuid>],
        now,
    );
    let rows = done.execute(db).await?.rows_affected();
    if rows == events.len() as u64 {
        Ok(())
    } else {
        Err(Error::RowCount(rows))
    }
}

/// Those after a place, at most `limit`. One statement.
pub async fn list(
    db: &mut PgConnection,
    after: i64,
    limit: i64,
) -> Result<Vec<SecurityEvent>, Error> {
    let events = sqlx::query_as!(
        SecurityEvent,
        r#"
        SELECT number, event_id, session_id AS "session: GrantId"
        FROM security_events
        WHERE number > $1
        ORDER BY number
        LIMIT $2
        "#,
        after,
        limit,
    );
    Ok(events.fetch_all(db).await?)
}
