//! The rotation: the hot path of Doorward, and the two statements that may do it.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Holder;
use crate::{
    db::Error,
    ids::{ClientId, DeviceId, GrantId, Thumbprint, UserId},
};

/// A rotation to be tried.
#[derive(Debug)]
pub struct Rotation {
    /// The grant.
    pub grant: GrantId,
    /// The generation of the token presented.
    pub generation: i32,
    /// The hash of its secret.
    pub secret_hash: [u8; 32],
    /// The hash of the successor's secret.
    pub successor_hash: [u8; 32],
    /// The successor, sealed for the holder of the token presented.
    pub successor_sealed: Vec<u8>,
    /// The client that presents it, to which it must have been issued (RFC 6749 §6).
    pub client: ClientId,
    /// The prepared name that must be the user's, if one was sent.
    pub username: Option<String>,
    /// What the access token is to be good for, with spaces between, if less than was granted.
    pub scope: Option<String>,
    /// The key that is proven: the grant's, if it has one. Else a public client's grant has it from the successor on.
    pub key: Option<Thumbprint>,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: String,
}

/// Replaces the current token by its successor, if user, device, client and token are all in
/// good standing: one statement, one round trip, by unique keys only, in place.
/// Waits for whoever changes the row. `None` means that something spoke against it;
/// [`super::find_standing`] tells what.
pub async fn rotate(
    db: &mut PgConnection,
    rotation: &Rotation,
    now: DateTime<Utc>,
    idle_ttl: Duration,
) -> Result<Option<Holder>, Error> {
    let idle_end = now + idle_ttl;
    Ok(sqlx::query_as!(
        Holder,
        r#"
        UPDATE refresh_tokens g
        SET generation = g.generation + 1,
            secret_hash = $4,
            successor_sealed = $5,
            rotated_at = $6,
            last_used_at = $6,
            expires_at = LEAST($7, g.absolute_expires_at),
            last_address = $8,
            last_user_agent = $9,
            key_thumbprint = COALESCE(g.key_thumbprint, CASE WHEN c.secret_hash IS NULL THEN $13 END),
            key_since = COALESCE(g.key_since, CASE WHEN c.secret_hash IS NULL AND $13 IS NOT NULL THEN g.generation + 1 END)
        FROM users u, devices d, oauth_clients c
        WHERE g.id = $1
            AND g.generation = $2
            AND g.secret_hash = $3
            AND g.ended_at IS NULL
            AND g.expires_at > $6
            AND NOT disabled_now(g.disabled_at, g.disabled_until, $6)
            AND d.id = g.device_id
            AND NOT disabled_now(d.disabled_at, d.disabled_until, $6)
            AND u.id = g.user_id
            AND NOT disabled_now(u.disabled_at, u.disabled_until, $6)
            AND ($10::text IS NULL OR u.username = $10)
            AND g.client_id = $11
            AND c.client_id = g.client_id
            AND NOT disabled_now(c.disabled_at, c.disabled_until, $6)
            AND ($12::text IS NULL OR string_to_array($12, ' ') <@ string_to_array(g.scope, ' '))
            AND (g.key_thumbprint IS NULL OR g.key_thumbprint = $13::text)
        RETURNING g.id AS "grant: GrantId", g.user_id AS "user_id: UserId", u.username, u.roles,
                  g.device_id AS "device_id: DeviceId", g.client_id AS "client_id: ClientId", c.audiences, g.scope,
                  g.created_at, g.expires_at, g.absolute_expires_at, g.key_thumbprint AS "key_thumbprint: Thumbprint",
                  g.status_index
        "#,
        rotation.grant.0,
        rotation.generation,
        rotation.secret_hash.as_slice(),
        rotation.successor_hash.as_slice(),
        rotation.successor_sealed,
        now,
        idle_end,
        rotation.address,
        rotation.user_agent,
        rotation.username.as_deref(),
        rotation.client.as_str(),
        rotation.scope.as_deref(),
        rotation.key.as_ref().map(Thumbprint::as_str),
    )
    .fetch_optional(db)
    .await?)
}

