//! One cluster that we own: made once by `initdb`, then launched as often as needed. Every setting
//! that keeps it private (no TCP, a socket for its own user only, statements out of its log)
//! is given here, on the command line, where no file in the cluster can undo it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use tokio::time::{Instant, timeout};

use super::account::ServerUser;
use super::binaries::{Binaries, Wanted};
use super::error::Error;
use super::layout::{self, Layout, PORT};
use super::server::Server;
use super::{leftovers, wait};

/// The superuser that `initdb` makes, and the database that belongs to us.
pub(super) const NAME: &str = "doorward";

/// Until connections are accepted. Generous: it may have to replay its log after a crash.
const READY: Duration = Duration::from_mins(5);

/// For one attempt to connect; a socket answers at once or not at all.
const ATTEMPT: Duration = Duration::from_secs(5);

const SETTINGS: [(&str, &str); 14] = [
    ("listen_addresses", ""),
    ("unix_socket_permissions", "0700"),
    ("max_connections", "100"),
    // Our statements are short; compiling them takes longer than running them.
    ("jit", "off"),
    // Statements, their parameters and the values in DETAIL are personal data.
    ("log_min_messages", "warning"),
    ("log_min_error_statement", "panic"),
    ("log_parameter_max_length_on_error", "0"),
    ("log_error_verbosity", "terse"),
    ("log_destination", "stderr"),
    ("log_checkpoints", "off"),
    ("logging_collector", "off"),
    ("log_timezone", "UTC"),
    ("timezone", "UTC"),
    ("cluster_name", NAME),
];

/// What it takes to launch the server, again and again.
pub(super) struct Cluster {
    pub(super) layout: Layout,
    pub(super) user: ServerUser,
    pub(super) binaries: Binaries,
    pub(super) password: String,
    settings: Vec<(String, String)>,
}

impl Cluster {
    /// Finds the binaries, and makes the cluster where there is none. The caller holds the lock.
    pub(super) async fn open(
        layout: Layout,
        user: ServerUser,
        settings: &[(&str, &str)],
    ) -> Result<Self, Error> {
        layout.sweep();
        let (made_by, path) = (layout.made_by()?, layout.cluster());
        let wanted = made_by.map(|major| Wanted { major, by: &path });
        let binaries = Binaries::find(&user, wanted).await?;
        let password = match made_by {
            Some(_) => layout.password()?,
            None => initialise(&layout, &user, &binaries).await?,
        };
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let settings = SETTINGS.iter().chain(settings).map(owned).collect();
        Ok(Self {
            layout,
            user,
            binaries,
            password,
            settings,
        })
    }

    /// Stops whatever a former owner has left running, then launches a server of our own.
    ///
    /// Nothing is awaited once the server runs: giving this up half-way leaves none behind.
    pub(super) async fn launch(&self) -> Result<Server, Error> {
        leftovers::clear(self).await?;
        let mut command = self.user.command(self.binaries.program("postgres"));
        command
            .arg("-D")
            .arg(self.layout.cluster())
            .arg("-p")
            .arg(PORT.to_string());
        command
            .arg("-c")
            .arg(socket_setting(&self.layout.socket_dir()));
        for (name, value) in &self.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        Server::spawn(self, command)
    }

    /// Waits until the server accepts connections and has our database. A server that does not
    /// get that far is stopped.
    pub(super) async fn make_ready(&self, mut server: Server) -> Result<Server, Error> {
        match self.wait_until_ready(&mut server).await {
            Ok(()) => Ok(server),
            Err(error) => {
                if let Err(also) = server.shut_down().await {
                    tracing::warn!("{also}");
                }
                Err(error)
            }
        }
    }

    async fn wait_until_ready(&self, server: &mut Server) -> Result<(), Error> {
        let deadline = Instant::now() + READY;
        let options = connect_options(&self.layout, &self.password);
        loop {
            if server.has_ended() {
                return Err(Error::Start(self.layout.telling_line(server.log_start())));
            }
            // Asking the file first keeps "the database system is starting up" out of the log.
            if says_ready(&self.layout)
                && let Some(connection) = connect(&options.clone().database("postgres")).await?
            {
                return create_database(connection).await.map_err(Error::Connect);
            }
            if !wait::pause(deadline).await {
                let reason = format!("it accepts no connections after {} s", READY.as_secs());
                return Err(Error::Start(reason));
            }
        }
    }
}

