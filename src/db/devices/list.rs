//! Table `devices`: the list of everybody's.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Device, LastUse};
use crate::{
    db::{
        Error,
        cursor::{self, At, Page},
    },
    ids::{DeviceId, UserId},
};

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// By their first sign-in.
    #[default]
    Created,
    /// By their last sign-in.
    SignedIn,
}

/// Which devices a list shows.
///
/// There is none by the last *refresh*: it stands in `refresh_tokens`, where no index may hold what each refresh
/// changes. Who has not signed in for longer than a grant lasts has not refreshed either.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those disabled now, or only those not.
    pub disabled: Option<bool>,
    /// Only those that the app calls so.
    pub kind: Option<String>,
    /// Only those whose last sign-in was before.
    pub not_since: Option<DateTime<Utc>>,
    /// In which order; by the last sign-in wherever that is asked for.
    pub order: Order,
    /// The oldest first.
    pub ascending: bool,
    /// Which page.
    pub at: At<LastUse>,
}

/// By the first sign-in: ids sort by it. Each branch is one walk along one index, and only one is taken; among the
/// disabled, who are few, the kind is looked at on the way. A device has one grant at most that has not ended; asked
/// with EXISTS, Postgres may read all grants.
macro_rules! by_age {
    ($bound:tt, $way:tt, $filter:expr, $low:expr, $high:expr, $now:expr, $limit:expr) => {
        sqlx::query_as!(
            Device,
            r#"
        SELECT d.id AS "id!: DeviceId", d.user_id AS "user_id!: UserId", d.name AS "name!", d.kind AS "kind!",
               d.created_at AS "created_at!", d.last_used_at AS "signed_in_at!",
               GREATEST(d.last_used_at, (SELECT max(g.last_used_at) FROM refresh_tokens g WHERE g.device_id = d.id))
                   AS "last_used_at!",
               COALESCE((SELECT g.expires_at > $6 FROM refresh_tokens g
                         WHERE g.device_id = d.id AND g.ended_at IS NULL), false) AS "signed_in!",
               d.disabled_at, d.disabled_until, d.disabled_reason, d.disabled_by_kind,
               disabled_now(d.disabled_at, d.disabled_until, $6) AS "disabled!"
        FROM (
            (SELECT * FROM devices
             WHERE $1::boolean IS NOT TRUE AND $2::text IS NULL AND "# + $bound + r#"
                 AND ($1 IS NULL OR NOT disabled_now(disabled_at, disabled_until, $6))
             ORDER BY id "# + $way + r#" LIMIT $5)
            UNION ALL
            (SELECT * FROM devices
             WHERE $1 IS NOT TRUE AND (kind, id) >= ($2, $3) AND (kind, id) <= ($2, $4)
                 AND ($1 IS NULL OR NOT disabled_now(disabled_at, disabled_until, $6))
             ORDER BY kind "# + $way + ", id " + $way + r#" LIMIT $5)
            UNION ALL
            (SELECT * FROM devices
             WHERE $1 IS TRUE AND "# + $bound + r#"
                 AND disabled_now(disabled_at, disabled_until, $6) AND ($2 IS NULL OR kind = $2)
             ORDER BY id "# + $way + r#" LIMIT $5)
        ) AS d
        ORDER BY d.id "# + $way,
            $filter.disabled,
            $filter.kind,
            $low,
            $high,
            $limit + 1,
            $now,
        )
    };
}

/// The same by the last sign-in.
macro_rules! by_sign_in {
    ($way:tt, $filter:expr, $low:expr, $high:expr, $now:expr, $limit:expr) => {
        sqlx::query_as!(
            Device,
            r#"
        SELECT d.id AS "id!: DeviceId", d.user_id AS "user_id!: UserId", d.name AS "name!", d.kind AS "kind!",
               d.created_at AS "created_at!", d.last_used_at AS "signed_in_at!",
               GREATEST(d.last_used_at, (SELECT max(g.last_used_at) FROM refresh_tokens g WHERE g.device_id = d.id))
                   AS "last_used_at!",
               COALESCE((SELECT g.expires_at > $8 FROM refresh_tokens g
                         WHERE g.device_id = d.id AND g.ended_at IS NULL), false) AS "signed_in!",
               d.disabled_at, d.disabled_until, d.disabled_reason, d.disabled_by_kind,
               disabled_now(d.disabled_at, d.disabled_until, $8) AS "disabled!"
        FROM (
            (SELECT * FROM devices
             WHERE $1::boolean IS NOT TRUE AND $2::text IS NULL
                 AND (last_used_at, id) >= ($3, $4) AND (last_used_at, id) <= ($5, $6)
                 AND ($1 IS NULL OR NOT disabled_now(disabled_at, disabled_until, $8))
             ORDER BY last_used_at "# + $way + ", id " + $way + r#" LIMIT $7)
            UNION ALL
            (SELECT * FROM devices
             WHERE $1 IS NOT TRUE
                 AND (kind, last_used_at, id) >= ($2, $3, $4) AND (kind, last_used_at, id) <= ($2, $5, $6)
                 AND ($1 IS NULL OR NOT disabled_now(disabled_at, disabled_until, $8))
             ORDER BY kind "# + $way + ", last_used_at " + $way + ", id " + $way + r#" LIMIT $7)
            UNION ALL
            (SELECT * FROM devices
             WHERE $1 IS TRUE
                 AND (last_used_at, id) >= ($3, $4) AND (last_used_at, id) <= ($5, $6)
                 AND disabled_now(disabled_at, disabled_until, $8) AND ($2 IS NULL OR kind = $2)
             ORDER BY last_used_at "# + $way + ", id " + $way + r#" LIMIT $7)
        ) AS d
        ORDER BY d.last_used_at "# + $way + ", d.id " + $way,
            $filter.disabled,
            $filter.kind,
            $low.0,
            $low.1,
            $high.0,
            $high.1,
            $limit + 1,
            $now,
        )
    };
}

/// Devices of all users, a page of `limit`. One statement, which reads one row more and so knows whether there
/// are more.
pub async fn list(
    db: &mut PgConnection,
    filter: &Filter,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Page<Device>, Error> {
    let ascending = filter.ascending != filter.at.is_backward();
    let devices = if filter.order == Order::Created && filter.not_since.is_none() {
        let (low, high) = cursor::ids(&filter.at.by(|LastUse(_, id)| id.0), ascending);
        if ascending {
            by_age!("id >= $3", "", filter, low, high, now, limit)
                .fetch_all(db)
                .await?
        } else {
            by_age!("id <= $4", "DESC", filter, low, high, now, limit)
                .fetch_all(db)
                .await?
        }
    } else {
        // Nobody has signed in tomorrow.
        let beyond = filter.not_since.unwrap_or(now + TimeDelta::days(1));
        let whole = (
            (DateTime::UNIX_EPOCH, Uuid::nil()),
            (beyond - TimeDelta::microseconds(1), Uuid::max()),
        );
        let from = filter.at.place().map(|LastUse(at, id)| (*at, id.0));
        let next = |(at, id), ascending| (at, cursor::next_id(id, ascending));
        let (low, high) = cursor::bounds(whole, from, ascending, next);
        if ascending {
            by_sign_in!("", filter, low, high, now, limit)
                .fetch_all(db)
                .await?
        } else {
            by_sign_in!("DESC", filter, low, high, now, limit)
                .fetch_all(db)
                .await?
        }
    };
    Ok(Page::cut_at(&filter.at, devices, limit, |device| {
        format!("{} {}", device.signed_in_at.timestamp_micros(), device.id)
    }))
}
