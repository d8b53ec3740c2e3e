//! Our own Postgres: found on the machine, initialised once, run as a child process and reachable
//! over a socket only. This is what runs when no `DATABASE_URL` is set.
//!
//! Invariants: whoever holds the lock in `data_dir` owns the cluster, and nobody else ever starts
//! or stops it; the server does not outlive its owner, however that one ends; a server that ends
//! unasked is started again. Tables and queries are none of its business.

mod account;
mod binaries;
mod cluster;
mod environment;
mod error;
mod layout;
mod leftovers;
mod server;
mod wait;

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub use account::resolve_data_dir;
pub use error::Error;

use account::ServerUser;
use cluster::Cluster;
use layout::Layout;

/// The lock of an owner that has just been killed may live on for a moment, in a child that it
/// was about to start.
const LOCK_PATIENCE: Duration = Duration::from_millis(300);

/// For the cluster of another process to accept connections.
const JOIN_PATIENCE: Duration = Duration::from_secs(10);

/// For others that have joined our cluster to finish, when we only had it for a moment ourselves.
const GUEST_PATIENCE: Duration = Duration::from_secs(10);

/// A running private cluster: our own, or one of another doorward process that we have joined.
///
/// End it with [`stop`](Self::stop), after closing the pools that use it. If it is dropped
/// instead, or the process is killed, the server is stopped all the same, just unobserved.
pub struct PrivatePostgres {
    layout: Layout,
    password: String,
    role: Role,
}

enum Role {
    Owner {
        stop: oneshot::Sender<()>,
        supervisor: JoinHandle<Result<(), Error>>,
        brief: bool,
    },
    /// Holds a shared lock on the password's file, which a brief owner waits for.
    Guest { _presence: File },
}

impl PrivatePostgres {
    /// Takes the lock on `data_dir`, initialises it where it is empty, starts the server, waits
    /// until it accepts connections, and creates the database `doorward` if it is absent.
    ///
    /// From then on a server that ends unasked is started again, with a growing pause between
    /// attempts (0.2 to 5 s). Takes about half a second the first time, then a tenth.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] where another process has the lock; otherwise whatever stands in the way
    /// of a start, each with a way out. No process is left running.
    pub async fn start(data_dir: &Path) -> Result<Self, Error> {
        Self::start_with(data_dir, &[]).await
    }

    /// As [`start`](Self::start), with more settings for the server, which win over ours.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn start_with(data_dir: &Path, settings: &[(&str, &str)]) -> Result<Self, Error> {
        let user = ServerUser::choose(data_dir)?;
        let layout = Layout::prepare(data_dir, &user)?;
        let deadline = Instant::now() + LOCK_PATIENCE;
        let lock = loop {
            if let Some(lock) = layout.try_lock()? {
                break lock;
            }
            if !wait::pause(deadline).await {
                return Err(Error::InUse(layout.data_dir));
            }
        };
        Self::own(layout, user, lock, settings, false).await
    }

    /// For commands: joins the cluster of a running server over its socket, else starts it for as
    /// long as this value lives. Waits up to 10 s for a server that is just being started.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnswering`] where another process has the lock and its server does not answer;
    /// otherwise as [`start`](Self::start).
    pub async fn join_or_start(data_dir: &Path) -> Result<Self, Error> {
        let user = ServerUser::choose(data_dir)?;
        let layout = Layout::prepare(data_dir, &user)?;
        let deadline = Instant::now() + JOIN_PATIENCE;
        loop {
            if let Some(lock) = layout.try_lock()? {
                return Self::own(layout, user, lock, &[], true).await;
            }
            if let Some((password, presence)) = join(&layout).await? {
                return Ok(Self {
                    layout,
                    password,
                    role: Role::Guest {
                        _presence: presence,
                    },
                });
            }
            if !wait::pause(deadline).await {
                return Err(Error::NotAnswering(layout.data_dir));
            }
        }
    }

    async fn own(
        layout: Layout,
        user: ServerUser,
        lock: File,
        settings: &[(&str, &str)],
        brief: bool,
    ) -> Result<Self, Error> {
        let cluster = Cluster::open(layout, user, settings).await?;
        let server = cluster.make_ready(cluster.launch().await?).await?;
        let layout = Layout {
            data_dir: cluster.layout.data_dir.clone(),
        };
        let password = cluster.password.clone();
        let (stop, stopped) = oneshot::channel();
        let supervisor = tokio::spawn(server::supervise(cluster, server, lock, stopped));
        Ok(Self {
            layout,
            password,
            role: Role::Owner {
                stop,
                supervisor,
                brief,
            },
        })
    }

    /// How to connect: over the socket, as the superuser `doorward`, to the database of that name.
    /// Holds the password.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        cluster::connect_options(&self.layout, &self.password)
    }

    /// The same as an address for psql and the sqlx CLI. Holds the password: not for logs.
    #[must_use]
    pub fn url(&self) -> String {
        cluster::url(&self.layout, &self.password)
    }

    /// Stops our server in order: clients are cut off, a checkpoint is written, the process is
    /// waited for (up to 30 s, then it is ended the hard way). A joined cluster is left alone.
    ///
    /// A cluster that a command had started waits first, up to 10 s, for others that joined it.
    ///
    /// # Errors
    ///
    /// [`Error::Stop`] where the server did not end in order. No data are lost by that: the next
    /// start recovers.
    pub async fn stop(self) -> Result<(), Error> {
        let Role::Owner {
            stop,
            supervisor,
            brief,
        } = self.role
        else {
            return Ok(());
        };
        // Held until the end, so that nobody joins a server that is about to stop.
        let _no_more_guests = if brief {
            last_guest_gone(&self.layout).await
        } else {
            None
        };
        // The supervisor may have ended already, with the runtime; then it says so below.
        let _ = stop.send(());
        supervisor
            .await
            .map_err(|gone| Error::Stop(gone.to_string()))?
    }
}

impl fmt::Debug for PrivatePostgres {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owned = matches!(self.role, Role::Owner { .. });
        formatter
            .debug_struct("PrivatePostgres")
            .field("data_dir", &self.layout.data_dir)
            .field("owned", &owned)
            .finish_non_exhaustive()
    }
}

/// One attempt to join: `None` where a later one may succeed, or we may become the owner.
async fn join(layout: &Layout) -> Result<Option<(String, File)>, Error> {
    // During a first start neither the file nor the cluster may be there yet.
    let Ok(presence) = File::open(layout.password_file()) else {
        return Ok(None);
    };
    if presence.try_lock_shared().is_err() {
        return Ok(None);
    }
    let Ok(password) = layout.password() else {
        return Ok(None);
    };
    match cluster::connect(&cluster::connect_options(layout, &password)).await? {
        Some(connection) => {
            connection.close().await?;
            Ok(Some((password, presence)))
        }
        None => Ok(None),
    }
}

async fn last_guest_gone(layout: &Layout) -> Option<File> {
    let file = File::open(layout.password_file()).ok()?;
    wait::until(GUEST_PATIENCE, || file.try_lock().ok()).await?;
    Some(file)
}
