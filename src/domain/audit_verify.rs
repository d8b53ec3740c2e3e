//! Walks the chain of the audit log and names the first break.

use std::collections::{HashMap, HashSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use thiserror::Error;
use uuid::Uuid;

use super::{audit_chain as chain, error::Error};
use crate::{
    app::App,
    crypto::{
        audit_key::{AuditKey, Mac},
        secret::Secret,
    },
    db::{
        audit_chain::{self, Place, Seal},
        audit_events::{self, BareEvent},
        users,
    },
    ids::UserId,
};

/// The `typ` of a signed head.
const TYP: &str = "doorward-audit-head+jwt";

/// So many links are read at a time.
const LINKS: i64 = 20;

/// So many events are read at a time when one is looked for that nobody sealed.
const EVENTS: i64 = 10_000;

/// Bytes of a keyed hash.
const MAC: usize = size_of::<Mac>();

/// What a walk found.
#[derive(Debug, Default)]
pub struct Verified {
    /// Links that hold.
    pub seals: u64,
    /// Events that are what they were when they were sealed.
    pub events: u64,
    /// Of these, how many a deleted person has taken address and user agent from.
    pub forgotten: u64,
    /// Events that are sealed and gone with their retention.
    pub past_retention: u64,
    /// Events that wait for their seal.
    pub waiting: u64,
    /// The last link, to be kept elsewhere; `None` while nothing is sealed.
    pub head: Option<Head>,
}

/// The end of the chain at some time. Whoever keeps one can have it looked for later: nobody can have cut
/// the chain shorter meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// Which server.
    pub iss: String,
    /// When it was taken, in seconds since 1970.
    pub iat: i64,
    /// The last link's number.
    pub seal: i64,
    /// Its keyed hash, base64url.
    pub mac: String,
}

/// The first thing that is not as it should be.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Break {
    /// An event says something else than when it was sealed.
    #[error("event {0} was changed after it was sealed")]
    EventChanged(Uuid),
    /// An event is gone before its time.
    #[error("event {0} is gone")]
    EventGone(Uuid),
    /// An event that Doorward did not write.
    #[error("event {0} was never sealed: Doorward did not write it")]
    EventUnknown(Uuid),
    /// A link is gone.
    #[error("seal {0} is gone")]
    SealGone(i64),
    /// A link was changed, or made by somebody else.
    #[error("seal {0} was changed, or Doorward did not make it")]
    SealChanged(i64),
    /// What is said to be past its retention was not let go by Doorward.
    #[error("checkpoint {0} was changed, or Doorward did not make it")]
    CheckpointChanged(Uuid),
    /// The chain does not hold the head that was kept.
    #[error("the head that you kept, seal {0}, is not in this chain")]
    HeadGone(i64),
    /// The head that was kept is older than what is left.
    #[error("the head that you kept, seal {0}, is past its retention; keep a later one")]
    HeadTooOld(i64),
}

/// Walks the whole chain, as it is at this moment, with all events; and looks for a head that somebody kept.
///
/// # Errors
/// Those of the database. A [`Break`] is no error of this walk, but what it found.
pub async fn verify(app: &App, kept: Option<&Head>) -> Result<Result<Verified, Break>, Error> {
    let mut db = app.db().await?;
    let mut db = audit_chain::snapshot(&mut db).await?;
    let begun = match Walk::begin(&mut db, &app.audit_key, kept).await? {
        Ok(walk) => walk,
        Err(found) => return Ok(Err(found)),
    };
    begun.walk(&mut db, app).await
}

/// The end of the chain, signed (RFC 7515): others can see that it is this server's. `None` while
/// nothing is sealed.
///
/// # Errors
/// Those of the database and of the crypto library.
pub async fn signed_head(app: &App) -> Result<Option<Secret<String>>, Error> {
    let last = audit_chain::last(&mut *app.db().await?).await?;
    let Some(last) = last else {
        return Ok(None);
    };
    let head = head(app, &last);
    let claims = json!({ "iss": head.iss, "iat": head.iat, "seal": head.seal, "mac": head.mac });
    let signed = app.keyring().sign_as(TYP, &claims);
    Ok(Some(signed.map_err(|error| Error::Internal(error.into()))?))
}

/// Reads what [`signed_head`] gave. The signature is for others; what proves here is the chain.
pub fn read_head(signed: &str) -> Option<Head> {
    let claims = signed.trim().split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

fn head(app: &App, place: &Place) -> Head {
    Head {
        iss: app.keyring().issuer().to_owned(),
        iat: app.clock.now().timestamp(),
        seal: place.number,
        mac: encoded(place),
    }
}

fn encoded(place: &Place) -> String {
    URL_SAFE_NO_PAD.encode(&place.mac)
}

struct Walk<'a> {
    key: &'a AuditKey,
    kept: Option<&'a Head>,
    /// Events with lesser ids may be gone.
    retained_from: Uuid,
    at: Place,
    found: Verified,
}

