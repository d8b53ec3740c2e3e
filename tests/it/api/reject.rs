//! `POST /token/reject`: the disabling of a refresh token, by its owner or an administrator.

use serde_json::{Value, json};

use crate::support::{
    Server,
    phone::Phone,
    reply::{Reply, fields},
    spawn,
};

async fn reject(by: &Phone<'_>, body: Value) -> Reply {
    by.post("/token/reject", &body).await
}

async fn disabled_tokens(server: &Server) -> i64 {
    server
        .scalar("SELECT count(*) FROM refresh_tokens WHERE disabled_at IS NOT NULL")
        .await
}

#[tokio::test]
async fn an_administrator_rejects_the_token_of_a_lost_phone_and_can_enable_it_again() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let administrator = server.administrator().await;
    let body = json!({ "refresh_token_id": phone.grant_id(), "reason": " lost in a taxi " });
    let record = reject(&administrator, body).await.expect(200);

    assert_eq!(record.header("cache-control"), "no-store");
    let now = server.clock.now();
    let expected = json!({
        "id": phone.grant_id(), "user_id": ana.id, "device_id": phone.device_id,
        "client_id": "first-party", "created_at": now, "last_used_at": now,
        "expires_at": now + chrono::TimeDelta::days(30), "generation": 0,
        "ended_at": null, "ended_reason": null, "disabled_at": now, "disabled_until": null,
        "disabled_reason": "lost in a taxi", "disabled": true,
    });
    assert_eq!(record.body, expected);
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_disabled");
    tablet.refresh().await.expect(200);

    let enable = format!("/tokens/{}/enable", phone.grant_id());
    let record = administrator.post(&enable, &json!({})).await.expect(200);
    assert_eq!(fields(&record.body), fields(&expected));
    assert_eq!(
        (&record.body["disabled"], &record.body["disabled_reason"]),
        (&Value::Bool(false), &Value::Null)
    );
    phone.refresh().await.expect(200);
}

#[tokio::test]
async fn the_owner_rejects_by_the_token_itself_of_whatever_generation_and_cannot_undo_it() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let first = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    phone.refresh().await.expect(200);

    let record = reject(&tablet, json!({ "refresh_token": first })).await;
    assert_eq!(record.expect(200).str("id"), phone.grant_id());
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_disabled");
    let ended: i64 = server
        .scalar("SELECT count(*) FROM refresh_tokens WHERE ended_at IS NOT NULL")
        .await;
    assert_eq!(ended, 0, "showing a token to reject it is no reuse of it");

    let event = server.events().await.pop().unwrap();
    assert_eq!(
        (
            &event["action"],
            &event["actor_kind"],
            &event["actor_id"],
            &event["subject_id"]
        ),
        (
            &json!("token.disabled"),
            &json!("user"),
            &json!(ana.id),
            &json!(phone.grant_id())
        )
    );
    let enable = format!("/tokens/{}/enable", phone.grant_id());
    tablet
        .post(&enable, &json!({}))
        .await
        .refused(403, "insufficient_scope", "role_required");
}

#[tokio::test]
async fn an_app_can_reject_its_own_token_and_is_then_out() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    reject(&phone, json!({ "refresh_token": phone.refresh_token }))
        .await
        .expect(200);
    phone
        .get("/me")
        .await
        .refused(401, "invalid_token", "token_disabled");
}

#[tokio::test]
async fn to_a_stranger_there_is_no_such_token() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let bens = server.user("ben").await.sign_in("ben's phone").await;
    let nowhere = server.clock.id();
    let answers = [
        reject(&bens, json!({ "refresh_token": phone.refresh_token })).await,
        reject(&bens, json!({ "refresh_token_id": phone.grant_id() })).await,
        reject(&bens, json!({ "refresh_token_id": nowhere })).await,
        reject(&bens, json!({ "refresh_token": "junk" })).await,
    ];
    for answer in &answers {
        answer.refused(404, "not_found", "no_such_token");
        assert_eq!(answer.text, answers[0].text);
    }
    assert_eq!(disabled_tokens(&server).await, 0);
}

