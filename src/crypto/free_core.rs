//! The core that no hashing thread has. While there are many refreshes it is another one every moment: a
//! hash works for fifteen milliseconds without a pause, and what waits behind somebody else is taken over
//! at once by a core that has nothing to do, but not by one with a hash, however idle its thread's priority.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc::Receiver},
    thread,
    time::Duration,
};

use rustix::process::Pid;

use super::{
    cores,
    refresh_rate::{Rate, Refreshes},
};

/// How long a core stays the free one. Longer, and refreshes wait; shorter, and moving costs more.
const TURN: Duration = Duration::from_micros(350);

/// How often it is looked whether there are many refreshes now.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Moves the hashing threads while they hash, from a thread of its own.
#[derive(Default)]
pub struct FreeCore {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    hashing: usize,
    closed: bool,
}

impl FreeCore {
    /// Begins to move those that tell their ids, once all have. They must be one fewer than there are
    /// cores to run on, or nobody is moved.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start(threads: Receiver<Pid>, refreshes: Arc<Refreshes>) -> io::Result<Arc<Self>> {
        let free_core = Arc::new(Self::default());
        let own = Arc::clone(&free_core);
        thread::Builder::new()
            .name("argon2-cores".to_owned())
            .spawn(move || {
                let Some(mut seats) = Seats::of(cores::allowed(None), threads.iter().collect())
                else {
                    return;
                };
                if let Err(error) = own.run(&mut seats, &refreshes) {
                    tracing::warn!(%error, "sign-ins may slow refreshes down");
                    let _ = seats.let_all_go();
                }
            })?;
        Ok(free_core)
    }

    /// Does what is worth moving its thread for.
    pub fn during<T>(&self, hash: impl FnOnce() -> T) -> T {
        let mut state = self.state();
        state.hashing += 1;
        if state.hashing == 1 {
            self.changed.notify_one();
        }
        drop(state);
        let hashed = hash();
        self.state().hashing -= 1;
        hashed
    }

    /// Lets the thread go.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something is hashed. `false`: closed.
    fn wait(&self) -> bool {
        let is_quiet = |state: &mut State| state.hashing == 0 && !state.closed;
        let state = self.changed.wait_while(self.state(), is_quiet);
        !state.unwrap_or_else(PoisonError::into_inner).closed
    }

    /// Does nothing for some time, or until closed.
    fn pause(&self, time: Duration) {
        let is_open = |state: &mut State| !state.closed;
        let waited = self.changed.wait_timeout_while(self.state(), time, is_open);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn run(&self, seats: &mut Seats, refreshes: &Refreshes) -> Result<(), String> {
        let mut rate = Rate::begin(refreshes);
        while self.wait() {
            if rate.is_high(refreshes) {
                seats.move_one()?;
                self.pause(TURN);
            } else {
                seats.let_all_go()?;
                self.pause(LOOK_AGAIN);
            }
        }
        Ok(())
    }
}

/// Who has which core.
struct Seats {
    cores: Vec<usize>,
    /// Each core's thread; the free one has none.
    threads: Vec<Option<Pid>>,
    free: usize,
    bound: bool,
}

impl Seats {
    /// `None` when there is not just one core more than threads.
    fn of(cores: Vec<usize>, threads: Vec<Pid>) -> Option<Self> {
        (cores.len() > 1 && cores.len() == threads.len() + 1).then(|| Self {
            cores,
            threads: [None]
                .into_iter()
                .chain(threads.into_iter().map(Some))
                .collect(),
            free: 0,
            bound: false,
        })
    }

    /// The next core becomes the free one: its thread goes to the one that was.
    fn move_one(&mut self) -> Result<(), String> {
        let next = (self.free + 1) % self.cores.len();
        if let Some(thread) = self.threads[next] {
            cores::allow(thread, &[self.cores[self.free]])?;
        }
        self.threads.swap(self.free, next);
        self.free = next;
        self.bound = true;
        Ok(())
    }

    /// All cores are everybody's again.
    fn let_all_go(&mut self) -> Result<(), String> {
        if self.bound {
            for thread in self.threads.iter().flatten() {
                cores::allow(*thread, &self.cores)?;
            }
            self.bound = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    #[cfg_attr(
        not(target_os = "linux"),
        ignore = "only Linux lets a thread say where it runs"
    )]
    fn the_free_core_goes_round_and_in_the_end_all_are_everybodys() {
        let all = cores::allowed(None);
        assert!(all.len() > 1, "two cores are needed to see this");
        let (tell, told) = channel();
        // Each thread waits until its end of this is dropped.
        let stops: Vec<_> = (1..all.len())
            .map(|_| {
                let tell = tell.clone();
                let (stop, stopped) = channel::<()>();
                thread::spawn(move || {
                    tell.send(cores::own_id().unwrap()).unwrap();
                    drop(tell);
                    stopped.recv()
                });
                stop
            })
            .collect();
        drop(tell);
        let threads: Vec<_> = told.iter().collect();
        let has = || -> Vec<_> { threads.iter().map(|id| cores::allowed(Some(*id))).collect() };
        let mut seats = Seats::of(all.clone(), threads.clone()).unwrap();
        for turn in 1..=3 * all.len() {
            seats.move_one().unwrap();
            let free = all[turn % all.len()];
            // In the first round some still sit everywhere.
            assert!(turn < all.len() || !has().concat().contains(&free));
        }
        let mut taken = has().concat();
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), threads.len(), "one core each");
        seats.let_all_go().unwrap();
        assert!(has().iter().all(|cores| *cores == all));
        drop(stops);
        assert!(Seats::of(all.clone(), Vec::new()).is_none());
    }
}
