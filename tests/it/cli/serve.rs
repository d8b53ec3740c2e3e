//! `doorward serve` with a Postgres of its own: start, stop, and what a crash leaves.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};

use super::process::{Place, Process};
use crate::support::{PASSWORD, database::Database, reply::Reply, wait};

async fn post(url: &str, body: &Value) -> Reply {
    Reply::of(reqwest::Client::new().post(url).json(body)).await
}

async fn sign_in(process: &Process, name: &str) -> Reply {
    post(
        &format!("{}/login", process.url),
        &json!({ "username": name, "password": PASSWORD }),
    )
    .await
    .expect(200)
}

fn add(place: &Place, name: &str) {
    place
        .run_with_input(&["user", "add", name, "--password-stdin"], PASSWORD)
        .done();
}

/// The processes whose command line names a directory.
fn processes_naming(directory: &str) -> usize {
    let named = |entry: &fs::DirEntry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(directory)
    };
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(named)
        .count()
}

#[tokio::test]
async fn a_first_start_says_what_to_do_and_a_stop_leaves_nothing_running() {
    let place = Place::private();
    let process = place.serve().await;
    let greeting = process.out();
    assert!(
        greeting.contains(&process.url) && greeting.contains("admin create --username"),
        "{greeting}"
    );

    // The address of the setup and, apart from it, the code: five groups of five.
    let setup = format!("{}/admin/setup", process.url);
    let code = greeting
        .lines()
        .map(str::trim)
        .find(|line| line.len() == 29 && line.split('-').all(|group| group.len() == 5))
        .unwrap();
    assert!(
        greeting.lines().any(|line| line.trim() == setup),
        "{greeting}"
    );
    assert!(!process.log().contains(code), "the code was logged");
    reqwest::get(&setup)
        .await
        .unwrap()
        .error_for_status()
        .unwrap();

    let key = fs::metadata(place.path("data/secret_key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);

    // A second server is refused, a command joins.
    place.run(&["serve"]).refused("another doorward server");
    add(&place, "ana");
    sign_in(&process, "ana").await;
    let url = place.run(&["db", "url"]).done().stdout;
    assert!(url.starts_with("postgres://doorward:"), "{url}");
    assert!(
        !process.log().contains(url.trim()),
        "the address with its password was logged"
    );

    assert_eq!(process.terminate().await, Some(0));
    let directory = place.directory.path().to_string_lossy().into_owned();
    assert_eq!(processes_naming(&directory), 0);

    // Without a server, a command starts the cluster for itself; the rows are there.
    assert!(place.run(&["user", "list"]).done().stdout.contains("ana"));
    let again = place.serve().await;
    sign_in(&again, "ana").await;
    assert_eq!(again.terminate().await, Some(0));
}

#[tokio::test]
async fn a_stop_writes_what_was_counted_in_the_last_seconds() {
    let database = Database::create().await;
    let place = Place::on(database.url());
    let process = place.serve().await;
    add(&place, "ana");
    sign_in(&process, "ana").await;
    assert_eq!(process.terminate().await, Some(0));

    let rows = sqlx::PgPool::connect_with(database.options())
        .await
        .unwrap();
    let counted = "SELECT sum(n)::bigint FROM rollups WHERE kind = 'signed_in' AND slot = 'minute'";
    let counted: i64 = sqlx::query_scalar(counted).fetch_one(&rows).await.unwrap();
    assert_eq!(counted, 1);
}

/// Each client refreshes as fast as it can; the server is killed in the middle.
#[tokio::test]
async fn after_a_kill_every_client_carries_on_with_the_token_it_has() {
    const CLIENTS: usize = 20;
    let place = Place::private();
    let process = place.serve().await;
    add(&place, "ana");
    let mut held = Vec::new();
    for _ in 0..CLIENTS {
        held.push(
            sign_in(&process, "ana")
                .await
                .str("refresh_token")
                .to_owned(),
        );
    }

    let (done, mut refreshed) = tokio::sync::mpsc::unbounded_channel();
    let clients: Vec<_> = held
        .into_iter()
        .map(|mut token| {
            let (client, url, done) = (
                reqwest::Client::new(),
                format!("{}/token", process.url),
                done.clone(),
            );
            tokio::spawn(async move {
                loop {
                    let request = client
                        .post(&url)
                        .json(&json!({ "refresh_token": token }))
                        .send()
                        .await;
                    // No answer, or half of one: the client keeps what it has.
                    let Ok(answer) = request else { return token };
                    let status = answer.status();
                    let Ok(body) = answer.json::<Value>().await else {
                        return token;
                    };
                    // Told to come again.
                    if status == 503 {
                        continue;
                    }
                    token = body["refresh_token"].as_str().unwrap().to_owned();
                    done.send(()).unwrap();
                }
            })
        })
        .collect();
    for _ in 0..1000 {
        refreshed.recv().await.unwrap();
    }
    process.kill();
    let mut held = Vec::new();
    for client in clients {
        held.push(client.await.unwrap());
    }

    let process = place.serve().await;
    for token in held {
        let answer = post(
            &format!("{}/token", process.url),
            &json!({ "refresh_token": token }),
        )
        .await;
        answer.expect(200);
    }
    let tokens = place.run(&["--json", "user", "list"]).done().json();
    assert_eq!(tokens["items"].as_array().unwrap().len(), 1);
    assert_eq!(process.terminate().await, Some(0));
}

#[tokio::test]
async fn a_killed_postgres_comes_back_by_itself() {
    let place = Place::private();
    let process = place.serve().await;
    add(&place, "ana");
    let mut token = sign_in(&process, "ana")
        .await
        .str("refresh_token")
        .to_owned();

    let pid = fs::read_to_string(place.path("data/postgres/postmaster.pid")).unwrap();
    let pid = pid.lines().next().unwrap().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();

    let url = format!("{}/token", process.url);
    // Twice: the second one may meet a connection that broke.
    for _ in 0..2 {
        token = wait::until("refreshing works again", async || {
            let answer = post(&url, &json!({ "refresh_token": token })).await;
            assert!([200, 503].contains(&answer.status), "{}", answer.text);
            (answer.status == 200).then(|| answer.str("refresh_token").to_owned())
        })
        .await;
    }
    assert_eq!(process.terminate().await, Some(0));
}

#[tokio::test]
async fn a_start_that_cannot_be_says_why_in_one_line() {
    let place = Place::private();
    place
        .run(&["serve", "--no-migrate"])
        .refused("doorward migrate run");

    fs::write(
        place.path("Rocket.toml"),
        "[default.doorward]\nacess_token_ttl = \"5m\"\n",
    )
    .unwrap();
    place.run(&["serve"]).refused("doorward.acess_token_ttl");
    fs::remove_file(place.path("Rocket.toml")).unwrap();

    let place = place.with("DOORWARD_ACCESS_TOKEN_TTL", "5");
    place.run(&["serve"]).refused("doorward.access_token_ttl");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    Place::private()
        .with("ROCKET_PORT", port)
        .run(&["serve"])
        .refused("ROCKET_PORT");

    let nothing = tempfile::tempdir().unwrap();
    let without = Place::private().with("DOORWARD_PG_BIN", nothing.path().to_string_lossy());
    without.run(&["serve"]).refused("DOORWARD_PG_BIN");
}
