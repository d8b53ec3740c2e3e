//! What a running Doorward is made of: configuration, database, clock, hashing
//! threads and keys. Opened once, shared by all doors.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::{ArcSwap, Guard};
use base64::{Engine, engine::general_purpose::STANDARD};
use sqlx::PgPool;
use thiserror::Error;

use crate::{
    clock::Clock,
    config::{self, Config},
    crypto::{
        audit_key::AuditKey,
        dpop,
        keyring::Keyring,
        password::{self, Hasher},
        random,
        secret::Secret,
        server_key::{ServerKey, ServerKeys},
    },
    db::{
        self,
        audit_events::Actor,
        change::Change,
        connection::Connection,
        cut_offs::{self, CutOffs},
        door::Door,
        news::{News, Topic},
        notices::{Notice, Notices},
        rotations::{LANES, Rotations},
    },
    domain::{self, counts::Counts, feed::Feed, live::Live, status_lists::StatusLists},
};

/// The file in `data_dir` that holds the secret key, where the configuration has none.
const SECRET_KEY_FILE: &str = "secret_key";

/// How many may wait for a connection, at either door.
const LONGEST_QUEUE: usize = 200;

/// Everything that the verbs need.
pub struct App {
    /// As configured.
    pub config: Config,
    /// Time and ids.
    pub clock: Clock,
    /// The hashing threads.
    pub hasher: Hasher,
    /// What the secret key gives.
    pub keys: ServerKeys,
    /// Makes the chain of the audit log.
    pub audit_key: AuditKey,
    /// The proofs of possession that came lately.
    pub proofs: dpop::Seen,
    /// What was cut off lately.
    pub cut_offs: CutOffs,
    /// How often what happened here, as far as it is not written yet.
    pub counts: Counts,
    /// Of which kinds there is something new.
    pub news: News,
    /// Who looks at the panel live.
    pub live: Live,
    /// Who listens to the live feed, and what was told last.
    pub feed: Feed,
    /// The status lists as they were signed last.
    pub status_lists: StatusLists,
    // Replaced as a whole when the keys are others; whoever signs or verifies keeps the one it took.
    keyring: ArcSwap<Keyring>,
    pool: PgPool,
    /// The refreshes that wait for a statement that they share.
    pub rotations: Rotations,
    // Refreshes that are looked at again, and all else: a flood of the one leaves the other its share.
    refreshes: Door,
    others: Door,
}

