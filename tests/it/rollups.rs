//! How much happens is counted by every server, and adds up in the database.

use std::collections::BTreeMap;

use doorward::domain::{purge::purge, rollups};
use serde_json::json;

use crate::support::{
    PASSWORD, Server, clock, database::Database, proxy::Proxy, spawn, spawn_on, spawn_through, wait,
};

/// Writes what the server has counted, which it does by itself every few seconds.
async fn write(server: &Server) {
    rollups::write(&server.app).await.unwrap();
}

/// How often what happened, for which reason and client, in all slots of a length.
async fn counted(server: &Server, slot: &str) -> BTreeMap<String, i64> {
    let sql =
        "SELECT concat_ws(' ', kind, NULLIF(reason, ''), NULLIF(client_id, '')), sum(n)::bigint
               FROM rollups WHERE slot = $1 GROUP BY 1";
    let rows = sqlx::query_as(sql).bind(slot).fetch_all(&server.rows);
    let rows: Vec<(String, i64)> = rows.await.unwrap();
    rows.into_iter().collect()
}

#[tokio::test]
async fn what_happens_is_counted_by_kind_reason_and_client() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (store, till) = (
        server.client("store-app", true).await,
        server.client("till", false).await,
    );
    server.client("other-app", true).await;

    let mut phone = ana.sign_in("phone").await;
    let first = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    phone.refresh().await.expect(200);
    // A lost answer, twice; and then a thief.
    let second = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    for _ in 0..2 {
        phone.present(&second).await.expect(200);
    }
    let answer = phone.present(&first).await;
    answer.refused(400, "invalid_grant", "token_reused");
    let answer = phone.present(&first).await;
    answer.refused(400, "invalid_grant", "token_ended");
    let answer = phone.present("junk").await;
    answer.refused(400, "invalid_grant", "unknown_token");

    for client in [&store, &till] {
        let tablet = client.sign_in(&ana).await;
        client.refresh(&tablet.refresh_token).await.expect(200);
        let body = json!({ "refresh_token": tablet.refresh_token, "client_id": "other-app" });
        server.post("/token", &body).await.expect(400);
    }
    let nobody = json!({ "refresh_token": "junk", "client_id": "nobody" });
    server.post("/token", &nobody).await.expect(401);
    let guess = json!({ "username": "ana", "password": "a wild guess" });
    server.post("/login", &guess).await.expect(401);
    let mut guess = json!({ "username": "ana", "password": PASSWORD, "client_id": "nobody" });
    server.post("/login", &guess).await.expect(401);
    guess["client_id"] = json!("store-app");
    guess["scope"] = json!("beyond");
    server.post("/login", &guess).await.expect(400);
    server.browser("boss", &["admin"]).await;

    write(&server).await;
    let expected = [
        ("signed_in first-party", 1),
        ("signed_in store-app", 1),
        ("signed_in till", 1),
        ("signed_in", 1),
        ("sign_in_refused bad_client", 1),
        ("sign_in_refused bad_credentials first-party", 1),
        ("sign_in_refused scope_not_allowed store-app", 1),
        ("refreshed first-party", 3),
        ("refreshed store-app", 1),
        ("refreshed till", 1),
        ("retried first-party", 2),
        // A replaced token in another client's hands is one as well.
        ("reused first-party", 1),
        ("reused store-app", 1),
        ("reused till", 1),
        ("refresh_refused token_ended first-party", 1),
        ("refresh_refused unknown_token first-party", 1),
        ("refresh_refused bad_client", 1),
    ];
    let expected: BTreeMap<_, _> = expected
        .into_iter()
        .map(|(what, n)| (what.to_owned(), n))
        .collect();
    for slot in ["minute", "hour", "day"] {
        assert_eq!(counted(&server, slot).await, expected, "{slot}");
    }
    // Nothing new is nothing to write.
    write(&server).await;
    assert_eq!(counted(&server, "day").await, expected);
}

