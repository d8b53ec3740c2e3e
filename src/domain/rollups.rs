//! How much happens: what was counted is written every few seconds, and read by the hour, the day and
//! the month. What was counted since the last writing is lost with a crash.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::{active, error::Error};
use crate::{
    app::App,
    db::{
        news::{Topic, Topics},
        notices::{self, Notice},
        rollups::{self, Slot, Sum},
    },
};

pub use crate::db::rollups::Kind;

/// Writes what this server has counted since the last time, has that told to open pages, and whom it has seen. Two statements
/// and three, or none
/// where nothing happened.
/// Of two at once the second waits; whoever is cut short may leave the next one to write the same again.
///
/// # Errors
/// Those of the database; then it is written the next time, as of its own minute.
pub async fn write(app: &App) -> Result<(), Error> {
    let (counted, seen) = (write_counts(app).await, active::write(app).await);
    counted.and(seen)
}

async fn write_counts(app: &App) -> Result<(), Error> {
    let mut unwritten = app.counts.unwritten(app.clock.now()).await;
    if !unwritten.is_empty() {
        let mut topics = Topics::from([Topic::Counts]);
        if unwritten.keys().any(|(_, what)| !what.reason.is_empty()) {
            topics.insert(Topic::Refusals);
        }
        let mut db = app.db().await?;
        rollups::add(&mut db, &unwritten).await?;
        unwritten.clear();
        notices::tell(&mut db, &[Notice::News(topics)]).await?;
    }
    Ok(())
}

/// How far one looks back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Sixty minutes.
    Hour,
    /// Twenty-four hours.
    Day,
    /// Thirty days.
    Month,
}

impl Span {
    fn slot(self) -> (Slot, TimeDelta, i32) {
        match self {
            Self::Hour => (Slot::Minute, TimeDelta::minutes(1), 60),
            Self::Day => (Slot::Hour, TimeDelta::hours(1), 24),
            Self::Month => (Slot::Day, TimeDelta::days(1), 30),
        }
    }
}

/// How often something was refused for each reason, or happened, for which there is none.
pub type ByReason<T> = BTreeMap<(Kind, String), T>;

/// What happened lately.
#[derive(Debug)]
pub struct Activity {
    /// When the slots begin, the oldest first; the last one is under way.
    pub slots: Vec<DateTime<Utc>>,
    /// How often, in each slot.
    pub by_slot: ByReason<Vec<i64>>,
    /// How often, by the client's public name; that of the unknown is empty.
    pub by_client: BTreeMap<String, ByReason<i64>>,
}

impl Activity {
    fn add(&mut self, sum: Sum) {
        // A newer server may count what this one does not know.
        let Some(kind) = Kind::ALL.into_iter().find(|it| it.as_str() == sum.kind) else {
            return;
        };
        let what = (kind, sum.reason);
        if let Some(client) = sum.client_id {
            self.by_client
                .entry(client)
                .or_default()
                .insert(what, sum.n);
        } else if let Some(begins_at) = sum.begins_at
            && let Ok(at) = self.slots.binary_search(&begins_at)
        {
            let none = || vec![0; self.slots.len()];
            if let Some(number) = self.by_slot.entry(what).or_insert_with(none).get_mut(at) {
                *number = sum.n;
            }
        }
    }
}

/// What happened lately, as all servers have written it. One statement.
///
/// # Errors
/// Those of the database.
pub async fn activity(app: &App, span: Span) -> Result<Activity, Error> {
    let (slot, length, many) = span.slot();
    let now = app.clock.now();
    let last = now.duration_trunc(length).unwrap_or(now);
    let slots: Vec<_> = (0..many).rev().map(|ago| last - length * ago).collect();
    let first = slots.first().copied().unwrap_or(last);
    let sums = rollups::sums(&mut *app.db().await?, slot, first, last).await?;
    let mut activity = Activity {
        slots,
        by_slot: BTreeMap::new(),
        by_client: BTreeMap::new(),
    };
    for sum in sums {
        activity.add(sum);
    }
    Ok(activity)
}
