//! The last administrator who can sign in cannot be taken away, by nobody.

use serde_json::json;

use crate::support::{phone::Phone, reply::Reply, spawn};

/// All the ways of taking an administrator away.
async fn taken_away(by: &Phone<'_>, user: &str) -> [Reply; 4] {
    let path = format!("/users/{user}");
    let disable = format!("{path}/disable");
    let until = by.server.clock.now() + chrono::TimeDelta::seconds(1);
    [
        by.post(&disable, &json!({})).await,
        by.post(&disable, &json!({ "until": until })).await,
        by.patch(&path, &json!({ "roles": ["support"] })).await,
        by.delete(&path).await,
    ]
}

#[tokio::test]
async fn the_only_administrator_stays() {
    let server = spawn().await;
    let mut administrator = server.administrator().await;
    let id = administrator.user.to_string();
    for answer in taken_away(&administrator, &id).await {
        answer.refused(409, "conflict", "last_admin");
    }
    // What leaves the role alone is no danger.
    let path = format!("/users/{id}");
    for change in [
        json!({ "username": "captain" }),
        json!({ "roles": ["admin", "support"] }),
    ] {
        administrator.patch(&path, &change).await.expect(200);
    }
    administrator.refresh().await.expect(200);
    administrator.get("/me").await.expect(200);
}

#[tokio::test]
async fn an_administrator_who_cannot_sign_in_does_not_count() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let id = administrator.user.to_string();
    // One without a password yet, and one who is disabled.
    let body = json!({ "username": "second", "roles": ["admin"] });
    administrator.post("/users", &body).await.expect(201);
    let third = server.user_with_roles("third", &["admin"]).await;
    let disable = format!("/users/{}/disable", third.id);
    administrator.post(&disable, &json!({})).await.expect(200);
    for answer in taken_away(&administrator, &id).await {
        answer.refused(409, "conflict", "last_admin");
    }
    // Taking those two away harms nobody.
    let gone = format!("/users/{}", third.id);
    administrator.delete(&gone).await.expect(204);
}

#[tokio::test]
async fn of_two_administrators_each_can_take_the_other_away_but_not_both() {
    let server = spawn().await;
    let first = server.administrator().await;
    let second = server.user_with_roles("second", &["admin"]).await;
    let second = second.sign_in("desk").await;
    let disable = |by: &Phone<'_>| format!("/users/{}/disable", by.user);
    let (of_first, of_second) = (disable(&first), disable(&second));
    let nothing = json!({});
    let (one, other) = tokio::join!(
        first.post(&of_second, &nothing),
        second.post(&of_first, &nothing)
    );
    // Whoever comes second is either disabled already, or finds the other one the last.
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert!(
        matches!(statuses, [200, 401 | 409]),
        "{} {}",
        one.text,
        other.text
    );
    let usable: i64 = server
        .scalar("SELECT count(*) FROM users WHERE roles @> ARRAY['admin'] AND disabled_at IS NULL")
        .await;
    assert_eq!(usable, 1);
}
