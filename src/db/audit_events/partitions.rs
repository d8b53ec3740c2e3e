//! The months of table `audit_events`. Each is a partition, by the time that ids begin with; the default
//! partition takes what no month is there for, so that an event always has a place (invariant I2).
//! A default, and not two open ends: a month is then made and dropped without moving their bounds, which
//! would take everybody's access away for as long. Which months there are to be is no matter of this file.

use std::fmt;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};
use sqlx::{Connection, PgConnection, error::DatabaseError};
use uuid::Uuid;

use super::{Error, first_id};

/// So many events may lie in the default when their month is made. More would take too long to move:
/// sign-ins wait meanwhile.
pub const MOVED_AT_MOST: i64 = 10_000;

/// A month of the calendar, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    first: NaiveDate,
}

impl Month {
    /// The month of a time.
    pub fn of(at: DateTime<Utc>) -> Self {
        let day = at.date_naive();
        Self {
            first: day.with_day(1).unwrap_or(day),
        }
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        let next = self.first.checked_add_months(Months::new(1));
        Self {
            first: next.unwrap_or(NaiveDate::MAX),
        }
    }

    /// The least id that an event of this month can have.
    fn first_id(self) -> Uuid {
        first_id(self.first.and_time(NaiveTime::MIN).and_utc())
    }

    fn table(self) -> String {
        self.first.format("audit_events_%Y_%m").to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first.format("%Y-%m"))
    }
}

/// What came of making a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It is there now, with the events that had come before it.
    Now,
    /// It was there.
    Before,
    /// Another server is at it.
    Elsewhere,
    /// More than [`MOVED_AT_MOST`] of its events are in the default. They stay there, and so do those
    /// to come.
    TooLate,
}

/// Makes a month, and moves into it what the default has of it.
///
/// Inserts wait meanwhile, some milliseconds: one that had already been sent to the default would be
/// refused there once the month exists. Whoever waits for the lock keeps others waiting, hence its
/// short time-out. Lists, too, wait while the default is looked through.
///
/// # Errors
/// Those of the database; [`Error::Unavailable`] as well when somebody holds the table: try again.
pub async fn make(db: &mut PgConnection, month: Month) -> Result<Made, Error> {
    if exists(db, month).await? {
        return Ok(Made::Before);
    }
    let (table, from, to) = (month.table(), month.first_id(), month.next().first_id());
    if waiting(db, from, to).await? > MOVED_AT_MOST {
        return Ok(Made::TooLate);
    }
    let mut transaction = db.begin().await?;
    if !lock(&mut transaction).await? {
        return Ok(Made::Elsewhere);
    }
    if exists(&mut transaction, month).await? {
        return Ok(Made::Before);
    }
    let statements = format!(
        "
        CREATE TABLE {table} (LIKE audit_events INCLUDING ALL);
        LOCK TABLE ONLY audit_events IN SHARE ROW EXCLUSIVE MODE;
        LOCK TABLE audit_events_default IN ACCESS EXCLUSIVE MODE;
        WITH moved AS (DELETE FROM audit_events_default WHERE id >= '{from}' AND id < '{to}' RETURNING *)
        INSERT INTO {table} SELECT * FROM moved;
        ALTER TABLE audit_events ATTACH PARTITION {table} FOR VALUES FROM ('{from}') TO ('{to}');
        "
    );
    sqlx::raw_sql(definition(statements))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Made::Now)
}

async fn exists(db: &mut PgConnection, month: Month) -> Result<bool, Error> {
    let exists = sqlx::query_scalar!(
        r#"SELECT to_regclass($1) IS NOT NULL AS "exists!""#,
        month.table(),
    );
    Ok(exists.fetch_one(db).await?)
}

/// How many events of a month lie in the default; one too many is enough to know.
async fn waiting(db: &mut PgConnection, from: Uuid, to: Uuid) -> Result<i64, Error> {
    let waiting = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "rows!"
        FROM (SELECT FROM audit_events_default WHERE id >= $1 AND id < $2 LIMIT $3) AS waiting
        "#,
        from,
        to,
        MOVED_AT_MOST + 1,
    );
    Ok(waiting.fetch_one(db).await?)
}

/// A month that is there.
#[derive(Debug)]
pub struct Partition {
    /// Its table, as SQL spells it.
    table: String,
    /// When it is over.
    pub ends_at: DateTime<Utc>,
}

