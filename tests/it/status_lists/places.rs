//! Each grant has a place of its own, by chance, for its whole life and as long as its last access token may be taken.

use std::collections::HashSet;

use doorward::{crypto::keyring::SigningAlg, domain::status_lists::grow};
use serde_json::{Value, json};

use super::{LIST, place};
use crate::support::{PASSWORD, Server, phone::claims, spawn, spawn_with};

#[tokio::test]
async fn each_grant_has_a_place_that_a_refresh_does_not_change() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut places = HashSet::new();
    for _ in 0..20 {
        let mut phone = ana.sign_in("phone").await;
        let before = place(&phone);
        assert_eq!(before.1, "http://doorward.test/status-lists/0");
        phone.refresh().await.expect(200);
        assert_eq!(place(&phone), before);
        // The answer that was lost is given again.
        let stored = phone.refresh_token.clone();
        phone.present(&stored).await.expect(200);
        phone.refresh().await.expect(200);
        assert_eq!(place(&phone), before);
        assert!(places.insert(before.0), "{before:?} twice");
    }
    // On a device that is known, it is another grant.
    let phone = ana.sign_in("phone").await;
    let again = json!({
        "username": "ana", "password": PASSWORD, "device": { "token": phone.device_token },
    });
    let again = server.post("/login", &again).await.expect(200);
    let token = claims(again.str("access_token"));
    assert_ne!(
        token["status"]["status_list"]["idx"],
        json!(place(&phone).0)
    );
    // Neither in turn nor near one another.
    let spread = places.iter().max().unwrap() - places.iter().min().unwrap();
    assert!(spread > 100_000, "{places:?}");
}

/// Has the database offer one place only.
async fn offer_only(server: &Server, place: &'static str) {
    server.execute(place).await;
}

#[tokio::test]
async fn two_sign_ins_that_draw_the_same_place_do_not_both_get_it() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    offer_only(
        &server,
        "CREATE OR REPLACE FUNCTION free_status_index(list_size bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint'",
    )
    .await;
    assert_eq!(place(&ana.sign_in("phone").await).0, 7);
    let body = json!({ "username": "ana", "password": PASSWORD });
    let second = server.post("/login", &body).await;
    second.refused(503, "temporarily_unavailable", "");
    let grants: i64 = server.scalar("SELECT count(*) FROM refresh_tokens").await;
    assert_eq!(grants, 1);

    // Whoever gets none is signed in all the same; the token names no list.
    offer_only(
        &server,
        "CREATE OR REPLACE FUNCTION free_status_index(list_size bigint) RETURNS bigint LANGUAGE sql AS 'SELECT NULL::bigint'",
    )
    .await;
    let mut phone = ana.sign_in("phone").await;
    assert_eq!(phone.claims()["status"], Value::Null);
    phone.refresh().await.expect(200);
    assert_eq!(phone.claims()["status"], Value::Null);
}

#[tokio::test]
async fn a_place_is_free_when_nobody_has_it_and_nobody_had_it_lately() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    ana.sign_in("phone").await;
    // Of one list that has one place.
    let free = "SELECT COALESCE(free_status_index(1), -1)";
    let cases: [(&'static str, i64); 4] = [
        ("UPDATE refresh_tokens SET status_index = 0", -1),
        ("UPDATE refresh_tokens SET status_index = 1", 0),
        ("INSERT INTO status_indexes_ended VALUES (0, now())", -1),
        ("DELETE FROM status_indexes_ended", 0),
    ];
    for (change, expected) in cases {
        assert_eq!(server.execute(change).await, 1, "{change}");
        assert_eq!(server.scalar::<i64>(free).await, expected, "{change}");
    }
}

#[tokio::test]
async fn there_are_more_lists_when_half_of_the_places_are_taken() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let all = async || {
        let answer = server.get("/status-lists").await.expect(200);
        answer.body["status_lists"].as_array().unwrap().clone()
    };
    let uri = |list| json!(format!("http://doorward.test/status-lists/{list}"));
    assert_eq!(all().await, [uri(0)]);
    server.get("/status-lists/1").await.expect(404);
    for (grants, lists) in [
        (
            "UPDATE pg_class SET reltuples = 524288 WHERE relname = 'refresh_tokens'",
            1,
        ),
        (
            "UPDATE pg_class SET reltuples = 2000000 WHERE relname = 'refresh_tokens'",
            4,
        ),
        // There are never fewer: some token names each.
        (
            "UPDATE pg_class SET reltuples = -1 WHERE relname = 'refresh_tokens'",
            4,
        ),
    ] {
        assert_eq!(server.execute(grants).await, 1);
        grow(&server.app).await.unwrap();
        let expected: Vec<Value> = (0..lists).map(uri).collect();
        assert_eq!(all().await, expected, "{grants}");
    }
    server.get("/status-lists/3").await.expect(200);
    server.get("/status-lists/4").await.expect(404);
    let mut used = HashSet::new();
    for _ in 0..15 {
        let (place, uri) = place(&ana.sign_in("phone").await);
        assert!(place < 1 << 20);
        used.insert(uri);
    }
    assert!(used.len() > 1, "{used:?}");
}

#[tokio::test]
async fn only_users_tokens_of_grants_with_a_place_name_a_list() {
    let server = spawn().await;
    let backend = server.client("backend", false).await;
    let own = claims(&backend.own_token().await);
    assert_eq!(own["status"], Value::Null);

    // Signed in before there were lists.
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    server
        .execute("UPDATE refresh_tokens SET status_index = NULL")
        .await;
    phone.refresh().await.expect(200);
    assert_eq!(phone.claims().get("status"), None);
    place(&ana.sign_in("phone").await);
}

/// A secret that resource servers share cannot sign what they are to believe.
#[tokio::test]
async fn with_a_shared_secret_there_are_no_lists() {
    let secret = "a secret that is shared, and long enough for it".to_owned();
    let server = spawn_with(|config| {
        config.signing_alg = SigningAlg::Hs256;
        config.signing_secret = Some(doorward::crypto::secret::Secret::new(secret));
    })
    .await;
    let phone = server.user("ana").await.sign_in("phone").await;
    assert_eq!(phone.claims().get("status"), None);
    phone.get("/test_jwt").await.expect(200);
    let none = server.get(LIST).await;
    none.refused(404, "not_found", "no_such_path");
    let all = server.get("/status-lists").await.expect(200);
    assert_eq!(all.body, json!({ "status_lists": [] }));
    let metadata = server.get("/.well-known/oauth-authorization-server").await;
    let metadata = metadata.expect(200).body;
    assert_eq!(metadata.get("status_list_aggregation_endpoint"), None);
}
