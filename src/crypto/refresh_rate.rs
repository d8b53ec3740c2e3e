//! How many refreshes there are: what hashing threads stand back for.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// From so many refreshes a second on, one core is left to them: a hash on every core, however low its
/// priority, holds up the commits of all others.
const MANY: f64 = 200.0;

/// Over so long they are counted.
const WINDOW: Duration = Duration::from_millis(50);

/// All refreshes since the start.
#[derive(Debug, Default)]
pub struct Refreshes(AtomicU64);

impl Refreshes {
    /// One more.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many there are lately, as one thread sees it.
pub struct Rate {
    seen: u64,
    since: Instant,
    high: bool,
}

impl Rate {
    /// Begins to look.
    pub fn begin(refreshes: &Refreshes) -> Self {
        Self {
            seen: refreshes.so_far(),
            since: Instant::now(),
            high: false,
        }
    }

    /// Whether there were many in the last window.
    pub fn is_high(&mut self, refreshes: &Refreshes) -> bool {
        let elapsed = self.since.elapsed();
        if elapsed >= WINDOW {
            let so_far = refreshes.so_far();
            let lately = u32::try_from(so_far - self.seen).unwrap_or(u32::MAX);
            self.high = f64::from(lately) / elapsed.as_secs_f64() > MANY;
            (self.seen, self.since) = (so_far, Instant::now());
        }
        self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_told_from_few() {
        let refreshes = Refreshes::default();
        let mut rate = Rate::begin(&refreshes);
        let mut after = |many: u32| {
            (0..many).for_each(|_| refreshes.count());
            rate.since -= WINDOW;
            rate.is_high(&refreshes)
        };
        assert!(!after(0));
        assert!(after(1_000));
        assert!(!after(1));
    }
}