impl<'a> Walk<'a> {
    /// Begins where the retention has left the beginning.
    async fn begin(
        db: &mut PgConnection,
        key: &'a AuditKey,
        kept: Option<&'a Head>,
    ) -> Result<Result<Self, Break>, Error> {
        let (mut at, mut retained_from) = (chain::beginning(), DateTime::<Utc>::UNIX_EPOCH);
        for checkpoint in audit_chain::checkpoints(db).await? {
            if checkpoint.mac != chain::mac_of_checkpoint(key, &checkpoint) {
                return Ok(Err(Break::CheckpointChanged(checkpoint.id)));
            }
            retained_from = retained_from.max(checkpoint.events_before);
            at = checkpoint.place;
        }
        let walk = Self {
            key,
            kept,
            retained_from: audit_events::first_id_after(retained_from),
            at,
            found: Verified::default(),
        };
        Ok(match kept {
            Some(kept) if kept.seal < walk.at.number => Err(Break::HeadTooOld(kept.seal)),
            Some(kept) if kept.seal == walk.at.number && kept.mac != encoded(&walk.at) => {
                Err(Break::HeadGone(kept.seal))
            }
            _ => Ok(walk),
        })
    }

    async fn walk(
        mut self,
        db: &mut PgConnection,
        app: &App,
    ) -> Result<Result<Verified, Break>, Error> {
        loop {
            let links = audit_chain::list(db, self.at.number, LINKS).await?;
            if links.is_empty() {
                break;
            }
            for link in links {
                if let Err(found) = self.link(db, link).await? {
                    return Ok(Err(found));
                }
            }
        }
        let has_head = self.kept.is_none_or(|kept| kept.seal <= self.at.number);
        if let (false, Some(kept)) = (has_head, self.kept) {
            return Ok(Err(Break::HeadGone(kept.seal)));
        }
        let waiting = audit_chain::waiting(db).await?;
        let there = audit_events::bare(db, &waiting).await?;
        if let Some(gone) = waiting
            .iter()
            .find(|id| **id >= self.retained_from && !there.iter().any(|event| event.id == **id))
        {
            return Ok(Err(Break::EventGone(*gone)));
        }
        self.found.waiting = u64::try_from(there.len()).unwrap_or_default();
        if self.found.events + self.found.waiting != audit_events::count(db).await?
            && let Some(unknown) = unknown(db, waiting).await?
        {
            return Ok(Err(Break::EventUnknown(unknown)));
        }
        self.found.head = (self.at.number > 0).then(|| head(app, &self.at));
        Ok(Ok(self.found))
    }

    async fn link(
        &mut self,
        db: &mut PgConnection,
        link: Seal,
    ) -> Result<Result<(), Break>, Error> {
        if link.number != self.at.number + 1 {
            return Ok(Err(Break::SealGone(self.at.number + 1)));
        }
        if link.mac != chain::mac(self.key, &self.at.mac, &link) {
            return Ok(Err(Break::SealChanged(link.number)));
        }
        let events: HashMap<Uuid, BareEvent> = audit_events::bare(db, &link.events)
            .await?
            .into_iter()
            .map(|event| (event.id, event))
            .collect();
        let facts = link.facts.chunks(MAC);
        let hashes = facts.zip(link.persons.chunks(MAC));
        let mut without_person = Vec::new();
        for (id, (facts, person)) in link.events.iter().zip(hashes) {
            let Some(event) = events.get(id) else {
                if *id >= self.retained_from {
                    return Ok(Err(Break::EventGone(*id)));
                }
                self.found.past_retention += 1;
                continue;
            };
            if facts != chain::facts(self.key, event) {
                return Ok(Err(Break::EventChanged(*id)));
            }
            if person != chain::person(self.key, event) {
                without_person.push(event);
            }
            self.found.events += 1;
        }
        if let Some(changed) = not_forgotten(db, &without_person).await? {
            return Ok(Err(Break::EventChanged(changed)));
        }
        self.found.forgotten += u64::try_from(without_person.len()).unwrap_or_default();
        self.found.seals += 1;
        self.at = Place {
            number: link.number,
            mac: link.mac,
        };
        match self.kept {
            Some(kept) if kept.seal == link.number && kept.mac != encoded(&self.at) => {
                Ok(Err(Break::HeadGone(kept.seal)))
            }
            _ => Ok(Ok(())),
        }
    }
}

/// The first of some events whose address or user agent is another, though no deleted person took it along.
async fn not_forgotten(
    db: &mut PgConnection,
    events: &[&BareEvent],
) -> Result<Option<Uuid>, Error> {
    let whose = |event: &BareEvent| {
        let anonymous = event.actor_kind == "anonymous";
        [event.actor_id, event.user_id.filter(|_| anonymous)]
    };
    let ids: Vec<UserId> = events
        .iter()
        .flat_map(|event| whose(event))
        .flatten()
        .map(UserId)
        .collect();
    let still_there = users::names(db, &ids).await?;
    let is_forgotten = |event: &BareEvent| {
        event.address.is_none()
            && event.user_agent.is_none()
            && whose(event)
                .into_iter()
                .flatten()
                .any(|id| !still_there.contains_key(&UserId(id)))
    };
    let changed = events.iter().find(|event| !is_forgotten(event));
    Ok(changed.map(|event| event.id))
}

/// The first event that is in no link and waits for none.
async fn unknown(db: &mut PgConnection, waiting: Vec<Uuid>) -> Result<Option<Uuid>, Error> {
    let mut known: HashSet<Uuid> = waiting.into_iter().collect();
    let mut number = 0;
    loop {
        let links = audit_chain::list(db, number, LINKS).await?;
        let Some(last) = links.last() else { break };
        number = last.number;
        known.extend(links.iter().flat_map(|link| &link.events));
    }
    let mut after = Uuid::nil();
    loop {
        let ids = audit_events::ids(db, after, EVENTS).await?;
        let Some(last) = ids.last() else {
            return Ok(None);
        };
        after = *last;
        if let Some(unknown) = ids.iter().find(|id| !known.contains(id)) {
            return Ok(Some(*unknown));
        }
    }
}
