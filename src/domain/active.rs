//! How many people and devices are active: each server adds who signed in or refreshed to two sketches in its memory,
//! which are written with the rollups, and merged for all servers and for a span. Nobody's id is kept.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, DurationRound, TimeDelta, Utc};

use super::{
    error::Error,
    rollups::Span,
    sketch::{Registers, Sketch},
};
use crate::{
    app::App,
    db::{
        active_sketches::{self, Key, Kind, Stored},
        demo::Presence,
        refresh_tokens::Holder,
        rollups::Slot,
    },
};

/// Minutes are kept by so many: sixty sketches would be a lot to read for one number.
const MINUTES: TimeDelta = TimeDelta::minutes(5);

/// Who was seen since it was last written.
#[derive(Default)]
pub struct Active {
    users: Registers,
    devices: Registers,
    // Taken from the above and not yet written, by minutes. Held while it is.
    unwritten: tokio::sync::Mutex<Unwritten>,
}

#[derive(Default)]
struct Unwritten {
    seen: BTreeMap<(DateTime<Utc>, Kind), Sketch>,
    // What the rows had when they were last written: mostly there is nothing new for them.
    known: BTreeMap<Key, Sketch>,
}

impl Unwritten {
    /// What the rows of these slots do not have yet, as far as is known.
    fn news(&self) -> BTreeMap<Key, Sketch> {
        let mut news = BTreeMap::<Key, Sketch>::new();
        for ((minutes, kind), sketch) in &self.seen {
            for slot in [Slot::Minute, Slot::Hour, Slot::Day] {
                let key = (slot, begin(*minutes, length(slot)), *kind);
                news.entry(key).or_default().merge(sketch.as_bytes());
            }
        }
        news.retain(|key, sketch| {
            let known = self.known.get(key).cloned();
            known.unwrap_or_default().merge(sketch.as_bytes())
        });
        news
    }
}

fn length(slot: Slot) -> TimeDelta {
    match slot {
        Slot::Minute => MINUTES,
        Slot::Hour => TimeDelta::hours(1),
        Slot::Day => TimeDelta::days(1),
    }
}

fn begin(at: DateTime<Utc>, length: TimeDelta) -> DateTime<Utc> {
    at.duration_trunc(length).unwrap_or(at)
}

impl Active {
    /// Somebody signed in or refreshed. Two hashes, and at most two atomic maxima.
    pub fn saw(&self, holder: &Holder) {
        self.users.see(holder.user_id.0);
        self.devices.see(holder.device_id.0);
    }
}

/// Writes whom this server has seen since the last time, and merges it with what the others have. No statement where
/// nothing is new, which is most of the time when many are active; else three.
///
/// # Errors
/// Those of the database; then it is written the next time, as of its own minutes.
pub async fn write(app: &App) -> Result<(), Error> {
    let active = &app.counts.active;
    let mut unwritten = active.unwritten.lock().await;
    let minutes = begin(app.clock.now(), MINUTES);
    for (kind, registers) in [
        (Kind::Users, &active.users),
        (Kind::Devices, &active.devices),
    ] {
        let sketch = registers.take();
        if !sketch.is_empty() {
            let seen = unwritten.seen.entry((minutes, kind)).or_default();
            seen.merge(sketch.as_bytes());
        }
    }
    let news = unwritten.news();
    if !news.is_empty() {
        let written = merge(app, news).await?;
        unwritten.known.extend(written);
    }
    unwritten.seen.clear();
    let known = &mut unwritten.known;
    known.retain(|(slot, begins_at, _), _| *begins_at + length(*slot) > minutes);
    Ok(())
}

/// Merges sketches into their rows; what these have now.
async fn merge(app: &App, mut news: BTreeMap<Key, Sketch>) -> Result<BTreeMap<Key, Sketch>, Error> {
    let mut db = app.db().await?;
    let rows: Vec<_> = news.iter().map(stored).collect();
    let (locked, found) = active_sketches::lock(&mut db, &rows).await?;
    for row in found {
        if let Some(sketch) = news.get_mut(&(row.slot, row.begins_at, row.kind)) {
            sketch.merge(&row.registers);
        }
    }
    let rows: Vec<_> = news.iter().map(stored).collect();
    active_sketches::set(locked, &rows).await?;
    Ok(news)
}

fn stored((key, sketch): (&Key, &Sketch)) -> Stored {
    let (slot, begins_at, kind) = *key;
    Stored {
        slot,
        begins_at,
        kind,
        registers: sketch.as_bytes().to_vec(),
    }
}

/// Writes what would be there if people who do not exist had been: each device on three days of five of those that it
/// was in use, and at its last time.
///
/// # Errors
/// Those of the database.
pub async fn pretend(app: &App, presences: &[Presence]) -> Result<(), Error> {
    let mut seen = BTreeMap::<Key, Sketch>::new();
    let mut see = |slot, at, who: &Presence| {
        for (kind, id) in [(Kind::Users, who.user.0), (Kind::Devices, who.device.0)] {
            let key = (slot, begin(at, length(slot)), kind);
            seen.entry(key).or_default().see(id);
        }
    };
    let now = app.clock.now();
    for (who, nth) in presences.iter().zip(0..) {
        let mut day = who.since.max(now - TimeDelta::days(30));
        while day < who.last_at {
            if (nth + day.num_days_from_ce()) % 5 < 3 {
                see(Slot::Day, day, who);
            }
            day += TimeDelta::days(1);
        }
        for (slot, shown) in [
            (Slot::Minute, TimeDelta::hours(1)),
            (Slot::Hour, TimeDelta::days(1)),
            (Slot::Day, TimeDelta::days(30)),
        ] {
            if who.last_at > now - shown {
                see(slot, who.last_at, who);
            }
        }
    }
    merge(app, seen).await?;
    Ok(())
}

/// About how many there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Different users.
    pub users: i64,
    /// Different devices.
    pub devices: i64,
}

/// About how many signed in or refreshed, as all servers have written it. One statement, at most sixty small rows.
///
/// # Errors
/// Those of the database.
pub async fn about(app: &App, span: Span) -> Result<About, Error> {
    let (slot, many) = match span {
        Span::Hour => (Slot::Minute, 12),
        Span::Day => (Slot::Hour, 24),
        Span::Month => (Slot::Day, 30),
    };
    let last = begin(app.clock.now(), length(slot));
    let first = last - length(slot) * (many - 1);
    let rows = active_sketches::list(&mut *app.db().await?, slot, first, last).await?;
    let (mut users, mut devices) = (Sketch::default(), Sketch::default());
    for (kind, registers) in rows {
        match kind {
            Kind::Users => users.merge(&registers),
            Kind::Devices => devices.merge(&registers),
        };
    }
    Ok(About {
        users: users.estimate(),
        devices: devices.estimate(),
    })
}
