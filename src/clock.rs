//! Where "now" and new ids come from. Nothing else asks the machine for the time,
//! so tests move it by hand and replicas with wrong wall clocks agree (invariant I9).

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use uuid::{ContextV7, NoContext, Timestamp, Uuid};

/// A source of time and of ids; cheap to clone, all clones agree.
#[derive(Clone, Debug)]
pub struct Clock {
    time: Time,
    /// Counts within one millisecond, so that ids made one after the other sort that way.
    ids: Arc<Mutex<ContextV7>>,
}

#[derive(Clone, Debug)]
enum Time {
    /// The machine's monotonic clock; `epoch` is the time, in microseconds since 1970, at `started`.
    Anchored {
        started: Instant,
        epoch: Arc<AtomicI64>,
    },
    /// Microseconds since 1970; moves only when told to.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The production clock: anchored to the machine's wall clock until [`Clock::anchor`] is called.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine for the time"
    )]
    pub fn system() -> Self {
        let time = Time::Anchored {
            started: Instant::now(),
            epoch: Arc::new(AtomicI64::new(Utc::now().timestamp_micros())),
        };
        Self {
            time,
            ids: Arc::default(),
        }
    }

    /// A clock that stands still at `start` until [`Clock::advance`] is called.
    pub fn manual(start: DateTime<Utc>) -> Self {
        let time = Time::Manual(Arc::new(AtomicI64::new(start.timestamp_micros())));
        Self {
            time,
            ids: Arc::default(),
        }
    }

    /// The current time, to the microsecond (what Postgres stores).
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.time {
            Time::Anchored { started, epoch } => {
                epoch.load(Ordering::Relaxed)
                    + i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX)
            }
            Time::Manual(micros) => micros.load(Ordering::Relaxed),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or_default()
    }

    /// Sets an anchored clock so that `instant` was `time`. Called with the database's
    /// time at start and every minute; a manual clock ignores it.
    pub fn anchor(&self, instant: Instant, time: DateTime<Utc>) {
        if let Time::Anchored { started, epoch } = &self.time {
            let elapsed = i64::try_from(instant.saturating_duration_since(*started).as_micros())
                .unwrap_or(i64::MAX);
            epoch.store(time.timestamp_micros() - elapsed, Ordering::Relaxed);
        }
    }

    /// Moves a manual clock forward; an anchored one ignores it.
    pub fn advance(&self, by: Duration) {
        if let Time::Manual(micros) = &self.time {
            micros.fetch_add(
                i64::try_from(by.as_micros()).unwrap_or(i64::MAX),
                Ordering::Relaxed,
            );
        }
    }

    /// A new UUIDv7 (RFC 9562 §5.7) of the current time. An id is no secret.
    pub fn id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        let context = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(Timestamp::from_unix(
            &*context,
            seconds,
            now.timestamp_subsec_nanos(),
        ))
    }

    /// The same, but for the order within one millisecond, which is left to chance; no lock. For what each
    /// request makes and nothing is sorted by.
    pub fn unordered_id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(
            NoContext,
            seconds,
            now.timestamp_subsec_nanos(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_instant_sort_in_the_order_they_were_made() {
        let clock = Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let ids: Vec<Uuid> = (0..100).map(|_| clock.id()).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn a_manual_clock_moves_only_when_told_to() {
        let clock = Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let before = clock.now();
        assert_eq!(clock.now(), before);
        clock.advance(Duration::from_secs(61));
        assert_eq!(clock.now() - before, chrono::TimeDelta::seconds(61));
    }

    #[test]
    fn an_anchored_clock_follows_the_database_and_not_the_machine() {
        let clock = Clock::system();
        let elsewhere = DateTime::from_timestamp(1_000_000_000, 0).unwrap();
        clock.anchor(Instant::now(), elsewhere);
        assert!(clock.now() - elsewhere < chrono::TimeDelta::seconds(5));
    }
}
