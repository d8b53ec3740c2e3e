//! Guessing, seen from outside: `POST /login` and `POST /me/password`. The accounts' buckets
//! are here, those of addresses in `throttle/addresses.rs`.

mod addresses;

use rocket::futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, Server, database::Database, phone::Phone, reply::Reply, spawn, spawn_on,
};

const WRONG: &str = "wrong pilot canyon 47";

/// An attempt to sign in, as a new device behind `address`.
async fn attempt(server: &Server, username: &str, password: &str, address: &str) -> Reply {
    attempt_on(server, username, password, address, Value::Null).await
}

async fn attempt_on(
    server: &Server,
    username: &str,
    password: &str,
    address: &str,
    device: Value,
) -> Reply {
    let body = json!({ "username": username, "password": password, "device": device });
    let request = server
        .request("POST", "/login")
        .header("X-Forwarded-For", address);
    Reply::of(request.json(&body)).await
}

async fn guess(server: &Server, username: &str) -> Reply {
    attempt(server, username, WRONG, "192.0.2.1").await
}

async fn wrong_guesses(server: &Server, username: &str, times: usize) {
    for _ in 0..times {
        guess(server, username)
            .await
            .refused(401, "invalid_grant", "bad_credentials");
    }
}

/// For how many seconds one is told to wait.
#[track_caller]
fn wait(answer: &Reply) -> u64 {
    answer.refused(429, "slow_down", "throttled");
    answer.header("retry-after").parse().unwrap()
}

#[tokio::test]
async fn five_failures_are_free_and_then_each_costs_twice_the_wait_up_to_a_quarter_of_an_hour() {
    let server = spawn().await;
    server.user("ana").await;
    // The same for someone who does not exist: a throttle that came later would tell who does.
    for username in ["ana", "nobody"] {
        wrong_guesses(&server, username, 5).await;
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            let answer = guess(&server, username).await;
            assert_eq!(wait(&answer), seconds, "{username}");
            server.advance(seconds - 1);
            assert_eq!(wait(&guess(&server, username).await), 1, "{username}");
            server.advance(1);
            wrong_guesses(&server, username, 1).await;
        }
    }
}

#[tokio::test]
async fn a_throttled_account_that_exists_is_told_what_one_is_told_that_does_not() {
    let server = spawn().await;
    server.user("ana").await;
    wrong_guesses(&server, "ana", 5).await;
    wrong_guesses(&server, "nobody", 5).await;
    let (somebody, nobody) = (guess(&server, "ana").await, guess(&server, "nobody").await);
    assert_eq!(
        (wait(&somebody), somebody.text),
        (wait(&nobody), nobody.text)
    );
}

#[tokio::test]
async fn forty_guesses_at_once_are_still_only_five() {
    let server = spawn().await;
    server.user("ana").await;
    for username in ["ana", "nobody"] {
        let guesses = (1..=40).map(|n| {
            let (server, address) = (&server, format!("198.51.100.{n}"));
            async move { attempt(server, username, WRONG, &address).await.status }
        });
        let statuses = join_all(guesses).await;
        let count = |status| statuses.iter().filter(|&&found| found == status).count();
        // Some find the queue full, which is no attempt.
        let refused = count(429) + count(503);
        assert_eq!((count(401), refused), (5, 35), "{username}");
    }
}

#[tokio::test]
async fn the_right_password_waits_too_but_not_on_a_device_that_is_known() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    let bens = server.user("ben").await.sign_in("ben's phone").await;
    wrong_guesses(&server, "ana", 5).await;

    let right = attempt(&server, "ana", PASSWORD, "198.51.100.1").await;
    assert_eq!(wait(&right), 1, "from another address as well");
    let not_hers = json!({ "token": bens.device_token });
    let right = attempt_on(&server, "ana", PASSWORD, "198.51.100.1", not_hers).await;
    assert_eq!(wait(&right), 1, "a device token of somebody else's is none");
    phone.refresh().await.expect(200);

    let known = json!({ "token": phone.device_token });
    let answer = attempt_on(&server, "ana", PASSWORD, "192.0.2.1", known.clone()).await;
    assert_eq!(answer.expect(200).str("device_id"), phone.device_id);
    assert_eq!(
        wait(&guess(&server, "ana").await),
        1,
        "the guesser gains nothing by it"
    );

    // A thief who knows the device token has the device's allowance, and then none.
    for _ in 0..5 {
        let answer = attempt_on(&server, "ana", WRONG, "192.0.2.1", known.clone()).await;
        answer.refused(401, "invalid_grant", "bad_credentials");
    }
    let answer = attempt_on(&server, "ana", PASSWORD, "192.0.2.1", known).await;
    assert_eq!(wait(&answer), 1);
}

