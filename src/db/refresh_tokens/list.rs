//! Table `refresh_tokens`: the list of everybody's.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Grant;
use crate::{
    db::{
        Error,
        cursor::{self, At, Page},
    },
    ids::{ClientId, DeviceId, GrantId, UserId},
};

/// How a grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It can be refreshed, for all that is in its row.
    Live,
    /// Disabled now, ended or not.
    Disabled,
    /// Ended for good.
    Ended,
    /// Neither ended nor used in time.
    Expired,
}

/// Which grants a list shows.
///
/// Of one client only those of all states, or those disabled: one more index for each state would be written at
/// each sign-in, and the one on `expires_on` also on the first refresh of each day.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In which state; all if none is named.
    pub state: Option<State>,
    /// Only those given to this client; goes with no state but [`State::Disabled`].
    pub client: Option<ClientId>,
    /// Which page.
    pub at: At<Place>,
}

/// A grant's place in a list: on which day it expires, and which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(NaiveDate, GrantId);

impl Place {
    /// What a client hands back of a place; `None` if it is not one of ours.
    pub fn parse(cursor: &str) -> Option<Self> {
        let key = cursor::text(cursor)?;
        let (day, id) = key.split_once(' ')?;
        let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
        // Postgres' calendar is shorter than chrono's, and a day out of it fails the statement.
        (EARLIEST..=LATEST)
            .contains(&day)
            .then_some(Self(day, id.parse().ok()?))
    }
}

const EARLIEST: NaiveDate = day(1970, 1, 1);
const LATEST: NaiveDate = day(9999, 12, 31);

/// A day that there is.
const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => NaiveDate::MAX,
    }
}

/// By sign-in: ids sort by it. Each branch is one walk along one index, and only one is taken: all, those of a client,
/// those disabled, who are few, those ended. The index of clients is one of an expression, lest a rotation, which knows
/// grant and client, takes it for the primary key; and that of the ended goes by the reason, which each has, lest
/// Postgres takes the one by the time, which purging has, and sorts all.
macro_rules! by_age {
    ($bound:tt, $way:tt, $state:expr, $client:expr, $low:expr, $high:expr, $now:expr, $limit:expr) => {
        sqlx::query_as!(
            Grant,
            r#"
        SELECT g.id AS "id!: GrantId", g.user_id AS "user_id!: UserId", g.device_id AS "device_id!: DeviceId",
               g.client_id AS "client_id!: ClientId", g.created_at AS "created_at!", g.last_used_at AS "last_used_at!",
               g.expires_at AS "expires_at!", g.generation AS "generation!", g.ended_at, g.ended_reason,
               g.disabled_at, g.disabled_until, g.disabled_reason, g.disabled_by_kind,
               disabled_now(g.disabled_at, g.disabled_until, $6) AS "disabled!", g.key_thumbprint IS NOT NULL AS "bound!"
        FROM (
            (SELECT * FROM refresh_tokens
             WHERE $1::text IS NULL AND $2::text IS NULL AND "# + $bound + r#"
             ORDER BY id "# + $way + r#" LIMIT $5)
            UNION ALL
            (SELECT * FROM refresh_tokens
             WHERE $1 IS NULL AND (client_id || '', id) >= ($2, $3) AND (client_id || '', id) <= ($2, $4)
             ORDER BY client_id || '' "# + $way + ", id " + $way + r#" LIMIT $5)
            UNION ALL
            (SELECT * FROM refresh_tokens
             WHERE $1 = 'disabled' AND "# + $bound + r#"
                 AND disabled_now(disabled_at, disabled_until, $6) AND ($2 IS NULL OR client_id = $2)
             ORDER BY id "# + $way + r#" LIMIT $5)
            UNION ALL
            (SELECT * FROM refresh_tokens
             WHERE $1 = 'ended' AND ended_reason IS NOT NULL AND "# + $bound + r#"
             ORDER BY id "# + $way + r#" LIMIT $5)
        ) AS g
        ORDER BY g.id "# + $way,
            $state,
            $client,
            $low,
            $high,
            $limit + 1,
            $now,
        )
    };
}

/// By the day on which they expire, which an index may hold: it changes once a day. Of that of `now`, those are
/// passed over that are on the other side of it.
macro_rules! by_end {
    ($way:tt, $live:expr, $low:expr, $high:expr, $now:expr, $limit:expr) => {
        sqlx::query_as!(
            Grant,
            r#"
        SELECT id AS "id: GrantId", user_id AS "user_id: UserId", device_id AS "device_id: DeviceId",
               client_id AS "client_id: ClientId", created_at, last_used_at, expires_at, generation, ended_at,
               ended_reason, disabled_at, disabled_until, disabled_reason, disabled_by_kind,
               disabled_now(disabled_at, disabled_until, $6) AS "disabled!", key_thumbprint IS NOT NULL AS "bound!"
        FROM refresh_tokens
        WHERE ended_at IS NULL AND (expires_on, id) >= ($1, $2) AND (expires_on, id) <= ($3, $4)
            AND (expires_at > $6) = $7 AND NOT ($7 AND disabled_now(disabled_at, disabled_until, $6))
        ORDER BY expires_on "# + $way + ", id " + $way + r#"
        LIMIT $5
        "#,
            $low.0,
            $low.1,
            $high.0,
            $high.1,
            $limit + 1,
            $now,
            $live,
        )
    };
}

/// Grants of all users, a page of `limit`: the latest sign-in first, or where they are live or expired the latest day
/// of expiry. One statement, which reads one row more and so knows whether there are more.
pub async fn list(
    db: &mut PgConnection,
    filter: &Filter,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Page<Grant>, Error> {
    let ascending = filter.at.is_backward();
    let today = now.date_naive();
    let state = match filter.state {
        None => None,
        Some(State::Disabled) => Some("disabled"),
        Some(State::Ended) => Some("ended"),
        Some(State::Live) => return by_end(db, filter, (today, LATEST), true, limit, now).await,
        Some(State::Expired) => {
            return by_end(db, filter, (EARLIEST, today), false, limit, now).await;
        }
    };
    let client = filter.client.as_ref().map(ClientId::as_str);
    let (low, high) = cursor::ids(&filter.at.by(|Place(_, id)| id.0), ascending);
    let grants = if ascending {
        by_age!("id >= $3", "", state, client, low, high, now, limit)
            .fetch_all(db)
            .await?
    } else {
        by_age!("id <= $4", "DESC", state, client, low, high, now, limit)
            .fetch_all(db)
            .await?
    };
    Ok(page(filter, grants, limit))
}

/// Those that expire on one of these days, and after `now` or not.
async fn by_end(
    db: &mut PgConnection,
    filter: &Filter,
    (first, last): (NaiveDate, NaiveDate),
    live: bool,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Page<Grant>, Error> {
    let ascending = filter.at.is_backward();
    let whole = ((first, Uuid::nil()), (last, Uuid::max()));
    let from = filter.at.place().map(|Place(day, id)| (*day, id.0));
    let next = |(day, id), ascending| (day, cursor::next_id(id, ascending));
    let (low, high) = cursor::bounds(whole, from, ascending, next);
    let grants = if ascending {
        by_end!("", live, low, high, now, limit)
            .fetch_all(db)
            .await?
    } else {
        by_end!("DESC", live, low, high, now, limit)
            .fetch_all(db)
            .await?
    };
    Ok(page(filter, grants, limit))
}

fn page(filter: &Filter, grants: Vec<Grant>, limit: i64) -> Page<Grant> {
    Page::cut_at(&filter.at, grants, limit, |grant| {
        format!("{} {}", grant.expires_at.date_naive(), grant.id)
    })
}
