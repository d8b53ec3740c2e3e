//! The chain of the audit log: every event is sealed a moment after its commit, in batches, and each seal
//! holds the one before. Nobody waits for it: an event and its wait for the seal commit together.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{error::Error, keys, security_events::to_tell};
use crate::{
    app::App,
    crypto::{
        audit_key::{AuditKey, Mac},
        random,
        secret::Secret,
        server_key::ServerKey,
    },
    db::{
        self,
        audit_chain::{self, Checkpoint, Place, Seal},
        audit_events::{self, BareEvent},
        news::Topic,
        notices::{self, Notice},
        security_events,
    },
};

/// So many events are sealed at a time.
const BATCH: i64 = 1_000;

/// So many links are looked at at a time when the beginning is taken off.
const LINKS: i64 = 100;

/// What the sealed key is told from all else by.
const KEY: &[u8] = b"audit key";

/// A key for a chain that begins.
pub(super) fn new_key() -> Secret<Vec<u8>> {
    Secret::new(random::<32>().to_vec())
}

/// The key as it is stored.
pub(super) fn seal_key(with: &ServerKey, key: &Secret<Vec<u8>>) -> Vec<u8> {
    with.audit_key().seal(KEY, key.expose())
}

/// The key, from what is stored.
///
/// # Errors
/// [`keys::Error::SealedAuditKey`] for another secret key, or changed bytes.
pub(super) fn open_key(with: &ServerKey, sealed: &[u8]) -> Result<Secret<Vec<u8>>, keys::Error> {
    let opened = with.audit_key().open(KEY, sealed);
    opened.map_err(|_| keys::Error::SealedAuditKey)
}

/// Before the first link.
pub(super) fn beginning() -> Place {
    Place {
        number: 0,
        mac: Mac::default().to_vec(),
    }
}

/// Seals what waits, if no other server is at it, and has open pages told; how many events.
///
/// # Errors
/// Those of the database; what was sealed until then stays sealed, and the rest waits.
pub async fn seal(app: &App) -> Result<u64, Error> {
    let mut sealed = 0;
    while audit_chain::any_waiting(&mut *app.db().await?).await? {
        match seal_batch(app).await? {
            0 => break,
            events => sealed += events,
        }
    }
    Ok(sealed)
}

async fn seal_batch(app: &App) -> Result<u64, Error> {
    let mut db = app.db().await?;
    let Some(mut sealing) = audit_chain::begin(&mut db).await? else {
        return Ok(0);
    };
    let ids = audit_chain::take_waiting(&mut sealing, BATCH).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let events = audit_events::bare(&mut sealing, &ids).await?;
    let last = match audit_chain::last(&mut sealing).await? {
        Some(last) => last,
        None => after_checkpoints(&mut sealing).await?,
    };
    let link = link(&app.audit_key, &last, app.clock.now(), ids, &events);
    audit_chain::insert(&mut sealing, &link).await?;
    let kinds = events.iter().map(|event| event.subject_kind.as_str());
    let topics = kinds.flat_map(Topic::of_event).copied().collect();
    let mut told = vec![Notice::News(topics)];
    let to_tell = to_tell(&events);
    if !to_tell.is_empty() {
        security_events::append(&mut sealing, app.clock.now(), &to_tell).await?;
        told.push(Notice::SecurityEvents);
    }
    notices::tell(&mut sealing, &told).await?;
    sealing.commit().await.map_err(db::Error::from)?;
    Ok(u64::try_from(link.events.len()).unwrap_or_default())
}

/// Where the chain goes on when all links are past their retention.
async fn after_checkpoints(db: &mut sqlx::PgConnection) -> Result<Place, Error> {
    let newest = audit_chain::checkpoints(db).await?.pop();
    Ok(newest.map_or_else(beginning, |checkpoint| checkpoint.place))
}

