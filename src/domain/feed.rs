//! The live feed: security event tokens for gateways that want to be told. A server reads and signs each once for all
//! who listen to it; whoever comes again, or reads slowly, takes up from the table where it was, so that nothing is
//! missed, and nothing is kept for anybody.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use uuid::Uuid;

use super::{audit_chain, error::Error, security_events::sign};
use crate::{
    app::App,
    config::Config,
    db::{
        audit_events,
        security_events::{self, SecurityEvent},
    },
};

/// How many may listen to one server.
pub const SEATS: usize = 2_000;

/// So many of the last are kept for all who listen.
const RECENT: i64 = 1_024;

/// So many of them a listener takes at a time.
const AT_ONCE: usize = 128;

/// So many are read at a time for all, and for one who has fallen behind.
const FOR_ALL: i64 = 64;
const FOR_ONE: i64 = 32;

/// So many of those who come, or have fallen behind, are served at a time: after a restart all come at once, and the
/// door to the database would put many of them off.
const BEHIND: usize = 4;

/// Who was away for longer starts anew.
const KEPT_FOR: Duration = Duration::from_hours(24);

/// One event, signed.
#[derive(Debug)]
pub struct Told {
    /// Its place in the feed.
    pub number: i64,
    /// The token; none for what means nothing to a listener.
    pub text: Option<String>,
}

/// What this server has told last, and to how many.
pub struct Feed {
    recent: Mutex<Recent>,
    // The number of the newest; every listener waits for it.
    newest: watch::Sender<i64>,
    seats: Arc<Semaphore>,
    behind: Semaphore,
    wanted: Notify,
}

/// The last events without a gap.
#[derive(Default)]
struct Recent {
    // All that came after it are here.
    after: i64,
    told: VecDeque<Arc<Told>>,
}

impl Recent {
    fn newest(&self) -> i64 {
        self.told.back().map_or(self.after, |told| told.number)
    }
}

/// A place among those who listen; free again when it is dropped.
pub struct Seat {
    /// The number of the last that was heard.
    pub after: i64,
    newest: watch::Receiver<i64>,
    _place: OwnedSemaphorePermit,
}

/// From where on somebody cannot listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// What came after it is not all there any more.
    Gone,
    /// It is none of ours.
    Unknown,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            recent: Mutex::default(),
            newest: watch::Sender::default(),
            seats: Arc::new(Semaphore::new(SEATS)),
            behind: Semaphore::new(BEHIND),
            wanted: Notify::new(),
        }
    }
}

impl Feed {
    /// How many listen.
    pub fn listeners(&self) -> usize {
        SEATS - self.seats.available_permits()
    }

    /// A place to listen from.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when all are taken.
    pub fn take_place(&self) -> Result<OwnedSemaphorePermit, Error> {
        let place = Arc::clone(&self.seats).try_acquire_owned();
        place.map_err(|_| Error::Overloaded)
    }

    /// There may be something to tell, once it is sealed. Nothing happens while nobody listens.
    pub fn wake(&self) {
        if self.listeners() > 0 {
            self.wanted.notify_one();
        }
    }

