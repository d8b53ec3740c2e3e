//! An act, so many rows at a time: each statement is a set, locked in the order of the ids, and passes over what no
//! longer is as it was found.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{BulkAct, Kind};
use crate::{
    db::{Error, change::Change, cut_offs::CutOff, expect_one},
    ids::UserId,
};

/// Something that an act has changed, and whose it is.
struct Touched {
    id: Uuid,
    user_id: UserId,
}

/// What is next, in the order of the ids. One statement.
pub async fn next(db: &mut PgConnection, act: &BulkAct, limit: i64) -> Result<Vec<Uuid>, Error> {
    let ids = sqlx::query_scalar!(
        r#"
        SELECT subject_id FROM bulk_act_subjects
        WHERE act_id = $1 AND subject_id > $2
        ORDER BY subject_id
        LIMIT $3
        "#,
        act.id,
        act.reached,
        limit,
    );
    Ok(ids.fetch_all(db).await?)
}

/// Has the change wait no longer than that for a row: it would hold all the others meanwhile, and whoever has that one
/// may wait for one of them. Given up before Postgres looks for such a circle and ends either. One statement.
async fn be_brief(change: &mut Change<'_>) -> Result<(), Error> {
    sqlx::query!("SET LOCAL lock_timeout = '500ms'")
        .execute(change.db())
        .await?;
    Ok(())
}

/// Disables those of these that still would change, as the act says; each with its user. Two statements.
pub async fn disable(
    change: &mut Change<'_>,
    act: &BulkAct,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, UserId)>, Error> {
    be_brief(change).await?;
    let (now, actor) = (change.now(), change.actor());
    let (by, kind, staff) = (
        actor.user.map(|user| user.0),
        actor.kind.as_str(),
        actor.kind.reaches_staff(),
    );
    let db = change.db();
    let touched = match act.kind() {
        Kind::Devices => {
            sqlx::query_as!(
                Touched,
                r#"
                WITH locked AS (
                    SELECT d.id
                    FROM devices d
                    JOIN users u ON u.id = d.user_id
                    WHERE d.id = ANY($2) AND NOT disabled_now(d.disabled_at, d.disabled_until, $1)
                        AND ($3 OR u.roles = '{}')
                        AND ($4::timestamptz IS NULL OR d.last_used_at < $4
                            AND NOT EXISTS (SELECT FROM refresh_tokens g
                                            WHERE g.device_id = d.id AND g.last_used_at >= $4))
                    ORDER BY d.id
                    FOR NO KEY UPDATE OF d
                )
                UPDATE devices d
                SET disabled_at = $1, disabled_until = $5, disabled_reason = $6, disabled_by = $7, disabled_by_kind = $8
                FROM locked
                WHERE d.id = locked.id
                RETURNING d.id, d.user_id AS "user_id: UserId"
                "#,
                now,
                ids,
                staff,
                act.unused_since,
                act.disabled_until,
                act.reason,
                by,
                kind,
            )
            .fetch_all(db)
            .await?
        }
        Kind::Tokens => {
            sqlx::query_as!(
                Touched,
                r#"
                WITH locked AS (
                    SELECT g.id
                    FROM refresh_tokens g
                    JOIN users u ON u.id = g.user_id
                    WHERE g.id = ANY($2) AND NOT disabled_now(g.disabled_at, g.disabled_until, $1)
                        AND g.ended_at IS NULL AND ($3 OR u.roles = '{}')
                        AND ($4::timestamptz IS NULL OR g.last_used_at < $4)
                    ORDER BY g.id
                    FOR NO KEY UPDATE OF g
                )
                UPDATE refresh_tokens g
                SET disabled_at = $1, disabled_until = $5, disabled_reason = $6, disabled_by = $7, disabled_by_kind = $8
                FROM locked
                WHERE g.id = locked.id
                RETURNING g.id, g.user_id AS "user_id: UserId"
                "#,
                now,
                ids,
                staff,
                act.unused_since,
                act.disabled_until,
                act.reason,
                by,
                kind,
            )
            .fetch_all(db)
            .await?
        }
    };
    let until = act.disabled_until;
    Ok(tell(change, touched, |id| CutOff::Suspended(id, until)))
}

