//! Table `bulk_act_lanes`: the two parts of an act, each from one id to another, with how far what is under way has come
//! in it. Whoever holds the row of a lane goes through it; whoever changes what is under way holds both.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{BulkAct, Verb};
use crate::db::{Error, change::Change, expect_one};

/// The lanes of every act.
pub const LANES: [i16; 2] = [0, 1];

/// A part of what an act is about.
#[derive(Debug)]
pub struct Lane {
    act: Uuid,
    number: i16,
    reached: Uuid,
    last: Uuid,
}

impl Lane {
    /// Whether nothing is left in it.
    pub fn is_through(&self) -> bool {
        self.reached == self.last
    }

    /// What is next in it, in the order of the ids. One statement.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn next(&self, db: &mut PgConnection, limit: i64) -> Result<Vec<Uuid>, Error> {
        let ids = sqlx::query_scalar!(
            r#"
            SELECT subject_id FROM bulk_act_subjects
            WHERE act_id = $1 AND subject_id > $2 AND subject_id <= $3
            ORDER BY subject_id
            LIMIT $4
            "#,
            self.act,
            self.reached,
            self.last,
            limit,
        );
        Ok(ids.fetch_all(db).await?)
    }

    /// How far an act has come in it, with how many more: to this one, or to the end. One statement.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set_reached(
        &self,
        change: &mut Change<'_>,
        act: &BulkAct,
        reached: Option<Uuid>,
        touched: usize,
    ) -> Result<(), Error> {
        let touched = i64::try_from(touched).unwrap_or(i64::MAX);
        let (disabled, enabled) = match act.doing() {
            Some(Verb::Enable) => (0, touched),
            _ => (touched, 0),
        };
        let done = sqlx::query!(
            r#"
            UPDATE bulk_act_lanes
            SET reached = $3, disabled = disabled + $4, enabled = enabled + $5
            WHERE act_id = $1 AND lane = $2
            "#,
            self.act,
            self.number,
            reached.unwrap_or(self.last),
            disabled,
            enabled,
        )
        .execute(change.db())
        .await?;
        expect_one(done.rows_affected())
    }
}

/// Makes the lanes of an act, of which the first ends after so many of what the act is about. One statement.
pub async fn make(change: &mut Change<'_>, act: Uuid, first: i64) -> Result<(), Error> {
    let done = sqlx::query!(
        r#"
        WITH bound AS (
            SELECT COALESCE(
                (SELECT subject_id FROM bulk_act_subjects WHERE act_id = $1 ORDER BY subject_id OFFSET $2 LIMIT 1), $4
            ) AS id
        )
        INSERT INTO bulk_act_lanes (act_id, lane, after, reached, last)
        SELECT $1, 0, $3, $3, id FROM bound
        UNION ALL
        SELECT $1, 1, id, id, $4 FROM bound
        "#,
        act,
        first,
        Uuid::nil(),
        Uuid::max(),
    );
    let made = done.execute(change.db()).await?.rows_affected();
    if made == LANES.len() as u64 {
        Ok(())
    } else {
        Err(Error::RowCount(made))
    }
}

/// Locks a lane until the change ends; not if somebody else has it and one is not to wait for that. One statement.
pub async fn lock_lane(
    change: &mut Change<'_>,
    (act, lane): (Uuid, i16),
    waits: bool,
) -> Result<Option<Lane>, Error> {
    macro_rules! lock {
        ($unless:tt) => {
            sqlx::query_as!(
                Lane,
                r#"
                SELECT act_id AS act, lane AS number, reached, last FROM bulk_act_lanes
                WHERE act_id = $1 AND lane = $2
                FOR UPDATE"#
                    + $unless,
                act,
                lane,
            )
            .fetch_optional(change.db())
            .await?
        };
    }
    Ok(if waits {
        lock!("")
    } else {
        lock!(" SKIP LOCKED")
    })
}

/// Locks an act until the change ends, its lanes first: whoever is at one of them may come to the act. Two statements.
pub async fn lock(change: &mut Change<'_>, act: Uuid) -> Result<(), Error> {
    sqlx::query_scalar!(
        "SELECT lane FROM bulk_act_lanes WHERE act_id = $1 ORDER BY lane FOR UPDATE",
        act
    )
    .fetch_all(change.db())
    .await?;
    sqlx::query_scalar!("SELECT id FROM bulk_acts WHERE id = $1 FOR UPDATE", act)
        .fetch_optional(change.db())
        .await?;
    Ok(())
}

/// Whether all lanes of an act have been gone through. One statement.
pub async fn are_through(db: &mut PgConnection, act: Uuid) -> Result<bool, Error> {
    let through = sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM bulk_act_lanes WHERE act_id = $1 AND reached <> last) AS "through!""#,
        act
    );
    Ok(through.fetch_one(db).await?)
}

/// All is to be gone through once more. One statement.
pub(super) async fn start_over(change: &mut Change<'_>, act: Uuid) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE bulk_act_lanes SET reached = after WHERE act_id = $1",
        act
    )
    .execute(change.db())
    .await?;
    Ok(())
}
