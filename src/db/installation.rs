//! Table `installation`: the one row that all servers on a database share.

use super::{Error, change::Change, expect_one};
use uuid::Uuid;

/// The fingerprint of the secret key that this database belongs to, locked until the change ends. One statement.
pub async fn lock_fingerprint(change: &mut Change<'_>) -> Result<Option<Vec<u8>>, Error> {
    // The table holds one row or none, and none cannot be locked: the table is.
    sqlx::query!("LOCK TABLE installation IN SHARE ROW EXCLUSIVE MODE")
        .execute(change.db())
        .await?;
    Ok(
        sqlx::query_scalar!("SELECT secret_key_fingerprint FROM installation")
            .fetch_optional(change.db())
            .await?,
    )
}

/// Binds a new database to a secret key. One statement.
pub async fn insert(
    change: &mut Change<'_>,
    id: Uuid,
    fingerprint: &[u8; 32],
    audit_key_sealed: &[u8],
) -> Result<(), Error> {
    let now = change.now();
    let done = sqlx::query!(
        "INSERT INTO installation (id, created_at, secret_key_fingerprint, audit_key_sealed) VALUES ($1, $2, $3, $4)",
        id,
        now,
        fingerprint.as_slice(),
        audit_key_sealed,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// Binds the database to another secret key. One statement.
pub async fn set_fingerprint(change: &mut Change<'_>, fingerprint: &[u8; 32]) -> Result<(), Error> {
    let done = sqlx::query!(
        "UPDATE installation SET secret_key_fingerprint = $1",
        fingerprint.as_slice()
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// The sealed key of the audit log's chain, if there is one. One statement.
pub async fn audit_key_sealed(change: &mut Change<'_>) -> Result<Option<Vec<u8>>, Error> {
    let sealed = sqlx::query_scalar!("SELECT audit_key_sealed FROM installation");
    Ok(sealed.fetch_optional(change.db()).await?.flatten())
}

/// Keeps the key of the audit log's chain, sealed. One statement.
pub async fn set_audit_key_sealed(change: &mut Change<'_>, sealed: &[u8]) -> Result<(), Error> {
    let done = sqlx::query!("UPDATE installation SET audit_key_sealed = $1", sealed)
        .execute(change.db())
        .await?;
    expect_one(done.rows_affected())
}
