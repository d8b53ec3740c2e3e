//! The passwords that wait for a hashing thread.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// For so long nobody may have taken anything before a thread that stands back does: the others get nothing
/// of a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_millis(200);

/// How long one may wait at the most, however busy the others are.
const LONGEST: Duration = Duration::from_secs(2);

/// How often a thread that stands back looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// First come, first served. `J` is the work.
pub struct Queue<J> {
    state: Mutex<State<J>>,
    changed: Condvar,
}

struct State<J> {
    waiting: VecDeque<(Instant, J)>,
    taken: Instant,
    closed: bool,
}

impl<J> Default for Queue<J> {
    /// Empty and open.
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                taken: Instant::now(),
                closed: false,
            }),
            changed: Condvar::new(),
        }
    }
}

impl<J> Queue<J> {
    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Work for a thread. Dropped when the queue is closed.
    pub fn push(&self, work: J) {
        let mut state = self.state();
        if !state.closed {
            state.waiting.push_back((Instant::now(), work));
        }
        drop(state);
        // All: the one that is woken may stand back.
        self.changed.notify_all();
    }

    /// What has waited longest, when there is something. A thread that `stands_back` leaves it to the
    /// others, unless they take nothing. `None`: the queue is closed.
    pub fn next(&self, mut stands_back: impl FnMut() -> bool) -> Option<J> {
        let mut state = self.state();
        loop {
            if state.closed {
                return None;
            }
            let first = state.waiting.front().map(|(since, _)| since.elapsed());
            let others_work = state.taken.elapsed() < PATIENCE;
            let can_wait = |waited| waited < PATIENCE || (others_work && waited < LONGEST);
            let is_left = first.is_some_and(can_wait) && stands_back();
            if is_left {
                let waited = self.changed.wait_timeout(state, LOOK_AGAIN);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            } else if let Some((_, work)) = state.waiting.pop_front() {
                state.taken = Instant::now();
                return Some(work);
            } else {
                let waited = self.changed.wait(state);
                state = waited.unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Lets all threads go.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.waiting.clear();
        drop(state);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stands_back_takes_what_nobody_else_takes() {
        let queue = Queue::default();
        let ago = |time| Instant::now().checked_sub(time).unwrap();
        let waits = |time, work| queue.state().waiting.push_back((ago(time), work));
        // How often it is asked whether it stands back, before it takes it all the same.
        let next = |at_most| {
            let mut asked = 0;
            let work = queue.next(|| {
                asked += 1;
                asked < at_most
            });
            (work, asked)
        };
        waits(PATIENCE, "while the others work");
        assert_eq!(next(3), (Some("while the others work"), 3));
        waits(PATIENCE, "while they do not");
        queue.state().taken = ago(PATIENCE);
        assert_eq!(next(3), (Some("while they do not"), 0));
        waits(LONGEST, "for too long");
        assert_eq!(next(3), (Some("for too long"), 0));
        queue.push("young");
        assert_eq!(next(3), (Some("young"), 3));
        queue.close();
        queue.push("late");
        assert_eq!(queue.next(|| false), None);
    }
}
