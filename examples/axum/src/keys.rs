//! Doorward's public keys, fetched when they are needed and kept for a while.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jsonwebtoken::{Algorithm, DecodingKey, jwk::Jwk};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Mutex, RwLock};

/// As long as Doorward lets the answer be kept. A key that is taken away lives on here for so long
/// at the most.
const KEPT: Duration = Duration::from_mins(5);

/// The shortest time between two fetches. Anybody can invent key ids; they must not become as many
/// requests to Doorward.
const BETWEEN: Duration = Duration::from_secs(5);

/// Doorward is near, or it is away.
const PATIENCE: Duration = Duration::from_secs(5);

/// What an access token may be signed with. HS256 is not among them: its key would be no public one.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256];

/// A public key and the one algorithm that it is for.
pub struct Key {
    pub algorithm: Algorithm,
    pub decoding: DecodingKey,
}

/// Why there is no key.
pub enum Missing {
    /// Doorward has no such key.
    Unknown,
    /// No key was ever fetched.
    Unreachable,
}

#[derive(Deserialize)]
struct Jwks {
    /// Each read by itself: one of a kind that is not known here must not spoil the others.
    keys: Vec<Value>,
}

/// What was fetched, and when.
struct Fetched {
    keys: HashMap<String, Arc<Key>>,
    at: Instant,
}

/// The keys of one Doorward.
pub struct Keys {
    url: String,
    http: reqwest::Client,
    fetched: RwLock<Option<Fetched>>,
    /// When a fetch last began. Who wants to fetch holds it: one fetch at a time, and whoever
    /// waited finds what it brought.
    tried: Mutex<Option<Instant>>,
}

impl Keys {
    /// Those that are published here.
    pub fn at(url: String) -> Self {
        Self {
            url,
            http: reqwest::Client::new(),
            fetched: RwLock::new(None),
            tried: Mutex::new(None),
        }
    }

    /// The key with this id.
    pub async fn find(&self, kid: &str) -> Result<Arc<Key>, Missing> {
        if let Some(key) = self.kept(kid).await {
            return Ok(key);
        }
        let mut tried = self.tried.lock().await;
        if let Some(key) = self.kept(kid).await {
            return Ok(key);
        }
        if tried.is_none_or(|at| at.elapsed() >= BETWEEN) {
            *tried = Some(Instant::now());
            if let Ok(keys) = self.fetch().await {
                let at = Instant::now();
                *self.fetched.write().await = Some(Fetched { keys, at });
            }
        }
        // Keys that are older than they should be are better than none: Doorward may be away.
        let fetched = self.fetched.read().await;
        let fetched = fetched.as_ref().ok_or(Missing::Unreachable)?;
        fetched.keys.get(kid).cloned().ok_or(Missing::Unknown)
    }

    async fn kept(&self, kid: &str) -> Option<Arc<Key>> {
        let fetched = self.fetched.read().await;
        let fetched = fetched.as_ref().filter(|it| it.at.elapsed() < KEPT)?;
        fetched.keys.get(kid).cloned()
    }

    async fn fetch(&self) -> reqwest::Result<HashMap<String, Arc<Key>>> {
        let answer = self.http.get(&self.url).timeout(PATIENCE).send().await?;
        let jwks: Jwks = answer.error_for_status()?.json().await?;
        Ok(jwks.keys.into_iter().filter_map(read).collect())
    }
}

/// A key that tokens may be signed with; `None` for any other.
fn read(jwk: Value) -> Option<(String, Arc<Key>)> {
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let algorithm = Algorithm::try_from(jwk.common.key_algorithm?).ok()?;
    if !ALGORITHMS.contains(&algorithm) {
        return None;
    }
    let decoding = DecodingKey::from_jwk(&jwk).ok()?;
    let key = Key {
        algorithm,
        decoding,
    };
    Some((jwk.common.key_id?, Arc::new(key)))
}
