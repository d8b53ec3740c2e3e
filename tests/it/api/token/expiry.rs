//! The ends of a refresh token: idle, which slides with each refresh, and absolute.

use std::time::Duration;

use serde_json::json;

use crate::support::{spawn, spawn_with};

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn a_token_that_is_not_used_for_thirty_days_is_dead() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    server.advance(30 * DAY - 1);
    phone.refresh().await.expect(200);
    server.advance(1);
    tablet
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_expired");
    server.advance(20 * DAY);
    phone.refresh().await.expect(200);
    let ended: i64 = server
        .scalar("SELECT count(*) FROM refresh_tokens WHERE ended_at IS NOT NULL")
        .await;
    assert_eq!(ended, 0, "expired is not ended");
}

#[tokio::test]
async fn no_use_carries_a_grant_past_its_ninetieth_day() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    for days_left in [70, 50, 30, 10] {
        server.advance(20 * DAY);
        let answer = phone.refresh().await.expect(200);
        assert_eq!(
            answer.body["refresh_expires_in"],
            days_left.min(30) * DAY,
            "{days_left} days before the end"
        );
    }
    // An access token does not outlive its grant.
    server.advance(10 * DAY - 60);
    let answer = phone.refresh().await.expect(200);
    assert_eq!(
        (
            &answer.body["refresh_expires_in"],
            &answer.body["expires_in"]
        ),
        (&json!(60), &json!(60))
    );
    let exp = phone.claims()["exp"].as_i64().unwrap();
    assert_eq!(exp, server.clock.now().timestamp() + 60);

    let before = phone.clone();
    server.advance(59);
    phone.refresh().await.expect(200);
    server.advance(1);
    for token in [&phone.refresh_token, &before.refresh_token] {
        phone
            .present(token)
            .await
            .refused(400, "invalid_grant", "token_expired");
    }
}

#[tokio::test]
async fn the_configured_ends_count() {
    let server = spawn_with(|config| {
        config.refresh_token_idle_ttl = Duration::from_mins(2);
        config.refresh_token_max_ttl = Duration::from_secs(200);
        config.access_token_ttl = Duration::from_secs(20);
    })
    .await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    server.advance(119);
    let answer = phone.refresh().await.expect(200);
    assert_eq!(
        (
            &answer.body["refresh_expires_in"],
            &answer.body["expires_in"]
        ),
        (&json!(81), &json!(20))
    );
    server.advance(20);
    phone
        .get("/test_jwt")
        .await
        .refused(401, "invalid_token", "token_expired");
    server.advance(61);
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_expired");
}

#[tokio::test]
async fn what_is_disabled_until_an_hour_from_now_works_then_by_itself() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut administrator = server.administrator().await;
    for (what, reason) in [
        ("tokens", "token_disabled"),
        ("devices", "device_disabled"),
        ("users", "user_disabled"),
    ] {
        administrator.refresh().await.expect(200);
        let mut phone = ana.sign_in(what).await;
        let id = match what {
            "tokens" => phone.grant_id(),
            "devices" => phone.device_id.clone(),
            _ => ana.id.to_string(),
        };
        let until = server.clock.now() + chrono::TimeDelta::hours(1);
        let body = json!({ "until": until });
        let record = administrator
            .post(&format!("/{what}/{id}/disable"), &body)
            .await
            .expect(200);
        assert_eq!(
            record.str("disabled_until"),
            until.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
        );
        server.advance(3599);
        phone.refresh().await.refused(400, "invalid_grant", reason);
        let events = server.actions().await.len();
        server.advance(1);
        phone.refresh().await.expect(200);
        assert_eq!(server.actions().await.len(), events, "nobody did anything");
    }
}
