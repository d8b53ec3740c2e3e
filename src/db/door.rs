//! Doors to the pool: none lets in so many that those at another would be left without a
//! connection, and none has a longer queue than can be served soon.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use sqlx::{PgConnection, PgPool, Postgres, pool::PoolConnection};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{ACQUIRE_TIMEOUT, Error};

/// A way to a share of the connections.
#[derive(Debug)]
pub struct Door {
    share: Arc<Semaphore>,
    waiting: AtomicUsize,
    longest_queue: usize,
}

/// The right to use one connection of a door's share, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Door {
    /// A door to `share` connections, with a queue of at most `longest_queue`.
    pub fn new(share: usize, longest_queue: usize) -> Self {
        Self {
            share: Arc::new(Semaphore::new(share)),
            waiting: AtomicUsize::new(0),
            longest_queue,
        }
    }

    /// Waits for a turn; those who came first go first.
    ///
    /// # Errors
    /// [`Error::Busy`] at once when the queue is full, and when no turn comes in time.
    pub async fn turn(&self) -> Result<Turn, Error> {
        if let Ok(permit) = Arc::clone(&self.share).try_acquire_owned() {
            return Ok(Turn { _permit: permit });
        }
        let _place = Place::take(&self.waiting, self.longest_queue).ok_or(Error::Busy)?;
        match timeout(ACQUIRE_TIMEOUT, Arc::clone(&self.share).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Turn { _permit: permit }),
            _ => Err(Error::Busy),
        }
    }

    /// A connection of the pool's, when it is one's turn.
    ///
    /// # Errors
    /// Those of [`Door::turn`]; [`Error::Unavailable`] when the database is away.
    pub async fn connection(&self, pool: &PgPool) -> Result<Connection, Error> {
        let turn = self.turn().await?;
        let connection = pool.acquire().await?;
        Ok(Connection {
            connection,
            _turn: turn,
        })
    }
}

/// A place in a queue, left whichever way its holder goes.
#[derive(Debug)]
pub struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, longest: usize) -> Option<Self> {
        let place = Self(waiting);
        (place.0.fetch_add(1, Ordering::Relaxed) < longest).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection of the pool, and the turn that goes with it.
#[derive(Debug)]
pub struct Connection {
    connection: PoolConnection<Postgres>,
    // After the connection: whoever has the next turn finds it.
    _turn: Turn,
}

impl Deref for Connection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_others_go_in_their_order() {
        let door = Door::new(1, 1);
        let first = door.turn().await.unwrap();
        let mut second = Box::pin(door.turn());
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(second.as_mut().poll(cx)));
        assert!(polled.await.is_pending());
        for _ in 0..3 {
            assert!(matches!(door.turn().await, Err(Error::Busy)));
        }
        drop(first);
        let second = second.await.unwrap();
        // Whoever goes away leaves the queue.
        drop(Box::pin(door.turn()));
        drop(second);
        assert!(door.turn().await.is_ok());
        assert_eq!(door.waiting.load(Ordering::Relaxed), 0);
    }
}
