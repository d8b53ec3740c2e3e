//! The only place with SQL: one file per table, plain functions, one statement
//! each. Reads take a connection, writes a [`change::Change`]. Knows no rule.

pub mod active_sketches;
pub mod admin_sessions;
pub mod audience_keys;
pub mod audit_chain;
pub mod audit_events;
pub mod bulk_acts;
pub mod change;
pub mod connection;
pub mod cursor;
pub mod cut_offs;
pub mod demo;
pub mod devices;
pub mod disabling;
pub mod door;
pub mod ended;
pub mod installation;
pub mod migrate;
pub mod news;
pub mod notices;
pub mod oauth_clients;
pub mod password_links;
pub mod purge;
pub mod refresh_tokens;
pub mod refusals;
pub mod revoked_access_tokens;
pub mod rollups;
pub mod rotations;
pub mod security_events;
pub mod setup_codes;
pub mod signing_keys;
pub mod status_lists;
pub mod throttles;
pub mod users;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use thiserror::Error;

/// How long a request waits for a connection before it is told to come again.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(1500);

/// A connection that lay idle for longer than this is tried before it is used:
/// Postgres may have been restarted meanwhile.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// What can go wrong below the rules; classified once, here.
#[derive(Debug, Error)]
pub enum Error {
    /// Postgres is away, stopping, or all connections are taken: try again.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// More wait for a connection than can be served soon: try again.
    #[error("too many wait for a connection")]
    Busy,
    /// As [`Error::Unavailable`], for those who did not ask themselves; whoever did has the cause.
    #[error("the database is not available")]
    Away,
    /// A unique constraint, by its name.
    #[error("the constraint {0} refuses")]
    Taken(String),
    /// A statement touched another number of rows than it meant.
    #[error("a statement touched {0} rows instead of one")]
    RowCount(u64),
    /// A migration failed or does not fit.
    #[error("{0}")]
    Migration(String),
    /// Anything else is our fault.
    #[error("the database refused a statement: {0}")]
    Statement(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                Self::Taken(database.constraint().unwrap_or_default().to_owned())
            }
            sqlx::Error::Database(database)
                if database.code().is_some_and(|code| is_passing(&code)) =>
            {
                Self::Unavailable(error)
            }
            _ => Self::Statement(error),
        }
    }
}

/// SQLSTATEs that go by themselves: connection trouble, rolled-back transactions
/// (serialisation, deadlock), too many connections, a time-out, a lock that others hold, a server that
/// stops or starts.
fn is_passing(code: &str) -> bool {
    code.starts_with("08")
        || code.starts_with("40")
        || code.starts_with("57P")
        || matches!(code, "53300" | "55P03" | "57014")
}

/// A pool of connections. Opens the first one at once, so that a wrong address shows at start.
///
/// # Errors
/// [`Error::Unavailable`] when there is no database at that address.
pub async fn connect(options: PgConnectOptions, connections: u32) -> Result<PgPool, Error> {
    let options = options
        .application_name("doorward")
        .options([("statement_timeout", "5s"), ("TimeZone", "UTC")]);
    Ok(pool_of(connections).connect_with(options).await?)
}

/// A pool for one statement, of which Postgres is to have one plan for any arguments. Left to itself it
/// plans each execution anew, on every connection where the first few happened to be cheap. For all
/// statements this would be wrong: those that look for a range of times need to know which.
fn connect_for_one_statement(beside: &PgPool, connections: u32) -> PgPool {
    let options = PgConnectOptions::clone(&beside.connect_options())
        .options([("plan_cache_mode", "force_generic_plan")]);
    pool_of(connections).connect_lazy_with(options)
}

fn pool_of(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(Duration::from_mins(10))
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

/// The database's clock.
///
/// # Errors
/// [`Error::Unavailable`] when there is no answer.
pub async fn now(db: &mut PgConnection) -> Result<DateTime<Utc>, Error> {
    Ok(sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#)
        .fetch_one(db)
        .await?)
}

/// Refuses a write that did not touch exactly the row it meant.
fn expect_one(rows: u64) -> Result<(), Error> {
    if rows == 1 {
        Ok(())
    } else {
        Err(Error::RowCount(rows))
    }
}