    /// Waits until there may be something to tell.
    pub async fn woken(&self) {
        self.wanted.notified().await;
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that what nobody was here to hear is not waited for: it is read for all, or, if it is more than is
    /// kept, by whoever wants it.
    fn catch_up(&self, newest: i64) {
        let mut recent = self.recent();
        if newest - recent.newest() > RECENT {
            *recent = Recent {
                after: newest,
                told: VecDeque::new(),
            };
            self.newest.send_replace(newest);
        } else if newest > recent.newest() {
            self.wake();
        }
    }

    /// Adds what comes next, unless another has.
    fn add(&self, after: i64, told: Vec<Arc<Told>>) {
        let mut recent = self.recent();
        if recent.newest() != after {
            return;
        }
        recent.told.extend(told);
        while recent.newest() - recent.after > RECENT {
            if let Some(oldest) = recent.told.pop_front() {
                recent.after = oldest.number;
            }
        }
        self.newest.send_replace(recent.newest());
    }

    /// What came after, if all of it is at hand.
    fn after(&self, number: i64) -> Option<Vec<Arc<Told>>> {
        let recent = self.recent();
        let from = recent.told.partition_point(|told| told.number <= number);
        let next = recent.told.range(from..).take(AT_ONCE);
        (number >= recent.after).then(|| next.cloned().collect())
    }
}

/// Whether there is a feed at all: a secret that is shared with resource servers cannot sign what they are to believe.
pub fn is_there(config: &Config) -> bool {
    !config.signing_alg.is_shared()
}

/// How long it is kept what was told: as long as an access token from before can still be good.
pub fn kept_for(config: &Config) -> Duration {
    KEPT_FOR.max(config.access_token_ttl)
}

/// Begins to listen, after an event or from now on. One statement.
///
/// # Errors
/// [`Error::Overloaded`] when too many listen; why it is not possible from there.
pub async fn listen(app: &App, after: Option<i64>) -> Result<Result<Seat, Refusal>, Error> {
    let feed = &app.feed;
    let place = feed.take_place()?;
    let turn = feed.behind.acquire().await;
    let extent = security_events::extent(&mut *app.db().await?).await?;
    drop(turn);
    let after = after.unwrap_or(extent.newest);
    if after > extent.newest {
        return Ok(Err(Refusal::Unknown));
    }
    if after < extent.oldest {
        return Ok(Err(Refusal::Gone));
    }
    feed.catch_up(extent.newest);
    Ok(Ok(Seat {
        after,
        newest: feed.newest.subscribe(),
        _place: place,
    }))
}

impl Seat {
    /// What came after the last that was heard: at once if it is there, else as soon as it is. Never nothing.
    ///
    /// # Errors
    /// Those of the database, for what is not at hand.
    pub async fn next(&mut self, app: &App) -> Result<Vec<Arc<Told>>, Error> {
        loop {
            self.newest.mark_unchanged();
            let told = match app.feed.after(self.after) {
                Some(told) => told,
                None => read_on(app, self.after).await?,
            };
            if let Some(last) = told.last() {
                self.after = last.number;
                return Ok(told);
            }
            // The feed lives as long as the application.
            let _ = self.newest.changed().await;
        }
    }
}

/// What one has missed who has fallen behind.
async fn read_on(app: &App, after: i64) -> Result<Vec<Arc<Told>>, Error> {
    let turn = app.feed.behind.acquire().await;
    let told = read(app, after, FOR_ONE).await;
    drop(turn);
    told
}

/// Two statements at the most.
async fn read(app: &App, after: i64, limit: i64) -> Result<Vec<Arc<Told>>, Error> {
    let mut db = app.db().await?;
    let listed = security_events::list(&mut db, after, limit).await?;
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = listed.iter().map(|listed| listed.event_id).collect();
    let events = audit_events::bare(&mut db, &ids).await?;
    drop(db);
    let told = |listed: SecurityEvent| {
        let event = events.iter().find(|event| event.id == listed.event_id);
        let text = event.map(|event| sign(app, event, listed.session));
        Ok(Arc::new(Told {
            number: listed.number,
            text: text.transpose()?.flatten(),
        }))
    };
    listed.into_iter().map(told).collect()
}

/// Tells all who listen what is new. What waits for its seal is sealed first, if no other server is at it: that one
/// has this one woken again.
///
/// # Errors
/// Those of the database.
pub async fn tell(app: &App) -> Result<(), Error> {
    audit_chain::seal(app).await?;
    loop {
        let after = app.feed.recent().newest();
        let told = read(app, after, FOR_ALL).await?;
        if told.is_empty() || app.feed.listeners() == 0 {
            return Ok(());
        }
        app.feed.add(after, told);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Waker},
    };

    use super::*;

    fn is_woken(feed: &Feed) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        pin!(feed.woken()).poll(&mut context).is_ready()
    }

    fn told(numbers: std::ops::RangeInclusive<i64>) -> Vec<Arc<Told>> {
        let one = |number| Arc::new(Told { number, text: None });
        numbers.map(one).collect()
    }

    /// What happened while nobody listened is not waited for, by however many who come at once.
    #[test]
    fn who_comes_after_a_pause_is_not_left_waiting() {
        let feed = Feed::default();
        let places = [feed.take_place().unwrap(), feed.take_place().unwrap()];
        let few = 100;
        feed.catch_up(few);
        assert!(is_woken(&feed), "few are read at once");
        feed.add(0, told(1..=few));
        let waiting = feed.newest.subscribe();
        let many = few + 2_000;
        feed.catch_up(many);
        assert!(
            feed.after(few).is_none(),
            "many are read by whoever wants them"
        );
        assert!(waiting.has_changed().unwrap());
        assert_eq!(feed.after(many).map(|next| next.len()), Some(0));
        feed.catch_up(many);
        assert!(!is_woken(&feed), "there is nothing new");
        drop(places);
    }

    #[test]
    fn the_last_ones_are_kept_without_a_gap() {
        let feed = Feed::default();
        feed.add(0, told(1..=2_000));
        // Another has added these.
        feed.add(0, told(1..=2_000));
        assert!(feed.after(2_000 - 1_025).is_none());
        let next = feed.after(2_000 - 1_024).unwrap();
        assert_eq!((next[0].number, next.len()), (977, 128));
    }
}
