//! The list as it goes over the wire, when it is signed anew, and what is told without a database.

use std::time::Duration;

use doorward::domain::keys;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Value, json};

use super::{INVALID, LIST, SUSPENDED, VALID, told, told_next, unpacked, with_header};
use crate::support::{
    clock,
    database::Database,
    phone::claims,
    proxy::Proxy,
    reply::{Reply, fields},
    spawn, spawn_through, spawn_with, wait,
};

/// The claims of a list that is signed with a key of the JWKS.
async fn verified(at: &crate::support::Server, token: &str) -> Value {
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("statuslist+jwt"));
    let jwks = at.get("/.well-known/jwks.json").await.expect(200).body;
    let mut keys = jwks["keys"].as_array().unwrap().iter();
    let key = keys.find(|key| key["kid"] == header.kid.as_deref().unwrap());
    let key = serde_json::from_value(key.unwrap().clone()).unwrap();
    let mut validation = Validation::new(header.alg);
    validation.validate_aud = false;
    let key = DecodingKey::from_jwk(&key).unwrap();
    let decoded = jsonwebtoken::decode::<Value>(token, &key, &validation);
    decoded.unwrap().claims
}

#[tokio::test]
async fn a_list_is_a_signed_jwt_that_anybody_may_read() {
    let server = spawn().await;
    server.user("ana").await.sign_in("phone").await;
    let answer = server.get(LIST).await.expect(200);
    assert_eq!(answer.header("content-type"), "application/statuslist+jwt");
    assert_eq!(answer.header("cache-control"), "public, max-age=30");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    for name in ["access-control-allow-credentials", "set-cookie"] {
        assert!(!answer.headers.contains_key(name), "{name}");
    }
    let list = verified(&server, &answer.text).await;
    let expected = ["exp", "iat", "status_list", "sub", "ttl"];
    assert_eq!(fields(&list), expected);
    let now = server.clock.now().timestamp();
    assert_eq!(list["sub"], "http://doorward.test/status-lists/0");
    assert_eq!(
        (&list["iat"], &list["exp"], &list["ttl"]),
        (&json!(now), &json!(now + 300), &json!(30))
    );
    assert!(unpacked(&list).iter().all(|place| *place == VALID));
    // How many tokens there are stays hidden, and nobody has to fetch all of a quarter of a megabyte.
    assert!(answer.text.len() < 2_000, "{} bytes", answer.text.len());

    let tag = answer.header("etag").to_owned();
    let known = with_header(&server, "If-None-Match", &tag)
        .await
        .expect(304);
    assert_eq!((known.header("etag"), known.text.as_str()), (&*tag, ""));
    let zipped = with_header(&server, "Accept-Encoding", "gzip").await;
    assert_eq!(zipped.expect(200).text, answer.text);
    let head = Reply::of(server.request("HEAD", LIST)).await.expect(200);
    assert_eq!(head.header("etag"), tag);
}

