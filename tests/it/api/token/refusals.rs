//! Every reason for which a refresh is refused, told alone and in its order: ended, reused,
//! disabled (token, device, user), expired, wrong user.

use serde_json::json;

use crate::support::{PASSWORD, Server, phone::Phone, reply::Reply, spawn};

async fn refused(phone: &mut Phone<'_>, reason: &str) {
    phone.refresh().await.refused(400, "invalid_grant", reason);
}

#[tokio::test]
async fn whatever_ended_a_grant_its_holder_is_told_that_it_ended() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let administrator = server.administrator().await;
    let mut tablet = ana.sign_in("tablet").await;

    let mut phone = ana.sign_in("phone").await;
    phone.post("/logout", &json!({})).await.expect(204);
    refused(&mut phone, "token_ended").await;

    let mut phone = ana.sign_in("phone").await;
    let own = format!("/me/devices/{}", phone.device_id);
    tablet.delete(&own).await.expect(204);
    refused(&mut phone, "token_ended").await;

    for what in ["tokens", "devices", "users"] {
        let mut phone = ana.sign_in("phone").await;
        let id = match what {
            "tokens" => phone.grant_id(),
            "devices" => phone.device_id.clone(),
            _ => ana.id.to_string(),
        };
        let end = format!("/{what}/{id}/end");
        administrator.post(&end, &json!({})).await.expect(200);
        refused(&mut phone, "token_ended").await;
    }
    refused(&mut tablet, "token_ended").await;

    let (mut phone, desk) = (ana.sign_in("phone").await, ana.sign_in("desk").await);
    let body = json!({ "current_password": PASSWORD, "new_password": "another pilot canyon 48" });
    desk.post("/me/password", &body).await.expect(200);
    refused(&mut phone, "token_ended").await;

    let reasons: Vec<String> = sqlx::query_scalar(
        "SELECT ended_reason FROM refresh_tokens WHERE ended_at IS NOT NULL ORDER BY id",
    )
    .fetch_all(&server.rows)
    .await
    .unwrap();
    assert_eq!(
        reasons,
        [
            "ended_by_administrator",
            "logout",
            "signed_out",
            "ended_by_administrator",
            "ended_by_administrator",
            "ended_by_administrator",
            "password_changed"
        ]
    );
}

#[tokio::test]
async fn the_genuine_token_of_a_deleted_user_is_unknown() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    let administrator = server.administrator().await;
    let user = format!("/users/{}", ana.id);
    administrator.delete(&user).await.expect(204);
    refused(&mut phone, "unknown_token").await;
}

#[tokio::test]
async fn what_is_enabled_again_works_again_with_the_same_token() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let administrator = server.administrator().await;
    for (path, reason, tablet_status) in [
        (
            format!("/tokens/{}", phone.grant_id()),
            "token_disabled",
            200,
        ),
        (
            format!("/devices/{}", phone.device_id),
            "device_disabled",
            200,
        ),
        (format!("/users/{}", ana.id), "user_disabled", 400),
    ] {
        let post = async |verb: &str| {
            let path = format!("{path}/{verb}");
            administrator.post(&path, &json!({})).await.expect(200)
        };
        post("disable").await;
        refused(&mut phone, reason).await;
        tablet.refresh().await.expect(tablet_status);
        post("enable").await;
        phone.refresh().await.expect(200);
        tablet.refresh().await.expect(200);
    }
}

/// In the order in which they are told.
const REASONS: [&str; 7] = [
    "token_ended",
    "token_reused",
    "token_disabled",
    "device_disabled",
    "user_disabled",
    "token_expired",
    "wrong_user",
];

/// Makes a reason hold that stands in the rows.
async fn make_true(server: &Server, reason: &str, phone: &Phone<'_>) {
    let statement = match reason {
        "token_ended" => {
            "UPDATE refresh_tokens SET ended_at = created_at, ended_reason = 'logout' WHERE device_id::text = $1"
        }
        "token_disabled" => {
            "UPDATE refresh_tokens SET disabled_at = created_at WHERE device_id::text = $1"
        }
        "device_disabled" => "UPDATE devices SET disabled_at = created_at WHERE id::text = $1",
        "user_disabled" => {
            "UPDATE users u SET disabled_at = u.created_at FROM devices d WHERE d.user_id = u.id AND d.id::text = $1"
        }
        "token_expired" => {
            "UPDATE refresh_tokens SET expires_at = last_used_at WHERE device_id::text = $1"
        }
        // These two are told by what is presented.
        _ => return,
    };
    let done = sqlx::query(statement)
        .bind(&phone.device_id)
        .execute(&server.rows)
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), 1, "{reason}");
}

/// What a device has in its hands at its third generation.
struct Tokens {
    first: String,
    predecessor: String,
    current: String,
}

async fn third_generation(phone: &mut Phone<'_>) -> Tokens {
    let first = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    let predecessor = phone.refresh_token.clone();
    phone.refresh().await.expect(200);
    Tokens {
        first,
        predecessor,
        current: phone.refresh_token.clone(),
    }
}

async fn present(server: &Server, token: &str, reasons: [&str; 2]) -> Reply {
    let mut body = json!({ "refresh_token": token });
    if reasons.contains(&"wrong_user") {
        body["username"] = json!("ben");
    }
    server.post("/token", &body).await
}

#[tokio::test]
async fn of_two_reasons_the_graver_is_told() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    for (place, graver) in REASONS.into_iter().enumerate() {
        for lighter in REASONS.into_iter().skip(place + 1) {
            let mut phone = ana.sign_in("phone").await;
            let tokens = third_generation(&mut phone).await;
            let reasons = [graver, lighter];
            for reason in reasons {
                make_true(&server, reason, &phone).await;
            }
            let presented: &[&String] = if reasons.contains(&"token_reused") {
                &[&tokens.first]
            } else {
                // A replay within the grace passes the same checks.
                &[&tokens.predecessor, &tokens.current]
            };
            for token in presented {
                present(&server, token, reasons)
                    .await
                    .refused(400, "invalid_grant", graver);
            }
            server.execute("UPDATE users SET disabled_at = NULL").await;
        }
    }
}

#[tokio::test]
async fn each_reason_alone_is_told_and_only_reuse_changes_the_grant() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    for reason in REASONS {
        let mut phone = ana.sign_in("phone").await;
        let tokens = third_generation(&mut phone).await;
        make_true(&server, reason, &phone).await;
        let before = row(&server, &phone).await;
        let presented: &[&String] = if reason == "token_reused" {
            &[&tokens.first]
        } else {
            &[&tokens.predecessor, &tokens.current]
        };
        for token in presented {
            present(&server, token, [reason, ""])
                .await
                .refused(400, "invalid_grant", reason);
        }
        let unchanged = before == row(&server, &phone).await;
        assert_eq!(unchanged, reason != "token_reused", "{reason}");
        server.execute("UPDATE users SET disabled_at = NULL").await;
    }
}

async fn row(server: &Server, phone: &Phone<'_>) -> serde_json::Value {
    sqlx::query_scalar("SELECT to_jsonb(g) FROM refresh_tokens g WHERE device_id::text = $1")
        .bind(&phone.device_id)
        .fetch_one(&server.rows)
        .await
        .unwrap()
}
