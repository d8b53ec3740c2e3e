//! What can go wrong around the private Postgres. Every message is one line and says what to do:
//! most are read by somebody who has just installed the program.

use std::io;
use std::path::{Path, PathBuf};

/// Why the private Postgres could not be found, made, started, joined or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No usable server binaries on this machine.
    #[error(
        "no PostgreSQL server of version 13 or newer found: install one (`apt-get install postgresql`, \
         `dnf install postgresql-server` or `brew install postgresql`), or set DATABASE_URL"
    )]
    NoBinaries,

    /// `DOORWARD_PG_BIN` is set, and names a directory that cannot be used.
    #[error(
        "DOORWARD_PG_BIN={} holds no usable `initdb` and `postgres` of version 13 or newer: \
         name the directory that holds both, or unset it", .0.display()
    )]
    BadOverride(PathBuf),

    /// The cluster is of another major version than every binary found.
    #[error(
        "{} was made by Postgres {made_by}, and no binaries of version {made_by} were found: \
         install them, or name their directory in DOORWARD_PG_BIN", .cluster.display()
    )]
    WrongMajor {
        /// The cluster's directory.
        cluster: PathBuf,
        /// The major version in its `PG_VERSION`.
        made_by: u32,
    },

    /// Another process owns the directory.
    #[error("another doorward server runs on {}: stop it first, or set another data_dir", .0.display())]
    InUse(PathBuf),

    /// Another process owns the directory, but its cluster does not accept connections.
    #[error(
        "another doorward process holds {} but its database does not answer: \
         see postgres.log there, or stop that process and try again", .0.display()
    )]
    NotAnswering(PathBuf),

    /// Root runs the database as another user, who cannot get to the directory.
    #[error(
        "user {user}, who runs the database for root, cannot pass through to {}: \
         set data_dir to a place it can reach, such as /var/lib/doorward", .data_dir.display()
    )]
    NotReachable {
        /// The configured directory.
        data_dir: PathBuf,
        /// The unprivileged user.
        user: String,
    },

    /// Root, and nobody else to run the database as.
    #[error(
        "Postgres refuses to run as root, and /etc/passwd has neither `postgres` nor `nobody`: \
         add one (`useradd --system postgres`), or start doorward as another user"
    )]
    NoServerUser,

    /// The kernel limits the length of a socket's path.
    #[error(
        "{} is too long for the path of a socket (at most {limit} bytes): set a shorter data_dir",
        .socket.display()
    )]
    SocketPathTooLong {
        /// The socket's path as it would be.
        socket: PathBuf,
        /// What the system allows, bytes.
        limit: usize,
    },

    /// The cluster is there, its password is not.
    #[error(
        "{} is missing or empty, and the cluster beside it cannot be opened without it: \
         restore both from the same backup", .0.display()
    )]
    NoPassword(PathBuf),

    /// `initdb` or `postgres` gave up; the text is the telling line of what it wrote.
    #[error("the private Postgres did not start (see postgres.log in data_dir): {0}")]
    Start(String),

    /// The server ended otherwise than by an ordered shutdown, when it was asked to stop.
    #[error("the private Postgres did not stop in order (the next start recovers it): {0}")]
    Stop(String),

    /// A file, a directory or a process could not be handled.
    #[error("cannot {what}: {source}{}", way_out(.source))]
    Io {
        /// What was tried, as the end of a sentence that starts with "cannot".
        what: String,
        /// The system's answer.
        source: io::Error,
    },

    /// The server runs, and refuses us.
    #[error(
        "the private Postgres runs but refuses the connection (see postgres.log in data_dir): {0}"
    )]
    Connect(#[from] sqlx::Error),
}

impl Error {
    /// For `map_err`: `verb` and `path` make the sentence "cannot `verb` `path`".
    pub(super) fn at(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let what = format!("{verb} {}", path.display());
        move |source| Self::Io { what, source }
    }
}

fn way_out(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => "; start doorward as the user that owns data_dir",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; make room on that disk",
        io::ErrorKind::ReadOnlyFilesystem => "; set data_dir to a place that can be written",
        _ => "",
    }
}
