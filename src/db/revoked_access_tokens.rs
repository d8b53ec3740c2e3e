//! Table `revoked_access_tokens`: single access tokens that are worth nothing before they expire
//! (RFC 7009).

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, change::Change, cut_offs::CutOff};

/// Takes a token out, until it would have expired; false if it was out already. One statement.
pub async fn insert(
    change: &mut Change<'_>,
    jti: Uuid,
    expires_at: DateTime<Utc>,
) -> Result<bool, Error> {
    let now = change.now();
    let done = sqlx::query!(
        r#"
        INSERT INTO revoked_access_tokens (id, created_at, expires_at)
        VALUES ($1, $2, $3)
        ON CONFLICT (id) DO NOTHING
        "#,
        jti,
        now,
        expires_at,
    )
    .execute(change.db())
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    change.cuts_off(CutOff::Ended(jti));
    Ok(true)
}

/// Whether a token was taken out. One statement.
pub async fn exists(db: &mut PgConnection, jti: Uuid) -> Result<bool, Error> {
    let sql = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM revoked_access_tokens WHERE id = $1) AS "exists!""#,
        jti,
    );
    Ok(sql.fetch_one(db).await?)
}
