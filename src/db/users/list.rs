//! Table `users`: the list, which goes by names and e-mails, or by age.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::User;
use crate::{
    db::{
        Error,
        cursor::{self, At, LAST, Page},
    },
    ids::UserId,
};

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// By name, those found by their e-mail among them.
    #[default]
    Name,
    /// By age. Whoever is looked for by the beginning of a name stands among names.
    Created,
}

/// Which users a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// How the name or the e-mail begins; empty for all.
    pub prefix: String,
    /// Only those disabled now, or only those not.
    pub disabled: Option<bool>,
    /// Only those with this role.
    pub role: Option<String>,
    /// In which order; by name wherever there is a prefix.
    pub order: Order,
    /// The other way round.
    pub descending: bool,
    /// Which page.
    pub at: At<Place>,
}

/// A user's place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name or e-mail by which the user is in the list; empty in one by age.
    pub key: String,
    /// The user.
    pub id: UserId,
}

impl Place {
    /// What a client hands back of a place; `None` if it is not one of ours.
    pub fn parse(cursor: &str) -> Option<Self> {
        let text = cursor::text(cursor)?;
        let (id, key) = text.split_once(' ')?;
        Some(Self {
            key: key.to_owned(),
            id: id.parse().ok()?,
        })
    }
}

/// A user with the place in the list.
struct Found {
    key: String,
    id: UserId,
    username: String,
    email: Option<String>,
    roles: Vec<String>,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    disabled_at: Option<DateTime<Utc>>,
    disabled_until: Option<DateTime<Utc>>,
    disabled_reason: Option<String>,
    disabled: bool,
}

impl From<Found> for User {
    fn from(row: Found) -> Self {
        Self {
            id: row.id,
            username: row.username,
            email: row.email,
            roles: row.roles,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            disabled_at: row.disabled_at,
            disabled_until: row.disabled_until,
            disabled_reason: row.disabled_reason,
            disabled: row.disabled,
        }
    }
}

/// Each branch is one walk along one index: names, e-mails, both again for the few that are disabled and
/// for the few that have a role. With an OR between them, Postgres takes to walking through all names once
/// it plans for any arguments. Whoever is found by name is not found again by e-mail. That somebody is disabled
/// stands there once, in `disabled_now`: said twice, Postgres expects hardly any, and reads and sorts them all.
macro_rules! by_name {
    ($way:tt, $filter:expr, $beyond:expr, $low:expr, $high:expr, $now:expr, $limit:expr) => {
        sqlx::query_as!(
            Found,
            r#"
        SELECT u.id AS "id: UserId", u.username, u.email, u.roles, u.created_at,
               (SELECT max(last_used_at) FROM refresh_tokens WHERE user_id = u.id) AS last_used_at,
               u.disabled_at, u.disabled_until, u.disabled_reason,
               disabled_now(u.disabled_at, u.disabled_until, $8) AS "disabled!", found.key AS "key!"
        FROM (
            (SELECT id, username AS key FROM users
             WHERE $7::boolean IS NOT TRUE AND $10::text IS NULL
                 AND (username, id) >= ($3, $4) AND (username, id) <= ($5, $6)
                 AND ($7 IS NULL OR NOT disabled_now(disabled_at, disabled_until, $8))
             ORDER BY username "# + $way + ", id " + $way + r#" LIMIT $9)
            UNION ALL
            (SELECT id, email FROM users
             WHERE $7 IS NOT TRUE AND $10 IS NULL AND email IS NOT NULL AND $1 <> ''
                 AND (email, id) >= ($3, $4) AND (email, id) <= ($5, $6)
                 AND NOT (username >= $1 AND username < $2)
                 AND ($7 IS NULL OR NOT disabled_now(disabled_at, disabled_until, $8))
             ORDER BY email "# + $way + ", id " + $way + r#" LIMIT $9)
            UNION ALL
            (SELECT id, username FROM users
             WHERE $7 IS TRUE AND $10 IS NULL
                 AND (username, id) >= ($3, $4) AND (username, id) <= ($5, $6)
                 AND disabled_now(disabled_at, disabled_until, $8)
             ORDER BY username "# + $way + ", id " + $way + r#" LIMIT $9)
            UNION ALL
            (SELECT id, email FROM users
             WHERE $7 IS TRUE AND $10 IS NULL AND email IS NOT NULL AND $1 <> ''
                 AND (email, id) >= ($3, $4) AND (email, id) <= ($5, $6)
                 AND NOT (username >= $1 AND username < $2)
                 AND disabled_now(disabled_at, disabled_until, $8)
             ORDER BY email "# + $way + ", id " + $way + r#" LIMIT $9)
            UNION ALL
            (SELECT id, username FROM users
             WHERE $10 IS NOT NULL AND roles <> '{}' AND roles @> ARRAY[$10]
                 AND (username, id) >= ($3, $4) AND (username, id) <= ($5, $6)
                 AND ($7 IS NULL OR disabled_now(disabled_at, disabled_until, $8) = $7)
             ORDER BY username "# + $way + ", id " + $way + r#" LIMIT $9)
            UNION ALL
            (SELECT id, email FROM users
             WHERE $10 IS NOT NULL AND roles <> '{}' AND email IS NOT NULL AND roles @> ARRAY[$10] AND $1 <> ''
                 AND (email, id) >= ($3, $4) AND (email, id) <= ($5, $6)
                 AND NOT (username >= $1 AND username < $2)
                 AND ($7 IS NULL OR disabled_now(disabled_at, disabled_until, $8) = $7)
             ORDER BY email "# + $way + ", id " + $way + r#" LIMIT $9)
        ) AS found
        JOIN users u USING (id)
        ORDER BY found.key "# + $way + ", u.id " + $way + r#"
        LIMIT $9
        "#,
            $filter.prefix,
            $beyond,
            $low.0,
            $low.1,
            $high.0,
            $high.1,
            $filter.disabled,
            $now,
            $limit + 1,
            $filter.role,
        )
    };
}