#[tokio::test]
async fn two_servers_add_up_and_each_slot_has_its_own_number() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let began = server.clock.now();
    // Four minutes, over an hour's end and over no day's.
    for minute in [0, 1, 20, 21] {
        server.advance(minute * 60 - (server.clock.now() - began).num_seconds().unsigned_abs());
        phone.refresh().await.expect(200);
        let request = json!({ "refresh_token": phone.refresh_token });
        let answer = other.post("/token", &request).await.expect(200);
        phone.store(&answer);
        tokio::join!(write(&server), write(&other));
    }
    let slots = async |slot: &str| -> Vec<(String, i64)> {
        let sql = "SELECT to_char(begins_at, 'HH24:MI'), n FROM rollups
                   WHERE kind = 'refreshed' AND slot = $1 ORDER BY begins_at";
        let rows = sqlx::query_as(sql).bind(slot).fetch_all(&server.rows);
        rows.await.unwrap()
    };
    let told = |slots: &[(&str, i64)]| -> Vec<(String, i64)> {
        slots.iter().map(|(at, n)| ((*at).to_owned(), *n)).collect()
    };
    let minutes = [("17:46", 2), ("17:47", 2), ("18:06", 2), ("18:07", 2)];
    assert_eq!(slots("minute").await, told(&minutes));
    assert_eq!(slots("hour").await, told(&[("17:00", 4), ("18:00", 4)]));
    assert_eq!(slots("day").await, told(&[("00:00", 8)]));
}

#[tokio::test]
async fn a_database_that_is_away_loses_nothing_and_each_minute_stays_its_own() {
    let database = Database::create().await;
    let proxy = Proxy::to(&database.options());
    let through = proxy.options(&database.options());
    let server = spawn_through(database, through, clock(), |_| {}).await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    write(&server).await;

    phone.refresh().await.expect(200);
    proxy.cut();
    // The server itself may have been faster, before the cut.
    let _ = rollups::write(&server.app).await;
    server.advance(60);
    // Junk is refused without a database.
    let answer = phone.present("junk").await;
    answer.refused(400, "invalid_grant", "unknown_token");
    assert!(rollups::write(&server.app).await.is_err());
    server.advance(60);

    proxy.heal();
    wait::until("the counts are written", async || {
        rollups::write(&server.app).await.ok()
    })
    .await;
    let sql = "SELECT to_char(begins_at, 'HH24:MI ') || kind FROM rollups
               WHERE slot = 'minute' AND kind <> 'signed_in' AND n = 1 ORDER BY begins_at";
    let rows = sqlx::query_scalar(sql).fetch_all(&server.rows);
    let rows: Vec<String> = rows.await.unwrap();
    assert_eq!(rows, ["17:46 refreshed", "17:47 refresh_refused"]);
}

#[tokio::test]
async fn minutes_go_after_two_hours_hours_after_three_days_days_by_retention() {
    let server = spawn().await;
    let sql = "INSERT INTO rollups (slot, begins_at, kind, reason, client_id, n)
               SELECT slot, date_trunc(slot, $1 - ago, 'UTC'), 'refreshed', '', 'first-party', 1
               FROM (VALUES ('minute', interval '1 hour 59 minutes'), ('minute', '2 hours 2 minutes'),
                            ('hour', '71 hours'), ('hour', '73 hours'),
                            ('day', '89 days'), ('day', '92 days')) AS old (slot, ago)";
    let made = sqlx::query(sql).bind(server.clock.now());
    made.execute(&server.rows).await.unwrap();

    let purged = purge(&server.app, &server.operator()).await.unwrap();
    for kind in ["minute_rollups", "hour_rollups", "day_rollups"] {
        assert!(purged.contains(&(kind, 1)), "{kind}: {purged:?}");
    }
    for slot in ["minute", "hour", "day"] {
        assert_eq!(counted(&server, slot).await.values().sum::<i64>(), 1);
    }
    // It happens every hour: that is no news.
    let actions = server.actions().await;
    assert!(
        !actions.contains(&"server.purged".to_owned()),
        "{actions:?}"
    );
}
