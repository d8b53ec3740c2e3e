//! Table `signing_keys`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, change::Change, expect_one};

/// A signing key as stored: the private half is sealed.
#[derive(Debug)]
pub struct StoredKey {
    /// Its id, which the seal is bound to.
    pub id: Uuid,
    /// The `kid` of headers and of the JWKS.
    pub kid: String,
    /// What it signs with.
    pub alg: String,
    /// `next`, `active` or `retired`.
    pub state: String,
    /// The private half.
    pub private_key_sealed: Vec<u8>,
    /// When it was made; since then it is published.
    pub created_at: DateTime<Utc>,
    /// Since when new tokens are signed with it.
    pub activated_at: Option<DateTime<Utc>>,
    /// Since when they are not.
    pub retired_at: Option<DateTime<Utc>>,
}

/// All keys that tokens may have been signed with, or will be, newest first. One statement.
pub async fn list(db: &mut PgConnection) -> Result<Vec<StoredKey>, Error> {
    Ok(sqlx::query_as!(
        StoredKey,
        r#"
        SELECT id, kid, alg, state, private_key_sealed, created_at, activated_at, retired_at
        FROM signing_keys
        ORDER BY id DESC
        "#,
    )
    .fetch_all(db)
    .await?)
}

/// Keeps other servers from making a key at the same time, until the change ends. One statement.
pub async fn lock(change: &mut Change<'_>) -> Result<(), Error> {
    sqlx::query!("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE")
        .execute(change.db())
        .await?;
    Ok(())
}

/// A new key, published for its time to come. One statement.
pub async fn insert_next(
    change: &mut Change<'_>,
    id: Uuid,
    kid: &str,
    alg: &str,
    public_jwk: &Value,
    private_key_sealed: &[u8],
) -> Result<(), Error> {
    change.changes_signing_keys();
    let now = change.now();
    let done = sqlx::query!(
        r#"
        INSERT INTO signing_keys (id, kid, alg, state, public_jwk, private_key_sealed, created_at)
        VALUES ($1, $2, $3, 'next', $4, $5, $6)
        "#,
        id,
        kid,
        alg,
        public_jwk,
        private_key_sealed,
        now,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// No new token is signed with the active key of an algorithm any more. One statement.
pub async fn retire_active(change: &mut Change<'_>, alg: &str) -> Result<(), Error> {
    change.changes_signing_keys();
    let now = change.now();
    sqlx::query!(
        "UPDATE signing_keys SET state = 'retired', retired_at = $2 WHERE alg = $1 AND state = 'active'",
        alg,
        now,
    )
    .execute(change.db())
    .await?;
    Ok(())
}

/// New tokens are signed with the next key of an algorithm from now on; its `kid`. One statement.
pub async fn activate_next(change: &mut Change<'_>, alg: &str) -> Result<Option<String>, Error> {
    change.changes_signing_keys();
    let now = change.now();
    Ok(sqlx::query_scalar!(
        r#"
        UPDATE signing_keys SET state = 'active', activated_at = $2
        WHERE alg = $1 AND state = 'next'
        RETURNING kid
        "#,
        alg,
        now,
    )
    .fetch_optional(change.db())
    .await?)
}

/// Takes a key away: what it signed is refused from now on. One statement.
pub async fn delete(change: &mut Change<'_>, id: Uuid) -> Result<(), Error> {
    change.changes_signing_keys();
    let done = sqlx::query!("DELETE FROM signing_keys WHERE id = $1", id)
        .execute(change.db())
        .await?;
    expect_one(done.rows_affected())
}

/// The private half under another seal. One statement.
pub async fn set_private_key_sealed(
    change: &mut Change<'_>,
    id: Uuid,
    sealed: &[u8],
) -> Result<(), Error> {
    let done = sqlx::query!(
        "UPDATE signing_keys SET private_key_sealed = $2 WHERE id = $1",
        id,
        sealed
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}