/// Why Doorward cannot start; each a line that says what to do.
#[derive(Debug, Error)]
pub enum Error {
    /// The secret key's file cannot be used.
    #[error("the secret key in {path} {fault}")]
    SecretKeyFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        fault: String,
    },
    /// The keys and the database do not go together.
    #[error(transparent)]
    Keys(#[from] domain::keys::Error),
    /// The hashing threads.
    #[error(transparent)]
    Hasher(#[from] password::Error),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl App {
    /// Opens Doorward on a migrated database. Makes the secret key, the first signing key
    /// and the bond between them at first start. Costs one hash, for the decoy.
    ///
    /// # Errors
    /// What stands against it, in one line.
    pub async fn open(config: Config, pool: PgPool, clock: Clock) -> Result<Self, Error> {
        let current = match &config.secret_key {
            Some(key) => ServerKey::new(key),
            None => ServerKey::new(&secret_key_file(&config.data_dir.join(SECRET_KEY_FILE))?),
        };
        let keys = ServerKeys {
            current,
            previous: config.secret_key_previous.as_ref().map(ServerKey::new),
        };
        anchor(&pool, &clock).await?;
        let cut_offs = CutOffs::default();
        let audit_key = domain::keys::adopt(&pool, &clock, &cut_offs, &keys).await?;
        domain::keys::ensure(&pool, &clock, &cut_offs, &config, &keys).await?;
        let mut db = pool.acquire().await.map_err(db::Error::from)?;
        cut_offs::load(&mut db, &cut_offs, &clock, config.access_token_ttl).await?;
        let keyring = domain::keys::load(&mut db, &clock, &config, &keys, None).await?;
        let keyring = keyring.ok_or(domain::keys::Error::Sealed)?;
        drop(db);
        let hasher = Hasher::start(
            config.argon2_memory_kib,
            config.argon2_iterations,
            config.argon2_parallelism,
        )?;
        let connections = config.database_connections as usize;
        let (refreshes, others) = shares(connections);
        // One is left for what goes through no door.
        let room = connections.saturating_sub(refreshes + 1);
        let idle_ttl = config.refresh_token_idle_ttl;
        Ok(Self {
            rotations: Rotations::new(&pool, clock.clone(), idle_ttl),
            refreshes: Door::new(pool.clone(), refreshes, 0, LONGEST_QUEUE),
            others: Door::new(pool.clone(), others, room, LONGEST_QUEUE),
            config,
            clock,
            hasher,
            keys,
            audit_key,
            proofs: dpop::Seen::for_seconds(domain::proof::GOOD_FOR),
            cut_offs,
            counts: Counts::default(),
            news: News::default(),
            live: Live::default(),
            feed: Feed::default(),
            status_lists: StatusLists::default(),
            keyring: ArcSwap::from_pointee(keyring),
            pool,
        })
    }

    /// A connection, for reads.
    ///
    /// # Errors
    /// [`db::Error::Busy`] when too many wait; [`db::Error::Unavailable`] when the database is away.
    pub async fn db(&self) -> Result<Connection, db::Error> {
        self.others.connection().await
    }

    /// A connection, for a refresh that is not done together with others.
    ///
    /// # Errors
    /// As [`App::db`].
    pub async fn db_for_refresh(&self) -> Result<Connection, db::Error> {
        self.refreshes.connection().await
    }

    /// Opens a change: a transaction that ends in one audit event, or in nothing.
    ///
    /// # Errors
    /// As [`App::db`].
    pub async fn change<'a>(&'a self, actor: &'a Actor) -> Result<Change<'a>, db::Error> {
        Change::begin(self.db().await?, &self.clock, &self.cut_offs, actor).await
    }

    /// Whether the database answers and has all migrations.
    ///
    /// # Errors
    /// What is missing.
    pub async fn ready(&self) -> Result<bool, db::Error> {
        Ok(db::migrate::info(&self.pool)
            .await?
            .iter()
            .all(|step| step.applied))
    }

    /// Sets the clock by the database's. Called now and then while serving.
    ///
    /// # Errors
    /// When there is no answer; the clock then goes on by itself.
    pub async fn anchor_clock(&self) -> Result<(), db::Error> {
        anchor(&self.pool, &self.clock).await
    }

    /// The signing keys of this moment. To be used and let go.
    pub fn keyring(&self) -> Guard<Arc<Keyring>> {
        self.keyring.load()
    }

    /// Takes the signing keys anew from the database, if they are others.
    ///
    /// # Errors
    /// Those of the database; then the keys stay what they are.
    pub async fn load_keys(&self) -> Result<(), domain::error::Error> {
        let mut db = self.db().await?;
        let known = self.keyring.load_full();
        let (clock, config, keys) = (&self.clock, &self.config, &self.keys);
        if let Some(ring) = domain::keys::load(&mut db, clock, config, keys, Some(&known)).await? {
            self.keyring.store(Arc::new(ring));
        }
        Ok(())
    }

    /// Follows what other servers do, until the connection is lost for good.
    ///
    /// # Errors
    /// When the database is away; what is known stays known.
    pub async fn follow(&self) -> Result<(), db::Error> {
        let mut notices = Notices::listen(&self.pool).await?;
        // Nobody has heard what was told until now.
        self.news.tell(Topic::ALL);
        loop {
            let notice = notices.next().await?;
            if notice.is_none() {
                let mut db = self.db().await?;
                let ttl = self.config.access_token_ttl;
                cut_offs::load(&mut db, &self.cut_offs, &self.clock, ttl).await?;
                self.feed.wake();
            }
            match notice {
                Some(Notice::CutOff(cut_off)) => {
                    self.cut_offs.learn([cut_off]);
                    self.feed.wake();
                }
                Some(Notice::SecurityEvents) => self.feed.wake(),
                Some(Notice::News(topics)) => self.news.tell(topics),
                Some(Notice::SigningKeys) | None => {
                    if let Err(error) = self.load_keys().await {
                        tracing::warn!(%error, "the signing keys stay what they were");
                    }
                }
            }
        }
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.rotations.close().await;
        self.others.close();
        self.pool.close().await;
    }
}

/// How many connections there are for refreshes that are not done with others, and for all else: a quarter
/// is for refreshes, together or not. At least one each.
fn shares(connections: usize) -> (usize, usize) {
    let refreshes = connections.div_ceil(4);
    (
        refreshes.saturating_sub(LANES as usize).max(1),
        (connections - refreshes).max(1),
    )
}

async fn anchor(pool: &PgPool, clock: &Clock) -> Result<(), db::Error> {
    let mut db = pool.acquire().await.map_err(db::Error::from)?;
    let asked = Instant::now();
    let now = db::now(&mut db).await?;
    // The answer is as old as half the way there and back.
    let half: Duration = asked.elapsed() / 2;
    clock.anchor(asked + half, now);
    Ok(())
}

/// Reads the secret key from its file, or makes both.
fn secret_key_file(path: &Path) -> Result<Secret<[u8; 32]>, Error> {
    let fault = |fault: String| Error::SecretKeyFile {
        path: path.display().to_string(),
        fault,
    };
    let unreadable = |error: std::io::Error| fault(format!("cannot be read or made: {error}"));
    match fs::read_to_string(path).map(Secret::new) {
        Ok(text) => {
            let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(fault(
                    "can be read by others; run chmod 600 on it".to_owned(),
                ));
            }
            config::parse_secret_key(text.expose()).map_err(fault)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key = Secret::new(random::<32>());
            if let Some(directory) = path.parent() {
                fs::create_dir_all(directory).map_err(unreadable)?;
            }
            // Written beside and then linked: a start that breaks off leaves no half key,
            // and of two that start at once one wins and both use its key.
            let draft = path.with_extension(format!("{:x}", u64::from_ne_bytes(random())));
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&draft)
                .map_err(unreadable)?;
            let text = Secret::new(STANDARD.encode(key.expose()) + "\n");
            file.write_all(text.expose().as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(unreadable)?;
            let linked = fs::hard_link(&draft, path);
            fs::remove_file(&draft).map_err(unreadable)?;
            match linked {
                Ok(()) => Ok(key),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => secret_key_file(path),
                Err(error) => Err(unreadable(error)),
            }
        }
        Err(error) => Err(unreadable(error)),
    }
}
