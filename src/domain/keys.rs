//! The secret key's bond with the database, and the signing keys. Each is published before it
//! signs, signs until it is retired, and verifies until its last token has expired.

use std::time::Duration;

use aws_lc_rs::constant_time;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use thiserror::Error;

use super::{Actor, ActorKind, Caller, audit_chain, error::Thing};
use crate::{
    app::App,
    clock::Clock,
    config::Config,
    crypto::{
        audit_key::AuditKey,
        jwe::{Recipient, Unfit},
        keyring::{self, Keyring, SigningAlg, SigningKey},
        server_key::{ServerKey, ServerKeys},
    },
    db::{
        self, audience_keys,
        audit_events::{Action, Event},
        change::Change,
        connection::Connection,
        cut_offs::CutOffs,
        installation,
        signing_keys::{self, StoredKey},
    },
};

/// Another server hears of a retirement so much later, at the most, and signs with the old key
/// until then.
const LATE: Duration = Duration::from_mins(1);

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
    /// The key of the audit log's chain does not open.
    #[error("the key of the audit log's chain cannot be opened with this secret key")]
    SealedAuditKey,
    /// An audience's key is none.
    #[error("the key of an audience in the database cannot be read: {0}")]
    Recipient(#[from] Unfit),
    /// The crypto library refused.
    #[error(transparent)]
    Keyring(#[from] keyring::Error),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Binds the database to the secret key, or finds that it is bound to it; the key of the audit log's chain,
/// which is made with the bond. During a rotation the database is bound to the new one, and that key
/// and the signing keys are sealed anew.
///
/// # Errors
/// [`Error::AnotherSecretKey`].
pub async fn adopt(
    pool: &sqlx::PgPool,
    clock: &Clock,
    cut_offs: &CutOffs,
    keys: &ServerKeys,
) -> Result<AuditKey, Error> {
    let actor = system(clock);
    let mut change = Change::begin(Connection::of(pool).await?, clock, cut_offs, &actor).await?;
    if keys.previous.is_some() {
        // They may have to be sealed anew: before the fingerprint, as a rotation locks the two.
        signing_keys::lock(&mut change).await?;
    }
    let matches = |stored: &[u8], key: &ServerKey| {
        constant_time::verify_slices_are_equal(stored, key.fingerprint()).is_ok()
    };
    match (
        installation::lock_fingerprint(&mut change).await?,
        &keys.previous,
    ) {
        (None, _) => {
            let audit_key = audit_chain::new_key();
            let sealed = audit_chain::seal_key(&keys.current, &audit_key);
            let fingerprint = keys.current.fingerprint();
            installation::insert(&mut change, clock.id(), fingerprint, &sealed).await?;
            let event = Event::on_server(Action::SecretKeyAdopted);
            change.commit(event).await?;
            Ok(AuditKey::new(&audit_key))
        }
        (Some(stored), _) if matches(&stored, &keys.current) => {
            if let Some(sealed) = installation::audit_key_sealed(&mut change).await? {
                change.undo().await?;
                let audit_key = audit_chain::open_key(&keys.current, &sealed)?;
                return Ok(AuditKey::new(&audit_key));
            }
            // Made by a Doorward that had no chain yet.
            let audit_key = audit_chain::new_key();
            let sealed = audit_chain::seal_key(&keys.current, &audit_key);
            installation::set_audit_key_sealed(&mut change, &sealed).await?;
            let event = Event::on_server(Action::AuditChainBegun);
            change.commit(event).await?;
            Ok(AuditKey::new(&audit_key))
        }
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
            let audit_key = match installation::audit_key_sealed(&mut change).await? {
                Some(sealed) => audit_chain::open_key(previous, &sealed)?,
                None => audit_chain::new_key(),
            };
            let sealed = audit_chain::seal_key(&keys.current, &audit_key);
            installation::set_audit_key_sealed(&mut change, &sealed).await?;
            installation::set_fingerprint(&mut change, keys.current.fingerprint()).await?;
            let event = Event::on_server(Action::SecretKeyRotated);
            change.commit(event).await?;
            Ok(AuditKey::new(&audit_key))
        }
        (Some(_), _) => Err(Error::AnotherSecretKey),
    }
}

/// How long a retired key still verifies: until the last token that it signed has expired, on
/// a server that heard of its retirement late.
pub fn verifies_for(config: &Config) -> Duration {
    config.access_token_ttl + LATE
}

/// What the key pairs sign with. HS256 signs with the shared secret; the pair beside it is what
/// the JWKS shows once that changes.
fn pair_alg(config: &Config) -> SigningAlg {
    match config.signing_alg {
        SigningAlg::Hs256 => SigningAlg::Es256,
        alg => alg,
    }
}

/// Sees to it that there is a key to sign with, and one published for its time to come.
///
/// # Errors
/// Those of the database and of the crypto library.
pub async fn ensure(
    pool: &sqlx::PgPool,
    clock: &Clock,
    cut_offs: &CutOffs,
    config: &Config,
    keys: &ServerKeys,
) -> Result<(), Error> {
    let alg = pair_alg(config);
    let lacks = |stored: &[StoredKey], state: &str| {
        !stored
            .iter()
            .any(|key| key.state == state && key.alg == alg.as_str())
    };
    let stored = signing_keys::list(&mut *pool.acquire().await.map_err(db::Error::from)?).await?;
    if !lacks(&stored, "active") && !lacks(&stored, "next") {
        return Ok(());
    }
    let actor = system(clock);
    let mut change = Change::begin(Connection::of(pool).await?, clock, cut_offs, &actor).await?;
    signing_keys::lock(&mut change).await?;
    let stored = signing_keys::list(change.db()).await?;
    let mut kid = None;
    if lacks(&stored, "active") {
        if lacks(&stored, "next") {
            insert_next(&mut change, clock, alg, keys).await?;
        }
        kid = signing_keys::activate_next(&mut change, alg.as_str()).await?;
    }
    if kid.is_some() || lacks(&stored, "next") {
        let next = insert_next(&mut change, clock, alg, keys).await?;
        let event = Event::on_server(Action::SigningKeyCreated)
            .with("kid", kid.unwrap_or(next))
            .with("alg", alg.as_str());
        change.commit(event).await?;
    }
    Ok(())
}

/// Opens the signing keys that are there: a ring that signs with the active key, and verifies
/// with all whose tokens can still be valid. `None` if that is the ring that is `known`.
///
/// # Errors
/// [`Error::Sealed`] for a key that does not open.
pub async fn load(
    db: &mut PgConnection,
    clock: &Clock,
    config: &Config,
    keys: &ServerKeys,
    known: Option<&Keyring>,
) -> Result<Option<Keyring>, Error> {
    let alg = pair_alg(config);
    let gone = clock.now() - verifies_for(config);
    let mut stored = signing_keys::list(db).await?;
    stored.retain(|key| key.retired_at.is_none_or(|retired_at| retired_at > gone));
    // The ring signs with its first key.
    stored.sort_by_key(|key| !(key.state == "active" && key.alg == alg.as_str()));
    let recipients = audience_keys::list(db).await?;
    let is_known = |known: &Keyring| {
        stored.iter().map(|key| &key.kid).eq(known.kids())
            && recipients.len() == known.recipients()
            && recipients
                .iter()
                .all(|key| known.recipient(&key.audience) == Some(&*key.kid))
    };
    if known.is_some_and(is_known) {
        return Ok(None);
    }
    let opened = stored.iter().map(|key| open(key, keys));
    let opened = opened.collect::<Result<_, _>>()?;
    let recipients = recipients
        .into_iter()
        .map(|key| Ok((key.audience, Recipient::from_jwk(&key.public_jwk)?)))
        .collect::<Result<_, Unfit>>()?;
    let ring = Keyring::new(&config.issuer, &config.audience, opened)?.encrypting_for(recipients);
    Ok(Some(match (&config.signing_secret, config.signing_alg) {
        (Some(secret), SigningAlg::Hs256) => ring.signing_with_secret(secret)?,
        _ => ring,
    }))
}

fn open(key: &StoredKey, keys: &ServerKeys) -> Result<SigningKey, Error> {
    // While the secret key is changed, another server may have sealed them anew already.
    let private = [Some(&keys.current), keys.previous.as_ref()]
        .into_iter()
        .flatten()
        .find_map(|known| {
            let seal = known.signing_keys();
            seal.open(key.id.as_bytes(), &key.private_key_sealed).ok()
        })
        .ok_or(Error::Sealed)?;
    let alg = SigningAlg::parse(&key.alg).ok_or(Error::Sealed)?;
    Ok(SigningKey::from_pkcs8(alg, &private)?)
}

/// All signing keys, newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(app: &App) -> Result<Vec<StoredKey>, super::error::Error> {
    Ok(signing_keys::list(&mut *app.db().await?).await?)
}

