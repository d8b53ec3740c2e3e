//! A transaction that cannot be committed without its audit event (invariant I2).

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Error,
    audit_events::{self, Actor, Event},
    connection::Connection,
    cut_offs::{CutOff, CutOffs},
    notices::{self, Notice},
};
use crate::{clock::Clock, ids::UserId};

/// What happened to each of these things, each with its user.
pub type Each = (Event, Vec<(Uuid, UserId)>);

/// An open transaction that ends in an audit event, or in nothing: dropping it rolls back.
pub struct Change<'a> {
    connection: Connection,
    actor: &'a Actor,
    clock: &'a Clock,
    cut_offs: &'a CutOffs,
    told: Vec<Notice>,
    now: DateTime<Utc>,
}

impl<'a> Change<'a> {
    /// Opens a transaction for something that `actor` does. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is away.
    pub async fn begin(
        mut connection: Connection,
        clock: &'a Clock,
        cut_offs: &'a CutOffs,
        actor: &'a Actor,
    ) -> Result<Self, Error> {
        connection.begin().await?;
        Ok(Self {
            connection,
            actor,
            clock,
            cut_offs,
            told: Vec::new(),
            now: clock.now(),
        })
    }

    /// The connection, for reads within the change.
    pub fn db(&mut self) -> &mut PgConnection {
        &mut self.connection
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
        let (id, db) = (self.clock.id(), &mut self.connection);
        audit_events::insert(db, id, self.now, self.actor, &event).await
    }

    /// Stores an event for each of the things that are changed alike, each given with its user.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn record_each(&mut self, each: &[Each]) -> Result<(), Error> {
        for (event, changed) in each {
            let ids: Vec<Uuid> = changed.iter().map(|_| self.clock.id()).collect();
            let (subjects, users): (Vec<Uuid>, Vec<Uuid>) =
                changed.iter().map(|(id, user)| (*id, user.0)).unzip();
            let (now, db) = (self.now, &mut self.connection);
            audit_events::insert_each(db, (&ids, &subjects, &users), now, self.actor, event)
                .await?;
        }
        Ok(())
    }

    /// Undoes what was done. Dropping does so too, and takes the connection along.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn undo(self) -> Result<(), Error> {
        self.connection.roll_back().await
    }

    /// Stores `event` and commits both.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the commit was not confirmed; then nothing may be promised.
    pub async fn commit(mut self, event: Event) -> Result<(), Error> {
        self.record(event).await?;
        self.finish().await
    }

    /// Stores an event for each of the things that are changed alike, and commits all.
    ///
    /// # Errors
    /// As [`Change::commit`].
    pub async fn commit_each(mut self, each: &[Each]) -> Result<(), Error> {
        self.record_each(each).await?;
        self.finish().await
    }

    async fn finish(mut self) -> Result<(), Error> {
        if !self.told.is_empty() {
            notices::tell(&mut self.connection, &self.told).await?;
        }
        self.connection.commit().await?;
        let told = self.told.into_iter();
        self.cut_offs.learn(told.filter_map(|notice| match notice {
            Notice::CutOff(cut_off) => Some(cut_off),
            Notice::SigningKeys | Notice::SecurityEvents | Notice::News(_) => None,
        }));
        Ok(())
    }
}
