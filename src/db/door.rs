//! Doors to the pool: none lets in so many that those at another would be left without a
//! connection, and none has a longer queue than can be served soon.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use sqlx::PgPool;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{
    ACQUIRE_TIMEOUT, Error,
    connection::{Connection, Shelf},
};

/// A way to a share of the connections.
#[derive(Debug)]
pub struct Door {
    pool: PgPool,
    share: Arc<Semaphore>,
    waiting: AtomicUsize,
    longest_queue: usize,
    shelf: Arc<Shelf>,
}

impl Door {
    /// A door to `share` connections of a pool, with a queue of at most `longest_queue`. So many of them as
    /// nobody else needs, `room`, stay here between two uses.
    pub fn new(pool: PgPool, share: usize, room: usize, longest_queue: usize) -> Self {
        Self {
            pool,
            share: Arc::new(Semaphore::new(share)),
            waiting: AtomicUsize::new(0),
            longest_queue,
            shelf: Arc::new(Shelf::new(room)),
        }
    }

    /// Waits for a connection; those who came first go first.
    ///
    /// # Errors
    /// [`Error::Busy`] at once when the queue is full, and when no turn comes in time;
    /// [`Error::Unavailable`] when the database is away.
    pub async fn connection(&self) -> Result<Connection, Error> {
        let turn = self.turn().await?;
        Connection::at_door(&self.pool, &self.shelf, turn).await
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        if let Ok(permit) = Arc::clone(&self.share).try_acquire_owned() {
            return Ok(permit);
        }
        let _place = Place::take(&self.waiting, self.longest_queue).ok_or(Error::Busy)?;
        match timeout(ACQUIRE_TIMEOUT, Arc::clone(&self.share).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::Busy),
        }
    }

    /// Gives the connections that wait here back to the pool, for good: it is to be closed.
    pub fn close(&self) {
        self.shelf.close();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_others_go_in_their_order() {
        let pool = PgPool::connect_lazy("postgres://localhost").unwrap();
        let door = Door::new(pool, 1, 1, 1);
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
