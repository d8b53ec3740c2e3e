//! Table `throttles`: leaky buckets of attempts, counted before the password is
//! looked at, so that attempts in parallel cannot slip past.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Error;

/// How a bucket fills, leaks and delays.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How many failures are free; at least one.
    pub free: i32,
    /// One failure is forgotten in this time.
    pub leak: Duration,
    /// The delay after the first failure that is not free; doubles with each more.
    pub delay: Duration,
    /// The longest delay.
    pub longest_delay: Duration,
}

/// Takes an attempt out of a bucket, if it is free now. `None`: it is not. A row from the
/// future, which a clock that was set back leaves, is dated anew. One statement.
pub async fn take(
    db: &mut PgConnection,
    key: [u8; 32],
    policy: Policy,
    now: DateTime<Utc>,
) -> Result<Option<()>, Error> {
    let taken = sqlx::query_scalar!(
        r#"
        INSERT INTO throttles AS t (key, level, last_attempt_at, free_at)
        VALUES ($1, 1, $2::timestamptz, 'epoch')
        ON CONFLICT (key) DO UPDATE
        SET (level, last_attempt_at, free_at) = (
            SELECT level, $2::timestamptz,
                   CASE WHEN ceil(level) < $3::float8 THEN 'epoch'::timestamptz
                        ELSE $2::timestamptz + make_interval(secs => LEAST($5::float8 * power(2, LEAST(ceil(level) - $3::float8, 30)), $6::float8)) END
            FROM (
                SELECT GREATEST(
                    t.level - GREATEST(EXTRACT(epoch FROM $2::timestamptz - t.last_attempt_at)::float8, 0) / $4::float8, 0
                ) + 1 AS level
            ) AS next
        )
        WHERE t.free_at <= $2::timestamptz OR t.last_attempt_at > $2::timestamptz + interval '1 minute'
        RETURNING 1 AS "taken!"
        "#,
        key.as_slice(),
        now,
        f64::from(policy.free),
        policy.leak.as_secs_f64(),
        policy.delay.as_secs_f64(),
        policy.longest_delay.as_secs_f64(),
    )
    .fetch_optional(db)
    .await?;
    Ok(taken.map(|_: i32| ()))
}

/// From when on a bucket is free. One statement.
pub async fn free_at(db: &mut PgConnection, key: [u8; 32]) -> Result<Option<DateTime<Utc>>, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT free_at FROM throttles WHERE key = $1",
        key.as_slice()
    )
    .fetch_optional(db)
    .await?)
}

/// Gives an attempt back that was not a failure. One statement.
pub async fn give_back(
    db: &mut PgConnection,
    key: [u8; 32],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE throttles SET level = GREATEST(level - 1, 0), free_at = LEAST(free_at, $2) WHERE key = $1",
        key.as_slice(),
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a bucket's failures. One statement.
pub async fn clear(db: &mut PgConnection, key: [u8; 32]) -> Result<(), Error> {
    sqlx::query!("DELETE FROM throttles WHERE key = $1", key.as_slice())
        .execute(db)
        .await?;
    Ok(())
}
