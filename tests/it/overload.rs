//! More than can be done: refused at once, with nothing done, and nobody else is kept waiting.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{PASSWORD, Server, browser::Browser, spawn, spawn_with, wait};

async fn rows(server: &Server) -> Value {
    server
        .scalar(
            "SELECT jsonb_build_array((SELECT count(*) FROM throttles), (SELECT count(*) FROM refusals), \
             (SELECT count(*) FROM audit_events), (SELECT count(*) FROM devices))",
        )
        .await
}

#[tokio::test]
async fn a_sign_in_too_many_is_put_off_before_anything_and_the_panel_is_not() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let boss = server.browser("boss", &["admin"]).await;
    drop(boss);
    let before = rows(&server).await;

    let hasher = &server.app.hasher;
    let places: Vec<_> = std::iter::from_fn(|| hasher.place_for_app().ok()).collect();
    let login = json!({ "username": "ana", "password": PASSWORD });
    let answer = server.post("/login", &login).await;
    answer.refused(503, "temporarily_unavailable", "");
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(rows(&server).await, before, "no attempt was counted");

    let mut desk = Browser::new(&server);
    desk.try_sign_in("boss", PASSWORD).await.expect(303);
    phone.refresh().await.expect(200);
    drop(places);
    server.post("/login", &login).await.expect(200);
}

#[tokio::test]
async fn refreshes_that_wait_leave_connections_to_all_else_and_the_other_way_round() {
    let server = spawn_with(|config| config.database_connections = 8).await;
    let ana = server.user("ana").await;
    let (mut phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);

    let mut turns = Vec::new();
    for _ in 0..7 {
        turns.push(server.app.db_for_refresh().await.unwrap());
    }
    tablet.get("/me").await.expect(200);
    // One more waits for its turn, and has it as soon as there is one.
    let released = async {
        wait::until("a refresh waits", async || {
            server.app.refreshes_waiting().eq(&1).then_some(())
        })
        .await;
        turns.pop();
    };
    let (refreshed, ()) = tokio::join!(phone.refresh(), released);
    refreshed.expect(200);
    drop(turns);

    let mut others = Vec::new();
    for _ in 0..6 {
        others.push(server.app.db().await.unwrap());
    }
    let refreshed = tokio::time::timeout(Duration::from_secs(1), phone.refresh()).await;
    refreshed.unwrap().expect(200);
    drop(others);
    tablet.get("/me").await.expect(200);
}
