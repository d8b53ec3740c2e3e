//! `doorward demo`: people to look at, once, in an empty database only.

use serde_json::json;

use super::commands::{place_beside, server};
use crate::support::PASSWORD;

#[tokio::test]
async fn an_empty_database_is_filled_once_with_people_that_nobody_can_be() {
    let server = server().await;
    let place = place_beside(&server);
    let filled = place
        .run(&["--json", "demo", "--users", "60"])
        .done()
        .json();
    let users = "SELECT count(*) FROM users";
    assert_eq!(filled["users"], 60);
    assert_eq!(server.scalar::<i64>(users).await, 60);
    let grants = "SELECT count(*) FROM refresh_tokens";
    assert_eq!(filled["devices"], server.scalar::<i64>(grants).await);
    assert!(filled["events"].as_u64().unwrap() > 200, "{filled}");
    let astray = "SELECT count(*) FROM audit_events_default WHERE action = 'user.signed_in'";
    assert_eq!(server.scalar::<i64>(astray).await, 0, "each has its month");
    // So that the first page says how many are active.
    let days = "SELECT count(*) FROM active_sketches WHERE slot = 'day' AND kind = 'user'";
    assert!((25..=31).contains(&server.scalar::<i64>(days).await));
    let told = server.events().await;
    let told = told.iter().find(|it| it["action"] == "server.demo_filled");
    assert_eq!(told.unwrap()["details"], filled);

    place.run(&["demo"]).refused("the database has users");
    assert_eq!(place.run(&["demo", "--once"]).done().stdout, "");
    assert_eq!(server.scalar::<i64>(users).await, 60);

    let admins = "SELECT count(*) FROM users WHERE roles @> ARRAY['admin']";
    assert_eq!(server.scalar::<i64>(admins).await, 0);
    let username: String = server.scalar("SELECT min(username) FROM users").await;
    let login = json!({ "username": username, "password": PASSWORD });
    server.post("/login", &login).await.expect(401);
    let held = place.run(&["audit", "verify"]).done().stdout;
    assert!(held.starts_with("the chain holds: "), "{held}");
}
