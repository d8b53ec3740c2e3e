//! The secret key's bond with the database, and the signing keys: made at first
//! start, opened at each.

use aws_lc_rs::constant_time;
use thiserror::Error;

use super::{Actor, ActorKind, Caller};
use crate::{
    clock::Clock,
    config::Config,
    crypto::{
        keyring::{self, Keyring, SigningAlg, SigningKey},
        seal::SealingKey,
        server_key::{ServerKey, ServerKeys},
    },
    db::{
        self,
        audit_events::{Action, Event},
        change::Change,
        cut_offs::CutOffs,
        installation, signing_keys,
    },
};

/// Why the keys and the database do not go together.
#[derive(Debug, Error)]
pub enum Error {
    /// The database belongs to a server with another secret key.
    #[error(
        "the database was made with another secret key; start with that one in DOORWARD_SECRET_KEY, \
         or name it in DOORWARD_SECRET_KEY_PREVIOUS to change over to the new one"
    )]
    AnotherSecretKey,
    /// A signing key does not open.
    #[error("a signing key in the database cannot be opened with this secret key")]
    Sealed,
    /// The crypto library refused.
    #[error(transparent)]
    Keyring(#[from] keyring::Error),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Binds the database to the secret key, or finds that it is bound to it. During a
/// rotation it is bound to the new one, and the signing keys are sealed anew.
///
/// # Errors
/// [`Error::AnotherSecretKey`].
pub async fn adopt(
    pool: &sqlx::PgPool,
    clock: &Clock,
    cut_offs: &CutOffs,
    keys: &ServerKeys,
) -> Result<(), Error> {
    let actor = system(clock);
    let mut change = Change::begin(pool, clock, cut_offs, &actor).await?;
    let matches = |stored: &[u8], key: &ServerKey| {
        constant_time::verify_slices_are_equal(stored, key.fingerprint()).is_ok()
    };
    match (
        installation::lock_fingerprint(&mut change).await?,
        &keys.previous,
    ) {
        (None, _) => {
            installation::insert(&mut change, clock.id(), keys.current.fingerprint()).await?;
            Ok(change
                .commit(Event::on_server(Action::SecretKeyAdopted))
                .await?)
        }
        (Some(stored), _) if matches(&stored, &keys.current) => Ok(()),
        (Some(stored), Some(previous)) if matches(&stored, previous) => {
            for key in signing_keys::list(change.db()).await? {
                let private = previous
                    .signing_keys()
                    .open(key.id.as_bytes(), &key.private_key_sealed);
                let private = private.map_err(|_| Error::Sealed)?;
                let sealed = keys
                    .current
                    .signing_keys()
                    .seal(key.id.as_bytes(), private.expose());
                signing_keys::set_private_key_sealed(&mut change, key.id, &sealed).await?;
            }
            installation::set_fingerprint(&mut change, keys.current.fingerprint()).await?;
            Ok(change
                .commit(Event::on_server(Action::SecretKeyRotated))
                .await?)
        }
        (Some(_), _) => Err(Error::AnotherSecretKey),
    }
}

/// Opens the signing keys, after making one for the configured algorithm if there is none.
///
/// # Errors
/// [`Error::Sealed`] for a key that does not open.
pub async fn open(
    pool: &sqlx::PgPool,
    clock: &Clock,
    cut_offs: &CutOffs,
    config: &Config,
    keys: &ServerKeys,
) -> Result<Keyring, Error> {
    // HS256 signs with the shared secret; the pair beside it is what the JWKS shows once that changes.
    let alg = if config.signing_alg == SigningAlg::Hs256 {
        SigningAlg::Es256
    } else {
        config.signing_alg
    };
    let seal = keys.current.signing_keys();
    let mut stored =
        signing_keys::list(&mut *pool.acquire().await.map_err(db::Error::from)?).await?;
    if !stored
        .iter()
        .any(|key| key.active && key.alg == alg.as_str())
    {
        create(pool, clock, cut_offs, alg, seal).await?;
        stored = signing_keys::list(&mut *pool.acquire().await.map_err(db::Error::from)?).await?;
    }
    let mut opened = Vec::new();
    for key in &stored {
        let private = seal
            .open(key.id.as_bytes(), &key.private_key_sealed)
            .map_err(|_| Error::Sealed)?;
        let Some(stored_alg) = SigningAlg::parse(&key.alg) else {
            return Err(Error::Sealed);
        };
        let signing = SigningKey::from_pkcs8(stored_alg, &private)?;
        // The ring signs with its first key.
        let first = key.active && stored_alg == alg;
        opened.insert(if first { 0 } else { opened.len() }, signing);
    }
    let ring = Keyring::new(&config.issuer, &config.audience, opened)?;
    Ok(match (&config.signing_secret, config.signing_alg) {
        (Some(secret), SigningAlg::Hs256) => ring.signing_with_secret(secret),
        _ => ring,
    })
}

async fn create(
    pool: &sqlx::PgPool,
    clock: &Clock,
    cut_offs: &CutOffs,
    alg: SigningAlg,
    seal: &SealingKey,
) -> Result<(), Error> {
    let actor = system(clock);
    let mut change = Change::begin(pool, clock, cut_offs, &actor).await?;
    signing_keys::lock(&mut change).await?;
    let stored = signing_keys::list(change.db()).await?;
    if stored
        .iter()
        .any(|key| key.active && key.alg == alg.as_str())
    {
        return Ok(());
    }
    let (key, private) = SigningKey::generate(alg)?;
    let id = clock.id();
    let jwk = serde_json::to_value(&key.jwk).map_err(|_| keyring::Error::Generation)?;
    let sealed = seal.seal(id.as_bytes(), private.expose());
    signing_keys::insert(&mut change, id, &key.kid, alg.as_str(), &jwk, &sealed).await?;
    let event = Event::on_server(Action::SigningKeyCreated)
        .with("kid", key.kid)
        .with("alg", alg.as_str());
    Ok(change.commit(event).await?)
}

fn system(clock: &Clock) -> Actor {
    let caller = Caller {
        address: None,
        user_agent: "doorward".to_owned(),
        request_id: clock.id(),
    };
    Actor {
        kind: ActorKind::System,
        user: None,
        caller,
    }
}
