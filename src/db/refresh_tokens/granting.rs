//! A new grant, with its device where that is new as well.

use sqlx::PgConnection;
use uuid::Uuid;

use super::Holder;
use crate::{
    db::{
        Error,
        audit_events::{Actor, Event},
        change::Change,
        ended::{Ended, all_ended},
        status_lists::LIST_SIZE,
    },
    ids::{GrantId, Thumbprint},
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

/// A new grant, at generation 0, on a device that is there or that is made with it; the holder is told its place in
/// the status lists. Which others were ended for being too many. One statement.
pub async fn insert(
    change: &mut Change<'_>,
    holder: &mut Holder,
    device: Option<NewDevice<'_>>,
    secret_hash: [u8; 32],
    kept: Kept,
) -> Result<Vec<GrantId>, Error> {
    let caller = &change.actor().caller;
    let made = sqlx::query!(
        r#"
        WITH forgotten AS (
            DELETE FROM devices WHERE $14::text IS NOT NULL AND id IN (
                SELECT id FROM devices
                WHERE user_id = $2 AND disabled_at IS NULL
                    AND NOT EXISTS (SELECT FROM refresh_tokens WHERE device_id = devices.id AND ended_at IS NULL)
                ORDER BY last_used_at DESC, id DESC
                OFFSET $16
            )
            RETURNING id
        ), given_up AS (
            INSERT INTO status_indexes_ended (status_index, ended_at)
            SELECT g.status_index, g.ended_at
            FROM forgotten
            JOIN refresh_tokens g ON g.device_id = forgotten.id
            WHERE g.status_index IS NOT NULL
        ), device AS (
            INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
            SELECT $3, $2, $14, $15, $6, $6
            WHERE $14::text IS NOT NULL
        ), made AS (
            INSERT INTO refresh_tokens (id, user_id, device_id, client_id, scope, created_at, absolute_expires_at,
                                        expires_at, last_used_at, last_address, last_user_agent, secret_hash,
                                        key_thumbprint, key_since, status_index)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $6, $9, $10, $11, $17,
                    CASE WHEN $17::text IS NOT NULL THEN 0 END, free_status_index($18))
            RETURNING status_index
        ), ended AS (
            UPDATE refresh_tokens
            SET ended_at = $6, ended_reason = $12, successor_sealed = NULL
            WHERE id IN (
                SELECT id FROM refresh_tokens
                WHERE user_id = $2 AND ended_at IS NULL AND expires_at > $6
                ORDER BY last_used_at DESC, id DESC
                OFFSET $13
            )
            RETURNING id
        )
        SELECT status_index, ARRAY(SELECT id FROM ended) AS "ended!" FROM made
        "#,
        holder.grant.0,
        holder.user_id.0,
        holder.device_id.0,
        holder.client_id.as_str(),
        holder.scope,
        holder.created_at,
        holder.absolute_expires_at,
        holder.expires_at,
        caller.address_text(),
        caller.user_agent,
        secret_hash.as_slice(),
        Ended::TooManyGrants.as_str(),
        kept.grants,
        device.map(|device| device.name),
        device.map(|device| device.kind),
        kept.signed_out_devices,
        holder.key_thumbprint.as_ref().map(Thumbprint::as_str),
        LIST_SIZE,
    )
    .fetch_one(change.db())
    .await?;
    holder.status_index = made.status_index;
    let ended: Vec<GrantId> = made.ended.into_iter().map(GrantId).collect();
    all_ended(change, &ended);
    Ok(ended)
}

/// What was found before the user's row could be locked.
#[derive(Debug, Clone, Copy)]
pub struct Proven<'a> {
    /// The hash that the password was compared with.
    pub password_hash: &'a str,
    /// The throttle whose failures are forgotten.
    pub forgotten: [u8; 32],
    /// The one that gets this attempt back.
    pub given_back: Option<[u8; 32]>,
}

