//! Table `refresh_tokens`: one row per grant. What a sign-in does to it is in [`granting`], what a
//! refresh does in [`rotation`].

pub mod granting;
mod list;
pub mod rotation;
pub mod trail;
pub mod uses;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, cursor::Page};
use crate::ids::{ClientId, DeviceId, GrantId, Thumbprint, UserId};

pub use list::{Filter, Place, State, list};

use rotation::Rotation;

/// A grant, as its owner and those who may read users see it. Holds nothing of the token.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Its id: the refresh token's, and the `sid` of its access tokens.
    pub id: GrantId,
    /// Whose.
    pub user_id: UserId,
    /// On which device.
    pub device_id: DeviceId,
    /// To which client.
    pub client_id: ClientId,
    /// The sign-in.
    pub created_at: DateTime<Utc>,
    /// The last refresh.
    pub last_used_at: DateTime<Utc>,
    /// The nearer of the idle and the absolute end.
    pub expires_at: DateTime<Utc>,
    /// How often it has been rotated.
    pub generation: i32,
    /// When it was ended for good.
    pub ended_at: Option<DateTime<Utc>>,
    /// How.
    pub ended_reason: Option<String>,
    /// Since when disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When it works again by itself.
    pub disabled_until: Option<DateTime<Utc>>,
    /// Why.
    pub disabled_reason: Option<String>,
    /// In what capacity whoever disabled it did so.
    pub disabled_by_kind: Option<String>,
    /// The rule *disabled now*, applied.
    pub disabled: bool,
    /// Whether it is bound to a key (RFC 9449 §5).
    pub bound: bool,
}

/// What an access token says of the holder of a grant.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The grant.
    pub grant: GrantId,
    /// The user.
    pub user_id: UserId,
    /// The user's name.
    pub username: String,
    /// The user's roles.
    pub roles: Vec<String>,
    /// The device.
    pub device_id: DeviceId,
    /// The client.
    pub client_id: ClientId,
    /// For whom the client's access tokens can be, the first by default; none: the configured audience.
    pub audiences: Vec<String>,
    /// What was granted.
    pub scope: String,
    /// The sign-in.
    pub created_at: DateTime<Utc>,
    /// The end of the refresh token.
    pub expires_at: DateTime<Utc>,
    /// The end of the grant.
    pub absolute_expires_at: DateTime<Utc>,
    /// The key that must be proven at each refresh, if any (RFC 9449 §5).
    pub key_thumbprint: Option<Thumbprint>,
    /// Its place in the status lists, if it has one.
    pub status_index: Option<i64>,
}

/// Why a rotation was not done: the grant with its *disabled now* answers.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub struct Standing {
    /// Whose it is.
    pub holder: Holder,
    /// The current generation.
    pub generation: i32,
    /// The hash of the current secret.
    pub secret_hash: Vec<u8>,
    /// When the current generation came.
    pub rotated_at: Option<DateTime<Utc>>,
    /// The current secret, sealed for the predecessor's holder.
    pub successor_sealed: Option<Vec<u8>>,
    /// The generation since which the key must be proven, if one must.
    pub key_since: Option<i32>,
    /// Ended for good.
    pub ended: bool,
    /// The token is disabled now.
    pub token_disabled: bool,
    /// The device is disabled now.
    pub device_disabled: bool,
    /// The user is disabled now.
    pub user_disabled: bool,
    /// The client is disabled now.
    pub client_disabled: bool,
}

