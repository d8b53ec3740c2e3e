//! Who was away goes on where it was.

use std::time::Duration;

use doorward::domain::purge;
use serde_json::json;

use super::{Listener, gateway, refused};
use crate::support::{Server, spawn, spawn_on};

/// Has something happen to tell of, some times.
async fn happen(server: &Server, path: &str, times: usize) {
    let desk = server
        .user_with_roles(&format!("boss{}", server.clock.id().simple()), &["admin"])
        .await;
    let desk = desk.sign_in("desk").await;
    for _ in 0..times {
        desk.post(&format!("{path}/disable"), &json!({}))
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn after_an_hour_away_on_whichever_server_nothing_is_missed_and_nothing_is_doubled() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    let gateway = gateway(&server).await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let path = format!("/devices/{}", phone.device_id);

    let mut feed = Listener::open(&server, &gateway.own_token().await, None).await;
    let start = feed.last;
    happen(&other, &path, 2).await;
    let mut heard = feed.hear(2).await;
    let last = feed.last;
    drop(feed);
    happen(&server, &path, 40).await;
    server.advance(3_600);
    happen(&other, &path, 40).await;

    let token = gateway.own_token().await;
    let mut feed = Listener::open(&other, &token, Some(last)).await;
    heard.extend(feed.hear(80).await);
    happen(&server, &path, 1).await;
    heard.extend(feed.hear(1).await);
    let numbers: Vec<i64> = heard.iter().map(|message| message.id).collect();
    let all: Vec<i64> = (start + 1..=start + 83).collect();
    assert_eq!(numbers, all);

    // Once more from the beginning: the same events, whoever tells them.
    let mut again = Listener::open(&server, &token, Some(start)).await;
    for (message, before) in again.hear(83).await.iter().zip(&heard) {
        assert_eq!(
            (message.id, &message.event()["jti"]),
            (before.id, &before.event()["jti"])
        );
    }
}

#[tokio::test]
async fn what_is_not_kept_any_more_is_no_silent_gap() {
    let server = spawn().await;
    let gateway = gateway(&server).await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let path = format!("/devices/{}", phone.device_id);
    let mut feed = Listener::open(&server, &gateway.own_token().await, None).await;
    let start = feed.last;
    happen(&server, &path, 3).await;
    feed.hear(3).await;
    let last = feed.last;

    server.advance(25 * 3_600);
    purge::purge(&server.app, &server.operator()).await.unwrap();
    let token = gateway.own_token().await;
    for gone in [start, last - 1] {
        refused(&server, &token, Some(gone))
            .await
            .refused(410, "invalid_request", "missed_events");
    }
    // Whoever has heard the last has missed nothing.
    let mut feed = Listener::open(&server, &token, Some(last)).await;
    happen(&server, &path, 1).await;
    assert_eq!(feed.hear(1).await[0].id, last + 1);

    for unknown in [last + 2, -1] {
        refused(&server, &token, Some(unknown))
            .await
            .refused(400, "invalid_request", "");
    }
    let request = server.request("GET", "/events").bearer_auth(&token);
    let strange = request
        .header("Last-Event-ID", "the last one")
        .send()
        .await
        .unwrap();
    assert_eq!(strange.status(), 400);
}

#[tokio::test]
async fn a_stream_ends_with_its_access_token_and_what_came_then_is_told_to_the_next() {
    let server = spawn().await;
    let gateway = gateway(&server).await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let path = format!("/devices/{}", phone.device_id);
    let mut feed = Listener::open(&server, &gateway.own_token().await, None).await;
    let ttl = server.app.config.access_token_ttl;
    server.advance(ttl.as_secs() + 1);
    happen(&server, &path, 1).await;
    assert_eq!(feed.next().await, None);
    let mut next = Listener::open(&server, &gateway.own_token().await, Some(feed.last)).await;
    assert_eq!(next.hear(1).await[0].id, feed.last + 1);
}

/// The clock stands still here, so that it is the machine's own time that ends it.
#[tokio::test]
async fn a_stream_in_which_nothing_happens_ends_in_time() {
    let server =
        crate::support::spawn_with(|config| config.access_token_ttl = Duration::from_secs(1)).await;
    let gateway = gateway(&server).await;
    let mut feed = Listener::open(&server, &gateway.own_token().await, None).await;
    assert_eq!(feed.next().await, None);
}

#[tokio::test]
async fn who_may_not_listen_any_more_hears_nothing_more() {
    let server = spawn().await;
    let desk = server.administrator().await;
    let auditor = server.user_with_roles("auditor", &["auditor"]).await;
    let phone = auditor.sign_in("desk").await;
    let gateway = gateway(&server).await;
    let mut of_auditor = Listener::open(&server, &phone.access_token, None).await;
    let mut of_gateway = Listener::open(&server, &gateway.own_token().await, None).await;
    desk.patch(&format!("/users/{}", auditor.id), &json!({ "roles": [] }))
        .await
        .expect(200);
    assert_eq!(of_auditor.next().await, None);
    assert_eq!(of_gateway.hear(1).await[0].kind(), "token-claims-change");
    let disabling = doorward::domain::disable::Disabling::default();
    doorward::domain::clients::disable(&server.app, &server.operator(), &gateway.id, &disabling)
        .await
        .unwrap();
    assert_eq!(of_gateway.next().await, None);
}
