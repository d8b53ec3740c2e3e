//! One refresh token, presented by many at once.

use std::{collections::BTreeSet, time::Duration};

use doorward::config::Config;
use rocket::futures::future::join_all;

use super::{Grant, times};
use crate::support::{Server, reply::Reply, spawn_on, spawn_with, wait};

const AT_ONCE: usize = 64;

const CONNECTIONS: u32 = 8;

fn few_connections(config: &mut Config) {
    config.database_connections = CONNECTIONS;
}

/// Opens connections of a pool one by one: on a small machine opening them takes longer
/// than answering everybody, and these tests are not about how long anybody waits.
async fn warm(server: &Server) {
    let mut open = Vec::new();
    // The rest is the share of refreshes.
    for _ in 0..CONNECTIONS - 2 {
        let connection = async || server.app.db().await.ok();
        open.push(wait::until("there is a connection", connection).await);
    }
    let connection = async || server.app.db_for_refresh().await.ok();
    open.push(wait::until("there is a connection", connection).await);
}

/// The tokens that were answered, each once. All must have been granted.
#[track_caller]
fn successors(answers: &[Reply]) -> BTreeSet<&str> {
    all_have(200, answers);
    let tokens = answers.iter().map(|answer| answer.str("refresh_token"));
    tokens.collect()
}

#[track_caller]
fn all_have(status: u16, answers: &[Reply]) {
    let other = answers.iter().filter(|answer| answer.status != status);
    let other: Vec<_> = other.map(|answer| &answer.text).collect();
    assert!(
        other.is_empty(),
        "{} of {}: {other:?}",
        other.len(),
        answers.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_refreshes_of_one_token_at_once_get_one_and_the_same_successor() {
    let server = spawn_with(few_connections).await;
    warm(&server).await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;

    let answers = join_all((0..AT_ONCE).map(|_| phone.present(&phone.refresh_token))).await;

    let successors = successors(&answers);
    assert_eq!(successors.len(), 1);
    let expected = Grant {
        generation: 1,
        retries: 63,
        ended_reason: None,
    };
    assert_eq!(Grant::of(&phone).await, expected);
    phone.refresh_token = successors.first().unwrap().to_string();
    phone.refresh().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_give_one_and_the_same_successor() {
    let one = spawn_with(few_connections).await;
    let other = spawn_on(one.database.share(), one.clock.clone(), few_connections).await;
    warm(&one).await;
    warm(&other).await;
    let ana = one.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    let mut elsewhere = phone.clone();
    elsewhere.server = &other;

    for generation in 1..=10 {
        let (here, there) = tokio::join!(
            join_all((0..AT_ONCE / 2).map(|_| phone.present(&phone.refresh_token))),
            join_all((0..AT_ONCE / 2).map(|_| elsewhere.present(&phone.refresh_token))),
        );
        let answers = [here, there].concat();
        let successors = successors(&answers);
        assert_eq!(successors.len(), 1);
        let expected = Grant {
            generation,
            retries: 63 * generation,
            ended_reason: None,
        };
        assert_eq!(Grant::of(&phone).await, expected);
        phone.refresh_token = successors.first().unwrap().to_string();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_grace_one_wins_and_the_grant_ends() {
    let server = spawn_with(|config| {
        few_connections(config);
        config.refresh_reuse_grace = Duration::ZERO;
    })
    .await;
    warm(&server).await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;

    let answers = join_all((0..AT_ONCE).map(|_| phone.present(&phone.refresh_token))).await;

    let (granted, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(granted.len(), 1);
    let (found, ended): (Vec<_>, Vec<_>) = refused
        .iter()
        .partition(|answer| answer.body["reason"] == "token_reused");
    assert_eq!(found.len(), 1);
    for answer in ended {
        answer.refused(400, "invalid_grant", "token_ended");
    }
    let expected = Grant {
        generation: 1,
        retries: 0,
        ended_reason: Some("reuse".to_owned()),
    };
    assert_eq!(Grant::of(&phone).await, expected);
    assert_eq!(times(&server, "token.reused").await, 1);
    let successor = phone.present(granted[0].str("refresh_token")).await;
    successor.refused(400, "invalid_grant", "token_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn reuse_that_many_find_at_once_is_one_event() {
    let server = spawn_with(few_connections).await;
    warm(&server).await;
    let ana = server.user("ana").await;
    for round in 1..=10 {
        let mut phone = ana.sign_in("phone").await;
        let stolen = phone.refresh_token.clone();
        phone.refresh().await.expect(200);
        phone.refresh().await.expect(200);

        let answers = join_all((0..AT_ONCE).map(|_| phone.present(&stolen))).await;

        all_have(400, &answers);
        let reasons = |reason: &str| {
            let with = answers.iter().filter(|a| a.body["reason"] == reason);
            with.count()
        };
        assert_eq!((reasons("token_reused"), reasons("token_ended")), (1, 63));
        assert_eq!(times(&server, "token.reused").await, round);
        assert_eq!(Grant::of(&phone).await.ended_reason.unwrap(), "reuse");
        let own = phone.refresh().await;
        own.refused(400, "invalid_grant", "token_ended");
    }
}