/// All of a sign-in on a new device, with its audit event `id`, where nothing else has to change; the holder is told
/// name, roles and the place in the status lists. False: nothing was done, since the user is disabled, has another
/// password by now, is being changed at this moment, or has more than half as many grants or devices as are kept, or
/// since another sign-in took the same place at the same moment. It is a [`Change`] that has to look then. One statement
/// instead of six: to go back and forth, beside threads that hash, costs more than the statements themselves.
#[expect(clippy::too_many_lines, reason = "one statement, nothing else")]
pub async fn insert_alone(
    db: &mut PgConnection,
    holder: &mut Holder,
    device: NewDevice<'_>,
    secret_hash: [u8; 32],
    proven: Proven<'_>,
    kept: Kept,
    (id, actor, event): (Uuid, &Actor, &Event),
) -> Result<bool, Error> {
    // A row that somebody has locked is left out, not waited for: what they do would not be seen here. Half, since
    // sign-ins at the same moment do not see each other's grants.
    let found = sqlx::query!(
        r#"
        WITH holder AS (
            SELECT username, roles FROM users
            WHERE id = $2 AND password_hash = $12 AND NOT disabled_now(disabled_at, disabled_until, $6)
                AND $13 > 2 * (SELECT count(*) FROM refresh_tokens
                               WHERE user_id = $2 AND ended_at IS NULL AND expires_at > $6)
                AND $14 > 2 * (SELECT count(*) FROM devices WHERE user_id = $2)
            FOR NO KEY UPDATE SKIP LOCKED
        ), device AS (
            INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
            SELECT $3, $2, $15, $16, $6, $6 FROM holder
        ), made AS (
            INSERT INTO refresh_tokens (id, user_id, device_id, client_id, scope, created_at, absolute_expires_at,
                                        expires_at, last_used_at, last_address, last_user_agent, secret_hash,
                                        key_thumbprint, key_since, status_index)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $6, $9, $10, $11, $29,
                   CASE WHEN $29::text IS NOT NULL THEN 0 END, free_status_index($30)
            FROM holder
            RETURNING status_index
        ), locked AS MATERIALIZED (
            SELECT key FROM throttles WHERE key IN ($17, $18) AND EXISTS (SELECT FROM holder) ORDER BY key FOR UPDATE
        ), forgotten AS (
            DELETE FROM throttles t USING locked WHERE t.key = locked.key AND t.key = $17
        ), given_back AS (
            UPDATE throttles t
            SET level = GREATEST(t.level - 1, 0), free_at = LEAST(t.free_at, $6)
            FROM locked
            WHERE t.key = locked.key AND t.key = $18
        ), event AS (
            INSERT INTO audit_events (id, created_at, action, actor_kind, actor_id, subject_kind, subject_id,
                                      user_id, reason, details, address, user_agent, request_id)
            SELECT $19, $6, $20, $21, $22, $23, $24, $25, $26, $27, $9, $10, $28 FROM holder
            RETURNING id
        ), unsealed AS (
            INSERT INTO audit_unsealed SELECT id FROM event
        )
        SELECT username, roles, status_index FROM holder, made
        "#,
        holder.grant.0,
        holder.user_id.0,
        holder.device_id.0,
        holder.client_id.as_str(),
        holder.scope,
        holder.created_at,
        holder.absolute_expires_at,
        holder.expires_at,
        actor.caller.address_text(),
        actor.caller.user_agent,
        secret_hash.as_slice(),
        proven.password_hash,
        kept.grants,
        kept.signed_out_devices,
        device.name,
        device.kind,
        proven.forgotten.as_slice(),
        proven.given_back.as_ref().map(<[u8; 32]>::as_slice),
        id,
        event.action.as_str(),
        actor.kind.as_str(),
        actor.user.map(|user| user.0),
        event.subject_kind,
        event.subject_id,
        event.user.map(|user| user.0),
        event.reason,
        event.details,
        actor.caller.request_id,
        holder.key_thumbprint.as_ref().map(Thumbprint::as_str),
        LIST_SIZE,
    )
    .fetch_optional(db)
    .await;
    match found.map_err(Error::from) {
        Ok(Some(found)) => {
            (holder.username, holder.roles) = (found.username, found.roles);
            holder.status_index = found.status_index;
            Ok(true)
        }
        // What was taken is the place; whatever else it were, the change would tell.
        Ok(None) | Err(Error::Taken(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
