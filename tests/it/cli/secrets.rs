//! What a server logs, at its most talkative: nothing that anybody typed or holds.

use serde_json::json;

use super::process::Place;
use crate::support::{PASSWORD, reply::Reply};

const CANARY: &str = "canary in a coal mine 4711";

#[tokio::test]
async fn no_password_and_no_token_is_ever_logged() {
    let place = Place::private().with("RUST_LOG", "trace");
    let process = place.serve().await;
    place
        .run_with_input(&["user", "add", "ana", "--password-stdin"], PASSWORD)
        .done();
    let client = reqwest::Client::new();
    let post = |path: &str| client.post(format!("{}{path}", process.url));

    let login = json!({ "username": "ana", "password": PASSWORD });
    let granted = Reply::of(post("/login").json(&login)).await.expect(200);
    let refresh = json!({ "refresh_token": granted.str("refresh_token") });
    Reply::of(post("/token").json(&refresh)).await.expect(200);
    let wrong = json!({ "username": CANARY, "password": CANARY });
    Reply::of(post("/login").json(&wrong)).await.expect(401);

    // What a guard cannot read: Rocket would log the guard's error, and with it the body.
    let json = "application/json";
    for (path, kind, body) in [
        (
            "/login",
            json,
            format!("{{\"username\":\"ana\",\"password\":\"{CANARY}"),
        ),
        (
            "/login",
            json,
            format!("{{\"username\":\"ana\",\"password\":[\"{CANARY}\"]}}"),
        ),
        ("/login", "text/plain", CANARY.to_owned()),
        (
            "/token",
            json,
            format!("{{\"refresh_token\":\"dwr_{CANARY}\"}}"),
        ),
        (
            "/token",
            "application/x-www-form-urlencoded",
            format!("grant_type=client_credentials&client_id=canary&client_secret={CANARY}"),
        ),
        (
            "/introspect",
            "application/x-www-form-urlencoded",
            format!("token={CANARY}&token={CANARY}"),
        ),
        (
            "/set-password/dwp_canary",
            "application/x-www-form-urlencoded",
            format!("a={CANARY}&a={CANARY}"),
        ),
    ] {
        let request = post(path).header("content-type", kind).body(body);
        let answer = Reply::of(request).await;
        assert!(
            (400..500).contains(&answer.status),
            "{path}: {}",
            answer.text
        );
        assert!(!answer.text.contains("canary"), "{path}: {}", answer.text);
    }
    let query = post(&format!("/login?password={}", CANARY.replace(' ', "+"))).json(&wrong);
    Reply::of(query).await.expect(401);

    let log = process.log();
    assert!(log.lines().count() > 50, "this is not everything:\n{log}");
    let tokens =
        ["access_token", "refresh_token", "device_token"].map(|name| granted.str(name).to_owned());
    for secret in tokens
        .iter()
        .map(String::as_str)
        .chain([PASSWORD, CANARY, "canary"])
    {
        assert!(!log.contains(secret), "the log holds {secret:?}");
    }
    let key = std::fs::read_to_string(place.path("data/secret_key")).unwrap();
    assert!(!log.contains(key.trim()));
    assert_eq!(process.terminate().await, Some(0));
}