/// Why a rotation was not done. One statement, asked only after a refusal.
pub async fn find_standing(
    db: &mut PgConnection,
    grant: GrantId,
    now: DateTime<Utc>,
) -> Result<Option<Standing>, Error> {
    let row = sqlx::query!(
        r#"
        SELECT g.user_id AS "user_id: UserId", u.username, u.roles, g.device_id AS "device_id: DeviceId",
               g.client_id AS "client_id: ClientId", c.audiences, g.scope, g.created_at, g.expires_at,
               g.absolute_expires_at, g.key_thumbprint AS "key_thumbprint: Thumbprint", g.key_since, g.status_index,
               g.generation, g.secret_hash, g.rotated_at, g.successor_sealed,
               g.ended_at IS NOT NULL AS "ended!",
               disabled_now(g.disabled_at, g.disabled_until, $2) AS "token_disabled!",
               disabled_now(d.disabled_at, d.disabled_until, $2) AS "device_disabled!",
               disabled_now(u.disabled_at, u.disabled_until, $2) AS "user_disabled!",
               disabled_now(c.disabled_at, c.disabled_until, $2) AS "client_disabled!"
        FROM refresh_tokens g
        JOIN devices d ON d.id = g.device_id
        JOIN users u ON u.id = g.user_id
        JOIN oauth_clients c ON c.client_id = g.client_id
        WHERE g.id = $1
        "#,
        grant.0,
        now,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Standing {
        holder: Holder {
            grant,
            user_id: row.user_id,
            username: row.username,
            roles: row.roles,
            device_id: row.device_id,
            client_id: row.client_id,
            audiences: row.audiences,
            scope: row.scope,
            created_at: row.created_at,
            expires_at: row.expires_at,
            absolute_expires_at: row.absolute_expires_at,
            key_thumbprint: row.key_thumbprint,
            status_index: row.status_index,
        },
        generation: row.generation,
        secret_hash: row.secret_hash,
        rotated_at: row.rotated_at,
        successor_sealed: row.successor_sealed,
        key_since: row.key_since,
        ended: row.ended,
        token_disabled: row.token_disabled,
        device_disabled: row.device_disabled,
        user_disabled: row.user_disabled,
        client_disabled: row.client_disabled,
    }))
}

/// Counts a retry, if the successor is still the current token of a grant that is neither
/// ended, disabled nor expired. False: the world moved on meanwhile. It is a use, since an access token
/// goes out with it. One statement.
pub async fn count_retry(
    db: &mut PgConnection,
    rotation: &Rotation,
    generation: i32,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        r#"
        UPDATE refresh_tokens
        SET retries = retries + 1, last_used_at = GREATEST(last_used_at, $3), last_address = $4, last_user_agent = $5
        WHERE id = $1 AND generation = $2 AND ended_at IS NULL AND expires_at > $3
            AND NOT disabled_now(disabled_at, disabled_until, $3)
        "#,
        rotation.grant.0,
        generation,
        now,
        rotation.address,
        rotation.user_agent,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// One grant by id. One statement.
pub async fn find(
    db: &mut PgConnection,
    id: GrantId,
    now: DateTime<Utc>,
) -> Result<Option<Grant>, Error> {
    Ok(sqlx::query_as!(
        Grant,
        r#"
        SELECT id AS "id: GrantId", user_id AS "user_id: UserId", device_id AS "device_id: DeviceId",
               client_id AS "client_id: ClientId", created_at, last_used_at, expires_at, generation, ended_at, ended_reason,
               disabled_at, disabled_until, disabled_reason, disabled_by_kind,
               disabled_now(disabled_at, disabled_until, $2) AS "disabled!", key_thumbprint IS NOT NULL AS "bound!"
        FROM refresh_tokens
        WHERE id = $1
        "#,
        id.0,
        now,
    )
    .fetch_optional(db)
    .await?)
}

/// The user's grants, newest first. One statement.
pub async fn list_of_user(
    db: &mut PgConnection,
    user: UserId,
    device: Option<DeviceId>,
    before: Option<GrantId>,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Page<Grant>, Error> {
    let grants = sqlx::query_as!(
        Grant,
        r#"
        SELECT id AS "id: GrantId", user_id AS "user_id: UserId", device_id AS "device_id: DeviceId",
               client_id AS "client_id: ClientId", created_at, last_used_at, expires_at, generation, ended_at, ended_reason,
               disabled_at, disabled_until, disabled_reason, disabled_by_kind,
               disabled_now(disabled_at, disabled_until, $4) AS "disabled!", key_thumbprint IS NOT NULL AS "bound!"
        FROM refresh_tokens
        WHERE user_id = $1 AND id < $2 AND ($5::uuid IS NULL OR device_id = $5)
        ORDER BY id DESC
        LIMIT $3
        "#,
        user.0,
        before.map_or(Uuid::max(), |id| id.0),
        limit + 1,
        now,
        device.map(|id| id.0),
    )
    .fetch_all(db)
    .await?;
    Ok(Page::cut(grants, limit, |grant| grant.id.to_string()))
}
