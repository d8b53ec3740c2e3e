//! The private Postgres on the real thing: what a restart, a second instance, a killed server and
//! the litter of a crash do to it. What becomes of it when doorward itself is killed is seen from
//! outside, in the tests of the command line.

#![expect(clippy::unwrap_used, reason = "a failure here is the test's failure")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::str::FromStr;
use std::time::Duration;

use doorward::private_postgres::{Error, PrivatePostgres, resolve_data_dir};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, Row};
use tempfile::TempDir;
use tokio::time::{interval, timeout};

/// Nothing here loses power.
pub const QUICK: [(&str, &str); 1] = [("fsync", "off")];

/// A place for a `data_dir` that the server's user can reach when the tests run as root.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        let passable = fs::Permissions::from_mode(0o755);
        Self(
            tempfile::Builder::new()
                .prefix("doorward-")
                .permissions(passable)
                .tempdir()
                .unwrap(),
        )
    }

    pub fn data_dir(&self) -> PathBuf {
        self.0.path().join("data")
    }
}

/// A server of our own on a fresh place, which has to be kept as long.
async fn start() -> (Place, PrivatePostgres) {
    let place = Place::new();
    let postgres = start_again(&place).await;
    (place, postgres)
}

async fn start_again(place: &Place) -> PrivatePostgres {
    PrivatePostgres::start_with(&place.data_dir(), &QUICK)
        .await
        .unwrap()
}

async fn connect(postgres: &PrivatePostgres) -> PgConnection {
    postgres.connect_options().connect().await.unwrap()
}

/// The first column of the first row.
async fn text(connection: &mut PgConnection, statement: &'static str) -> String {
    connection.fetch_one(statement).await.unwrap().get(0)
}

async fn make_a_row(postgres: &PrivatePostgres) {
    let mut connection = connect(postgres).await;
    connection
        .execute("CREATE TABLE phones (name text); INSERT INTO phones VALUES ('ana')")
        .await
        .unwrap();
    connection.close().await.unwrap();
}

async fn has_the_row(postgres: &PrivatePostgres) -> bool {
    let mut connection = connect(postgres).await;
    let name = text(&mut connection, "SELECT name FROM phones").await;
    connection.close().await.unwrap();
    name == "ana"
}

fn postmaster(data_dir: &Path) -> Pid {
    let text = fs::read_to_string(data_dir.join("postgres/postmaster.pid")).unwrap();
    Pid::from_raw(text.lines().next().unwrap().parse().unwrap()).unwrap()
}

fn still_alive(process: Pid) -> bool {
    test_kill_process(process).is_ok()
}

