//! A fresh database per test, copied from a migrated template: on the server of
//! `DATABASE_URL`, or on a private Postgres that lives as long as the test process.

use std::{
    path::PathBuf,
    sync::{OnceLock, mpsc},
    time::Duration,
};

use doorward::private_postgres::PrivatePostgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::sync::OnceCell;
use uuid::Uuid;

const PREFIX: &str = "doorward_test_";

static SERVER: OnceLock<PgConnectOptions> = OnceLock::new();
static TEMPLATE: OnceCell<String> = OnceCell::const_new();
/// Drops the databases of tests that are over, by name.
static DROPPER: OnceLock<mpsc::Sender<String>> = OnceLock::new();

/// A database of a test's own; dropped soon after it.
pub struct Database {
    name: String,
    keep: bool,
}

impl Database {
    /// A migrated database.
    pub async fn create() -> Self {
        let template = TEMPLATE.get_or_init(make_template).await;
        let name = new_name();
        maintain(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        Self { name, keep: false }
    }

    /// A database without any table.
    pub async fn create_empty() -> Self {
        let name = new_name();
        maintain(&format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        Self { name, keep: false }
    }

    /// The same database for a second server; the first one drops it.
    pub fn share(&self) -> Self {
        Self {
            name: self.name.clone(),
            keep: true,
        }
    }

    /// How to connect to it.
    pub fn options(&self) -> PgConnectOptions {
        server().clone().database(&self.name)
    }

    /// Its address, for the environment of a process.
    pub fn url(&self) -> String {
        use sqlx::ConnectOptions;
        self.options().to_url_lossy().to_string()
    }
}

impl Drop for Database {
    /// Leaves it to [`DROPPER`]. Dropping waits until every connection to Postgres has taken
    /// note, also one that this test's runtime has half opened: waiting here would keep it so
    /// until Postgres gives it up, a minute later.
    fn drop(&mut self) {
        if !self.keep {
            let dropper = DROPPER.get_or_init(start_dropper);
            // A test that failed has said why; that its database stays until the next sweep adds nothing.
            let _ = dropper.send(std::mem::take(&mut self.name));
        }
    }
}

fn start_dropper() -> mpsc::Sender<String> {
    let (dropper, names) = mpsc::channel::<String>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        for name in names {
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            runtime.block_on(maintain(&drop));
        }
    });
    dropper
}

fn new_name() -> String {
    format!("{PREFIX}{}_{}", std::process::id(), Uuid::now_v7().simple())
}

async fn maintain(sql: &str) {
    let mut db = PgConnection::connect_with(&server().clone().database("postgres"))
        .await
        .unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
}

async fn make_template() -> String {
    sweep().await;
    let name = new_name();
    maintain(&format!("CREATE DATABASE {name} TEMPLATE template0")).await;
    let pool = PgPool::connect_with(server().clone().database(&name))
        .await
        .unwrap();
    doorward::db::migrate::run(&pool).await.unwrap();
    pool.close().await;
    name
}

/// Drops what test processes left behind that are no more.
async fn sweep() {
    let mut db = PgConnection::connect_with(&server().clone().database("postgres"))
        .await
        .unwrap();
    let names: Vec<String> =
        sqlx::query_scalar("SELECT datname FROM pg_database WHERE datname LIKE 'doorward_test_%'")
            .fetch_all(&mut db)
            .await
            .unwrap();
    db.close().await.unwrap();
    for name in names {
        let process = name
            .trim_start_matches(PREFIX)
            .split('_')
            .next()
            .unwrap_or_default()
            .to_owned();
        if !PathBuf::from("/proc").join(process).exists() {
            maintain(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

fn server() -> &'static PgConnectOptions {
    SERVER.get_or_init(|| match std::env::var("DATABASE_URL") {
        Ok(url) if !url.is_empty() => url.parse().unwrap(),
        _ => start_private(),
    })
}

/// Starts a Postgres on a thread that stays until the process ends; then the pipe to its
/// watcher closes, and it stops.
fn start_private() -> PgConnectOptions {
    let parent = std::env::temp_dir();
    for entry in std::fs::read_dir(&parent).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(process) = name.strip_prefix("doorward-tests-")
            && !PathBuf::from("/proc").join(process).exists()
        {
            // Another user's, perhaps: then it is not ours to sweep.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let directory = parent.join(format!("doorward-tests-{}", std::process::id()));
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let settings = [("fsync", "off"), ("max_connections", "500")];
            let postgres = PrivatePostgres::start_with(&directory, &settings)
                .await
                .unwrap();
            tell.send(postgres.connect_options()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    told.recv_timeout(Duration::from_mins(1)).unwrap()
}
