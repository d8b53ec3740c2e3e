//! What is no genuine token of this server, and what is one of another history of its
//! database: both are told `unknown_token`, and neither ends anything.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::crypto::secret::Secret;
use serde_json::json;

use crate::support::{Server, database::Database, phone::Phone, spawn, spawn_on, spawn_with};

async fn count(server: &Server, table: &str) -> i64 {
    match table {
        "refusals" => server.scalar("SELECT count(*) FROM refusals").await,
        _ => server.scalar("SELECT count(*) FROM audit_events").await,
    }
}

#[tokio::test]
async fn junk_is_refused_without_a_query() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let stranger = spawn_with(|config| config.secret_key = Some(Secret::new([8; 32]))).await;
    let elsewhere = stranger.user("ana").await.sign_in("phone").await;
    let token = &phone.refresh_token;
    let flipped = |at: usize| {
        let other = if &token[at..=at] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &token[..at], &token[at + 1..])
    };
    let padded = URL_SAFE_NO_PAD.decode(&token[4..]).unwrap();
    let padded = format!(
        "dwr_{}",
        base64::engine::general_purpose::STANDARD.encode(padded)
    );
    let junk = [
        String::new(),
        " ".to_owned(),
        "dwr_".to_owned(),
        "null".to_owned(),
        "\0".to_owned(),
        "🦊".repeat(25),
        "x".repeat(10_000),
        format!("dwr_{}", "A".repeat(96)),
        token[..99].to_owned(),
        token[4..].to_owned(),
        format!("{token}A"),
        format!(" {token}"),
        format!("{token}\n"),
        token.to_uppercase(),
        padded,
        // Each part of it in turn: key id, grant, generation, secret, check.
        flipped(5),
        flipped(20),
        flipped(34),
        flipped(60),
        flipped(90),
        phone.device_token.clone(),
        phone.access_token.clone(),
        phone.grant_id(),
        elsewhere.refresh_token.clone(),
    ];
    let before = (
        count(&server, "refusals").await,
        count(&server, "audit_events").await,
    );

    // From here on every query of this server fails.
    server.app.close().await;
    phone
        .present(token)
        .await
        .refused(503, "temporarily_unavailable", "");
    for junk in &junk {
        phone
            .present(junk)
            .await
            .refused(400, "invalid_grant", "unknown_token");
    }
    let after = (
        count(&server, "refusals").await,
        count(&server, "audit_events").await,
    );
    assert_eq!(before, after);
}

/// Puts the grant's row back to what it was `generations` before, as a restored backup does.
async fn set_back(server: &Server, generations: i32) {
    sqlx::query(
        "UPDATE refresh_tokens SET generation = generation - $1, secret_hash = sha256('x')",
    )
    .bind(generations)
    .execute(&server.rows)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_token_ahead_of_a_restored_database_ends_nothing() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    for _ in 0..3 {
        phone.refresh().await.expect(200);
    }
    set_back(&server, 2).await;

    let answer = phone.refresh().await;
    answer.refused(400, "invalid_grant", "unknown_token");
    for _ in 0..3 {
        phone
            .refresh()
            .await
            .refused(400, "invalid_grant", "unknown_token");
    }
    let ended: i64 = server
        .scalar("SELECT count(*) FROM refresh_tokens WHERE ended_at IS NOT NULL")
        .await;
    assert_eq!(ended, 0);
    let events = server.events().await;
    let ahead: Vec<_> = events
        .iter()
        .filter(|event| event["action"] == "token.generation_ahead")
        .collect();
    assert_eq!(ahead.len(), 1, "however often it comes");
    assert_eq!(ahead[0]["request_id"], answer.header("x-request-id"));
    assert_eq!(
        ahead[0]["details"],
        json!({ "device_id": phone.device_id, "generation": 1 })
    );

    // The phone signs in again, on the same device.
    let body = json!({
        "username": "ana", "password": crate::support::PASSWORD, "device": { "token": phone.device_token },
    });
    let answer = server.post("/login", &body).await.expect(200);
    assert_eq!(answer.str("device_id"), phone.device_id);
}

#[tokio::test]
async fn a_token_of_the_same_generation_but_another_history_ends_nothing() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    phone.refresh().await.expect(200);
    set_back(&server, 0).await;
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "unknown_token");
    assert_eq!(
        server.actions().await.last().unwrap(),
        "token.generation_ahead"
    );
    let ended: i64 = server
        .scalar("SELECT count(*) FROM refresh_tokens WHERE ended_at IS NOT NULL")
        .await;
    assert_eq!(ended, 0);
}

#[tokio::test]
async fn a_token_outlives_the_rotation_of_the_secret_key() {
    let database = Database::create().await;
    let shared = database.share();
    let clock = crate::support::clock();
    let old = spawn_on(database, clock.clone(), |_| {}).await;
    let phone = old.user("ana").await.sign_in("phone").await;
    let new = spawn_on(shared, clock, |config| {
        config.secret_key = Some(Secret::new([9; 32]));
        config.secret_key_previous = Some(Secret::new([7; 32]));
    })
    .await;
    let mut phone = Phone {
        server: &new,
        ..phone
    };
    let before = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    let again = phone.present(&before).await.expect(200);
    assert_eq!(again.str("refresh_token"), phone.refresh_token);
    phone.get("/me").await.expect(200);
}