#[tokio::test]
async fn roles_reach_as_far_as_everywhere_else() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let sign_in = async |name: &str| {
        let user = server.user_with_roles(name, &[name]).await;
        user.sign_in(name).await
    };
    let auditor = sign_in("auditor").await;
    let support = sign_in("support").await;

    let body = json!({ "refresh_token_id": phone.grant_id() });
    reject(&auditor, body.clone())
        .await
        .refused(403, "insufficient_scope", "role_required");
    let of_an_auditor = json!({ "refresh_token_id": auditor.grant_id() });
    reject(&support, of_an_auditor.clone()).await.refused(
        403,
        "insufficient_scope",
        "role_required",
    );
    assert_eq!(disabled_tokens(&server).await, 0);

    reject(&auditor, of_an_auditor).await.expect(200);
    reject(&support, body).await.expect(200);
    let kinds: Value = server
        .scalar("SELECT jsonb_agg(actor_kind ORDER BY id) FROM audit_events WHERE action = 'token.disabled'")
        .await;
    assert_eq!(kinds, json!(["user", "support"]));

    // An owner with the role support acts as the owner.
    let second = server
        .user_with_roles("second", &["support"])
        .await
        .sign_in("desk")
        .await;
    reject(&second, json!({ "refresh_token": second.refresh_token }))
        .await
        .expect(200);
}

#[tokio::test]
async fn an_owner_cannot_re_date_what_an_administrator_did() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let administrator = server.administrator().await;
    let token = json!({ "refresh_token_id": phone.grant_id() });
    reject(&administrator, token.clone()).await.expect(200);

    let mut soon = token.clone();
    soon["until"] = json!(server.clock.now() + chrono::TimeDelta::seconds(1));
    reject(&tablet, soon)
        .await
        .refused(403, "insufficient_scope", "role_required");
    let until: Option<chrono::DateTime<chrono::Utc>> = server
        .scalar("SELECT disabled_until FROM refresh_tokens WHERE disabled_at IS NOT NULL")
        .await;
    assert_eq!(until, None);
}

#[tokio::test]
async fn what_has_ended_cannot_be_rejected() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    phone.post("/logout", &json!({})).await.expect(204);
    reject(&tablet, json!({ "refresh_token": phone.refresh_token }))
        .await
        .refused(409, "conflict", "already_ended");
}

#[tokio::test]
async fn a_request_names_one_token_a_short_reason_and_a_time_to_come() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let (token, id) = (&phone.refresh_token, phone.grant_id());
    let now = server.clock.now();
    for (body, named) in [
        (json!({}), "refresh_token"),
        (
            json!({ "refresh_token": token, "refresh_token_id": id }),
            "refresh_token",
        ),
        (json!({ "refresh_token_id": "junk" }), "refresh_token_id"),
        (json!({ "refresh_token_id": token }), "refresh_token_id"),
        (
            json!({ "refresh_token": token, "reason": "x".repeat(501) }),
            "reason",
        ),
        (
            json!({ "refresh_token": token, "reason": "two\nlines" }),
            "reason",
        ),
        (json!({ "refresh_token": token, "until": now }), "until"),
        (
            json!({ "refresh_token": token, "until": "tomorrow" }),
            "until",
        ),
        (
            json!({ "refresh_token": token, "until": 2_000_000_000 }),
            "until",
        ),
        (
            json!({ "refresh_token": token, "until": "2030-02-30T00:00:00Z" }),
            "until",
        ),
        (json!({ "refresh_token": token, "user_id": id }), "user_id"),
    ] {
        let answer = reject(&phone, body.clone()).await;
        answer.refused(400, "invalid_request", "");
        assert!(
            answer.str("error_description").contains(named),
            "{body}: {}",
            answer.text
        );
    }
    assert_eq!(disabled_tokens(&server).await, 0);
}
