//! Connections, and where they lie between two uses. The pool would ask the server after each use whether
//! the connection is still good, which costs as much as a short statement, and would then give on those that
//! were used longest ago, whose server processes have left the processor's caches.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{Executor, PgConnection, PgPool, Postgres, pool::PoolConnection};
use tokio::sync::OwnedSemaphorePermit;

use super::{Error, TRUSTED_IDLE};

/// How long a connection is handed from one to the next before the pool sees it again, which replaces
/// those that have become old.
const BACK_TO_POOL: Duration = Duration::from_mins(1);

/// Connections for whoever is next at a door.
#[derive(Debug)]
pub struct Shelf(Mutex<Free>);

#[derive(Debug)]
struct Free {
    room: usize,
    held: Vec<(Instant, Held)>,
}

impl Shelf {
    /// With room for so many.
    pub fn new(room: usize) -> Self {
        let held = Vec::new();
        Self(Mutex::new(Free { room, held }))
    }

    fn free(&self) -> MutexGuard<'_, Free> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was put there last. What has lain there for too long goes to the pool, which tries it before it
    /// gives it on.
    fn take(&self) -> Option<Held> {
        let held = &mut self.free().held;
        held.retain(|(since, _)| since.elapsed() <= TRUSTED_IDLE);
        held.pop().map(|(_, held)| held)
    }

    fn put(&self, held: Held) {
        let mut free = self.free();
        if free.held.len() < free.room && held.since.elapsed() < BACK_TO_POOL {
            free.held.push((Instant::now(), held));
        }
    }

    /// Gives all to the pool, for good.
    pub fn close(&self) {
        let mut free = self.free();
        free.room = 0;
        free.held.clear();
    }
}

#[derive(Debug)]
struct Held {
    connection: PoolConnection<Postgres>,
    // When it came from the pool.
    since: Instant,
    in_transaction: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.in_transaction {
            // The server rolls back. The pool would give the connection on as it is.
            self.connection.close_on_drop();
        }
    }
}

/// A connection, and the turn that goes with it. Dropped, it goes back to the pool whatever state it is in;
/// a transaction is rolled back.
#[derive(Debug)]
pub struct Connection {
    held: Held,
    shelf: Option<Arc<Shelf>>,
    // After the connection: whoever has the next turn finds it.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// One from the shelf of a door, or else of the pool.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is away.
    pub(super) async fn at_door(
        pool: &PgPool,
        shelf: &Arc<Shelf>,
        turn: OwnedSemaphorePermit,
    ) -> Result<Self, Error> {
        let of_pool = match shelf.take() {
            Some(held) => held,
            None => Held::of(pool).await?,
        };
        Ok(Self {
            held: of_pool,
            shelf: Some(Arc::clone(shelf)),
            _turn: Some(turn),
        })
    }

    /// One of a pool, before there are doors.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is away.
    pub async fn of(pool: &PgPool) -> Result<Self, Error> {
        Ok(Self {
            held: Held::of(pool).await?,
            shelf: None,
            _turn: None,
        })
    }

    /// Leaves it to whoever is next, as it is: all its statements have been answered.
    pub fn hand_on(self) {
        if let Some(shelf) = self.shelf {
            shelf.put(self.held);
        }
    }

    /// Opens a transaction. One round trip.
    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        self.held.in_transaction = true;
        self.execute("BEGIN").await?;
        Ok(())
    }

    /// Commits the transaction. One round trip.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        self.execute("COMMIT").await?;
        self.held.in_transaction = false;
        self.hand_on();
        Ok(())
    }

    /// Takes the transaction back, and keeps the connection. One round trip.
    pub(super) async fn roll_back(mut self) -> Result<(), Error> {
        self.execute("ROLLBACK").await?;
        self.held.in_transaction = false;
        self.hand_on();
        Ok(())
    }
}

impl Held {
    async fn of(pool: &PgPool) -> Result<Self, Error> {
        Ok(Self {
            connection: pool.acquire().await?,
            since: Instant::now(),
            in_transaction: false,
        })
    }
}

impl Deref for Connection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.held.connection
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.held.connection
    }
}