/// Enables those of these that are disabled as the act left them; each with its user. Two statements.
pub async fn enable(
    change: &mut Change<'_>,
    act: &BulkAct,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, UserId)>, Error> {
    be_brief(change).await?;
    let (now, staff) = (change.now(), change.actor().kind.reaches_staff());
    let by = act.made_by.map(|user| user.0);
    let db = change.db();
    let touched = match act.kind() {
        Kind::Devices => {
            sqlx::query_as!(
                Touched,
                r#"
                WITH locked AS (
                    SELECT d.id
                    FROM bulk_act_subjects s
                    JOIN devices d ON d.id = s.subject_id
                    JOIN users u ON u.id = d.user_id
                    WHERE s.act_id = $1 AND s.subject_id = ANY($2) AND d.disabled_at = s.disabled_at
                        AND d.disabled_by IS NOT DISTINCT FROM $4 AND d.disabled_by_kind = $5
                        AND disabled_now(d.disabled_at, d.disabled_until, $3) AND ($6 OR u.roles = '{}')
                    ORDER BY d.id
                    FOR NO KEY UPDATE OF d
                )
                UPDATE devices d
                SET disabled_at = NULL, disabled_until = NULL, disabled_reason = NULL,
                    disabled_by = NULL, disabled_by_kind = NULL
                FROM locked
                WHERE d.id = locked.id
                RETURNING d.id, d.user_id AS "user_id: UserId"
                "#,
                act.id,
                ids,
                now,
                by,
                act.made_by_kind,
                staff,
            )
            .fetch_all(db)
            .await?
        }
        Kind::Tokens => {
            sqlx::query_as!(
                Touched,
                r#"
                WITH locked AS (
                    SELECT g.id
                    FROM bulk_act_subjects s
                    JOIN refresh_tokens g ON g.id = s.subject_id
                    JOIN users u ON u.id = g.user_id
                    WHERE s.act_id = $1 AND s.subject_id = ANY($2) AND g.disabled_at = s.disabled_at
                        AND g.disabled_by IS NOT DISTINCT FROM $4 AND g.disabled_by_kind = $5
                        AND disabled_now(g.disabled_at, g.disabled_until, $3) AND g.ended_at IS NULL
                        AND ($6 OR u.roles = '{}')
                    ORDER BY g.id
                    FOR NO KEY UPDATE OF g
                )
                UPDATE refresh_tokens g
                SET disabled_at = NULL, disabled_until = NULL, disabled_reason = NULL,
                    disabled_by = NULL, disabled_by_kind = NULL
                FROM locked
                WHERE g.id = locked.id
                RETURNING g.id, g.user_id AS "user_id: UserId"
                "#,
                act.id,
                ids,
                now,
                by,
                act.made_by_kind,
                staff,
            )
            .fetch_all(db)
            .await?
        }
    };
    Ok(tell(change, touched, CutOff::Resumed))
}

fn tell(
    change: &mut Change<'_>,
    touched: Vec<Touched>,
    cut_off: impl Fn(Uuid) -> CutOff,
) -> Vec<(Uuid, UserId)> {
    for it in &touched {
        change.cuts_off(cut_off(it.id));
    }
    touched.into_iter().map(|it| (it.id, it.user_id)).collect()
}

/// Writes down what the act has disabled in this change. One statement.
pub async fn note_disabled(
    change: &mut Change<'_>,
    act: &BulkAct,
    touched: &[(Uuid, UserId)],
) -> Result<(), Error> {
    let ids: Vec<Uuid> = touched.iter().map(|(id, _)| *id).collect();
    let now = change.now();
    sqlx::query!(
        "UPDATE bulk_act_subjects SET disabled_at = $3 WHERE act_id = $1 AND subject_id = ANY($2)",
        act.id,
        &ids,
        now,
    )
    .execute(change.db())
    .await?;
    Ok(())
}

/// How far the act has come, and with how many more. One statement.
pub async fn set_reached(
    change: &mut Change<'_>,
    act: &BulkAct,
    reached: Uuid,
    touched: usize,
) -> Result<(), Error> {
    let touched = i64::try_from(touched).unwrap_or(i64::MAX);
    let done = sqlx::query!(
        r#"
        UPDATE bulk_acts
        SET reached = $2,
            disabled = disabled + CASE under_way WHEN 'disable' THEN $3::bigint ELSE 0 END,
            enabled = enabled + CASE under_way WHEN 'enable' THEN $3 ELSE 0 END
        WHERE id = $1
        "#,
        act.id,
        reached,
        touched,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}
