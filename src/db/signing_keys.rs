//! Table `signing_keys`.

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, change::Change, expect_one};

/// A signing key as stored: the private half is sealed.
#[derive(Debug)]
pub struct StoredKey {
    /// Its id, which the seal is bound to.
    pub id: Uuid,
    /// What it signs with.
    pub alg: String,
    /// New tokens are signed with it.
    pub active: bool,
    /// The private half.
    pub private_key_sealed: Vec<u8>,
}

/// All keys that tokens may have been signed with, newest first. One statement.
pub async fn list(db: &mut PgConnection) -> Result<Vec<StoredKey>, Error> {
    Ok(sqlx::query_as!(
        StoredKey,
        r#"
        SELECT id, alg, state = 'active' AS "active!", private_key_sealed
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

/// A new active key. One statement.
pub async fn insert(
    change: &mut Change<'_>,
    id: Uuid,
    kid: &str,
    alg: &str,
    public_jwk: &Value,
    private_key_sealed: &[u8],
) -> Result<(), Error> {
    let now = change.now();
    let done = sqlx::query!(
        r#"
        INSERT INTO signing_keys (id, kid, alg, state, public_jwk, private_key_sealed, created_at)
        VALUES ($1, $2, $3, 'active', $4, $5, $6)
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
