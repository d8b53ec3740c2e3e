//! A new grant, with its device where that is new as well.

use super::Holder;
use crate::{
    db::{
        Error,
        change::Change,
        ended::{Ended, all_ended},
    },
    ids::GrantId,
};

/// A device that signs in for the first time.
#[derive(Debug, Clone, Copy)]
pub struct NewDevice<'a> {
    /// What to call it.
    pub name: &'a str,
    /// What kind of device it is.
    pub kind: &'a str,
}

/// How many of a user's rows remain beside the new ones.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Live grants; of the others those are ended that were unused longest.
    pub grants: i64,
    /// Signed-out devices, when there is a new one; of the others those are forgotten that were unused
    /// longest, with their ended grants. Disabled ones stay.
    pub signed_out_devices: i64,
}

/// A new grant, at generation 0, on a device that is there or that is made with it. How many others were
/// ended for being too many. One statement.
pub async fn insert(
    change: &mut Change<'_>,
    holder: &Holder,
    device: Option<NewDevice<'_>>,
    secret_hash: [u8; 32],
    user_agent: &str,
    kept: Kept,
) -> Result<u64, Error> {
    let (now, address) = (change.now(), change.actor().caller.address_text());
    let ended = sqlx::query_scalar!(
        r#"
        WITH forgotten AS (
            DELETE FROM devices WHERE $14::text IS NOT NULL AND id IN (
                SELECT id FROM devices
                WHERE user_id = $2 AND disabled_at IS NULL
                    AND NOT EXISTS (SELECT FROM refresh_tokens WHERE device_id = devices.id AND ended_at IS NULL)
                ORDER BY last_used_at DESC, id DESC
                OFFSET $16
            )
        ), device AS (
            INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
            SELECT $3, $2, $14, $15, $6, $6
            WHERE $14::text IS NOT NULL
        ), made AS (
            INSERT INTO refresh_tokens (id, user_id, device_id, client_id, scope, created_at, absolute_expires_at,
                                        expires_at, last_used_at, last_address, last_user_agent, secret_hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $6, $9, $10, $11)
        )
        UPDATE refresh_tokens
        SET ended_at = $6, ended_reason = $12, successor_sealed = NULL
        WHERE id IN (
            SELECT id FROM refresh_tokens
            WHERE user_id = $2 AND ended_at IS NULL AND expires_at > $6
            ORDER BY last_used_at DESC, id DESC
            OFFSET $13
        )
        RETURNING id AS "id: GrantId"
        "#,
        holder.grant.0,
        holder.user_id.0,
        holder.device_id.0,
        holder.client_id.as_str(),
        holder.scope,
        now,
        holder.absolute_expires_at,
        holder.expires_at,
        address,
        user_agent,
        secret_hash.as_slice(),
        Ended::TooManyGrants.as_str(),
        kept.grants,
        device.map(|device| device.name),
        device.map(|device| device.kind),
        kept.signed_out_devices,
    )
    .fetch_all(change.db())
    .await?;
    Ok(all_ended(change, &ended))
}
