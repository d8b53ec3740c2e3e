//! Refreshes that come at the same time share a statement and a commit.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use tokio::{sync::oneshot, time::timeout};

use super::{
    Error, connect_for_one_statement,
    connection::Connection,
    door::Door,
    refresh_tokens::{
        Holder,
        rotation::{Rotation, rotate_together},
    },
};
use crate::clock::Clock;

/// How many statements are under way at once, each on a connection of its own: while one waits for
/// the disk, the next is worked on.
pub const LANES: u32 = 2;

/// How many refreshes share a statement at most.
const TOGETHER: usize = 32;

/// How many may wait: what is served in a tenth of a second.
const LONGEST_QUEUE: usize = 500;

/// How long a shared statement may take, before each of those in it tries its own.
const DEADLINE: Duration = Duration::from_secs(2);

/// A rotation that was done: who holds the grant, and when it was.
pub type Rotated = (Holder, DateTime<Utc>);

/// The refreshes that wait for a statement.
pub struct Rotations {
    shared: Arc<Shared>,
}

struct Shared {
    pool: PgPool,
    door: Door,
    clock: Clock,
    idle_ttl: Duration,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    lanes: u32,
}

struct Waiting {
    rotation: Arc<Rotation>,
    answer: oneshot::Sender<Option<Rotated>>,
}

impl Rotations {
    /// None wait yet. Refresh tokens live `idle_ttl` unused. The connections are beside those of a
    /// pool, to the same database.
    pub fn new(beside: &PgPool, clock: Clock, idle_ttl: Duration) -> Self {
        let pool = connect_for_one_statement(beside, LANES);
        let lanes = LANES as usize;
        Self {
            shared: Arc::new(Shared {
                door: Door::new(pool.clone(), lanes, lanes, lanes),
                pool,
                clock,
                idle_ttl,
                queue: Mutex::default(),
            }),
        }
    }

    /// One of the connections that the shared statements have to themselves.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is away.
    pub async fn connection(&self) -> Result<Connection, Error> {
        self.shared.door.connection().await
    }

    /// Closes those connections.
    pub async fn close(&self) {
        self.shared.door.close();
        self.shared.pool.close().await;
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.shared.queue().waiting.len()
    }

    /// Whether one more could wait.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full.
    pub fn is_open(&self) -> Result<(), Error> {
        let is_full = self.waiting() >= LONGEST_QUEUE;
        if is_full { Err(Error::Busy) } else { Ok(()) }
    }

    /// Rotates, together with those who wait at the same time. `None`: not this way; try
    /// [`super::refresh_tokens::rotation::rotate`].
    ///
    /// # Errors
    /// [`Error::Busy`] at once when the queue is full; [`Error::Away`] when there is no connection.
    pub async fn rotate(&self, rotation: Arc<Rotation>) -> Result<Option<Rotated>, Error> {
        let (answer, answered) = oneshot::channel();
        {
            let mut queue = self.shared.queue();
            if queue.waiting.len() >= LONGEST_QUEUE {
                return Err(Error::Busy);
            }
            queue.waiting.push_back(Waiting { rotation, answer });
            if queue.lanes < LANES {
                queue.lanes += 1;
                // A task of its own: whoever hangs up must not take the others along.
                let shared = Arc::clone(&self.shared);
                tokio::spawn(
                    Lane {
                        shared,
                        ended: false,
                    }
                    .run(),
                );
            }
        }
        answered.await.map_err(|_| Error::Away)
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the statements that are under way at once.
struct Lane {
    shared: Arc<Shared>,
    ended: bool,
}

impl Lane {
    /// Works until nobody waits.
    async fn run(mut self) {
        while let Some(batch) = self.next() {
            self.work(batch).await;
        }
    }

    /// Those who have waited longest. Where there are none the lane ends, under the lock that whoever
    /// comes next needs too: either is seen by the other.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut queue = self.shared.queue();
        queue.waiting.retain(|it| !it.answer.is_closed());
        let many = queue.waiting.len().min(TOGETHER);
        if many == 0 {
            queue.lanes -= 1;
            self.ended = true;
            return None;
        }
        Some(queue.waiting.drain(..many).collect())
    }

    async fn work(&self, batch: Vec<Waiting>) {
        let shared = &self.shared;
        let mut db = match shared.door.connection().await {
            Ok(db) => db,
            Err(error) => {
                // None of those who wait would fare better, and each would wait as long again.
                let others = std::mem::take(&mut shared.queue().waiting);
                let refreshes = batch.len() + others.len();
                tracing::warn!(%error, refreshes, "there is no connection for refreshes");
                return;
            }
        };
        let rotations: Vec<_> = batch.iter().map(|it| Arc::clone(&it.rotation)).collect();
        let now = shared.clock.now();
        let statement = rotate_together(&mut db, &rotations, now, shared.idle_ttl);
        let holders = match timeout(DEADLINE, statement).await {
            Ok(Ok(holders)) => {
                db.hand_on();
                holders
            }
            // Each learns from its own statement what is wrong.
            _ => vec![None; batch.len()],
        };
        for (waiting, holder) in batch.into_iter().zip(holders) {
            // Whoever hung up comes again with the same token, and gets the same successor.
            let _ = waiting.answer.send(holder.map(|holder| (holder, now)));
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if !self.ended {
            self.shared.queue().lanes -= 1;
        }
    }
}
