//! What purging deletes, a small batch per statement, so that nobody waits for it.
//! The one file that is about several tables: each statement is the same few lines.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Error, rollups::Slot};

/// How many rows a statement deletes at the most.
pub const BATCH: i64 = 500;

/// A kind of row that grows old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Grants that were ended before the given time.
    EndedGrants,
    /// Grants that expired before.
    ExpiredGrants,
    /// Devices without any grant, not used since and not disabled, or only because nobody used them.
    Devices,
    /// Refusals, and then their counts.
    Refusals,
    /// Counts of refusals.
    RefusalCounts,
    /// Throttle rows not touched since.
    Throttles,
    /// Links that nobody used.
    PasswordLinks,
    /// Sessions in the panel whose time is over.
    PanelSessions,
    /// Access tokens that were revoked and have expired since.
    RevokedAccessTokens,
    /// Places in the status lists whose grants were deleted.
    StatusIndexes,
    /// What the live feed told, but for the newest of them.
    SecurityEvents,
    /// Signing keys that were retired before.
    SigningKeys,
    /// What acts on many were about, where they are not kept any longer.
    BulkActSubjects,
    /// Acts on many that are not kept any longer.
    BulkActs,
    /// Audit events that lie in no month; months are dropped as a whole.
    AuditEvents,
    /// How much happened in each minute.
    MinuteRollups,
    /// How much happened in each hour.
    HourRollups,
    /// How much happened on each day.
    DayRollups,
}

impl Kind {
    /// All, in the order in which they are purged: grants before the devices that they hold.
    pub const ALL: [Self; 18] = [
        Self::EndedGrants,
        Self::ExpiredGrants,
        Self::Devices,
        Self::Refusals,
        Self::RefusalCounts,
        Self::Throttles,
        Self::PasswordLinks,
        Self::PanelSessions,
        Self::RevokedAccessTokens,
        Self::StatusIndexes,
        Self::SecurityEvents,
        Self::SigningKeys,
        Self::BulkActSubjects,
        Self::BulkActs,
        Self::AuditEvents,
        Self::MinuteRollups,
        Self::HourRollups,
        Self::DayRollups,
    ];

    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EndedGrants => "ended_tokens",
            Self::ExpiredGrants => "expired_tokens",
            Self::Devices => "devices",
            Self::Refusals => "refusals",
            Self::RefusalCounts => "refusal_counts",
            Self::Throttles => "throttles",
            Self::PasswordLinks => "password_links",
            Self::PanelSessions => "panel_sessions",
            Self::RevokedAccessTokens => "revoked_access_tokens",
            Self::StatusIndexes => "status_indexes",
            Self::SecurityEvents => "security_events",
            Self::SigningKeys => "signing_keys",
            Self::BulkActSubjects => "bulk_act_subjects",
            Self::BulkActs => "bulk_acts",
            Self::AuditEvents => "audit_events",
            Self::MinuteRollups => "minute_rollups",
            Self::HourRollups => "hour_rollups",
            Self::DayRollups => "day_rollups",
        }
    }

    /// Only says how much happened, or what the audit log says as well: it goes every hour, and nobody need hear of it.
    pub fn goes_unsaid(self) -> bool {
        matches!(
            self,
            Self::SecurityEvents | Self::MinuteRollups | Self::HourRollups | Self::DayRollups
        )
    }
}