/// The link of some events to the one before. An event that is gone before it was sealed has hashes that
/// fit nothing.
fn link(
    key: &AuditKey,
    before: &Place,
    now: DateTime<Utc>,
    ids: Vec<Uuid>,
    events: &[BareEvent],
) -> Seal {
    let (mut all_facts, mut all_persons) = (Vec::new(), Vec::new());
    for id in &ids {
        let event = events.iter().find(|event| event.id == *id);
        all_facts.extend(event.map_or_else(Mac::default, |event| facts(key, event)));
        all_persons.extend(event.map_or_else(Mac::default, |event| person(key, event)));
    }
    let mut seal = Seal {
        number: before.number + 1,
        created_at: now,
        events: ids,
        facts: all_facts,
        persons: all_persons,
        mac: Vec::new(),
    };
    seal.mac = mac(key, &before.mac, &seal).to_vec();
    seal
}

/// The keyed hash of a link.
pub(super) fn mac(key: &AuditKey, before: &[u8], seal: &Seal) -> Mac {
    let ids: Vec<u8> = seal.events.iter().flat_map(|id| *id.as_bytes()).collect();
    key.mac(
        "audit seal v1",
        &[
            before,
            &seal.number.to_be_bytes(),
            &seal.created_at.timestamp_micros().to_be_bytes(),
            &ids,
            &seal.facts,
            &seal.persons,
        ],
    )
}

/// The keyed hash of what an event says, but for what a deleted person takes along.
pub(super) fn facts(key: &AuditKey, event: &BareEvent) -> Mac {
    let told = json!([
        event.id,
        event.created_at.timestamp_micros(),
        event.action,
        event.actor_kind,
        event.actor_id,
        event.subject_kind,
        event.subject_id,
        event.user_id,
        event.reason,
        event.details,
        event.request_id,
    ]);
    key.mac("audit event v1", &[told.to_string().as_bytes()])
}

/// The keyed hash of where an event came from.
pub(super) fn person(key: &AuditKey, event: &BareEvent) -> Mac {
    let told = json!([event.id, event.address, event.user_agent]);
    key.mac("audit person v1", &[told.to_string().as_bytes()])
}

/// The keyed hash of a checkpoint.
pub(super) fn mac_of_checkpoint(key: &AuditKey, checkpoint: &Checkpoint) -> Mac {
    key.mac(
        "audit checkpoint v1",
        &[
            checkpoint.id.as_bytes(),
            &checkpoint.events_before.timestamp_micros().to_be_bytes(),
            &checkpoint.place.number.to_be_bytes(),
            &checkpoint.place.mac,
        ],
    )
}

/// Notes that events older than `before` may go, and takes those links off the beginning of the chain that
/// have none but such. To be called before they go. `false`: another server is at the chain.
///
/// # Errors
/// Those of the database.
pub(super) async fn let_go(app: &App, before: DateTime<Utc>) -> Result<bool, Error> {
    let mut db = app.db().await?;
    let Some(mut chain) = audit_chain::begin(&mut db).await? else {
        return Ok(false);
    };
    let newest = audit_chain::checkpoints(&mut chain).await?.pop();
    if newest
        .as_ref()
        .is_some_and(|newest| newest.events_before >= before)
    {
        return Ok(true);
    }
    let mut place = newest.map_or_else(beginning, |newest| newest.place);
    let first_that_stays = audit_events::least_id(before);
    'links: loop {
        let links = audit_chain::list(&mut chain, place.number, LINKS).await?;
        if links.is_empty() {
            break;
        }
        for link in links {
            if link.events.iter().any(|id| *id >= first_that_stays) {
                break 'links;
            }
            place = Place {
                number: link.number,
                mac: link.mac,
            };
        }
    }
    let mut checkpoint = Checkpoint {
        id: app.clock.id(),
        events_before: before,
        place,
        mac: Vec::new(),
    };
    checkpoint.mac = mac_of_checkpoint(&app.audit_key, &checkpoint).to_vec();
    audit_chain::delete_up_to(&mut chain, checkpoint.place.number).await?;
    audit_chain::insert_checkpoint(&mut chain, app.clock.now(), &checkpoint).await?;
    chain.commit().await.map_err(db::Error::from)?;
    Ok(true)
}
