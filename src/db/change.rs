//! A transaction that cannot be committed without its audit event (invariant I2).

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use super::{
    Error,
    audit_events::{self, Actor, Event},
};
use crate::clock::Clock;

/// An open transaction that ends in an audit event, or in nothing: dropping it rolls back.
pub struct Change<'a> {
    transaction: Transaction<'static, Postgres>,
    actor: &'a Actor,
    clock: &'a Clock,
    now: DateTime<Utc>,
}

impl<'a> Change<'a> {
    /// Opens a transaction for something that `actor` does. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when there is no connection to be had.
    pub async fn begin(pool: &PgPool, clock: &'a Clock, actor: &'a Actor) -> Result<Self, Error> {
        let transaction = pool.begin().await?;
        Ok(Self {
            transaction,
            actor,
            clock,
            now: clock.now(),
        })
    }

    /// The connection, for reads within the change.
    pub fn db(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// When the change happens; the same for all that is written in it.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Who does it.
    pub fn actor(&self) -> &'a Actor {
        self.actor
    }

    /// Stores the event of one of two things that are done together; the other is committed.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn record(&mut self, event: Event) -> Result<(), Error> {
        let db = &mut self.transaction;
        audit_events::insert(db, self.clock.id(), self.now, self.actor, &event).await
    }

    /// Stores `event` and commits both.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the commit was not confirmed; then nothing may be promised.
    pub async fn commit(mut self, event: Event) -> Result<(), Error> {
        self.record(event).await?;
        Ok(self.transaction.commit().await?)
    }
}