/// Deletes one batch of rows older than `before`; how many. Rows that somebody
/// holds are left for the next time. One statement.
#[expect(
    clippy::too_many_lines,
    reason = "one statement per table, nothing else"
)]
pub async fn delete_batch(
    db: &mut PgConnection,
    kind: Kind,
    before: DateTime<Utc>,
) -> Result<u64, Error> {
    let done = match kind {
        Kind::EndedGrants => {
            sqlx::query!(
                r#"
                DELETE FROM refresh_tokens WHERE id IN (
                    SELECT id FROM refresh_tokens WHERE ended_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::ExpiredGrants => {
            sqlx::query!(
                r#"
                DELETE FROM refresh_tokens WHERE id IN (
                    SELECT id FROM refresh_tokens
                    WHERE ended_at IS NULL AND expires_on <= ($1 AT TIME ZONE 'UTC')::date AND expires_at < $1
                    LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::Devices => {
            sqlx::query!(
                r#"
                DELETE FROM devices WHERE id IN (
                    SELECT id FROM devices
                    WHERE last_used_at < $1 AND (disabled_at IS NULL OR disabled_by_kind = 'system')
                        AND NOT EXISTS (SELECT FROM refresh_tokens WHERE device_id = devices.id)
                    LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::Refusals => {
            sqlx::query!(
                r#"
                DELETE FROM refusals WHERE id IN (
                    SELECT id FROM refusals WHERE created_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::RefusalCounts => {
            sqlx::query!(
                r#"
                DELETE FROM refusal_counts WHERE (subject_id, reason) IN (
                    SELECT subject_id, reason FROM refusal_counts WHERE last_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::Throttles => {
            sqlx::query!(
                r#"
                DELETE FROM throttles WHERE key IN (
                    SELECT key FROM throttles WHERE last_attempt_at < $1 AND free_at < $1
                    LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::PasswordLinks => {
            sqlx::query!(
                r#"
                DELETE FROM password_links WHERE id IN (
                    SELECT id FROM password_links WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::PanelSessions => {
            sqlx::query!(
                r#"
                DELETE FROM admin_sessions WHERE id IN (
                    SELECT id FROM admin_sessions WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::RevokedAccessTokens => {
            sqlx::query!(
                r#"
                DELETE FROM revoked_access_tokens WHERE id IN (
                    SELECT id FROM revoked_access_tokens WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::StatusIndexes => {
            sqlx::query!(
                r#"
                DELETE FROM status_indexes_ended WHERE status_index IN (
                    SELECT status_index FROM status_indexes_ended WHERE ended_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::SecurityEvents => {
            // From the beginning on, without a gap: whoever listens again is told so if something is missing.
            sqlx::query!(
                r#"
                DELETE FROM security_events WHERE number IN (
                    SELECT number FROM security_events
                    WHERE number < (SELECT max(number) FROM security_events WHERE created_at < $1)
                    ORDER BY number LIMIT $2 FOR UPDATE
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::SigningKeys => {
            sqlx::query!("DELETE FROM signing_keys WHERE retired_at < $1", before)
                .execute(db)
                .await?
        }
        Kind::BulkActSubjects => {
            sqlx::query!(
                r#"
                DELETE FROM bulk_act_subjects WHERE (act_id, subject_id) IN (
                    SELECT s.act_id, s.subject_id FROM bulk_acts a
                    JOIN bulk_act_subjects s ON s.act_id = a.id
                    WHERE a.kept_until < $1 AND a.under_way IS NULL LIMIT $2 FOR UPDATE OF s SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::BulkActs => {
            sqlx::query!(
                r#"
                DELETE FROM bulk_acts WHERE id IN (
                    SELECT id FROM bulk_acts a
                    WHERE kept_until < $1 AND under_way IS NULL
                        AND NOT EXISTS (SELECT FROM bulk_act_subjects WHERE act_id = a.id)
                    LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::AuditEvents => {
            sqlx::query!(
                r#"
                DELETE FROM audit_events_default WHERE id IN (
                    SELECT id FROM audit_events_default WHERE created_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                "#,
                before,
                BATCH,
            )
            .execute(db)
            .await?
        }
        Kind::MinuteRollups => return delete_rollups(db, Slot::Minute, before).await,
        Kind::HourRollups => return delete_rollups(db, Slot::Hour, before).await,
        Kind::DayRollups => return delete_rollups(db, Slot::Day, before).await,
    };
    Ok(done.rows_affected())
}

/// Whether any event that is in no month is older than `before`. One statement.
pub async fn any_stray(db: &mut PgConnection, before: DateTime<Utc>) -> Result<bool, Error> {
    let any = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM audit_events_default WHERE created_at < $1) AS "any!""#,
        before,
    );
    Ok(any.fetch_one(db).await?)
}

/// The rollups of a slot, and the sketches, of which there are few. Two statements.
async fn delete_rollups(
    db: &mut PgConnection,
    slot: Slot,
    before: DateTime<Utc>,
) -> Result<u64, Error> {
    let done = sqlx::query!(
        r#"
        DELETE FROM rollups WHERE (slot, begins_at, kind, reason, client_id) IN (
            SELECT slot, begins_at, kind, reason, client_id FROM rollups
            WHERE slot = $3 AND begins_at < $1 ORDER BY begins_at LIMIT $2 FOR UPDATE SKIP LOCKED
        )
        "#,
        before,
        BATCH,
        slot.as_str(),
    )
    .execute(&mut *db)
    .await?;
    let sketches = sqlx::query!(
        "DELETE FROM active_sketches WHERE slot = $2 AND begins_at < $1",
        before,
        slot.as_str(),
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() + sketches.rows_affected())
}