/// Has the next key sign from now on, and publishes another for its time to come. The key
/// before verifies until its last token has expired.
///
/// # Errors
/// Those of the database and of the crypto library.
pub async fn rotate(app: &App, actor: &Actor) -> Result<(), super::error::Error> {
    let mut change = app.change(actor).await?;
    signing_keys::lock(&mut change).await?;
    rotate_within(app, change).await
}

/// Whether a key is the active one of the algorithm that is configured.
pub fn signs(config: &Config, key: &StoredKey) -> bool {
    key.state == "active" && key.alg == pair_alg(config).as_str()
}

/// When the next key takes the place of this one by itself: the active one, if keys are rotated at all.
pub fn rotation_due(config: &Config, key: &StoredKey) -> Option<DateTime<Utc>> {
    let every = config.signing_key_rotation;
    let rotates = signs(config, key) && !every.is_zero();
    key.activated_at
        .filter(|_| rotates)
        .map(|since| since + every)
}

/// Rotates if the active key has signed for as long as is configured. Of several servers that
/// find so, one rotates.
///
/// # Errors
/// As [`rotate`].
pub async fn rotate_when_due(app: &App) -> Result<(), super::error::Error> {
    if app.config.signing_key_rotation.is_zero() {
        return Ok(());
    }
    let (now, actor) = (app.clock.now(), system(&app.clock));
    let is_due = |stored: &[StoredKey]| {
        let due = |key: &StoredKey| rotation_due(&app.config, key);
        stored.iter().filter_map(due).any(|due| due <= now)
    };
    if !is_due(&list(app).await?) {
        return Ok(());
    }
    let mut change = app.change(&actor).await?;
    signing_keys::lock(&mut change).await?;
    if !is_due(&signing_keys::list(change.db()).await?) {
        return Ok(());
    }
    rotate_within(app, change).await
}

