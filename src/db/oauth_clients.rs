//! Table `oauth_clients`: the applications (RFC 6749 §2).

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, change::Change, cut_offs::CutOff, expect_one};
use crate::ids::ClientId;

/// The constraint that refuses a name which another client has.
pub const CLIENT_ID_KEY: &str = "oauth_clients_client_id_key";

/// A client as stored.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its row.
    pub id: Uuid,
    /// Its public name.
    pub client_id: ClientId,
    /// What people call it.
    pub name: String,
    /// `public` or `confidential` (RFC 6749 §2.1).
    pub kind: String,
    /// SHA-256 of its secret; none for a public client.
    pub secret_hash: Option<Vec<u8>>,
    /// `refresh_token`, `client_credentials`.
    pub grant_types: Vec<String>,
    /// What it may ask for at the most.
    pub scopes: Vec<String>,
    /// For whom its access tokens can be, the first by default.
    pub audiences: Vec<String>,
    /// Where an authorization endpoint may send a browser back to.
    pub redirect_uris: Vec<String>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last proved who it is, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Since when it is disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When that ends by itself.
    pub disabled_until: Option<DateTime<Utc>>,
    /// Why.
    pub disabled_reason: Option<String>,
    /// Disabled now.
    pub disabled: bool,
}

/// One client. One statement.
pub async fn find(
    db: &mut PgConnection,
    client: &ClientId,
    now: DateTime<Utc>,
) -> Result<Option<Client>, Error> {
    Ok(sqlx::query_as!(
        Client,
        r#"
        SELECT id, client_id AS "client_id: ClientId", name, kind, secret_hash, grant_types, scopes, audiences,
               redirect_uris, created_at, last_used_at, disabled_at, disabled_until, disabled_reason,
               disabled_now(disabled_at, disabled_until, $2) AS "disabled!"
        FROM oauth_clients
        WHERE client_id = $1
        "#,
        client.as_str(),
        now,
    )
    .fetch_optional(db)
    .await?)
}

/// All clients by name: an operator adds them one by one, so they are few. One statement.
pub async fn list(db: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<Client>, Error> {
    Ok(sqlx::query_as!(
        Client,
        r#"
        SELECT id, client_id AS "client_id: ClientId", name, kind, secret_hash, grant_types, scopes, audiences,
               redirect_uris, created_at, last_used_at, disabled_at, disabled_until, disabled_reason,
               disabled_now(disabled_at, disabled_until, $1) AS "disabled!"
        FROM oauth_clients
        ORDER BY client_id
        "#,
        now,
    )
    .fetch_all(db)
    .await?)
}

/// Locks a client until the change ends: its row, and whether it is disabled now. One statement.
pub async fn lock(
    change: &mut Change<'_>,
    client: &ClientId,
) -> Result<Option<(Uuid, bool)>, Error> {
    let now = change.now();
    let row = sqlx::query!(
        r#"
        SELECT id, disabled_now(disabled_at, disabled_until, $2) AS "disabled!"
        FROM oauth_clients
        WHERE client_id = $1
        FOR NO KEY UPDATE
        "#,
        client.as_str(),
        now,
    )
    .fetch_optional(change.db())
    .await?;
    Ok(row.map(|row| (row.id, row.disabled)))
}

/// A new client. One statement.
pub async fn insert(change: &mut Change<'_>, client: &Client) -> Result<(), Error> {
    let done = sqlx::query!(
        r#"
        INSERT INTO oauth_clients (id, client_id, name, kind, secret_hash, grant_types, scopes, audiences,
                                   redirect_uris, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        client.id,
        client.client_id.as_str(),
        client.name,
        client.kind,
        client.secret_hash,
        &client.grant_types,
        &client.scopes,
        &client.audiences,
        &client.redirect_uris,
        client.created_at,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// Another secret in place of the one before; false for a public client, which has none. One statement.
pub async fn set_secret_hash(
    change: &mut Change<'_>,
    client: &ClientId,
    secret_hash: [u8; 32],
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "UPDATE oauth_clients SET secret_hash = $2 WHERE client_id = $1 AND kind = 'confidential'",
        client.as_str(),
        secret_hash.as_slice(),
    )
    .execute(change.db())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes a use, unless one was noted since `noted_since`. One statement.
pub async fn set_used(
    db: &mut PgConnection,
    client: &ClientId,
    noted_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    sqlx::query!(
        r#"
        UPDATE oauth_clients
        SET last_used_at = $3
        WHERE client_id = $1 AND (last_used_at IS NULL OR last_used_at <= $2)
        "#,
        client.as_str(),
        noted_since,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Disables from now on, until `until` or until enabled. One statement.
pub async fn set_disabled(
    change: &mut Change<'_>,
    client: &ClientId,
    until: Option<DateTime<Utc>>,
    reason: Option<&str>,
) -> Result<(), Error> {
    change.cuts_off(CutOff::ClientSuspended(client.clone(), until));
    let (now, actor) = (change.now(), change.actor());
    let done = sqlx::query!(
        r#"
        UPDATE oauth_clients
        SET disabled_at = $2, disabled_until = $3, disabled_reason = $4, disabled_by = $5, disabled_by_kind = $6
        WHERE client_id = $1
        "#,
        client.as_str(),
        now,
        until,
        reason,
        actor.user.map(|user| user.0),
        actor.kind.as_str(),
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// Enables again. One statement.
pub async fn set_enabled(change: &mut Change<'_>, client: &ClientId) -> Result<(), Error> {
    change.cuts_off(CutOff::ClientResumed(client.clone()));
    let done = sqlx::query!(
        r#"
        UPDATE oauth_clients
        SET disabled_at = NULL, disabled_until = NULL, disabled_reason = NULL,
            disabled_by = NULL, disabled_by_kind = NULL
        WHERE client_id = $1
        "#,
        client.as_str(),
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}