/// The months that are there, the oldest first. One statement.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &mut PgConnection) -> Result<Vec<Partition>, Error> {
    let found = sqlx::query!(
        r#"
        SELECT c.oid::regclass::text AS "table!", bounds[1]::uuid AS "end!"
        FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid,
            regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)') AS bounds
        WHERE i.inhparent = 'audit_events'::regclass AND bounds IS NOT NULL
        ORDER BY 2
        "#,
    )
    .fetch_all(db)
    .await?;
    let partitions = found.into_iter().map(|row| Partition {
        table: row.table,
        ends_at: time_of(row.end),
    });
    Ok(partitions.collect())
}

/// When an id was made (RFC 9562 §5.7).
fn time_of(id: Uuid) -> DateTime<Utc> {
    let milliseconds = i64::try_from(id.as_u128() >> 80).ok();
    let time = milliseconds.and_then(DateTime::from_timestamp_millis);
    time.unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Drops a month with all its events; how many they were, or `None` if that cannot be done at this
/// moment, since somebody uses the table or another server is at it.
///
/// # Errors
/// Those of the database.
pub async fn drop_month(db: &mut PgConnection, month: &Partition) -> Result<Option<u64>, Error> {
    let mut transaction = db.begin().await?;
    if !lock(&mut transaction).await? || !is_attached(&mut transaction, &month.table).await? {
        return Ok(None);
    }
    match count_and_drop(&mut transaction, &month.table).await {
        Err(error) if is_locked(&error) => Ok(None),
        Err(error) => Err(error.into()),
        Ok(rows) => {
            transaction.commit().await?;
            Ok(Some(rows.unsigned_abs()))
        }
    }
}

async fn count_and_drop(db: &mut PgConnection, table: &str) -> Result<i64, sqlx::Error> {
    // Before anybody is locked out, and for as long as it takes: to a month that is over nothing is added.
    sqlx::query!("SET LOCAL statement_timeout = 0")
        .execute(&mut *db)
        .await?;
    let count = definition(format!("SELECT count(*) FROM {table}"));
    let rows = sqlx::query_scalar(count).persistent(false);
    let rows = rows.fetch_one(&mut *db).await?;
    let drop = definition(format!("DROP TABLE {table}"));
    sqlx::raw_sql(drop).execute(db).await?;
    Ok(rows)
}

async fn is_attached(db: &mut PgConnection, table: &str) -> Result<bool, Error> {
    let attached = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM pg_inherits
            WHERE inhparent = 'audit_events'::regclass AND inhrelid = to_regclass($1)
        ) AS "attached!"
        "#,
        table,
    );
    Ok(attached.fetch_one(db).await?)
}

/// Keeps other servers off the months until the transaction ends, if none is at them, and has it wait
/// a moment at the most for those who read and write.
async fn lock(transaction: &mut PgConnection) -> Result<bool, Error> {
    sqlx::query!("SET LOCAL lock_timeout = '100ms'")
        .execute(&mut *transaction)
        .await?;
    let locked = sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock('audit_events'::regclass::bigint) AS "locked!""#
    );
    Ok(locked.fetch_one(transaction).await?)
}

fn is_locked(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| code == "55P03")
}

/// Names of tables and bounds cannot be parameters.
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "what is put together here is numbers, and a name that Postgres itself has spelt"
)]
fn definition(sql: String) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(sql)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_bounded_by_the_ids_of_its_first_moment_and_of_the_next_months() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (time, name, first, end) in [
            (
                "2026-12-31T23:59:59.999Z",
                "2026_12",
                "2026-12-01T00:00:00Z",
                "2027-01-01T00:00:00Z",
            ),
            (
                "2027-01-01T00:00:00Z",
                "2027_01",
                "2027-01-01T00:00:00Z",
                "2027-02-01T00:00:00Z",
            ),
            (
                "2028-02-29T12:00:00Z",
                "2028_02",
                "2028-02-01T00:00:00Z",
                "2028-03-01T00:00:00Z",
            ),
        ] {
            let month = Month::of(at(time));
            assert_eq!(month.table(), format!("audit_events_{name}"));
            assert_eq!(time_of(month.first_id()), at(first));
            assert_eq!(time_of(month.next().first_id()), at(end));
        }
    }
}
