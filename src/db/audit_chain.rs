//! Tables `audit_unsealed`, `audit_seals` and `audit_checkpoints`: the chain of the audit log, from the events
//! that wait for it to what the retention has taken off its beginning.

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::{Error, expect_one};

/// A link of the chain: some events, and the keyed hashes of each.
#[derive(Debug)]
pub struct Seal {
    /// From 1 on without a gap.
    pub number: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The events, in the order of the hashes.
    pub events: Vec<Uuid>,
    /// 32 bytes for each.
    pub facts: Vec<u8>,
    /// 32 bytes for each.
    pub persons: Vec<u8>,
    /// Of all of it, and of the link before.
    pub mac: Vec<u8>,
}

/// Where the chain ends, or begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The seal's number; 0 before the first.
    pub number: i64,
    /// Its keyed hash.
    pub mac: Vec<u8>,
}

/// What the retention has taken off the beginning.
#[derive(Debug)]
pub struct Checkpoint {
    /// Its id.
    pub id: Uuid,
    /// Events older than this may be gone.
    pub events_before: DateTime<Utc>,
    /// The last seal that is gone.
    pub place: Place,
    /// A keyed hash of all of it.
    pub mac: Vec<u8>,
}

/// Opens a transaction in which the chain is this server's alone; `None` while another is at it.
///
/// # Errors
/// Those of the database.
pub async fn begin(db: &mut PgConnection) -> Result<Option<Transaction<'_, Postgres>>, Error> {
    let mut transaction = db.begin().await?;
    // Nearly always nobody waits. As planned then, by scans, what an act on many leaves would be read to its end for
    // every batch, or for every event.
    let begun = sqlx::query!(
        r#"
        SELECT pg_try_advisory_xact_lock('audit_seals'::regclass::bigint) AS "locked!",
               set_config('enable_seqscan', 'off', true) AS plan
        "#
    );
    let begun = begun.fetch_one(&mut *transaction).await?;
    Ok(begun.locked.then_some(transaction))
}

/// Opens a transaction that sees all as it is now, and may take its time.
///
/// # Errors
/// Those of the database.
pub async fn snapshot(db: &mut PgConnection) -> Result<Transaction<'_, Postgres>, Error> {
    let mut transaction = db
        .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    sqlx::query!("SET LOCAL statement_timeout = 0")
        .execute(&mut *transaction)
        .await?;
    Ok(transaction)
}

/// Whether any event waits for its seal. One statement.
pub async fn any_waiting(db: &mut PgConnection) -> Result<bool, Error> {
    let any = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM audit_unsealed) AS "any!""#);
    Ok(any.fetch_one(db).await?)
}

/// Takes the oldest events that wait, at most `limit`. One statement.
pub async fn take_waiting(db: &mut PgConnection, limit: i64) -> Result<Vec<Uuid>, Error> {
    let taken = sqlx::query_scalar!(
        r#"
        WITH taken AS (
            DELETE FROM audit_unsealed
            WHERE ctid = ANY(ARRAY(SELECT ctid FROM audit_unsealed ORDER BY id LIMIT $1))
            RETURNING id
        )
        SELECT id FROM taken ORDER BY id
        "#,
        limit,
    );
    Ok(taken.fetch_all(db).await?)
}

/// All events that wait. One statement.
pub async fn waiting(db: &mut PgConnection) -> Result<Vec<Uuid>, Error> {
    let waiting = sqlx::query_scalar!("SELECT id FROM audit_unsealed ORDER BY id");
    Ok(waiting.fetch_all(db).await?)
}

/// The last link. One statement.
pub async fn last(db: &mut PgConnection) -> Result<Option<Place>, Error> {
    let last = sqlx::query_as!(
        Place,
        "SELECT number, mac FROM audit_seals ORDER BY number DESC LIMIT 1"
    );
    Ok(last.fetch_optional(db).await?)
}

/// Adds a link. One statement.
pub async fn insert(db: &mut PgConnection, seal: &Seal) -> Result<(), Error> {
    let done = sqlx::query!(
        "INSERT INTO audit_seals (number, created_at, events, facts, persons, mac) VALUES ($1, $2, $3, $4, $5, $6)",
        seal.number,
        seal.created_at,
        &seal.events,
        seal.facts,
        seal.persons,
        seal.mac,
    )
    .execute(db)
    .await?;
    expect_one(done.rows_affected())
}

/// Links in their order. One statement.
pub async fn list(db: &mut PgConnection, after: i64, limit: i64) -> Result<Vec<Seal>, Error> {
    let seals = sqlx::query_as!(
        Seal,
        r#"
        SELECT number, created_at, events, facts, persons, mac
        FROM audit_seals
        WHERE number > $1
        ORDER BY number
        LIMIT $2
        "#,
        after,
        limit,
    );
    Ok(seals.fetch_all(db).await?)
}

/// Takes the links up to one off the beginning. One statement.
pub async fn delete_up_to(db: &mut PgConnection, number: i64) -> Result<(), Error> {
    sqlx::query!("DELETE FROM audit_seals WHERE number <= $1", number)
        .execute(db)
        .await?;
    Ok(())
}

/// What was taken off the beginning, the oldest first. One statement.
pub async fn checkpoints(db: &mut PgConnection) -> Result<Vec<Checkpoint>, Error> {
    let rows = sqlx::query!(
        "SELECT id, events_before, number, seal_mac, mac FROM audit_checkpoints ORDER BY number, events_before"
    )
    .fetch_all(db)
    .await?;
    let checkpoints = rows.into_iter().map(|row| Checkpoint {
        id: row.id,
        events_before: row.events_before,
        place: Place {
            number: row.number,
            mac: row.seal_mac,
        },
        mac: row.mac,
    });
    Ok(checkpoints.collect())
}

/// Notes what is taken off the beginning. One statement.
pub async fn insert_checkpoint(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    checkpoint: &Checkpoint,
) -> Result<(), Error> {
    let done = sqlx::query!(
        r#"
        INSERT INTO audit_checkpoints (id, created_at, events_before, number, seal_mac, mac)
        VALUES ($1, $2, $3, $4, $5, $6)
        "#,
        checkpoint.id,
        now,
        checkpoint.events_before,
        checkpoint.place.number,
        checkpoint.place.mac,
        checkpoint.mac,
    )
    .execute(db)
    .await?;
    expect_one(done.rows_affected())
}
