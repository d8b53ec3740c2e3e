//! Sign-ins that cross a new password, a suspension, or one another.

use std::time::Duration;

use doorward::db::throttles::{self, Bucket, Policy};
use rocket::futures::future::join_all;
use serde_json::json;

use super::{HeadStart, cheap_hashes, some_time, times};
use crate::support::{PASSWORD, User, phone::Phone, reply::Reply, spawn, spawn_with};

const NEW_PASSWORD: &str = "violet harbour ladder 82";

/// From an address of the user's own: what others get wrong does not slow it down.
async fn sign_in(user: &User<'_>, password: &str) -> Reply {
    let body = json!({ "username": user.name, "password": password });
    let [.., a, b] = *user.id.0.as_bytes();
    let request = user.server.request("POST", "/login").json(&body);
    Reply::of(request.header("X-Forwarded-For", format!("10.0.{a}.{b}"))).await
}

async fn live_grants(phone: &Phone<'_>) -> i64 {
    let sql = "SELECT count(*) FROM refresh_tokens WHERE user_id = $1 AND ended_at IS NULL";
    sqlx::query_scalar(sql)
        .bind(phone.user)
        .fetch_one(&phone.server.rows)
        .await
        .unwrap()
}

/// The hash is made before the row is locked: what was right then need not be right now.
#[tokio::test(flavor = "multi_thread")]
async fn the_old_password_leaves_no_grant_behind_its_change() {
    let server = spawn_with(cheap_hashes).await;
    let (mut granted, mut refused, mut start) = (0, 0, HeadStart::default());
    for round in 0..60 {
        let ana = server.user(&format!("ana-{round}")).await;
        let phone = ana.sign_in("phone").await;
        let sign_ins = (0..3).map(async |n| {
            start.hold_requests(&server).await;
            some_time(&server, n * (round % 4)).await;
            sign_in(&ana, PASSWORD).await
        });
        let change = async {
            start.hold_change(&server).await;
            let body = json!({ "current_password": PASSWORD, "new_password": NEW_PASSWORD });
            phone.post("/me/password", &body).await.expect(200);
        };

        let (answers, ()) = tokio::join!(join_all(sign_ins), change);

        let before = answers.iter().filter(|answer| answer.status == 200);
        let before = before.count();
        start.saw(before, answers.len() - before);
        for answer in answers {
            if answer.status == 200 {
                granted += 1;
                let token = answer.str("refresh_token");
                let after = phone.present(token).await;
                after.refused(400, "invalid_grant", "token_ended");
            } else {
                refused += 1;
                answer.refused(401, "invalid_grant", "bad_credentials");
            }
        }
        assert_eq!(live_grants(&phone).await, 1);
        phone.present(&phone.refresh_token).await.expect(200);
        sign_in(&ana, NEW_PASSWORD).await.expect(200);
    }
    assert!(
        granted > 0 && refused > 0,
        "{granted} before, {refused} after: no race"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_signs_in_before_the_answer_or_not_at_all() {
    let server = spawn_with(cheap_hashes).await;
    let administrator = server.administrator().await;
    let (mut granted, mut refused, mut start) = (0, 0, HeadStart::default());
    for round in 0..60 {
        let ana = server.user(&format!("ana-{round}")).await;
        let sign_ins = (0..4).map(async |n| {
            start.hold_requests(&server).await;
            some_time(&server, n * (round % 4)).await;
            sign_in(&ana, PASSWORD).await
        });
        let disable = async {
            start.hold_change(&server).await;
            let disable = format!("/users/{}/disable", ana.id);
            administrator.post(&disable, &json!({})).await.expect(200);
        };

        let (answers, ()) = tokio::join!(join_all(sign_ins), disable);

        let before = answers.iter().filter(|answer| answer.status == 200);
        let before = before.count();
        start.saw(before, answers.len() - before);
        for answer in answers {
            if answer.status == 200 {
                granted += 1;
                let token = answer.str("refresh_token");
                let after = administrator.present(token).await;
                after.refused(400, "invalid_grant", "user_disabled");
            } else {
                refused += 1;
                answer.refused(403, "access_denied", "user_disabled");
            }
        }
        assert_eq!(server.actions().await.last().unwrap(), "user.disabled");
    }
    assert!(
        granted > 0 && refused > 0,
        "{granted} before, {refused} after: no race"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_on_one_device_at_once_leave_one_live_grant() {
    let server = spawn_with(cheap_hashes).await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    for _ in 0..20 {
        let body = json!({
            "username": "ana", "password": PASSWORD, "device": { "token": phone.device_token },
        });

        let answers = join_all((0..4).map(|_| server.post("/login", &body))).await;

        let mut live = Vec::new();
        for answer in answers {
            let answer = answer.expect(200);
            assert_eq!(answer.str("device_id"), phone.device_id);
            let mut again = Phone::from_answer(&server, ana.id, &answer);
            let refreshed = again.refresh().await;
            if refreshed.status == 200 {
                live.push(again);
            } else {
                refreshed.refused(400, "invalid_grant", "token_ended");
            }
        }
        assert_eq!((live.len(), live_grants(&phone).await), (1, 1));
        phone = live.remove(0);
    }
    assert_eq!(times(&server, "user.signed_in").await, 81);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_at_once_do_not_exceed_the_grants_a_user_may_have() {
    let server = spawn_with(|config| {
        cheap_hashes(config);
        config.max_grants_per_user = 3;
    })
    .await;
    let ana = server.user("ana").await;
    let first = ana.sign_in("phone").await;
    for _ in 0..15 {
        server.advance(1);
        let answers = join_all((0..4).map(|_| sign_in(&ana, PASSWORD))).await;

        let mut live = 0;
        for answer in answers {
            let token = answer.expect(200);
            let after = first.present(token.str("refresh_token")).await;
            live += i64::from(after.status == 200);
        }
        assert_eq!((live, live_grants(&first).await), (3, 3));
    }
    let sql = "SELECT count(*) FROM refresh_tokens WHERE ended_reason = 'too_many_grants'";
    assert_eq!(server.scalar::<i64>(sql).await, 58);
}

/// Each touches the same two rows, an account's and an address's, and each in its own way.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_counts_attempts_waits_for_nobody_who_waits_for_it() {
    let server = spawn().await;
    let policy = Policy {
        free: i32::MAX,
        leak: Duration::from_hours(1),
        delay: Duration::ZERO,
        longest_delay: Duration::ZERO,
    };
    let now = server.clock.now();
    for (account, address) in [([1; 32], [2; 32]), ([2; 32], [1; 32])] {
        let buckets = [address, account].map(|key| Bucket { key, policy });
        let tries = (0..8).map(async |task| {
            let mut db = server.app.db().await.unwrap();
            for _ in 0..100 {
                throttles::take(&mut db, &buckets, now).await.unwrap();
                if task % 2 == 0 {
                    throttles::clear(&mut db, account, Some(address), now).await
                } else {
                    throttles::give_back(&mut db, &[account, address], now).await
                }
                .unwrap();
            }
        });
        join_all(tries).await;
    }
}