async fn rotate_within(app: &App, mut change: Change<'_>) -> Result<(), super::error::Error> {
    let alg = pair_alg(&app.config);
    signing_keys::retire_active(&mut change, alg.as_str()).await?;
    let kid = signing_keys::activate_next(&mut change, alg.as_str()).await?;
    let next = insert_next(&mut change, &app.clock, alg, &app.keys).await?;
    let event = Event::on_server(Action::SigningKeyRotated)
        .with("kid", kid)
        .with("next", next);
    change.commit(event).await?;
    take_over(app).await;
    Ok(())
}

/// Takes a key away at once, for one that others may have: every token that it signed is
/// refused from now on. If it is the active one, the next takes its place.
///
/// # Errors
/// Not found.
pub async fn retire(app: &App, actor: &Actor, kid: &str) -> Result<(), super::error::Error> {
    let mut change = app.change(actor).await?;
    signing_keys::lock(&mut change).await?;
    let stored = signing_keys::list(change.db()).await?;
    let key = stored.into_iter().find(|key| key.kid == kid);
    let key = key.ok_or(super::error::Error::NotFound(Thing::SigningKey))?;
    signing_keys::delete(&mut change, key.id).await?;
    let alg = SigningAlg::parse(&key.alg).ok_or(Error::Sealed)?;
    if key.state == "active" {
        signing_keys::activate_next(&mut change, &key.alg).await?;
    }
    if key.state != "retired" {
        insert_next(&mut change, &app.clock, alg, &app.keys).await?;
    }
    let event = Event::on_server(Action::SigningKeyRetired)
        .with("kid", key.kid)
        .with("state", key.state);
    change.commit(event).await?;
    take_over(app).await;
    Ok(())
}

/// Has this server sign and verify with what was committed. If that fails, it hears of it like
/// the others.
pub(super) async fn take_over(app: &App) {
    if let Err(error) = app.load_keys().await {
        tracing::warn!(%error, "the signing keys stay what they were for now");
    }
}

/// Makes a key for the time to come; its `kid`.
async fn insert_next(
    change: &mut Change<'_>,
    clock: &Clock,
    alg: SigningAlg,
    keys: &ServerKeys,
) -> Result<String, Error> {
    let (key, private) = SigningKey::generate(alg)?;
    let id = clock.id();
    let jwk = serde_json::to_value(&key.jwk).map_err(|_| keyring::Error::Generation)?;
    // While the secret key is changed, this server's may be the former one already.
    let fingerprint = installation::lock_fingerprint(change).await?;
    let bound = [Some(&keys.current), keys.previous.as_ref()]
        .into_iter()
        .flatten()
        .find(|known| fingerprint.as_deref() == Some(known.fingerprint().as_slice()))
        .ok_or(Error::AnotherSecretKey)?;
    let sealed = bound.signing_keys().seal(id.as_bytes(), private.expose());
    signing_keys::insert_next(change, id, &key.kid, alg.as_str(), &jwk, &sealed).await?;
    Ok(key.kid)
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
