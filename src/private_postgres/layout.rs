//! What lies where in `data_dir`, and with which mode: the lock, the cluster, the socket, the
//! password and the log. The secret key's file lies there as well, and is none of our business
//! beyond the mode of the directory.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustix::fs::OFlags;

use super::account::{ServerUser, our_uid};
use super::error::Error;

/// Names the socket's file only: nothing listens on TCP.
pub(super) const PORT: u16 = 5432;

/// `sun_path` without the byte that ends it.
const SOCKET_PATH_LIMIT: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Above that the log starts anew with the server. Bytes.
const LOG_LIMIT: u64 = 10 * 1024 * 1024;

/// How a cluster is called while `initdb` works on it.
const UNFINISHED: &str = "postgres.new-";

/// The paths below one `data_dir`, itself absolute and free of symbolic links.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) data_dir: PathBuf,
}

/// Where the cluster of a `data_dir` is, or would be.
pub(super) fn cluster_in(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres")
}

/// Whether the mode of `data_dir` is ours to set: we own it, and it is no place with other uses,
/// such as /tmp or somebody's home, which a slip of configuration may name.
pub(super) fn is_ours(data_dir: &Path) -> io::Result<bool> {
    if fs::metadata(data_dir)?.uid() != our_uid() {
        return Ok(false);
    }
    for entry in fs::read_dir(data_dir)? {
        let entry = entry?;
        let known =
            entry.file_name() == "socket" || entry.file_name().as_bytes().starts_with(b"postgres");
        if entry.file_type()?.is_dir() && !known {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Layout {
    /// Makes the directories, with the modes that let the server's user in and nobody else.
    pub(super) fn prepare(data_dir: &Path, user: &ServerUser) -> Result<Self, Error> {
        let data_dir = std::path::absolute(data_dir).map_err(Error::at("resolve", data_dir))?;
        if !user.can_reach_data_dir(&data_dir) {
            return Err(Error::NotReachable {
                data_dir,
                user: user.name().to_owned(),
            });
        }
        make_with_parents(&data_dir).map_err(Error::at("make", &data_dir))?;
        let data_dir = fs::canonicalize(&data_dir).map_err(Error::at("resolve", &data_dir))?;
        if is_ours(&data_dir).map_err(Error::at("read", &data_dir))? {
            // The other user passes through to its own files, but cannot list ours.
            let mode = if matches!(user, ServerUser::Ourselves) {
                0o700
            } else {
                0o711
            };
            set_mode(&data_dir, mode)?;
        }
        let layout = Self { data_dir };
        let socket = layout.socket_file();
        if socket.as_os_str().len() > SOCKET_PATH_LIMIT {
            return Err(Error::SocketPathTooLong {
                socket,
                limit: SOCKET_PATH_LIMIT,
            });
        }
        let socket_dir = layout.socket_dir();
        if socket_dir.is_dir() {
            // A start may have been killed just before it did this.
            user.give(&socket_dir)?;
        } else {
            make_private_dir(&socket_dir, user)?;
        }
        Ok(layout)
    }

    /// `PGDATA`.
    pub(super) fn cluster(&self) -> PathBuf {
        cluster_in(&self.data_dir)
    }

    /// Where a running server writes who it is and how far it has come; it removes it at its end.
    pub(super) fn pid_file(&self) -> PathBuf {
        self.cluster().join("postmaster.pid")
    }

    pub(super) fn socket_dir(&self) -> PathBuf {
        self.data_dir.join("socket")
    }

    pub(super) fn socket_file(&self) -> PathBuf {
        self.socket_dir().join(format!(".s.PGSQL.{PORT}"))
    }

    pub(super) fn password_file(&self) -> PathBuf {
        self.data_dir.join("postgres_password")
    }

    fn log_file(&self) -> PathBuf {
        self.data_dir.join("postgres.log")
    }

    /// The lock that makes its holder the owner of all this, or `None` where another has it.
    pub(super) fn try_lock(&self) -> Result<Option<File>, Error> {
        let path = self.data_dir.join("lock");
        let file = private_file()
            .create(true)
            .write(true)
            .open(&path)
            .map_err(Error::at("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(Error::at("lock", &path)(source)),
        }
    }

    /// The major version that made the cluster; `None` where there is no cluster yet.
    pub(super) fn made_by(&self) -> Result<Option<u32>, Error> {
        let path = self.cluster().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let major = text
                    .trim()
                    .split('.')
                    .next()
                    .and_then(|major| major.parse().ok());
                let unreadable = || io::Error::new(io::ErrorKind::InvalidData, "not a version");
                major
                    .map(Some)
                    .ok_or_else(unreadable)
                    .map_err(Error::at("understand", &path))
            }
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::at("read", &path)(source)),
        }
    }

    /// An empty directory for `initdb` to work in. Its name differs from run to run, since the
    /// `initdb` of a killed process may still be writing into the last one.
    pub(super) fn make_unfinished(&self, user: &ServerUser) -> Result<PathBuf, Error> {
        let path = self
            .data_dir
            .join(format!("{UNFINISHED}{}", std::process::id()));
        make_private_dir(&path, user)?;
        Ok(path)
    }

    /// The finished cluster takes its place in one step.
    pub(super) fn finish(&self, unfinished: &Path) -> Result<(), Error> {
        let cluster = self.cluster();
        fs::rename(unfinished, &cluster).map_err(Error::at("make", &cluster))?;
        let sync = File::open(&self.data_dir).and_then(|dir| dir.sync_all());
        sync.map_err(Error::at("write", &self.data_dir))
    }

    /// Removes what broken-off first starts have left. Only the owner may call it.
    pub(super) fn sweep(&self) {
        for entry in fs::read_dir(&self.data_dir).into_iter().flatten().flatten() {
            if entry
                .file_name()
                .as_bytes()
                .starts_with(UNFINISHED.as_bytes())
                && let Err(error) = fs::remove_dir_all(entry.path())
            {
                tracing::warn!("cannot remove {}: {error}", entry.path().display());
            }
        }
    }

    /// A new random password, written down before there is a cluster that asks for it.
    pub(super) fn new_password(&self) -> Result<String, Error> {
        let mut random = [0; 24];
        aws_lc_rs::rand::fill(&mut random).map_err(|failed| Error::Io {
            what: "draw a random password".to_owned(),
            source: io::Error::other(failed),
        })?;
        let password = URL_SAFE_NO_PAD.encode(random);
        let path = self.password_file();
        write_private(&path, &password).map_err(Error::at("write", &path))?;
        Ok(password)
    }

    pub(super) fn password(&self) -> Result<String, Error> {
        let path = self.password_file();
        match fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            Ok(_) => Err(Error::NoPassword(path)),
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
                Err(Error::NoPassword(path))
            }
            Err(source) => Err(Error::at("read", &path)(source)),
        }
    }

    /// A copy of the password that the server's user may read, for as long as `initdb` needs it.
    pub(super) fn lend_password(&self, password: &str, user: &ServerUser) -> Result<Lent, Error> {
        let lent = Lent(self.data_dir.join("postgres_password.initdb"));
        write_private(&lent.0, password).map_err(Error::at("write", &lent.0))?;
        user.give(&lent.0)?;
        Ok(lent)
    }

    /// The log, open for the server to append to, and its length so far.
    pub(super) fn open_log(&self) -> Result<(File, u64), Error> {
        let path = self.log_file();
        let open = || -> io::Result<(File, u64)> {
            let log = private_file().create(true).append(true).open(&path)?;
            if log.metadata()?.len() > LOG_LIMIT {
                log.set_len(0)?;
            }
            let length = log.metadata()?.len();
            Ok((log, length))
        };
        open().map_err(Error::at("open", &path))
    }

    /// The line of the log, after its first `skip` bytes, that tells most about a failure.
    pub(super) fn telling_line(&self, skip: u64) -> String {
        let mut text = Vec::new();
        let read = private_file()
            .read(true)
            .open(self.log_file())
            .and_then(|mut log| {
                log.seek(SeekFrom::Start(skip))?;
                log.take(LOG_LIMIT).read_to_end(&mut text)
            });
        match read {
            Ok(_) => telling_line(&String::from_utf8_lossy(&text)),
            Err(error) => format!("its log cannot be read: {error}"),
        }
    }
}

