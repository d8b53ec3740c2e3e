//! Token Status Lists (draft-ietf-oauth-status-list): signed lists of two bits for each grant, in which resource servers
//! that never ask Doorward see within seconds which access tokens were cut off.
//!
//! A list tells of what was cut off within the lifetime of an access token, as [`crate::db::cut_offs`] does: an older
//! token has expired, and expired wins. So it is small, however much was cut off before. It is signed when it is asked
//! for: again when this server has learned of a cut-off, or after `status_list_ttl`. Without a database the last one is
//! told until it ends; there is never one made of nothing.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use miniz_oxide::deflate::{CompressionLevel, compress_to_vec_zlib};
use serde_json::json;
use tokio::time::timeout;

use super::error::Error;
use crate::{
    app::App,
    config::Config,
    crypto::access_token::{Status, StatusReference},
    db::status_lists::{self, CutOff, LIST_SIZE},
};

/// The `typ` of a list's header.
pub const TYP: &str = "statuslist+jwt";

/// How many bits a place has.
const BITS: usize = 2;

const INVALID: u8 = 1;
const SUSPENDED: u8 = 2;

/// How long a list is good when no newer one can be had.
const GOOD_FOR: Duration = Duration::from_mins(5);

/// However much is cut off, a list is not signed more often.
const SIGNED_EVERY: TimeDelta = TimeDelta::seconds(1);

/// A database that does not answer must not keep those waiting to whom the last list can be told.
const PATIENCE: Duration = Duration::from_secs(2);

/// An access token can be signed so much later than its statement, and many who verify let it live on for a minute.
const LATE: Duration = Duration::from_mins(2);

/// The lists as they were signed last.
#[derive(Default)]
pub struct StatusLists {
    /// How many there are, as far as was seen; there are never fewer.
    count: AtomicI64,
    // Locked to find a list. The inner lock is held while a list is signed, so that one does it for all who ask.
    lists: Mutex<HashMap<i64, Arc<tokio::sync::Mutex<List>>>>,
}

/// One of them.
#[derive(Default)]
struct List {
    tried_at: Option<DateTime<Utc>>,
    last: Option<Arc<Signed>>,
}

/// A list that is signed.
pub struct Signed {
    /// The JWT.
    pub token: String,
    /// When.
    made_at: DateTime<Utc>,
    /// By which key.
    kid: Option<String>,
    /// What this server had learned before.
    learned: u64,
}

impl Signed {
    /// For how many seconds others may keep it.
    pub fn fresh_for(&self, app: &App) -> i64 {
        let stale_at = self.made_at + app.config.status_list_ttl;
        (stale_at - app.clock.now()).num_seconds().max(0)
    }
}

/// Whether there are lists at all: a secret that is shared with resource servers cannot sign what they are to believe.
pub fn are_published(config: &Config) -> bool {
    !config.signing_alg.is_shared()
}

/// How long a list tells of what was cut off: as long as somebody may take one of its access tokens.
pub fn tells_for(config: &Config) -> Duration {
    config.access_token_ttl + LATE
}

/// The address of a list.
pub fn uri(config: &Config, list: i64) -> String {
    format!("{}/status-lists/{list}", config.issuer)
}

/// The claim of an access token whose grant has this place.
pub fn claim(config: &Config, index: i64) -> Option<Status> {
    are_published(config).then(|| Status {
        status_list: StatusReference {
            idx: index % LIST_SIZE,
            uri: uri(config, index / LIST_SIZE),
        },
    })
}

/// The addresses of all lists. One statement.
///
/// # Errors
/// Those of the database.
pub async fn uris(app: &App) -> Result<Vec<String>, Error> {
    if !are_published(&app.config) {
        return Ok(Vec::new());
    }
    let count = count(app).await?;
    Ok((0..count).map(|list| uri(&app.config, list)).collect())
}

async fn count(app: &App) -> Result<i64, Error> {
    let count = status_lists::count(&mut *app.db().await?).await?;
    app.status_lists.count.fetch_max(count, Ordering::Relaxed);
    Ok(count)
}

/// Makes room for the grants that will come. One statement.
///
/// # Errors
/// Those of the database.
pub async fn grow(app: &App) -> Result<(), Error> {
    if status_lists::grow(&mut *app.db().await?).await? {
        tracing::info!("there are more status lists now");
    }
    Ok(())
}

/// A list, signed; `None` if there is no such list. No statement, if the last one is still good.
///
/// # Errors
/// Those of the database, when there is no list that has not ended.
pub async fn get(app: &App, number: i64) -> Result<Option<Arc<Signed>>, Error> {
    let seen = app.status_lists.count.load(Ordering::Relaxed);
    if !are_published(&app.config) || (number >= seen && number >= count(app).await?) {
        return Ok(None);
    }
    let mut kept = app.status_lists.list(number).lock_owned().await;
    let now = app.clock.now();
    let mut failed = None;
    if kept.is_due(app, now) {
        kept.tried_at = Some(now);
        match timeout(PATIENCE, sign(app, number, now)).await {
            Ok(Ok(signed)) => kept.last = Some(Arc::new(signed)),
            Ok(Err(error)) => failed = Some(error),
            Err(_) => failed = Some(Error::Unavailable(None)),
        }
    }
    let is_good = |last: &&Arc<Signed>| now < last.made_at + GOOD_FOR;
    match (kept.last.as_ref().filter(is_good), failed) {
        (Some(last), failed) => {
            if let Some(error) = failed {
                tracing::warn!(%error, "a status list stays what it was");
            }
            Ok(Some(Arc::clone(last)))
        }
        (None, failed) => Err(failed.unwrap_or(Error::Unavailable(None))),
    }
}

