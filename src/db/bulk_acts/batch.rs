//! An act, so many rows at a time: each statement is a set, locked in the order of the ids, and passes over what no
//! longer is as it was found, or as the act left it. The suspension of each stands in the act's own table.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{BulkAct, Kind, Verb};
use crate::{
    db::{Error, audit_events::least_id, change::Change, cut_offs::CutOff},
    ids::UserId,
};

/// Something that an act has changed.
#[derive(Debug)]
pub struct Touched {
    /// What.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: UserId,
    /// When it works again by itself, if it was disabled.
    pub until: Option<DateTime<Utc>>,
}

/// Has the change wait no longer than that for a row: it would hold all the others meanwhile, and whoever has that one
/// may wait for one of them. Given up before Postgres looks for such a circle and ends either. And has its statements
/// planned for whatever ids may come: for the thousands that do, Postgres reads a table of some hundred thousand rows
/// from end to end, and all of the act, for every batch. One statement.
pub async fn be_brief(change: &mut Change<'_>) -> Result<(), Error> {
    sqlx::query!(
        r#"
        SELECT set_config('lock_timeout', '500ms', true) AS wait,
               set_config('plan_cache_mode', 'force_generic_plan', true) AS plan
        "#
    )
    .fetch_one(change.db())
    .await?;
    Ok(())
}

/// Locks those of these (`$2`) of an act (`$1`) that are to change at a time (`$4`), within reach of users with a role
/// or not (`$3`).
macro_rules! lock {
    ([$table:tt, $user:tt], [$($which:tt)+], $change:expr, $($argument:expr),+) => {
        sqlx::query_as!(
            Touched,
            r#"
        SELECT t.id, u.id AS "user_id: UserId", s.disabled_until AS until
        FROM bulk_act_subjects s
        JOIN "# + $table + r#" t ON t.id = s.subject_id
        JOIN users u ON u.id = t."# + $user + r#"
        WHERE s.act_id = $1 AND s.subject_id = ANY($2) AND ($3 OR u.roles = '{}')
            AND "# + $($which)+ + r#"
        ORDER BY t.id
        FOR NO KEY UPDATE OF t
        "#,
            $($argument),+
        )
        .fetch_all($change.db())
        .await?
    };
}

