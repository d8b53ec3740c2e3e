//! Texts that are far too long: refused by their limit, and nothing is stored.

use serde_json::{Value, json};

use crate::support::{PASSWORD, reply::Reply, spawn};

#[tokio::test]
async fn ten_thousand_characters_are_refused_by_the_limit_and_nothing_is_stored() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let long = "x".repeat(10_000);
    let user = |field: &str, value: &str| {
        let mut user = json!({ "username": "ben", "password": PASSWORD });
        user[field] = json!(value);
        user
    };
    let login =
        |device: Value| json!({ "username": "ana", "password": PASSWORD, "device": device });
    let (disable, change) = (
        format!("/devices/{}/disable", phone.device_id),
        format!("/users/{}", ana.id),
    );
    let rows = "SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM devices)
        + (SELECT count(*) FROM refresh_tokens) + (SELECT count(*) FROM audit_events)";
    let before: i64 = server.scalar(rows).await;
    for (method, path, body, field, limit) in [
        ("POST", "/users", user("username", &long), "username", "64"),
        (
            "POST",
            "/users",
            user("email", &format!("{long}@example.com")),
            "email",
            "254",
        ),
        (
            "PATCH",
            &change,
            json!({ "username": long }),
            "username",
            "64",
        ),
        (
            "PATCH",
            &change,
            json!({ "email": format!("a@{long}") }),
            "email",
            "254",
        ),
        (
            "POST",
            "/login",
            login(json!({ "name": long })),
            "device.name",
            "100",
        ),
        (
            "POST",
            "/login",
            login(json!({ "kind": long })),
            "device.kind",
            "32",
        ),
        ("POST", &disable, json!({ "reason": long }), "reason", "500"),
    ] {
        let answer = Reply::of(administrator.request(method, path).json(&body)).await;
        answer.refused(400, "invalid_request", "");
        let told = answer.str("error_description");
        assert!(
            told.starts_with(&format!("{field}: ")) && told.contains(limit),
            "{path}: {told}"
        );
        assert!(!answer.text.contains("xxx"), "{}", answer.text);
    }
    assert_eq!(server.scalar::<i64>(rows).await, before);
    let touched = "SELECT (SELECT count(*) FROM devices WHERE disabled_at IS NOT NULL)
        + (SELECT count(*) FROM users WHERE email IS NOT NULL OR username NOT IN ('ana', 'root-of-trust'))";
    assert_eq!(server.scalar::<i64>(touched).await, 0);
}
