//! Table `rollups`: how often what happened, by the minute, the hour and the day, all servers together.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Error;
use crate::ids::ClientId;

/// What is counted, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A user signed in.
    SignedIn,
    /// A sign-in was refused.
    SignInRefused,
    /// A refresh token was rotated.
    Refreshed,
    /// The answer to a refresh was asked for once more, within the grace.
    Retried,
    /// A rotated token was used again, and its grant has ended.
    Reused,
    /// A refresh was refused, for another reason than reuse.
    RefreshRefused,
    /// A form of the panel was refused before anything was done.
    FormRefused,
}

impl Kind {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::SignedIn,
        Self::SignInRefused,
        Self::Refreshed,
        Self::Retried,
        Self::Reused,
        Self::RefreshRefused,
        Self::FormRefused,
    ];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInRefused => "sign_in_refused",
            Self::Refreshed => "refreshed",
            Self::Retried => "retried",
            Self::Reused => "reused",
            Self::RefreshRefused => "refresh_refused",
            Self::FormRefused => "form_refused",
        }
    }
}

/// How long the slots are that are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day, in UTC.
    Day,
}

impl Slot {
    /// All.
    const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// What is stored as this word.
    pub fn known(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.as_str() == word)
    }

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// Something that happened, with all that it is counted by but the time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct What {
    /// What.
    pub kind: Kind,
    /// Why it was refused; empty for what was not.
    pub reason: &'static str,
    /// The client, where it is known and counted apart.
    pub client: Option<ClientId>,
}

/// How often what happened, and about when.
pub type Counted = HashMap<(DateTime<Utc>, What), i64>;

/// Adds to what is there, in the slots of all three lengths. One statement; of servers that do so at once
/// none waits in a circle, since all go by the same order.
pub async fn add(db: &mut PgConnection, counted: &Counted) -> Result<(), Error> {
    let all = counted.iter();
    let clients = all.clone().map(|((_, what), _)| what.client.as_ref());
    sqlx::query!(
        r#"
        INSERT INTO rollups (slot, begins_at, kind, reason, client_id, n)
        SELECT slot, date_trunc(slot, counted.at, 'UTC'), kind, reason, client_id, sum(n)::bigint
        FROM UNNEST($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::bigint[])
                AS counted (at, kind, reason, client_id, n),
            UNNEST(ARRAY['minute', 'hour', 'day']) AS slot
        GROUP BY 1, 2, 3, 4, 5
        ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (slot, begins_at, kind, reason, client_id) DO UPDATE SET n = rollups.n + EXCLUDED.n
        "#,
        &all.clone().map(|((at, _), _)| *at).collect::<Vec<_>>(),
        all.clone().map(|((_, what), _)| what.kind.as_str()).collect::<Vec<_>>() as Vec<&str>,
        all.clone().map(|((_, what), _)| what.reason).collect::<Vec<_>>() as Vec<&str>,
        clients.map(|client| client.map_or("", ClientId::as_str)).collect::<Vec<_>>() as Vec<&str>,
        &all.map(|(_, n)| *n).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How often something happened in a slot, whichever the client; or for a client, whichever the slot.
#[derive(Debug)]
pub struct Sum {
    /// When the slot begins; none in a client's sum.
    pub begins_at: Option<DateTime<Utc>>,
    /// What, as stored.
    pub kind: String,
    /// Why it was refused; empty for what was not.
    pub reason: String,
    /// The client, empty where it was not known; none in a slot's sum.
    pub client_id: Option<String>,
    /// How often.
    pub n: i64,
}

/// The sums of each slot that begins within these times, both included, and those of each client over
/// all of them. One statement, which reads these slots and nothing else.
pub async fn sums(
    db: &mut PgConnection,
    slot: Slot,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Sum>, Error> {
    Ok(sqlx::query_as!(
        Sum,
        r#"
        SELECT begins_at AS "begins_at?", kind, reason, client_id AS "client_id?", sum(n)::bigint AS "n!"
        FROM rollups
        WHERE slot = $1 AND begins_at BETWEEN $2 AND $3
        GROUP BY GROUPING SETS ((begins_at, kind, reason), (kind, reason, client_id))
        "#,
        slot.as_str(),
        from,
        to,
    )
    .fetch_all(db)
    .await?)
}