#[tokio::test]
async fn a_disabled_device_has_no_allowance_of_its_own() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    server
        .execute("UPDATE devices SET disabled_at = created_at")
        .await;
    wrong_guesses(&server, "ana", 5).await;
    let known = json!({ "token": phone.device_token });
    let answer = attempt_on(&server, "ana", PASSWORD, "192.0.2.1", known).await;
    assert_eq!(wait(&answer), 1);
}

#[tokio::test]
async fn a_success_forgets_the_failures_and_a_refusal_of_the_right_password_is_none() {
    let server = spawn().await;
    server.user("ana").await;
    wrong_guesses(&server, "ana", 4).await;
    attempt(&server, "ana", PASSWORD, "192.0.2.1")
        .await
        .expect(200);
    wrong_guesses(&server, "ana", 5).await;
    assert_eq!(wait(&guess(&server, "ana").await), 1);

    server
        .execute("UPDATE users SET disabled_at = created_at")
        .await;
    for seconds in [1, 2] {
        server.advance(seconds);
        attempt(&server, "ana", PASSWORD, "192.0.2.1")
            .await
            .refused(403, "access_denied", "user_disabled");
    }
    // The right password was no guess, and no forgiveness either.
    guess(&server, "ana")
        .await
        .refused(401, "invalid_grant", "bad_credentials");
    assert_eq!(wait(&guess(&server, "ana").await), 2);
}

#[tokio::test]
async fn a_failure_is_forgotten_in_an_hour() {
    let server = spawn().await;
    server.user("ana").await;
    wrong_guesses(&server, "ana", 5).await;
    server.advance(2 * 3600);
    wrong_guesses(&server, "ana", 2).await;
    assert_eq!(wait(&guess(&server, "ana").await), 1);
}

async fn change_password(phone: &Phone<'_>, current: &str) -> Reply {
    let body = json!({ "current_password": current, "new_password": "another pilot canyon 48" });
    phone.post("/me/password", &body).await
}

#[tokio::test]
async fn a_wrong_current_password_counts_as_a_failure_on_this_device() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    for _ in 0..5 {
        change_password(&phone, WRONG)
            .await
            .refused(401, "invalid_grant", "bad_credentials");
    }
    assert_eq!(wait(&change_password(&phone, PASSWORD).await), 1);
    let known = json!({ "token": phone.device_token });
    let answer = attempt_on(&server, "ana", PASSWORD, "192.0.2.1", known).await;
    assert_eq!(wait(&answer), 1, "one allowance for both");

    phone.refresh().await.expect(200);
    attempt(&server, "ana", PASSWORD, "192.0.2.1")
        .await
        .expect(200);
    server.advance(1);
    change_password(&phone, PASSWORD).await.expect(200);
    change_password(&phone, WRONG)
        .await
        .refused(401, "invalid_grant", "bad_credentials");
}

#[tokio::test]
async fn the_table_of_throttles_tells_no_name_and_no_address() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    wrong_guesses(&server, "ana", 1).await;
    // Typed into the wrong field, as it happens.
    wrong_guesses(&server, PASSWORD, 1).await;
    let known = json!({ "token": phone.device_token });
    attempt_on(&server, "ana", WRONG, "192.0.2.1", known).await;

    let keys: Vec<Vec<u8>> = sqlx::query_scalar("SELECT key FROM throttles")
        .fetch_all(&server.rows)
        .await
        .unwrap();
    assert_eq!(keys.len(), 5, "two accounts, a device, two addresses");
    let device = format!("device {}", phone.device_id);
    for clear in ["account ana", "address 192.0.2.1", &device, "ana", PASSWORD] {
        let hash = doorward::crypto::sha256(clear.as_bytes());
        for key in &keys {
            assert!(key.len() == 32 && key != &hash, "{clear}");
        }
    }
}

#[tokio::test]
async fn two_servers_on_one_database_count_together() {
    let database = Database::create().await;
    let shared = database.share();
    let clock = crate::support::clock();
    let first = spawn_on(database, clock.clone(), |_| {}).await;
    let second = spawn_on(shared, clock, |_| {}).await;
    first.user("ana").await;
    for server in [&first, &second, &first, &second, &first] {
        wrong_guesses(server, "ana", 1).await;
    }
    for server in [&second, &first] {
        assert_eq!(wait(&guess(server, "ana").await), 1);
    }
    first.advance(1);
    wrong_guesses(&second, "ana", 1).await;
    assert_eq!(wait(&guess(&first, "ana").await), 2);
}