/// Does with many what [`rotate`] does with one, in one statement and one commit: who among them
/// holds what now, in their order.
///
/// Waits for nobody: a row that another transaction has locked is left out, so that one does not keep
/// all the others waiting, and no two such statements wait for each other. `None` means that
/// [`rotate`] is to be tried.
#[expect(clippy::too_many_lines, reason = "one statement and what it takes")]
pub async fn rotate_together(
    db: &mut PgConnection,
    rotations: &[Arc<Rotation>],
    now: DateTime<Utc>,
    idle_ttl: Duration,
) -> Result<Vec<Option<Holder>>, Error> {
    let all = rotations.iter();
    let rows = sqlx::query!(
        r#"
        WITH asked AS (
            SELECT *
            FROM UNNEST($3::uuid[], $4::int[], $5::bytea[], $6::bytea[], $7::bytea[], $8::text[], $9::text[],
                        $10::text[], $11::text[], $12::text[], $13::text[])
                WITH ORDINALITY AS its (grant_id, generation, secret_hash, successor_hash, successor_sealed, client,
                                        username, scope, address, user_agent, key, place)
        ), free AS (
            SELECT g.id, asked.place, asked.successor_hash, asked.successor_sealed, asked.address, asked.user_agent,
                   u.username, u.roles, c.audiences, CASE WHEN c.secret_hash IS NULL THEN asked.key END AS key
            FROM asked, refresh_tokens g, users u, devices d, oauth_clients c
            WHERE g.id = asked.grant_id
                AND g.generation = asked.generation
                AND g.secret_hash = asked.secret_hash
                AND g.ended_at IS NULL
                AND g.expires_at > $1
                AND NOT disabled_now(g.disabled_at, g.disabled_until, $1)
                AND d.id = g.device_id
                AND NOT disabled_now(d.disabled_at, d.disabled_until, $1)
                AND u.id = g.user_id
                AND NOT disabled_now(u.disabled_at, u.disabled_until, $1)
                AND (asked.username IS NULL OR u.username = asked.username)
                AND g.client_id = asked.client
                AND c.client_id = g.client_id
                AND NOT disabled_now(c.disabled_at, c.disabled_until, $1)
                AND (asked.scope IS NULL OR string_to_array(asked.scope, ' ') <@ string_to_array(g.scope, ' '))
                AND (g.key_thumbprint IS NULL OR g.key_thumbprint = asked.key)
            FOR NO KEY UPDATE OF g SKIP LOCKED
        )
        UPDATE refresh_tokens g
        SET generation = g.generation + 1,
            secret_hash = free.successor_hash,
            successor_sealed = free.successor_sealed,
            rotated_at = $1,
            last_used_at = $1,
            expires_at = LEAST($2, g.absolute_expires_at),
            last_address = free.address,
            last_user_agent = free.user_agent,
            key_thumbprint = COALESCE(g.key_thumbprint, free.key),
            key_since = COALESCE(g.key_since, CASE WHEN free.key IS NOT NULL THEN g.generation + 1 END)
        FROM free
        WHERE g.id = free.id
        RETURNING free.place AS "place!", g.id AS "grant: GrantId", g.user_id AS "user_id: UserId", free.username, free.roles,
                  g.device_id AS "device_id: DeviceId", g.client_id AS "client_id: ClientId", free.audiences, g.scope,
                  g.created_at, g.expires_at, g.absolute_expires_at, g.key_thumbprint AS "key_thumbprint: Thumbprint",
                  g.status_index
        "#,
        now,
        now + idle_ttl,
        &all.clone().map(|it| it.grant.0).collect::<Vec<_>>(),
        &all.clone().map(|it| it.generation).collect::<Vec<_>>(),
        all.clone().map(|it| it.secret_hash.as_slice()).collect::<Vec<_>>() as Vec<&[u8]>,
        all.clone().map(|it| it.successor_hash.as_slice()).collect::<Vec<_>>() as Vec<&[u8]>,
        all.clone().map(|it| it.successor_sealed.as_slice()).collect::<Vec<_>>() as Vec<&[u8]>,
        all.clone().map(|it| it.client.as_str()).collect::<Vec<_>>() as Vec<&str>,
        all.clone().map(|it| it.username.as_deref()).collect::<Vec<_>>() as Vec<Option<&str>>,
        all.clone().map(|it| it.scope.as_deref()).collect::<Vec<_>>() as Vec<Option<&str>>,
        all.clone().map(|it| it.address.as_deref()).collect::<Vec<_>>() as Vec<Option<&str>>,
        all.clone().map(|it| it.user_agent.as_str()).collect::<Vec<_>>() as Vec<&str>,
        all.map(|it| it.key.as_ref().map(Thumbprint::as_str)).collect::<Vec<_>>() as Vec<Option<&str>>,
    )
    .fetch_all(db)
    .await?;
    let holders = rows.into_iter().map(|row| {
        let holder = Holder {
            grant: row.grant,
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
        };
        (row.place, holder)
    });
    Ok(in_places(rotations.len(), holders))
}

/// Puts each into its place, which Postgres counts from one.
fn in_places<T: Clone>(places: usize, all: impl Iterator<Item = (i64, T)>) -> Vec<Option<T>> {
    let mut found = vec![None; places];
    for (place, it) in all {
        let place = usize::try_from(place - 1).ok();
        if let Some(free) = place.and_then(|place| found.get_mut(place)) {
            *free = Some(it);
        }
    }
    found
}
