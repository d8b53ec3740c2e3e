//! Table `refusals`: the list of what anybody was refused.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Refusal;
use crate::{
    db::{
        Error,
        audit_events::ids_between,
        cursor::{self, At, Page},
    },
    ids::UserId,
};

/// Which refusals a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those for this reason.
    pub reason: Option<String>,
    /// Not before.
    pub since: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
    /// Which page.
    pub at: At<Uuid>,
}

/// Each branch is one walk along one index, and only one is taken: of all, or of those for the reason. Ids sort by
/// time, so that times bound the walk as well. The count is asked for row by row; joined, Postgres may read all counts.
macro_rules! refusals {
    ($bounds:tt, $way:tt, $filter:expr, $low:expr, $high:expr, $limit:expr) => {
        sqlx::query_as!(
            Refusal,
            r#"
        SELECT r.id AS "id!", r.created_at AS "created_at!", r.reason AS "reason!", r.user_id AS "user_id: UserId",
               r.device_id, r.grant_id, r.address, r.user_agent, r.request_id AS "request_id!",
               (SELECT c.refused FROM refusal_counts c WHERE c.subject_id = r.subject_id AND c.reason = r.reason)
                   AS "refused!"
        FROM (
            (SELECT * FROM refusals
             WHERE $1::text IS NULL AND "# + $bounds + r#"
                 AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
             ORDER BY id "# + $way + r#" LIMIT $6)
            UNION ALL
            (SELECT * FROM refusals
             WHERE (reason, id) >= ($1, $2) AND (reason, id) <= ($1, $3)
                 AND ($4 IS NULL OR created_at >= $4) AND ($5 IS NULL OR created_at < $5)
             ORDER BY reason "# + $way + ", id " + $way + r#" LIMIT $6)
        ) AS r
        ORDER BY r.id "# + $way,
            $filter.reason,
            $low,
            $high,
            $filter.since,
            $filter.until,
            $limit + 1,
        )
    };
}

/// What anybody was refused, newest first, a page of `limit`. One statement, which reads one row more and so knows
/// whether there are more.
pub async fn list(
    db: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Page<Refusal>, Error> {
    let ascending = filter.at.is_backward();
    let whole = ids_between(filter.since, filter.until);
    let from = filter.at.place().copied();
    let (low, high) = cursor::bounds(whole, from, ascending, cursor::next_id);
    let refusals = if ascending {
        refusals!(
            "id >= $2 AND (id, id) <= ($3, $3)",
            "",
            filter,
            low,
            high,
            limit
        )
        .fetch_all(db)
        .await?
    } else {
        refusals!(
            "(id, id) >= ($2, $2) AND id <= $3",
            "DESC",
            filter,
            low,
            high,
            limit
        )
        .fetch_all(db)
        .await?
    };
    Ok(Page::cut_at(&filter.at, refusals, limit, |refusal| {
        refusal.id.to_string()
    }))
}
