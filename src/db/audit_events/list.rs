//! Table `audit_events`: the list, by who, to whom, what and when.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{StoredEvent, ids_between};
use crate::db::{
    Error,
    cursor::{self, At, Page},
};

/// Which events a list shows.
///
/// There is none by network: the index has an address's events in their order, and those of a network are in none.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Done by this user.
    pub actor: Option<Uuid>,
    /// Done to this user, device or grant, or to anything of this user.
    pub subject: Option<Uuid>,
    /// Of this kind.
    pub action: Option<String>,
    /// From this address, as it is stored.
    pub address: Option<String>,
    /// Not before.
    pub since: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
    /// Which page.
    pub at: At<Uuid>,
}

/// Each branch is one walk along one index of each month, merged: of all events, or else of the actor's,
/// the subject's, the user's, the address's, the action's; whatever else is asked for is looked at on the way. With an OR
/// between them, or an equality that it takes for common, Postgres would walk through all once it plans
/// for any arguments: hence the pairs. Their ends are inclusive, and no column has two plain bounds: Postgres
/// would expect hardly any rows, and then it reads and sorts all there are instead of merging. Ids sort by
/// time, so that times bound the walk as well; the far end of a pair does not stop it, hence the plain bound
/// there, which keeps it out of the months beyond.
macro_rules! events {
    ($bounds:tt, $far:tt, $way:tt, $filter:expr, $low:expr, $high:expr, $limit:expr) => {
        sqlx::query_as!(
            StoredEvent,
            r#"
        SELECT e.id AS "id!", e.created_at AS "created_at!", e.action AS "action!", e.actor_kind AS "actor_kind!",
               e.actor_id, a.username AS "actor_username?", e.subject_kind AS "subject_kind!", e.subject_id, e.user_id,
               u.username AS "username?", e.reason, e.details AS "details!", e.address, e.user_agent,
               e.request_id AS "request_id!"
        FROM (
            (SELECT * FROM audit_events
             WHERE "# + $bounds + r#" AND $1::uuid IS NULL AND $2::uuid IS NULL AND $3::text IS NULL AND $9::text IS NULL
                 AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
             ORDER BY id "# + $way + r#" LIMIT $8)
            UNION ALL
            (SELECT * FROM audit_events
             WHERE (actor_id, id) >= ($1, $6) AND (actor_id, id) <= ($1, $7) AND "# + $far + r#"
                 AND ($2 IS NULL OR subject_id = $2 OR user_id = $2) AND ($3 IS NULL OR action = $3)
                 AND ($9 IS NULL OR address = $9)
                 AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
             ORDER BY actor_id "# + $way + ", id " + $way + r#" LIMIT $8)
            UNION ALL
            (SELECT * FROM audit_events
             WHERE (subject_id, id) >= ($2, $6) AND (subject_id, id) <= ($2, $7) AND "# + $far + r#"
                 AND $1 IS NULL AND ($3 IS NULL OR action = $3) AND ($9 IS NULL OR address = $9)
                 AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
             ORDER BY subject_id "# + $way + ", id " + $way + r#" LIMIT $8)
            UNION ALL
            (SELECT * FROM audit_events
             WHERE (user_id, id) >= ($2, $6) AND (user_id, id) <= ($2, $7) AND "# + $far + r#"
                 AND $1 IS NULL AND subject_id IS DISTINCT FROM $2 AND ($3 IS NULL OR action = $3)
                 AND ($9 IS NULL OR address = $9)
                 AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
             ORDER BY user_id "# + $way + ", id " + $way + r#" LIMIT $8)
            UNION ALL
            (SELECT * FROM audit_events
             WHERE (address, id) >= ($9, $6) AND (address, id) <= ($9, $7) AND "# + $far + r#"
                 AND $1 IS NULL AND $2 IS NULL AND ($3 IS NULL OR action = $3)
                 AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
             ORDER BY address "# + $way + ", id " + $way + r#" LIMIT $8)
            UNION ALL
            (SELECT * FROM audit_events
             WHERE (action, id) >= ($3, $6) AND (action, id) <= ($3, $7) AND "# + $far + r#"
                 AND $1 IS NULL AND $2 IS NULL AND $9 IS NULL
                 AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)
             ORDER BY action "# + $way + ", id " + $way + r#" LIMIT $8)
        ) AS e
        LEFT JOIN users a ON a.id = e.actor_id
        LEFT JOIN users u ON u.id = e.user_id
        ORDER BY e.id "# + $way + r#"
        LIMIT $8
        "#,
            $filter.actor,
            $filter.subject,
            $filter.action,
            $filter.since,
            $filter.until,
            $low,
            $high,
            $limit + 1,
            $filter.address,
        )
    };
}

/// Events, newest first, a page of `limit`. One statement, which reads one row more and so knows whether there
/// are more.
pub async fn list(
    db: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Page<StoredEvent>, Error> {
    let ascending = filter.at.is_backward();
    let whole = ids_between(filter.since, filter.until);
    let from = filter.at.place().copied();
    let (low, high) = cursor::bounds(whole, from, ascending, cursor::next_id);
    let events = if ascending {
        events!(
            "id >= $6 AND (id, id) <= ($7, $7)",
            "id <= $7",
            "",
            filter,
            low,
            high,
            limit
        )
        .fetch_all(db)
        .await?
    } else {
        events!(
            "(id, id) >= ($6, $6) AND id <= $7",
            "id >= $6",
            "DESC",
            filter,
            low,
            high,
            limit
        )
        .fetch_all(db)
        .await?
    };
    Ok(Page::cut_at(&filter.at, events, limit, |event| {
        event.id.to_string()
    }))
}
