//! More than can be done: refused at once, with nothing done, and nobody else is kept waiting.

use std::{future::poll_fn, sync::Arc, task::Poll, time::Duration};

use doorward::{
    db::refresh_tokens::rotation::Rotation,
    ids::{ClientId, GrantId},
};
use rocket::futures::future::join_all;
use serde_json::{Value, json};
use sqlx::{Postgres, Transaction};

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
async fn whoever_needs_all_connections_leaves_refreshes_theirs() {
    let server = spawn_with(|config| config.database_connections = 8).await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let mut others = Vec::new();
    for _ in 0..6 {
        others.push(server.app.db().await.unwrap());
    }
    let refreshed = tokio::time::timeout(Duration::from_secs(1), phone.refresh()).await;
    refreshed.unwrap().expect(200);
    drop(others);
    phone.get("/me").await.expect(200);
}

/// Keeps every refresh waiting in its statement, until it is dropped.
async fn hold_all(server: &Server) -> Transaction<'static, Postgres> {
    let mut hold = server.rows.begin().await.unwrap();
    let lock = sqlx::query("LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
    lock.execute(&mut *hold).await.unwrap();
    hold
}

async fn until_statements_wait(server: &Server, many: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    wait::until("statements wait", async || {
        (server.scalar::<i64>(waiting).await == many).then_some(())
    })
    .await;
}

async fn until_refreshes_wait(server: &Server, many: usize) {
    wait::until("refreshes wait", async || {
        (server.app.rotations.waiting() == many).then_some(())
    })
    .await;
}

#[tokio::test]
async fn refreshes_that_wait_share_a_commit_and_have_each_its_own_answer() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut phones = Vec::new();
    for number in 0..12 {
        phones.push(ana.sign_in(&format!("phone {number}")).await);
    }
    let disable = format!("/devices/{}/disable", phones[3].device_id);
    let desk = server.administrator().await;
    desk.post(&disable, &json!({})).await.expect(200);
    let stolen = phones[5].clone();
    phones[5].refresh().await.expect(200);
    phones[5].refresh().await.expect(200);
    phones[5] = stolen;
    let (one, other) = (&phones[0], &phones[1]);
    let (disabled, twice, reused) = (&phones[3], &phones[4], &phones[5]);
    let at_once = phones[2..].iter().chain([twice]);

    // One in each lane, and all others wait for the two.
    let hold = hold_all(&server).await;
    let second = async {
        until_statements_wait(&server, 1).await;
        other.present(&other.refresh_token).await
    };
    let rest = async {
        until_statements_wait(&server, 2).await;
        join_all(
            at_once
                .clone()
                .map(|phone| phone.present(&phone.refresh_token)),
        )
        .await
    };
    let release = async {
        until_refreshes_wait(&server, 11).await;
        hold.rollback().await.unwrap();
    };
    let first = one.present(&one.refresh_token);
    let (first, second, rest, ()) = tokio::join!(first, second, rest, release);

    first.expect(200);
    second.expect(200);
    let commits = "SELECT count(DISTINCT xmin::text) FROM refresh_tokens WHERE generation = 1 AND retries = 0";
    assert_eq!(server.scalar::<i64>(commits).await, 3);
    let mut successors = Vec::new();
    for (phone, answer) in at_once.zip(rest) {
        if phone.device_id == disabled.device_id {
            answer.refused(400, "invalid_grant", "device_disabled");
        } else if phone.device_id == reused.device_id {
            answer.refused(400, "invalid_grant", "token_reused");
        } else {
            let answer = answer.expect(200);
            assert_eq!(answer.str("device_id"), phone.device_id);
            successors.push((phone, answer));
        }
    }
    for (phone, answer) in successors {
        phone.present(answer.str("refresh_token")).await.expect(200);
    }
}

#[tokio::test]
async fn a_grant_that_somebody_has_locked_keeps_no_other_waiting() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let mut change = server.rows.begin().await.unwrap();
    let lock =
        sqlx::query("UPDATE refresh_tokens SET disabled_reason = NULL WHERE device_id = $1::uuid");
    let lock = lock.bind(phone.device_id.clone());
    lock.execute(&mut *change).await.unwrap();

    let others = async {
        until_statements_wait(&server, 1).await;
        for _ in 0..10 {
            tablet.refresh().await.expect(200);
        }
        until_statements_wait(&server, 1).await;
        change.commit().await.unwrap();
    };
    let (refreshed, ()) = tokio::join!(phone.refresh(), others);
    refreshed.expect(200);
}

#[tokio::test]
async fn a_refresh_too_many_is_put_off_with_nothing_done() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let rotation = Arc::new(Rotation {
        grant: GrantId(server.clock.id()),
        generation: 0,
        secret_hash: [0; 32],
        successor_hash: [0; 32],
        successor_sealed: Vec::new(),
        client: ClientId::first_party(),
        username: None,
        scope: None,
        key: None,
        address: None,
        user_agent: String::new(),
    });
    let rotations = &server.app.rotations;
    let hold = hold_all(&server).await;
    let mut waiting = Vec::new();
    // Whatever the lanes have taken meanwhile, the queue is full at last.
    while rotations.is_open().is_ok() {
        let mut next = Box::pin(rotations.rotate(Arc::clone(&rotation)));
        let polled = poll_fn(|context| Poll::Ready(next.as_mut().poll(context)));
        assert!(polled.await.is_pending());
        waiting.push(next);
    }

    let answer = phone.refresh().await;
    answer.refused(503, "temporarily_unavailable", "");
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    drop(waiting);
    hold.rollback().await.unwrap();
    phone.refresh().await.expect(200);
    let generation = server.scalar::<i32>("SELECT generation FROM refresh_tokens");
    assert_eq!(generation.await, 1);
}
