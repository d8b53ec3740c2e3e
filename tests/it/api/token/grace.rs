//! The grace: a lost answer never signs anybody out. A rotated token that comes again in
//! time gets the same successor, once more and on every server.

use std::time::Duration;

use serde_json::json;

use crate::support::{clock, database::Database, spawn, spawn_on, spawn_with};

#[tokio::test]
async fn a_lost_answer_is_given_once_more_for_thirty_seconds() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let before = phone.refresh_token.clone();
    phone.refresh().await.expect(200);

    for seconds in [0, 10, 19] {
        server.advance(seconds);
        let answer = phone.present(&before).await.expect(200);
        assert_eq!(answer.str("refresh_token"), phone.refresh_token);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_ne!(answer.str("access_token"), phone.access_token);
    }
    let last = phone.present(&before).await.expect(200);
    assert_eq!(last.body["refresh_expires_in"], 2_592_000 - 29);
    let (generation, retries): (i32, i32) =
        sqlx::query_as("SELECT generation, retries FROM refresh_tokens")
            .fetch_one(&server.rows)
            .await
            .unwrap();
    assert_eq!((generation, retries), (1, 4));

    // What was given once more works, and is the current one.
    phone.store(&last);
    phone.refresh().await.expect(200);
}

#[tokio::test]
async fn the_grace_is_over_after_thirty_seconds() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let before = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    server.advance(30);
    phone
        .present(&before)
        .await
        .refused(400, "invalid_grant", "token_reused");
}

#[tokio::test]
async fn another_server_gives_the_same_successor() {
    let database = Database::create().await;
    let (shared, clock) = (database.share(), clock());
    let first = spawn_on(database, clock.clone(), |_| {}).await;
    let second = spawn_on(shared, clock, |_| {}).await;
    let phone = first.user("ana").await.sign_in("phone").await;
    let body = json!({ "refresh_token": phone.refresh_token });

    let answer = first.post("/token", &body).await.expect(200);
    let again = second.post("/token", &body).await.expect(200);
    assert_eq!(again.str("refresh_token"), answer.str("refresh_token"));

    let next = json!({ "refresh_token": answer.str("refresh_token") });
    second.post("/token", &next).await.expect(200);
    first
        .post("/token", &body)
        .await
        .refused(400, "invalid_grant", "token_reused");
}

#[tokio::test]
async fn without_a_grace_the_second_use_is_reuse_at_once() {
    let server = spawn_with(|config| config.refresh_reuse_grace = Duration::ZERO).await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let before = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    phone
        .present(&before)
        .await
        .refused(400, "invalid_grant", "token_reused");
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_ended");
}

#[tokio::test]
async fn the_longest_grace_is_a_minute() {
    let server = spawn_with(|config| config.refresh_reuse_grace = Duration::from_mins(1)).await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let before = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    server.advance(59);
    phone.present(&before).await.expect(200);
    server.advance(1);
    phone
        .present(&before)
        .await
        .refused(400, "invalid_grant", "token_reused");
}

#[tokio::test]
async fn a_grace_does_not_slide_with_its_retries() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let before = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    server.advance(20);
    phone.present(&before).await.expect(200);
    server.advance(20);
    phone
        .present(&before)
        .await
        .refused(400, "invalid_grant", "token_reused");
}
