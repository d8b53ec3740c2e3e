//! A transaction that cannot be committed without its audit event (invariant I2).

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use super::{
    Error,
    audit_events::{self, Actor, Event},
    cut_offs::{CutOff, CutOffs},
    door::Turn,
    notices::{self, Notice},
};
use crate::clock::Clock;

/// An open transaction that ends in an audit event, or in nothing: dropping it rolls back.
pub struct Change<'a> {
    transaction: Transaction<'static, Postgres>,
    actor: &'a Actor,
    clock: &'a Clock,
    cut_offs: &'a CutOffs,
    told: Vec<Notice>,
    now: DateTime<Utc>,
    // After the transaction, whose end gives the connection back.
    _turn: Option<Turn>,
}

impl<'a> Change<'a> {
    /// Opens a transaction for something that `actor` does, on the connection that a turn is for,
    /// or on any before there are doors. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when there is no connection to be had.
    pub async fn begin(
        pool: &PgPool,
        clock: &'a Clock,
        cut_offs: &'a CutOffs,
        actor: &'a Actor,
        turn: Option<Turn>,
    ) -> Result<Self, Error> {
        let transaction = pool.begin().await?;
        Ok(Self {
            transaction,
            actor,
            clock,
            cut_offs,
            told: Vec::new(),
            now: clock.now(),
            _turn: turn,
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

    /// Notes what access tokens that are already out must learn of; all replicas are told when
    /// the change commits (invariant I13).
    pub(super) fn cuts_off(&mut self, cut_off: CutOff) {
        self.told.push(Notice::CutOff(cut_off));
    }

    /// Notes that the signing keys are others now; all replicas are told when the change commits.
    pub(super) fn changes_signing_keys(&mut self) {
        self.told.push(Notice::SigningKeys);
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
        if !self.told.is_empty() {
            notices::tell(&mut self.transaction, &self.told).await?;
        }
        self.transaction.commit().await?;
        let told = self.told.into_iter();
        self.cut_offs.learn(told.filter_map(|notice| match notice {
            Notice::CutOff(cut_off) => Some(cut_off),
            Notice::SigningKeys => None,
        }));
        Ok(())
    }
}
