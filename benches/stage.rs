//! Where the measuring takes place: a private Postgres with production settings, and the servers.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use doorward::{db, private_postgres::PrivatePostgres};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::sleep,
};

use crate::{
    Result,
    machine::{self, HugePages},
};

/// The servers' secret key: tokens are made beforehand.
pub const SECRET_KEY: [u8; 32] = [7; 32];

/// The ports of the servers.
pub const DOORWARD_PORT: u16 = 18_000;
pub const UNGUARDED_PORT: u16 = 18_001;
pub const BARE_PORT: u16 = 18_002;
pub const TUTORIAL_PORT: u16 = 18_003;

/// How many connections to Postgres everybody has.
pub const CONNECTIONS: usize = 16;

/// How often Postgres writes all changed pages to their place.
pub const CHECKPOINT_EVERY: Duration = Duration::from_mins(15);

/// What one gives a Postgres that has a machine to itself, beside a third of the memory; durability is
/// the default's.
const SETTINGS: [(&str, &str); 4] = [
    ("max_wal_size", "16GB"),
    ("checkpoint_timeout", "15min"),
    ("wal_compression", "lz4"),
    ("max_connections", "100"),
];

/// A directory, a Postgres in it, and its address. All of it goes when it is dropped.
pub struct Stage {
    pub postgres: PrivatePostgres,
    pub url: String,
    pub pgbench: PathBuf,
    // Last: removed when nothing uses them any more.
    pub directory: TempDir,
    huge_pages: Option<HugePages>,
}

/// The secret key as the environment has it.
pub fn secret_key() -> String {
    STANDARD.encode(SECRET_KEY)
}

impl Stage {
    /// Starts Postgres, with an empty database that has all migrations.
    pub async fn set() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        // Postgres runs as another user when we are root.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))?;
        let buffers = machine::megabytes()? / 3;
        let huge_pages = HugePages::ask(buffers);
        let buffers = format!("{buffers}MB");
        let mut settings = vec![("shared_buffers", buffers.as_str())];
        settings.extend(SETTINGS);
        let data = directory.path().join("data");
        let postgres = PrivatePostgres::start_with(&data, &settings).await?;
        let url = postgres.url();
        let pool = db::connect(postgres.connect_options(), 2).await?;
        db::migrate::run(&pool).await?;
        pool.close().await;
        let found = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/need.sh"))
            .arg("pgbench")
            .output()
            .await?;
        let pgbench = PathBuf::from(String::from_utf8(found.stdout)?.trim());
        Ok(Self {
            postgres,
            url,
            pgbench,
            directory,
            huge_pages,
        })
    }

    /// How much memory Postgres has in huge pages, in megabytes.
    pub fn in_huge_pages(&self) -> f64 {
        let pages = self.huge_pages.as_ref();
        pages.map_or(0.0, |pages| f64::from(pages.megabytes))
    }

    /// A connection of the bench's own.
    pub async fn connect(&self) -> Result<PgConnection> {
        Ok(PgConnection::connect(&self.url).await?)
    }

    /// Where a file of the run lies.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Starts Doorward as it is shipped, its log going to a file.
    pub async fn doorward(&self, signing_alg: &str) -> Result<Server> {
        let program = Command::new(env!("CARGO_BIN_EXE_doorward"));
        self.serve(program, &["serve"], DOORWARD_PORT, signing_alg)
            .await
    }

    /// Starts what Doorward is held against.
    pub async fn bare(&self, signing_alg: &str) -> Result<Server> {
        let program = Command::new(std::env::current_exe()?);
        self.serve(program, &["bare"], BARE_PORT, signing_alg).await
    }

    async fn serve(
        &self,
        mut program: Command,
        arguments: &[&str],
        port: u16,
        signing_alg: &str,
    ) -> Result<Server> {
        program
            .args(arguments)
            .env("DATABASE_URL", &self.url)
            .env("DOORWARD_SECRET_KEY", secret_key())
            .env("DOORWARD_ISSUER", "http://doorward.test")
            .env("DOORWARD_SIGNING_ALG", signing_alg)
            .env("DOORWARD_SIGNING_SECRET", "k".repeat(32))
            .env("DOORWARD_ACCESS_TOKEN_TTL", "1h")
            .env("DOORWARD_TRUSTED_PROXIES", "127.0.0.0/8")
            .env("DOORWARD_DATABASE_CONNECTIONS", CONNECTIONS.to_string())
            .env("DOORWARD_DATA_DIR", self.file("doorward"))
            .env("ROCKET_PORT", port.to_string());
        self.start(program, port).await
    }

    /// Starts a server and waits until it takes connections.
    pub async fn start(&self, mut program: Command, port: u16) -> Result<Server> {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Err(format!("port {port} is taken; stop what listens there").into());
        }
        let log = File::create(self.file(&format!("{port}.log")))?;
        let began = Instant::now();
        let child = program
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if began.elapsed() > Duration::from_secs(20) {
                let log = fs::read_to_string(self.file(&format!("{port}.log")))?;
                return Err(format!("the server on port {port} did not start: {log}").into());
            }
            sleep(Duration::from_millis(2)).await;
        }
        Ok(Server {
            child,
            ready_in: began.elapsed(),
            url: format!("http://127.0.0.1:{port}"),
        })
    }

    /// Stops Postgres and removes everything.
    pub async fn strike(self) -> Result<()> {
        self.postgres.stop().await?;
        Ok(())
    }
}

/// A server under load.
pub struct Server {
    child: Child,
    /// From the start of the process to the first connection that it took.
    pub ready_in: Duration,
    pub url: String,
}

impl Server {
    /// Resident memory in megabytes (Linux).
    pub fn megabytes(&self) -> Result<f64> {
        let process = self.child.id().ok_or("the server has ended")?;
        #[expect(clippy::cast_precision_loss, reason = "some thousand")]
        let kilobytes = machine::kilobytes(&format!("/proc/{process}/status"), "VmRSS:")? as f64;
        Ok(kilobytes / 1024.0)
    }

    /// Ends it.
    pub async fn stop(mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}