/// A file that is removed when it has served.
pub(super) struct Lent(pub(super) PathBuf);

impl Drop for Lent {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!("cannot remove {}: {error}", self.0.display());
        }
    }
}

/// The last line that reports an error, since clean-up messages may follow it; else the last.
pub(super) fn telling_line(output: &str) -> String {
    let lines = || output.lines().rev().filter(|line| !line.trim().is_empty());
    let error = lines().find(|line| {
        ["FATAL:", "PANIC:", "error:"]
            .iter()
            .any(|word| line.contains(word))
    });
    let line = error
        .or_else(|| lines().next())
        .unwrap_or("it wrote nothing");
    line.trim().replace(char::is_control, " ")
}

/// Not through a symbolic link: root may be at work in another user's directory.
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    options
}

/// Anew, so that neither a former mode nor a former owner stays.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Parents are made passable for everybody, whatever the umask says: the server's user has to
/// get through them.
fn make_with_parents(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent() {
        make_with_parents(parent)?;
    }
    match fs::create_dir(dir) {
        Ok(()) => fs::set_permissions(dir, Permissions::from_mode(0o755)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

fn make_private_dir(dir: &Path, user: &ServerUser) -> Result<(), Error> {
    DirBuilder::new()
        .mode(0o700)
        .create(dir)
        .map_err(Error::at("make", dir))?;
    user.give(dir)
}

fn set_mode(path: &Path, mode: u32) -> Result<(), Error> {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(Error::at("set the mode of", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_tells_is_the_last_error_not_the_clean_up_after_it() {
        for (output, line) in [
            ("", "it wrote nothing"),
            ("LOG:  starting\nLOG:  shut down\n\n", "LOG:  shut down"),
            (
                "LOG:  a\nFATAL:  no room\tleft\nLOG:  shut down\n",
                "FATAL:  no room left",
            ),
            (
                "initdb: error: bad locale\ninitdb: removing contents\n",
                "initdb: error: bad locale",
            ),
        ] {
            assert_eq!(telling_line(output), line);
        }
    }
}
