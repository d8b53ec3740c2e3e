//! Table `users`: the list, which goes by names and e-mails.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::User;
use crate::{
    db::{
        Error,
        cursor::{self, Page},
    },
    ids::UserId,
};

/// The highest code point: a text followed by it sorts after everything that begins with the text.
const LAST: char = '\u{10FFFF}';

/// Which users a list shows.
#[derive(Debug, Default)]
pub struct Filter {
    /// How the name or the e-mail begins; empty for all.
    pub prefix: String,
    /// Only those disabled now, or only those not.
    pub disabled: Option<bool>,
    /// Where the page begins; none for the first page.
    pub after: Option<Place>,
}

/// A user's place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name or e-mail by which the user is in the list.
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

/// Users by name, those found by their e-mail among them. One statement; `limit` rows and one
/// more, by which the page knows that it is not the last.
///
/// Each branch is one walk along one index: names, e-mails, and both again for the few that are
/// disabled. With an OR between them, Postgres takes to walking through all names once it plans
/// for any arguments. Whoever is found by name is not found again by e-mail.
pub async fn list(
    db: &mut PgConnection,
    filter: &Filter,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Page<User>, Error> {
    let (after, after_id) = match &filter.after {
        Some(place) => (place.key.as_str(), place.id),
        None => ("", UserId(Uuid::nil())),
    };
    let found = sqlx::query!(
        r#"
        SELECT u.id AS "id: UserId", u.username, u.email, u.roles, u.created_at,
               (SELECT max(last_used_at) FROM refresh_tokens WHERE user_id = u.id) AS last_used_at,
               u.disabled_at, u.disabled_until, u.disabled_reason,
               disabled_now(u.disabled_at, u.disabled_until, $6) AS "disabled!", found.key AS "key!"
        FROM (
            (SELECT id, username AS key FROM users
             WHERE $5::boolean IS NOT TRUE AND username >= $1 AND username < $2 AND (username, id) > ($3, $4)
                 AND ($5 IS NULL OR NOT disabled_now(disabled_at, disabled_until, $6))
             ORDER BY username, id LIMIT $7)
            UNION ALL
            (SELECT id, email FROM users
             WHERE $5 IS NOT TRUE AND $1 <> '' AND email >= $1 AND email < $2 AND (email, id) > ($3, $4)
                 AND NOT (username >= $1 AND username < $2)
                 AND ($5 IS NULL OR NOT disabled_now(disabled_at, disabled_until, $6))
             ORDER BY email, id LIMIT $7)
            UNION ALL
            (SELECT id, username FROM users
             WHERE $5 IS TRUE AND disabled_at IS NOT NULL
                 AND username >= $1 AND username < $2 AND (username, id) > ($3, $4)
                 AND disabled_now(disabled_at, disabled_until, $6)
             ORDER BY username, id LIMIT $7)
            UNION ALL
            (SELECT id, email FROM users
             WHERE $5 IS TRUE AND disabled_at IS NOT NULL
                 AND $1 <> '' AND email >= $1 AND email < $2 AND (email, id) > ($3, $4)
                 AND NOT (username >= $1 AND username < $2)
                 AND disabled_now(disabled_at, disabled_until, $6)
             ORDER BY email, id LIMIT $7)
        ) AS found
        JOIN users u USING (id)
        ORDER BY found.key, u.id
        LIMIT $7
        "#,
        filter.prefix,
        format!("{}{LAST}", filter.prefix),
        after,
        after_id.0,
        filter.disabled,
        now,
        limit + 1,
    )
    .fetch_all(db)
    .await?;
    let users = found.into_iter().map(|row| {
        let user = User {
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
        };
        (row.key, user)
    });
    let page = Page::cut(users.collect(), limit, |(key, user)| {
        format!("{} {key}", user.id)
    });
    Ok(page.map(|(_, user)| user))
}
