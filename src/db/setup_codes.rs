//! Table `setup_codes`: at most one row.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, change::Change, expect_one};

/// Puts a new code in the place of the one before. Two statements.
pub async fn replace(
    change: &mut Change<'_>,
    id: Uuid,
    code_hash: [u8; 32],
    expires_at: DateTime<Utc>,
) -> Result<(), Error> {
    let now = change.now();
    sqlx::query!("DELETE FROM setup_codes")
        .execute(change.db())
        .await?;
    let done = sqlx::query!(
        "INSERT INTO setup_codes (id, code_hash, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        id,
        code_hash.as_slice(),
        now,
        expires_at,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// Whether this is the code, and its time is not over. One statement.
pub async fn is_open(
    db: &mut PgConnection,
    code_hash: [u8; 32],
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM setup_codes WHERE code_hash = $1 AND expires_at > $2) AS "open!""#,
        code_hash.as_slice(),
        now,
    )
    .fetch_one(db)
    .await?)
}

/// Uses the code up; false if it is another, or its time is over. One statement.
pub async fn delete(change: &mut Change<'_>, code_hash: [u8; 32]) -> Result<bool, Error> {
    let now = change.now();
    let done = sqlx::query!(
        "DELETE FROM setup_codes WHERE code_hash = $1 AND expires_at > $2",
        code_hash.as_slice(),
        now,
    )
    .execute(change.db())
    .await?;
    Ok(done.rows_affected() == 1)
}