#[tokio::test]
async fn what_there_is_not_is_said() {
    let server = spawn().await;
    for accepted in [
        "application/statuslist+jwt",
        "APPLICATION/statuslist+JWT",
        "*/*",
        "application/*",
        "application/statuslist+cwt, application/statuslist+jwt;q=0.5",
        "text/html, */*;q=0.1",
        "what is this",
    ] {
        with_header(&server, "Accept", accepted).await.expect(200);
    }
    for refused in [
        "application/statuslist+cwt",
        "application/json, text/*",
        "application/statuslist+jwt;q=0, */*",
        "application/*;q=0, */*",
    ] {
        let answer = with_header(&server, "Accept", refused).await;
        answer.refused(406, "invalid_request", "not_acceptable");
    }
    for time in ["1900000000", "0", ""] {
        let answer = server.get(&format!("{LIST}?time={time}")).await;
        answer.refused(501, "invalid_request", "time_not_supported");
    }
    for unknown in [
        "1",
        "00",
        "+0",
        "-1",
        "x",
        "4294967296",
        "99999999999999999999",
    ] {
        let answer = server.get(&format!("/status-lists/{unknown}")).await;
        answer.refused(404, "not_found", "no_such_path");
    }
    for path in [LIST, "/status-lists"] {
        let answer = server.post(path, &json!({})).await;
        answer.refused(405, "invalid_request", "method_not_allowed");
    }
    let all = server.get("/status-lists").await.expect(200);
    assert_eq!(all.header("content-type"), "application/json");
    assert_eq!(all.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn neither_kind_of_token_is_taken_for_the_other() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let list = server.get(LIST).await.expect(200).text;
    for path in ["/test_jwt", "/me"] {
        let request = server.request("GET", path).bearer_auth(&list);
        let answer = Reply::of(request).await;
        answer.refused(401, "invalid_token", "malformed_token");
    }
    let backend = server.client("backend", false).await;
    assert_eq!(backend.introspect(&list).await, json!({ "active": false }));
    // And whoever looks at a list's type takes no access token.
    let header = jsonwebtoken::decode_header(&phone.access_token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
}

#[tokio::test]
async fn a_list_is_signed_once_for_all_who_ask_and_again_when_there_is_something_new() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let answer = async || server.get(LIST).await.expect(200);
    let issued = async || claims(&answer().await.text)["iat"].as_i64().unwrap();
    let began = server.clock.now().timestamp();
    let (one, two) = tokio::join!(answer(), answer());
    assert_eq!(one.text, two.text);
    server.advance(29);
    let same = answer().await;
    assert_eq!(same.text, one.text);
    // Whoever keeps it between us and the resource server keeps it no longer than that.
    assert_eq!(same.header("cache-control"), "public, max-age=1");
    server.advance(1);
    assert_eq!(issued().await, began + 30);

    // A cut-off is told at the next look, though not twice in a second.
    let disable = format!("/devices/{}/disable", phone.device_id);
    administrator.post(&disable, &json!({})).await.expect(200);
    assert_eq!(told(&server, &phone).await, VALID);
    assert_eq!(told_next(&server, &phone).await, SUSPENDED);
    assert_eq!(issued().await, began + 31);
    server.advance(1);
    assert_eq!(issued().await, began + 31);

    // A key that signs no more is not used for what is told.
    let kid = |answer: &Reply| jsonwebtoken::decode_header(&answer.text).unwrap().kid;
    let before = kid(&answer().await);
    keys::rotate(&server.app, &server.operator()).await.unwrap();
    let after = answer().await;
    assert_ne!(kid(&after), before);
    verified(&server, &after.text).await;
}

#[tokio::test]
async fn resource_servers_may_keep_it_as_long_as_is_configured() {
    let server = spawn_with(|config| config.status_list_ttl = Duration::from_secs(2)).await;
    let answer = server.get(LIST).await.expect(200);
    assert_eq!(answer.header("cache-control"), "public, max-age=2");
    assert_eq!(claims(&answer.text)["ttl"], 2);
    server.advance(2);
    assert_ne!(server.get(LIST).await.expect(200).text, answer.text);
}

/// Never a list made of nothing: the last one, and when that has ended, none.
#[tokio::test]
async fn without_a_database_the_last_list_is_told_until_it_ends() {
    let database = Database::create().await;
    let real = database.options();
    let proxy = Proxy::to(&real);
    let server = spawn_through(database, proxy.options(&real), clock(), |_| {}).await;
    let administrator = server.administrator().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let end = format!("/tokens/{}/end", phone.grant_id());
    administrator.post(&end, &json!({})).await.expect(200);
    assert_eq!(told(&server, &phone).await, INVALID);
    let last = server.get(LIST).await.expect(200).text;

    proxy.cut();
    for seconds in [31, 200, 68] {
        server.advance(seconds);
        let answer = server.get(LIST).await.expect(200);
        assert_eq!(answer.text, last);
        assert_eq!(answer.header("cache-control"), "public, max-age=0");
    }
    server.advance(1);
    for _ in 0..2 {
        let answer = server.get(LIST).await;
        answer.refused(503, "temporarily_unavailable", "");
    }

    proxy.heal();
    wait::until("there is a list again", async || {
        server.advance(1);
        let answer = server.get(LIST).await;
        assert!([200, 503].contains(&answer.status), "{}", answer.text);
        (answer.status == 200).then_some(())
    })
    .await;
    assert_eq!(told(&server, &phone).await, INVALID);
}

/// Nor is a server that never had one any better off.
#[tokio::test]
async fn a_server_whose_database_went_away_before_the_first_look_has_no_list() {
    let database = Database::create().await;
    let real = database.options();
    let proxy = Proxy::to(&real);
    let server = spawn_through(database, proxy.options(&real), clock(), |_| {}).await;
    proxy.cut();
    for path in [LIST, "/status-lists"] {
        let answer = server.get(path).await;
        answer.refused(503, "temporarily_unavailable", "");
    }
}
