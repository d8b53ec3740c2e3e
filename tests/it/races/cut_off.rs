//! Cutting off while a client refreshes without a pause: after the answer to *disable* or
//! *end* no refresh succeeds, and what was under way leaves nothing that does (invariant I3).

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use rocket::futures::future::join_all;
use serde_json::json;

use super::{Grant, cheap_hashes, some_time, times};
use crate::support::{phone::Phone, reply::Reply, spawn_with};

/// How often each token is presented at once.
const AT_ONCE: usize = 3;

/// Cuts off while the phone refreshes as fast as it can, each token several times at once,
/// until all are refused. A request that was begun after the cut was answered has to be
/// refused. The refusals; the phone is left with the last token that it got.
async fn hammer(phone: &mut Phone<'_>, round: usize, cut: impl Future<Output = ()>) -> Vec<Reply> {
    let server = phone.server;
    let cut_off = AtomicBool::new(false);
    let cut = async {
        some_time(server, 2 + round % 7).await;
        cut.await;
        cut_off.store(true, SeqCst);
    };
    let refresh = async {
        let mut refusals = Vec::new();
        loop {
            let known = cut_off.load(SeqCst);
            let presented = (0..AT_ONCE).map(|_| phone.present(&phone.refresh_token));
            let (granted, refused): (Vec<_>, Vec<_>) = join_all(presented)
                .await
                .into_iter()
                .partition(|answer| answer.status == 200);
            refusals.extend(refused);
            let Some(granted) = granted.first() else {
                return refusals;
            };
            assert!(!known, "refreshed after the answer: {}", granted.text);
            *phone = Phone::from_answer(server, phone.user, granted);
        }
    };
    tokio::join!(refresh, cut).0
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_answer_to_disable_nothing_refreshes_until_it_is_enabled() {
    let server = spawn_with(cheap_hashes).await;
    let administrator = server.administrator().await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    let subjects = [
        (format!("/devices/{}", phone.device_id), "device_disabled"),
        (format!("/tokens/{}", phone.grant_id()), "token_disabled"),
        (format!("/users/{}", ana.id), "user_disabled"),
    ];
    for round in 0..90 {
        let (subject, reason) = &subjects[round % subjects.len()];
        let disable = async {
            let body = json!({ "reason": "lost" });
            let disable = format!("{subject}/disable");
            administrator.post(&disable, &body).await.expect(200);
        };
        for refusal in hammer(&mut phone, round, disable).await {
            refusal.refused(400, "invalid_grant", reason);
        }

        let left = Grant::of(&phone).await;
        phone.refresh().await.refused(400, "invalid_grant", reason);
        assert_eq!(Grant::of(&phone).await, left);
        let enable = format!("{subject}/enable");
        administrator.post(&enable, &json!({})).await.expect(200);
        phone.refresh().await.expect(200);
    }
    let actions = server.actions().await;
    let disabled = actions
        .iter()
        .filter(|action| action.ends_with(".disabled"));
    assert_eq!(disabled.count(), 90);
    assert_eq!(times(&server, "token.reused").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_answer_to_an_end_nothing_refreshes_for_good() {
    let server = spawn_with(cheap_hashes).await;
    let administrator = server.administrator().await;
    let ana = server.user("ana").await;
    let tablet = ana.sign_in("tablet").await;
    for round in 0..60 {
        let mut phone = ana.sign_in("phone").await;
        let (grant, device) = (phone.grant_id(), phone.device_id.clone());
        let owner = phone.clone();
        let (how, stored) = [
            ("token", "ended_by_administrator"),
            ("device", "ended_by_administrator"),
            ("logout", "logout"),
            ("own device", "signed_out"),
        ][round % 4];
        let end = async {
            let nothing = json!({});
            let done = match how {
                "token" => {
                    administrator
                        .post(&format!("/tokens/{grant}/end"), &nothing)
                        .await
                }
                "device" => {
                    administrator
                        .post(&format!("/devices/{device}/end"), &nothing)
                        .await
                }
                "logout" => owner.post("/logout", &nothing).await,
                _ => tablet.delete(&format!("/me/devices/{device}")).await,
            };
            assert!(matches!(done.status, 200 | 204), "{how}: {}", done.text);
        };
        for refusal in hammer(&mut phone, round, end).await {
            refusal.refused(400, "invalid_grant", "token_ended");
        }

        let left = Grant::of(&phone).await;
        assert_eq!(left.ended_reason.as_deref(), Some(stored), "{how}");
        let after = phone.refresh().await;
        after.refused(400, "invalid_grant", "token_ended");
        assert_eq!(Grant::of(&phone).await, left);
    }
    assert_eq!(times(&server, "token.reused").await, 0);
}

/// The one whose apps keep asking is no harder to delete than anybody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_can_be_deleted_while_refused_apps_ask_again_and_again() {
    let server = spawn_with(cheap_hashes).await;
    let administrator = server.administrator().await;
    for round in 0..40 {
        let ana = server.user(&format!("ana-{round}")).await;
        let phones = [ana.sign_in("phone").await, ana.sign_in("tablet").await];
        let disable = format!("/users/{}/disable", ana.id);
        administrator.post(&disable, &json!({})).await.expect(200);

        let deleted = AtomicBool::new(false);
        let ask = async |phone: &Phone<'_>| {
            while !deleted.load(SeqCst) {
                let presented = (0..AT_ONCE).map(|_| phone.present(&phone.refresh_token));
                for answer in join_all(presented).await {
                    assert_eq!(answer.status, 400, "{}", answer.text);
                }
            }
        };
        let delete = async {
            // Until the twenty refusals that are kept of each are there and are overwritten.
            some_time(&server, 25 + round % 7).await;
            let answer = administrator.delete(&format!("/users/{}", ana.id)).await;
            deleted.store(true, SeqCst);
            answer.expect(204);
        };
        tokio::join!(ask(&phones[0]), ask(&phones[1]), delete);

        for phone in phones {
            let answer = phone.present(&phone.refresh_token).await;
            answer.refused(400, "invalid_grant", "unknown_token");
        }
    }
}
