//! Table `refresh_tokens`, the end of a grant: final, and the sealed successor goes with it.

use super::{Error, change::Change, cut_offs::CutOff};
use crate::ids::{DeviceId, GrantId, UserId};

/// Why a grant ended: the stored vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The app signed out.
    Logout,
    /// The owner signed the device out from another one.
    SignedOut,
    /// A new sign-in on the same device.
    Replaced,
    /// The user's password was changed.
    PasswordChanged,
    /// The user had too many; this was the one unused longest.
    TooManyGrants,
    /// A rotated token was used again (RFC 9700 §4.14.2).
    Reuse,
    /// An administrator ended it.
    EndedByAdministrator,
    /// Its client gave it up (RFC 7009).
    Revoked,
}

impl Ended {
    /// As stored in `ended_reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::SignedOut => "signed_out",
            Self::Replaced => "replaced",
            Self::PasswordChanged => "password_changed",
            Self::TooManyGrants => "too_many_grants",
            Self::Reuse => "reuse",
            Self::EndedByAdministrator => "ended_by_administrator",
            Self::Revoked => "revoked",
        }
    }
}

/// Ends a grant for good; false if it had ended already. One statement.
pub async fn end(change: &mut Change<'_>, id: GrantId, reason: Ended) -> Result<bool, Error> {
    let now = change.now();
    let done = sqlx::query!(
        r#"
        UPDATE refresh_tokens
        SET ended_at = $2, ended_reason = $3, successor_sealed = NULL
        WHERE id = $1 AND ended_at IS NULL
        "#,
        id.0,
        now,
        reason.as_str(),
    )
    .execute(change.db())
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    change.cuts_off(CutOff::Ended(id.0));
    Ok(true)
}

/// Ends the live grant of a device, if it has one. One statement.
pub async fn end_of_device(
    change: &mut Change<'_>,
    device: DeviceId,
    reason: Ended,
) -> Result<Option<GrantId>, Error> {
    let now = change.now();
    let ended = sqlx::query_scalar!(
        r#"
        UPDATE refresh_tokens
        SET ended_at = $2, ended_reason = $3, successor_sealed = NULL
        WHERE device_id = $1 AND ended_at IS NULL
        RETURNING id AS "id: GrantId"
        "#,
        device.0,
        now,
        reason.as_str(),
    )
    .fetch_optional(change.db())
    .await?;
    all_ended(change, ended.as_slice());
    Ok(ended)
}

/// Ends all live grants of a user, but the one that is to stay; which. One statement.
pub async fn end_of_user(
    change: &mut Change<'_>,
    user: UserId,
    but: Option<GrantId>,
    reason: Ended,
) -> Result<Vec<GrantId>, Error> {
    let now = change.now();
    let ended = sqlx::query_scalar!(
        r#"
        UPDATE refresh_tokens
        SET ended_at = $2, ended_reason = $3, successor_sealed = NULL
        WHERE user_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $4
        RETURNING id AS "id: GrantId"
        "#,
        user.0,
        now,
        reason.as_str(),
        but.map(|grant| grant.0),
    )
    .fetch_all(change.db())
    .await?;
    all_ended(change, &ended);
    Ok(ended)
}

/// Their access tokens end with them.
pub(super) fn all_ended(change: &mut Change<'_>, grants: &[GrantId]) {
    for grant in grants {
        change.cuts_off(CutOff::Ended(grant.0));
    }
}