/// Looks until `look` says yes; fails after 20 s.
async fn eventually(claim: &str, mut look: impl AsyncFnMut() -> bool) {
    let mut beat = interval(Duration::from_millis(20));
    let seen = timeout(Duration::from_secs(20), async {
        while !look().await {
            beat.tick().await;
        }
    });
    assert!(seen.await.is_ok(), "{claim}");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn we_are_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[tokio::test]
async fn rows_survive_a_restart_and_the_server_does_not_survive_a_stop() {
    let place = Place::new();
    let postgres = PrivatePostgres::start(&place.data_dir()).await.unwrap();
    make_a_row(&postgres).await;
    let server = postmaster(&place.data_dir());
    postgres.stop().await.unwrap();
    assert!(!still_alive(server), "the server still runs");

    let postgres = PrivatePostgres::start(&place.data_dir()).await.unwrap();
    assert!(has_the_row(&postgres).await);
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_instance_is_refused_and_the_first_never_notices() {
    let (place, first) = start().await;
    let mut connection = connect(&first).await;
    let server = postmaster(&place.data_dir());

    let error = PrivatePostgres::start(&place.data_dir()).await.unwrap_err();
    assert!(matches!(error, Error::InUse(_)), "{error}");
    assert!(error.to_string().contains("stop it first"));

    let answer = text(&mut connection, "SELECT 'here'").await;
    assert_eq!(answer, "here");
    assert_eq!(postmaster(&place.data_dir()), server);
    connection.close().await.unwrap();
    first.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_server_comes_back_by_itself_with_its_rows() {
    let (place, postgres) = start().await;
    make_a_row(&postgres).await;
    for _ in 0..2 {
        let killed = postmaster(&place.data_dir());
        kill_process(killed, Signal::KILL).unwrap();
        eventually("a connection after the kill", async || {
            let Ok(connection) = postgres.connect_options().connect().await else {
                return false;
            };
            connection.close().await.unwrap();
            !still_alive(killed)
        })
        .await;
        assert!(has_the_row(&postgres).await);
    }
    // Stopped while it is down: nothing comes back.
    kill_process(postmaster(&place.data_dir()), Signal::KILL).unwrap();
    let _ = postgres.stop().await;
    let postgres = start_again(&place).await;
    assert!(has_the_row(&postgres).await);
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_dropped_without_a_stop_ends_and_gives_its_place_back() {
    let (place, postgres) = start().await;
    let server = postmaster(&place.data_dir());
    drop(postgres);
    eventually("the server ends", async || !still_alive(server)).await;
    let again = start_again(&place).await;
    again.stop().await.unwrap();
}

#[tokio::test]
async fn a_start_given_up_half_way_does_not_hinder_the_next() {
    let (place, postgres) = start().await;
    postgres.stop().await.unwrap();
    for milliseconds in [5, 20, 40, 60, 80] {
        let patience = Duration::from_millis(milliseconds);
        let _ = timeout(patience, PrivatePostgres::start(&place.data_dir())).await;
    }
    start_again(&place).await.stop().await.unwrap();
}

/// A program of the server's user that has nothing to do with Postgres; ended with the test.
struct Bystander(Child);

impl Bystander {
    fn new(cluster: &Path) -> Self {
        let owner = fs::metadata(cluster).unwrap();
        let mut command = Command::new("sleep");
        command.arg("600");
        if we_are_root() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        Self(command.spawn().unwrap())
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The system uses numbers again: after a crash the lock files may name anybody.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn lock_files_that_name_a_bystander_neither_stop_the_start_nor_harm_the_bystander() {
    let (place, postgres) = start().await;
    make_a_row(&postgres).await;
    postgres.stop().await.unwrap();

    let cluster = place.data_dir().join("postgres");
    let mut bystander = Bystander::new(&cluster);
    let socket_dir = place.data_dir().join("socket");
    let lock = format!(
        "{}\n{}\n1\n5432\n{}\n",
        bystander.0.id(),
        cluster.display(),
        socket_dir.display()
    );
    fs::write(cluster.join("postmaster.pid"), &lock).unwrap();
    fs::write(socket_dir.join(".s.PGSQL.5432.lock"), &lock).unwrap();
    fs::write(socket_dir.join(".s.PGSQL.5432"), "").unwrap();

    let postgres = start_again(&place).await;
    assert!(has_the_row(&postgres).await);
    assert!(
        bystander.0.try_wait().unwrap().is_none(),
        "the bystander was ended"
    );
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_first_start_that_was_broken_off_begins_anew() {
    let place = Place::new();
    let litter = place.data_dir().join("postgres.new-1");
    fs::create_dir_all(litter.join("base")).unwrap();
    fs::write(place.data_dir().join("postgres_password"), "of no cluster").unwrap();
    fs::write(
        place.data_dir().join("postgres_password.initdb"),
        "of no cluster",
    )
    .unwrap();

    let postgres = start_again(&place).await;
    make_a_row(&postgres).await;
    assert!(!litter.exists());
    assert!(!place.data_dir().join("postgres_password.initdb").exists());
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn nobody_else_gets_in() {
    let (place, postgres) = start().await;
    let data_dir = place.data_dir();

    assert_eq!(mode(&data_dir), if we_are_root() { 0o711 } else { 0o700 });
    for private in ["socket", "postgres"] {
        assert_eq!(mode(&data_dir.join(private)), 0o700, "{private}");
    }
    for private in ["lock", "postgres_password", "postgres.log"] {
        assert_eq!(mode(&data_dir.join(private)), 0o600, "{private}");
    }
    let mut connection = connect(&postgres).await;
    assert_eq!(text(&mut connection, "SHOW listen_addresses").await, "");
    // As the test asked: settings are handed on.
    assert_eq!(text(&mut connection, "SHOW fsync").await, "off");
    let trusted = "SELECT count(*)::text FROM pg_hba_file_rules \
                   WHERE auth_method NOT IN ('scram-sha-256', 'reject')";
    assert_eq!(text(&mut connection, trusted).await, "0");
    connection.close().await.unwrap();

    let guess = postgres.connect_options().password("a guess");
    assert!(guess.connect().await.is_err(), "any password opens it");
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn statements_and_values_stay_out_of_the_servers_log() {
    let (place, postgres) = start().await;
    let mut connection = connect(&postgres).await;
    let table = "CREATE TABLE users (name text PRIMARY KEY); INSERT INTO users VALUES ('hush')";
    connection.execute(table).await.unwrap();
    for wrong in [
        "INSERT INTO users VALUES ('hush')",
        "SELECT 'hush' FROM nowhere",
    ] {
        connection.execute(wrong).await.unwrap_err();
    }
    connection.close().await.unwrap();
    postgres.stop().await.unwrap();

    let log = fs::read_to_string(place.data_dir().join("postgres.log")).unwrap();
    assert!(log.contains("ERROR:") && !log.contains("hush"), "{log}");
}

#[tokio::test]
async fn the_address_leads_to_the_same_database() {
    let place = Place::new();
    let odd = place.0.path().join("a, \"b\" %c");
    let postgres = PrivatePostgres::start_with(&odd, &QUICK).await.unwrap();
    make_a_row(&postgres).await;
    let options = PgConnectOptions::from_str(&postgres.url()).unwrap();
    let mut connection = options.connect().await.unwrap();
    let name = text(&mut connection, "SELECT name FROM phones").await;
    assert_eq!(name, "ana");
    connection.close().await.unwrap();
    assert!(!format!("{postgres:?}").contains("password"));
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_command_joins_a_running_server_and_leaves_it_running() {
    let (place, server) = start().await;
    make_a_row(&server).await;

    let command = PrivatePostgres::join_or_start(&place.data_dir())
        .await
        .unwrap();
    assert!(has_the_row(&command).await);
    command.stop().await.unwrap();

    assert!(has_the_row(&server).await);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn two_commands_at_once_share_a_server_until_both_are_done() {
    let place = Place::new();
    let data_dir = place.data_dir();
    let (one, other) = tokio::join!(
        PrivatePostgres::join_or_start(&data_dir),
        PrivatePostgres::join_or_start(&data_dir)
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    let (owner, guest) = if format!("{one:?}").contains("owned: true") {
        (one, other)
    } else {
        (other, one)
    };
    make_a_row(&owner).await;
    let server = postmaster(&data_dir);

    let stopped = tokio::spawn(owner.stop());
    assert!(has_the_row(&guest).await);
    assert!(!stopped.is_finished());
    guest.stop().await.unwrap();
    stopped.await.unwrap().unwrap();
    assert!(!still_alive(server), "the server still runs");
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_refused() {
    let place = Place::new();
    let long = place.data_dir().join("x".repeat(100));
    let error = PrivatePostgres::start(&long).await.unwrap_err();
    assert!(matches!(error, Error::SocketPathTooLong { .. }), "{error}");
}

#[tokio::test]
async fn a_setting_that_postgres_refuses_is_told_in_its_own_words() {
    let place = Place::new();
    let wrong = [("max_connections", "many")];
    let error = PrivatePostgres::start_with(&place.data_dir(), &wrong)
        .await
        .unwrap_err();
    let line = error.to_string();
    assert!(
        line.contains("max_connections") && !line.contains('\n'),
        "{line}"
    );

    let postgres = start_again(&place).await;
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn root_is_told_where_the_servers_user_cannot_go() {
    if !we_are_root() {
        return;
    }
    let place = Place::new();
    fs::set_permissions(place.0.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let (resolved, notice) = resolve_data_dir(&place.data_dir());
    assert_eq!(resolved, Path::new("/var/lib/doorward"));
    assert!(notice.is_some());

    let error = PrivatePostgres::start(&place.data_dir()).await.unwrap_err();
    assert!(matches!(error, Error::NotReachable { .. }), "{error}");
    assert!(!place.data_dir().exists());
}