/// Over the socket and with the password, whatever `PG*` variables say.
pub(super) fn connect_options(layout: &Layout, password: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(layout.socket_dir())
        .port(PORT)
        .username(NAME)
        .password(password)
        .database(NAME)
        .ssl_mode(PgSslMode::Disable)
        .application_name(NAME)
}

/// One attempt: `None` where a later one may succeed.
pub(super) async fn connect(options: &PgConnectOptions) -> Result<Option<PgConnection>, Error> {
    match timeout(ATTEMPT, options.connect()).await {
        Ok(Ok(connection)) => Ok(Some(connection)),
        Ok(Err(error)) if is_passing(&error) => Ok(None),
        Ok(Err(error)) => Err(Error::Connect(error)),
        Err(_elapsed) => Ok(None),
    }
}

fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        // Starting up or shutting down, out of slots, the database not made yet.
        sqlx::Error::Database(refusal) => {
            matches!(
                refusal.code().as_deref(),
                Some("57P03" | "57P01" | "53300" | "3D000")
            )
        }
        _ => false,
    }
}

/// The server writes its state into the eighth line of its file.
fn says_ready(layout: &Layout) -> bool {
    std::fs::read_to_string(layout.pid_file()).is_ok_and(|text| {
        text.lines()
            .nth(7)
            .is_some_and(|state| state.trim() == "ready")
    })
}

async fn create_database(mut connection: PgConnection) -> Result<(), sqlx::Error> {
    let there = "SELECT 1 FROM pg_database WHERE datname = 'doorward'";
    if connection.fetch_optional(there).await?.is_none() {
        connection.execute("CREATE DATABASE doorward").await?;
    }
    connection.close().await
}

/// Runs `initdb` aside, and puts its work in place only when it is whole: a first start that was
/// broken off begins anew.
async fn initialise(
    layout: &Layout,
    user: &ServerUser,
    binaries: &Binaries,
) -> Result<String, Error> {
    tracing::info!(
        postgres = binaries.major(),
        "making the private Postgres in {}",
        layout.data_dir.display()
    );
    let password = layout.new_password()?;
    let lent = layout.lend_password(&password, user)?;
    let unfinished = layout.make_unfinished(user)?;
    for locale in ["C.UTF-8", "C"] {
        let mut initdb = user.command(binaries.program("initdb"));
        initdb
            .arg("--pgdata")
            .arg(&unfinished)
            .arg("--pwfile")
            .arg(&lent.0);
        initdb.args(["--username", NAME, "--encoding", "UTF8", "--locale", locale]);
        // Passwords rather than `peer`: root and the server's user are two.
        initdb.args([
            "--auth-local=scram-sha-256",
            "--auth-host=reject",
            "--data-checksums",
        ]);
        let output = initdb.kill_on_drop(true).output().await;
        let output = output.map_err(Error::at("run", &binaries.program("initdb")))?;
        if output.status.success() {
            layout.finish(&unfinished)?;
            return Ok(password);
        }
        let line = layout::telling_line(&String::from_utf8_lossy(&output.stderr));
        // Some systems (macOS, older musl) have no C.UTF-8.
        if locale == "C" || !line.contains("locale") {
            layout.sweep();
            return Err(Error::Start(line));
        }
    }
    Err(Error::Start("initdb knows no locale".to_owned()))
}

/// The setting is a list: quoted, so that a comma or a space in the path does not divide it.
fn socket_setting(dir: &Path) -> OsString {
    let mut setting = b"unix_socket_directories=\"".to_vec();
    for byte in dir.as_os_str().as_bytes() {
        if *byte == b'"' {
            setting.push(b'"');
        }
        setting.push(*byte);
    }
    setting.push(b'"');
    OsString::from_vec(setting)
}

/// The address of our database for psql and the sqlx CLI; holds the password.
pub(super) fn url(layout: &Layout, password: &str) -> String {
    let host = percent_encode(layout.socket_dir().as_os_str());
    // The password needs no encoding: its alphabet is that of URLs.
    format!("postgres://{NAME}:{password}@{host}/{NAME}")
}

fn percent_encode(text: &OsStr) -> String {
    let encode = |byte: &u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(*byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.as_bytes().iter().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_paths_survive_the_setting_and_the_address() {
        let quoted = socket_setting(Path::new("/srv/a, \"b\"/socket"));
        assert_eq!(
            quoted,
            "unix_socket_directories=\"/srv/a, \"\"b\"\"/socket\""
        );
        assert_eq!(
            percent_encode(OsStr::new("/srv/a b@é")),
            "%2Fsrv%2Fa%20b%40%C3%A9"
        );
    }
}
