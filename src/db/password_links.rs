//! Table `password_links`: at most one open link per user.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, change::Change, expect_one};
use crate::ids::UserId;

/// A new link; one that the user had is void. One statement.
pub async fn replace(
    change: &mut Change<'_>,
    id: Uuid,
    user: UserId,
    secret_hash: [u8; 32],
    expires_at: DateTime<Utc>,
) -> Result<(), Error> {
    let now = change.now();
    let done = sqlx::query!(
        r#"
        INSERT INTO password_links (id, user_id, secret_hash, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT password_links_user_id_key DO UPDATE
        SET id = EXCLUDED.id, secret_hash = EXCLUDED.secret_hash, created_at = EXCLUDED.created_at,
            expires_at = EXCLUDED.expires_at
        "#,
        id,
        user.0,
        secret_hash.as_slice(),
        now,
        expires_at,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// Whose link this is, if it can still be used. One statement.
pub async fn find_user(
    db: &mut PgConnection,
    secret_hash: [u8; 32],
    now: DateTime<Utc>,
) -> Result<Option<UserId>, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT user_id AS "user_id: UserId" FROM password_links WHERE secret_hash = $1 AND expires_at > $2"#,
        secret_hash.as_slice(),
        now,
    )
    .fetch_optional(db)
    .await?)
}

/// Uses a link up; false if somebody else did so first, or its time is over. One statement.
pub async fn delete(change: &mut Change<'_>, secret_hash: [u8; 32]) -> Result<bool, Error> {
    let now = change.now();
    let done = sqlx::query!(
        "DELETE FROM password_links WHERE secret_hash = $1 AND expires_at > $2",
        secret_hash.as_slice(),
        now,
    )
    .execute(change.db())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Voids the link of a user. One statement.
pub async fn delete_of_user(change: &mut Change<'_>, user: UserId) -> Result<(), Error> {
    sqlx::query!("DELETE FROM password_links WHERE user_id = $1", user.0)
        .execute(change.db())
        .await?;
    Ok(())
}