/// What is not disabled, and was not used since (`$5`) if the act is about what nobody uses.
macro_rules! lock_enabled {
    ($of:tt, $unused:tt, $also:tt, $change:expr, $act:expr, $ids:expr) => {{
        let (staff, now) = ($change.actor().kind.reaches_staff(), $change.now());
        lock!(
            $of,
            ["NOT disabled_now(t.disabled_at, t.disabled_until, $4)
                AND ($5::timestamptz IS NULL OR "
                + $unused
                + ")"
                + $also],
            $change,
            $act.id,
            $ids,
            staff,
            now,
            $act.unused_since
        )
    }};
}

/// What is disabled as the act left it, or found it.
macro_rules! lock_disabled {
    ($of:tt, $also:tt, $change:expr, $act:expr, $ids:expr) => {{
        let (staff, now) = ($change.actor().kind.reaches_staff(), $change.now());
        lock!(
            $of,
            [
                "t.disabled_at = s.disabled_at AND t.disabled_by IS NOT DISTINCT FROM s.disabled_by
                AND t.disabled_by_kind = s.disabled_by_kind
                AND disabled_now(t.disabled_at, t.disabled_until, $4)"
                    + $also
            ],
            $change,
            $act.id,
            $ids,
            staff,
            now
        )
    }};
}

/// What the act has enabled and nobody has touched since, if its suspension would not be over by now. That it is
/// enabled says nothing: it may have been disabled and enabled again. The audit log knows, by an index.
macro_rules! lock_enabled_by_it {
    ($of:tt, $also:tt, $change:expr, $act:expr, $ids:expr) => {{
        let (staff, now) = ($change.actor().kind.reaches_staff(), $change.now());
        lock!(
            $of,
            [
                "t.disabled_at IS NULL AND (s.disabled_until IS NULL OR s.disabled_until > $4)
                AND NOT EXISTS (SELECT FROM audit_events e
                                WHERE e.subject_id = t.id AND e.id >= $5 AND e.created_at > s.enabled_at
                                    AND split_part(e.action, '.', 2) IN ('disabled', 'enabled'))
                AND s.enabled_at IS NOT NULL" + $also
            ],
            $change,
            $act.id,
            $ids,
            staff,
            now,
            $act.begun_at.map(least_id)
        )
    }};
}

/// Disables those of these that still would change, as the act says. Three statements.
pub async fn disable(
    change: &mut Change<'_>,
    act: &BulkAct,
    ids: &[Uuid],
) -> Result<Vec<Touched>, Error> {
    let mut touched = match act.kind() {
        Kind::Users => lock_enabled!(
            ["users", "id"],
            "t.created_at < $5
            AND NOT EXISTS (SELECT FROM refresh_tokens g WHERE g.user_id = t.id AND g.last_used_at >= $5)
            AND NOT EXISTS (SELECT FROM devices d WHERE d.user_id = t.id AND d.last_used_at >= $5)
            AND NOT EXISTS (SELECT FROM admin_sessions p WHERE p.user_id = t.id AND p.last_used_at >= $5)",
            "",
            change,
            act,
            ids
        ),
        Kind::Devices => lock_enabled!(
            ["devices", "user_id"],
            "t.last_used_at < $5
            AND NOT EXISTS (SELECT FROM refresh_tokens g WHERE g.device_id = t.id AND g.last_used_at >= $5)",
            "",
            change,
            act,
            ids
        ),
        Kind::Tokens => lock_enabled!(
            ["refresh_tokens", "user_id"],
            "t.last_used_at < $5",
            " AND t.ended_at IS NULL",
            change,
            act,
            ids
        ),
    };
    for it in &mut touched {
        it.until = act.disabled_until;
    }
    let (now, actor) = (change.now(), change.actor());
    let noted = sqlx::query!(
        r#"
        UPDATE bulk_act_subjects
        SET disabled_at = $3, disabled_until = $4, disabled_reason = $5, disabled_by = $6, disabled_by_kind = $7
        WHERE act_id = $1 AND subject_id = ANY($2)
        "#,
        act.id,
        &ids_of(&touched),
        now,
        act.disabled_until,
        act.reason,
        actor.user.map(|user| user.0),
        actor.kind.as_str(),
    );
    expect_all(noted.execute(change.db()).await?.rows_affected(), &touched)?;
    suspend(change, act, touched).await
}

/// Disables again those of these that the act has enabled, until when and by whom and why they were. Three statements.
pub async fn disable_again(
    change: &mut Change<'_>,
    act: &BulkAct,
    ids: &[Uuid],
) -> Result<Vec<Touched>, Error> {
    let touched = match act.kind() {
        Kind::Users => lock_enabled_by_it!(["users", "id"], "", change, act, ids),
        Kind::Devices => lock_enabled_by_it!(["devices", "user_id"], "", change, act, ids),
        Kind::Tokens => lock_enabled_by_it!(
            ["refresh_tokens", "user_id"],
            " AND t.ended_at IS NULL",
            change,
            act,
            ids
        ),
    };
    // From now on: what is older than an access token is no cut-off.
    let now = change.now();
    let noted = sqlx::query!(
        "UPDATE bulk_act_subjects SET disabled_at = $3 WHERE act_id = $1 AND subject_id = ANY($2)",
        act.id,
        &ids_of(&touched),
        now,
    );
    expect_all(noted.execute(change.db()).await?.rows_affected(), &touched)?;
    suspend(change, act, touched).await
}

/// Enables those of these that are disabled as the act left them, or found them. Three statements at the most.
pub async fn enable(
    change: &mut Change<'_>,
    act: &BulkAct,
    ids: &[Uuid],
) -> Result<Vec<Touched>, Error> {
    let mut touched = match act.kind() {
        Kind::Users => lock_disabled!(["users", "id"], "", change, act, ids),
        Kind::Devices => lock_disabled!(["devices", "user_id"], "", change, act, ids),
        Kind::Tokens => lock_disabled!(
            ["refresh_tokens", "user_id"],
            " AND t.ended_at IS NULL",
            change,
            act,
            ids
        ),
    };
    for it in &mut touched {
        it.until = None;
        change.cuts_off(CutOff::Resumed(it.id));
    }
    let enabled = ids_of(&touched);
    if act.verb() == Verb::Enable {
        let now = change.now();
        let noted = sqlx::query!(
            "UPDATE bulk_act_subjects SET enabled_at = $3 WHERE act_id = $1 AND subject_id = ANY($2)",
            act.id,
            &enabled,
            now,
        );
        expect_all(noted.execute(change.db()).await?.rows_affected(), &touched)?;
    }
    macro_rules! resume {
        ($table:tt) => {
            sqlx::query!(
                "UPDATE "
                    + $table
                    + r#"
                SET disabled_at = NULL, disabled_until = NULL, disabled_reason = NULL,
                    disabled_by = NULL, disabled_by_kind = NULL
                WHERE id = ANY($1)
                "#,
                &enabled,
            )
            .execute(change.db())
            .await?
        };
    }
    let done = match act.kind() {
        Kind::Users => resume!("users"),
        Kind::Devices => resume!("devices"),
        Kind::Tokens => resume!("refresh_tokens"),
    };
    expect_all(done.rows_affected(), &touched)?;
    Ok(touched)
}

/// Puts the suspensions of an act's table into the rows. One statement.
async fn suspend(
    change: &mut Change<'_>,
    act: &BulkAct,
    touched: Vec<Touched>,
) -> Result<Vec<Touched>, Error> {
    for it in &touched {
        change.cuts_off(CutOff::Suspended(it.id, it.until));
    }
    let disabled = ids_of(&touched);
    macro_rules! suspend {
        ($table:tt) => {
            sqlx::query!(
                "UPDATE " + $table + r#" t
                SET disabled_at = s.disabled_at, disabled_until = s.disabled_until, disabled_reason = s.disabled_reason,
                    disabled_by = s.disabled_by, disabled_by_kind = s.disabled_by_kind
                FROM bulk_act_subjects s
                WHERE s.act_id = $1 AND s.subject_id = ANY($2) AND t.id = s.subject_id
                "#,
                act.id,
                &disabled,
            )
            .execute(change.db())
            .await?
        };
    }
    let done = match act.kind() {
        Kind::Users => suspend!("users"),
        Kind::Devices => suspend!("devices"),
        Kind::Tokens => suspend!("refresh_tokens"),
    };
    expect_all(done.rows_affected(), &touched)?;
    Ok(touched)
}

fn ids_of(touched: &[Touched]) -> Vec<Uuid> {
    touched.iter().map(|it| it.id).collect()
}

/// What was locked is what is written.
fn expect_all(rows: u64, touched: &[Touched]) -> Result<(), Error> {
    if rows == touched.len() as u64 {
        Ok(())
    } else {
        Err(Error::RowCount(rows))
    }
}