/// Ids sort by age. Here too each branch is one walk along one index, and only one of the three is taken.
macro_rules! by_age {
    ($bound:tt, $way:tt, $filter:expr, $from:expr, $now:expr, $limit:expr) => {
        sqlx::query_as!(
            Found,
            r#"
        SELECT u.id AS "id!: UserId", u.username AS "username!", u.email, u.roles AS "roles!",
               u.created_at AS "created_at!",
               (SELECT max(last_used_at) FROM refresh_tokens WHERE user_id = u.id) AS last_used_at,
               u.disabled_at, u.disabled_until, u.disabled_reason,
               disabled_now(u.disabled_at, u.disabled_until, $3) AS "disabled!", '' AS "key!"
        FROM (
            (SELECT * FROM users
             WHERE $2::boolean IS NOT TRUE AND $5::text IS NULL AND "# + $bound + r#"
                 AND ($2 IS NULL OR NOT disabled_now(disabled_at, disabled_until, $3))
             ORDER BY id "# + $way + r#" LIMIT $4)
            UNION ALL
            (SELECT * FROM users
             WHERE $2 IS TRUE AND $5 IS NULL AND "# + $bound + r#"
                 AND disabled_now(disabled_at, disabled_until, $3)
             ORDER BY id "# + $way + r#" LIMIT $4)
            UNION ALL
            (SELECT * FROM users
             WHERE $5 IS NOT NULL AND roles <> '{}' AND roles @> ARRAY[$5] AND "# + $bound + r#"
                 AND ($2 IS NULL OR disabled_now(disabled_at, disabled_until, $3) = $2)
             ORDER BY id "# + $way + r#" LIMIT $4)
        ) AS u
        ORDER BY u.id "# + $way,
            $from,
            $filter.disabled,
            $now,
            $limit + 1,
            $filter.role,
        )
    };
}

/// Users, a page of `limit`. One statement, which reads one row more and so knows whether there are more.
///
/// They cannot be listed by their last use: it stands in their grants, and no index there may hold what each
/// refresh changes.
pub async fn list(
    db: &mut PgConnection,
    filter: &Filter,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Page<User>, Error> {
    let ascending = filter.descending == filter.at.is_backward();
    let found = if filter.order == Order::Created && filter.prefix.is_empty() {
        let (low, high) = cursor::ids(&filter.at.by(|place| place.id.0), ascending);
        if ascending {
            by_age!("id >= $1", "", filter, low, now, limit)
                .fetch_all(db)
                .await?
        } else {
            by_age!("id <= $1", "DESC", filter, high, now, limit)
                .fetch_all(db)
                .await?
        }
    } else {
        let beyond = format!("{}{LAST}", filter.prefix);
        let whole = (
            (filter.prefix.as_str(), Uuid::nil()),
            (beyond.as_str(), Uuid::nil()),
        );
        let from = filter.at.place().map(|at| (at.key.as_str(), at.id.0));
        let next = |(key, id), ascending| (key, cursor::next_id(id, ascending));
        let (low, high) = cursor::bounds(whole, from, ascending, next);
        if ascending {
            by_name!("", filter, beyond, low, high, now, limit)
                .fetch_all(db)
                .await?
        } else {
            by_name!("DESC", filter, beyond, low, high, now, limit)
                .fetch_all(db)
                .await?
        }
    };
    let page = Page::cut_at(&filter.at, found, limit, |row| {
        format!("{} {}", row.id, row.key)
    });
    Ok(page.map(User::from))
}