impl StatusLists {
    fn list(&self, number: i64) -> Arc<tokio::sync::Mutex<List>> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lists.entry(number).or_default())
    }
}

impl List {
    /// Whether it is to be signed anew.
    fn is_due(&self, app: &App, now: DateTime<Utc>) -> bool {
        if self.tried_at.is_some_and(|at| now < at + SIGNED_EVERY) {
            return false;
        }
        self.last.as_ref().is_none_or(|last| {
            last.learned != app.cut_offs.learned()
                || last.kid.as_ref() != app.keyring().kids().first()
                || now >= last.made_at + app.config.status_list_ttl
        })
    }
}

/// Reads who is cut off, and signs it. Two statements, and a third while a client is disabled.
async fn sign(app: &App, number: i64, now: DateTime<Utc>) -> Result<Signed, Error> {
    // Before the statements: what is learned meanwhile may not be in them.
    let learned = app.cut_offs.learned();
    let since = now - tells_for(&app.config);
    let mut db = app.db().await?;
    let mut cut_off = status_lists::list_cut_off(&mut db, number, since, now).await?;
    let clients = status_lists::list_disabled_clients(&mut db, since, now).await?;
    if !clients.is_empty() {
        cut_off.extend(status_lists::list_of_clients(&mut db, number, &clients, since).await?);
    }
    drop(db);
    let list = compress_to_vec_zlib(&packed(&cut_off), CompressionLevel::BestCompression as u8);
    let claims = json!({
        "sub": uri(&app.config, number),
        "iat": now.timestamp(),
        "exp": now.timestamp() + GOOD_FOR.as_secs().cast_signed(),
        "ttl": app.config.status_list_ttl.as_secs(),
        "status_list": { "bits": BITS, "lst": URL_SAFE_NO_PAD.encode(list) },
    });
    let keyring = app.keyring();
    Ok(Signed {
        token: keyring.sign_as(TYP, &claims)?.expose().clone(),
        made_at: now,
        kid: keyring.kids().first().cloned(),
        learned,
    })
}

/// The list as bytes. What has ended is that, whatever else it is.
fn packed(cut_off: &[CutOff]) -> Vec<u8> {
    let places = usize::try_from(LIST_SIZE).unwrap_or_default();
    let mut bytes = vec![0; places * BITS / 8];
    for ended in [false, true] {
        let value = if ended { INVALID } else { SUSPENDED };
        for place in cut_off.iter().filter(|place| place.ended == ended) {
            put(&mut bytes, place.position, value);
        }
    }
    bytes
}

/// Puts a value into its place; the first place of a byte is its lowest bits.
fn put(bytes: &mut [u8], position: i64, value: u8) {
    let bit = usize::try_from(position).unwrap_or(usize::MAX / BITS) * BITS;
    if let Some(byte) = bytes.get_mut(bit / 8) {
        *byte = (*byte & !(0b11 << (bit % 8))) | (value << (bit % 8));
    }
}

#[cfg(test)]
mod tests {
    use miniz_oxide::inflate::decompress_to_vec_zlib;

    use super::*;

    /// The example of two bits in the specification: the values, the bytes and what they compress to.
    #[test]
    fn places_are_packed_as_the_specification_shows() {
        let values = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
        let mut bytes = [0; 3];
        for (position, value) in (0..).zip(values) {
            put(&mut bytes, position, value);
        }
        assert_eq!(bytes, [0xC9, 0x44, 0xF9]);
        let compressed = b"\x78\xda\x3b\xe9\xf2\x13\x00\x03\xdf\x02\x07";
        assert_eq!(decompress_to_vec_zlib(compressed).unwrap(), bytes);
        let own = compress_to_vec_zlib(&bytes, CompressionLevel::BestCompression as u8);
        assert_eq!(decompress_to_vec_zlib(&own).unwrap(), bytes);
    }

    #[test]
    fn what_has_ended_is_not_suspended() {
        let at = |position, ended| CutOff { position, ended };
        let last = LIST_SIZE - 1;
        for order in [[true, false], [false, true]] {
            let twice = order.map(|ended| at(5, ended));
            let bytes = packed(&[&twice[..], &[at(4, false), at(last, true)]].concat());
            assert_eq!(bytes.len(), 256 * 1024);
            assert_eq!((bytes[1], bytes[bytes.len() - 1]), (0b0110, 0b0100_0000));
            assert_eq!(bytes.iter().filter(|byte| **byte != 0).count(), 2);
        }
    }

    /// No place is lost, wherever it is, and none beyond the list is another's.
    #[test]
    fn each_place_is_its_own() {
        let mut bytes = vec![0; 4];
        for position in 0..16 {
            put(&mut bytes, position, INVALID);
        }
        assert_eq!(bytes, [0b0101_0101; 4]);
        put(&mut bytes, 7, 0);
        assert_eq!(bytes, [0b0101_0101, 0b0001_0101, 0b0101_0101, 0b0101_0101]);
        put(&mut bytes, 16, SUSPENDED);
        put(&mut bytes, -1, SUSPENDED);
        assert_eq!(bytes, [0b0101_0101, 0b0001_0101, 0b0101_0101, 0b0101_0101]);
    }
}
