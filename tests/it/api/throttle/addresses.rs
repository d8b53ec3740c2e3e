//! The buckets of addresses, and whom the server believes about an address.

use serde_json::{Value, json};

use super::{attempt, attempt_on, wait};
use crate::support::{PASSWORD, Server, reply::Reply, spawn, spawn_with};

/// Twenty names that nobody has, tried from what `address` gives for each.
async fn twenty_failures(server: &Server, address: impl Fn(usize) -> String) {
    for n in 0..20 {
        attempt(server, &format!("guess-{n}"), PASSWORD, &address(n))
            .await
            .refused(401, "invalid_grant", "bad_credentials");
    }
}

#[tokio::test]
async fn twenty_failures_throttle_an_address_and_nobody_elsewhere() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    twenty_failures(&server, |_| "203.0.113.7".to_owned()).await;

    for username in ["guess-20", "ana"] {
        let answer = attempt(&server, username, PASSWORD, "203.0.113.7").await;
        assert_eq!(wait(&answer), 15, "{username}");
    }
    attempt(&server, "ana", PASSWORD, "203.0.113.8")
        .await
        .expect(200);
    let known = json!({ "token": phone.device_token });
    attempt_on(&server, "ana", PASSWORD, "203.0.113.7", known)
        .await
        .expect(200);

    server.advance(15);
    let answer = attempt(&server, "guess-20", PASSWORD, "203.0.113.7").await;
    answer.refused(401, "invalid_grant", "bad_credentials");
    let answer = attempt(&server, "guess-21", PASSWORD, "203.0.113.7").await;
    assert_eq!(wait(&answer), 15);
}

#[tokio::test]
async fn successes_do_not_count_against_an_address() {
    let server = spawn().await;
    server.user("ana").await;
    for _ in 0..25 {
        attempt(&server, "ana", PASSWORD, "203.0.113.7")
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn an_ipv6_network_of_64_bits_is_one_address() {
    let server = spawn().await;
    twenty_failures(&server, |n| format!("2001:db8:1:2:{n:x}::{n:x}")).await;
    let answer = attempt(&server, "another", PASSWORD, "2001:db8:1:2:ffff::1").await;
    assert_eq!(wait(&answer), 15);
    attempt(&server, "another", PASSWORD, "2001:db8:1:3::1")
        .await
        .refused(401, "invalid_grant", "bad_credentials");
}

#[tokio::test]
async fn the_nearest_address_that_no_trusted_proxy_has_is_the_callers() {
    let server = spawn().await;
    // What stands further left was written by whoever wanted to be taken for another.
    twenty_failures(&server, |n| format!("198.51.100.{n}, 203.0.113.7")).await;
    let answer = attempt(&server, "another", PASSWORD, "203.0.113.7").await;
    assert_eq!(wait(&answer), 15);
}

#[tokio::test]
async fn an_untrusted_peer_cannot_choose_its_address() {
    let server = spawn_with(|config| config.trusted_proxies.clear()).await;
    let phone = server.user("ana").await.sign_in("phone").await;
    for n in 0..20 {
        let request = server
            .request("POST", "/login")
            .header("X-Forwarded-For", format!("198.51.100.{n}"))
            .header("Forwarded", format!("for=198.51.100.{n}"))
            .header("X-Real-IP", format!("198.51.100.{n}"));
        let body = json!({ "username": format!("guess-{n}"), "password": PASSWORD });
        let answer = Reply::of(request.json(&body)).await;
        answer.refused(401, "invalid_grant", "bad_credentials");
    }
    let answer = attempt(&server, "another", PASSWORD, "198.51.100.99").await;
    assert_eq!(wait(&answer), 15);

    let logout = phone
        .request("POST", "/logout")
        .header("X-Forwarded-For", "198.51.100.1");
    Reply::of(logout).await.expect(204);
    let event = server.events().await.pop().unwrap();
    assert_eq!(event["address"], "127.0.0.1");
}

#[tokio::test]
async fn x_real_ip_is_believed_from_nobody() {
    let server = spawn().await;
    let login = async |n: usize| {
        let request = server
            .request("POST", "/login")
            .header("X-Real-IP", format!("198.51.100.{n}"));
        let body = json!({ "username": format!("guess-{n}"), "password": PASSWORD });
        Reply::of(request.json(&body)).await
    };
    for n in 0..20 {
        login(n)
            .await
            .refused(401, "invalid_grant", "bad_credentials");
    }
    assert_eq!(wait(&login(20).await), 15);
    let addresses: Value = server
        .scalar("SELECT jsonb_agg(DISTINCT address) FROM refusals")
        .await;
    assert_eq!(addresses, json!(["127.0.0.1"]));
}
