//! Table `throttles`: leaky buckets of attempts, counted before the password is
//! looked at, so that attempts in parallel cannot slip past.
//!
//! Whatever touches two rows locks them in the order of their keys, so that no two wait for each other.

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

/// A bucket and how it behaves.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    /// Its key.
    pub key: [u8; 32],
    /// How it fills.
    pub policy: Policy,
}

/// Takes an attempt out of each of these buckets that is free now; the keys of those. A row from
/// the future, which a clock that was set back leaves, is dated anew. One statement, which does not wait for
/// the disk: should Postgres crash, it forgets the attempts of a part of a second.
pub async fn take(
    db: &mut PgConnection,
    buckets: &[Bucket],
    now: DateTime<Utc>,
) -> Result<Vec<Vec<u8>>, Error> {
    let mut buckets = buckets.to_vec();
    buckets.sort_unstable_by_key(|bucket| bucket.key);
    let keys: Vec<Vec<u8>> = buckets.iter().map(|it| it.key.to_vec()).collect();
    let of =
        |of: fn(&Policy) -> f64| -> Vec<f64> { buckets.iter().map(|it| of(&it.policy)).collect() };
    Ok(sqlx::query_scalar!(
        r#"
        WITH asked AS (
            SELECT its.* FROM UNNEST($1::bytea[], $3::float8[], $4::float8[], $5::float8[], $6::float8[])
                AS its (key, free, leak, delay, longest_delay),
                set_config('synchronous_commit', 'off', true)
        )
        INSERT INTO throttles AS t (key, level, last_attempt_at, free_at)
        SELECT key, 1, $2::timestamptz, 'epoch' FROM asked
        ON CONFLICT (key) DO UPDATE
        SET (level, last_attempt_at, free_at) = (
            SELECT next.level, $2::timestamptz,
                   CASE WHEN ceil(next.level) < free THEN 'epoch'::timestamptz
                        ELSE $2::timestamptz + make_interval(secs => LEAST(delay * power(2, LEAST(ceil(next.level) - free, 30)), longest_delay)) END
            FROM asked, LATERAL (
                SELECT GREATEST(
                    t.level - GREATEST(EXTRACT(epoch FROM $2::timestamptz - t.last_attempt_at)::float8, 0) / leak, 0
                ) + 1 AS level
            ) AS next
            WHERE asked.key = t.key
        )
        WHERE t.free_at <= $2::timestamptz OR t.last_attempt_at > $2::timestamptz + interval '1 minute'
        RETURNING key
        "#,
        &keys,
        now,
        &of(|policy| f64::from(policy.free)),
        &of(|policy| policy.leak.as_secs_f64()),
        &of(|policy| policy.delay.as_secs_f64()),
        &of(|policy| policy.longest_delay.as_secs_f64()),
    )
    .fetch_all(db)
    .await?)
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

/// Gives attempts back that were no failures. One statement.
pub async fn give_back(
    db: &mut PgConnection,
    keys: &[[u8; 32]],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let keys: Vec<Vec<u8>> = keys.iter().map(|key| key.to_vec()).collect();
    sqlx::query!(
        r#"
        WITH locked AS MATERIALIZED (SELECT key FROM throttles WHERE key = ANY($1) ORDER BY key FOR UPDATE)
        UPDATE throttles t
        SET level = GREATEST(t.level - 1, 0), free_at = LEAST(t.free_at, $2)
        FROM locked
        WHERE t.key = locked.key
        "#,
        &keys,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a bucket's failures, and gives an attempt back to another. One statement.
pub async fn clear(
    db: &mut PgConnection,
    key: [u8; 32],
    given_back: Option<[u8; 32]>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    sqlx::query!(
        r#"
        WITH locked AS MATERIALIZED (SELECT key FROM throttles WHERE key IN ($1, $2) ORDER BY key FOR UPDATE),
             cleared AS (DELETE FROM throttles t USING locked WHERE t.key = locked.key AND t.key = $1)
        UPDATE throttles t
        SET level = GREATEST(t.level - 1, 0), free_at = LEAST(t.free_at, $3)
        FROM locked
        WHERE t.key = locked.key AND t.key = $2
        "#,
        key.as_slice(),
        given_back.as_ref().map(<[u8; 32]>::as_slice),
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}
