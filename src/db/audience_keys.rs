//! Table `audience_keys`: the audiences whose access tokens are encrypted, and to which public keys.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use super::{Error, change::Change, expect_one};

/// An audience's key as stored.
#[derive(Debug, Clone)]
pub struct AudienceKey {
    /// The audience: the `aud` of access tokens.
    pub audience: String,
    /// The `kid` of the tokens' headers.
    pub kid: String,
    /// How the key of the content is encrypted (RFC 7518 §4.1).
    pub alg: String,
    /// The public half.
    pub public_jwk: Value,
    /// Since when tokens are encrypted to it.
    pub created_at: DateTime<Utc>,
}

/// All, by audience: an operator adds them one by one, so they are few. One statement.
pub async fn list(db: &mut PgConnection) -> Result<Vec<AudienceKey>, Error> {
    Ok(sqlx::query_as!(
        AudienceKey,
        "SELECT audience, kid, alg, public_jwk, created_at FROM audience_keys ORDER BY audience",
    )
    .fetch_all(db)
    .await?)
}

/// The key of an audience, in place of the one before. One statement.
pub async fn set(
    change: &mut Change<'_>,
    audience: &str,
    (kid, alg): (&str, &str),
    public_jwk: &Value,
) -> Result<(), Error> {
    change.changes_signing_keys();
    let now = change.now();
    let done = sqlx::query!(
        r#"
        INSERT INTO audience_keys (audience, kid, alg, public_jwk, created_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (audience) DO UPDATE
        SET kid = EXCLUDED.kid, alg = EXCLUDED.alg, public_jwk = EXCLUDED.public_jwk,
            created_at = EXCLUDED.created_at
        "#,
        audience,
        kid,
        alg,
        public_jwk,
        now,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// Takes an audience's key away: its `kid`, if there was one. One statement.
pub async fn delete(change: &mut Change<'_>, audience: &str) -> Result<Option<String>, Error> {
    change.changes_signing_keys();
    let kid = sqlx::query_scalar!(
        "DELETE FROM audience_keys WHERE audience = $1 RETURNING kid",
        audience,
    );
    Ok(kid.fetch_optional(change.db()).await?)
}
