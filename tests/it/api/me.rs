//! What is the caller's own: `/test_jwt`, `/me`, own devices, password, `/logout`.

use serde_json::{Value, json};

use crate::support::{PASSWORD, phone::Phone, reply::Reply, spawn};

const NEW_PASSWORD: &str = "another pilot canyon 48";

#[tokio::test]
async fn test_jwt_tells_what_the_access_token_says_and_asks_no_database() {
    let server = spawn().await;
    let ana = server.user_with_roles("ana", &["support"]).await;
    let mut phone = ana.sign_in("phone").await;
    let now = server.clock.now();
    // From here on every query of this server fails.
    server.app.close().await;
    let told = phone.get("/test_jwt").await.expect(200);
    let expected = json!({
        "sub": ana.id, "username": "ana", "roles": ["support"], "device_id": phone.device_id,
        "expires_at": now + chrono::TimeDelta::seconds(300),
    });
    assert_eq!(told.body, expected);
    phone
        .get("/me")
        .await
        .refused(503, "temporarily_unavailable", "");

    server.advance(299);
    phone.get("/test_jwt").await.expect(200);
    server.advance(1);
    phone
        .get("/test_jwt")
        .await
        .refused(401, "invalid_token", "token_expired");
    phone.access_token.replace_range(100..101, "~");
    phone
        .get("/test_jwt")
        .await
        .refused(401, "invalid_token", "malformed_token");
}

#[tokio::test]
async fn me_is_ones_own_record_and_nothing_else() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    server.user("ben").await;
    let now = server.clock.now();
    let record = phone.get("/me").await.expect(200);
    let expected = json!({
        "id": ana.id, "username": "ana", "email": null, "roles": [], "created_at": now,
        "last_used_at": now, "disabled_at": null, "disabled_until": null,
        "disabled_reason": null, "disabled": false,
    });
    assert_eq!(record.body, expected);
    assert_eq!(record.header("cache-control"), "no-store");
}

#[tokio::test]
async fn own_devices_are_listed_newest_use_first_and_the_calling_one_is_marked() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let created = server.clock.now();
    server.advance(60);
    let mut tablet = ana.sign_in("tablet").await;
    server.user("ben").await.sign_in("ben's phone").await;
    server.advance(60);
    let mut phone_later = phone.clone();
    phone_later.refresh().await.expect(200);
    let expected = json!({
        "id": phone.device_id, "user_id": ana.id, "name": "phone", "kind": "phone",
        "created_at": created, "last_used_at": server.clock.now(), "signed_in": true,
        "current": false, "disabled_at": null, "disabled_until": null, "disabled_reason": null,
        "disabled": false,
    });

    let list = tablet.get("/me/devices").await.expect(200);
    let items = list.body["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]), (2, &expected));
    assert_eq!(
        (&items[1]["name"], &items[1]["current"]),
        (&json!("tablet"), &Value::Bool(true))
    );
    assert_eq!(tablet.pages("/me/devices", 1).await, *items);

    server.advance(60);
    tablet.refresh().await.expect(200);
    let list = tablet.get("/me/devices").await.expect(200);
    assert_eq!(list.body["items"][0]["name"], "tablet");
}

#[tokio::test]
async fn a_device_is_signed_out_from_another_one() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let path = format!("/me/devices/{}", phone.device_id);
    let answer = tablet.delete(&path).await.expect(204);
    assert_eq!(answer.text, "");
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_ended");
    phone
        .get("/me")
        .await
        .refused(401, "invalid_token", "token_ended");

    let events = server.actions().await.len();
    tablet.delete(&path).await.expect(204);
    assert_eq!(server.actions().await.len(), events, "nothing happened");
    let list = tablet.get("/me/devices").await.expect(200);
    let signed_in: Vec<(&Value, &Value)> = list.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|device| (&device["name"], &device["signed_in"]))
        .collect();
    assert!(signed_in.contains(&(&json!("phone"), &Value::Bool(false))));

    // Signing in again on the same device is allowed: it was ended, not disabled.
    let device = json!({ "token": phone.device_token });
    let body = json!({ "username": "ana", "password": PASSWORD, "device": device });
    server.post("/login", &body).await.expect(200);
}

#[tokio::test]
async fn another_users_device_is_no_device() {
    let server = spawn().await;
    let mut bens = server.user("ben").await.sign_in("ben's phone").await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let administrator = server.administrator().await;
    let bens_device = bens.device_id.to_uppercase();
    for id in [
        &bens.device_id,
        &bens_device,
        &server.clock.id().to_string(),
    ] {
        let path = format!("/me/devices/{id}");
        for by in [&phone, &administrator] {
            by.delete(&path)
                .await
                .refused(404, "not_found", "no_such_device");
        }
    }
    phone
        .delete("/me/devices/junk")
        .await
        .refused(404, "not_found", "no_such_path");
    bens.refresh().await.expect(200);
}

#[tokio::test]
async fn logging_out_ends_this_devices_grant_only() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    // Without a body and without its content type.
    let answer = Reply::of(phone.request("POST", "/logout")).await;
    assert_eq!(answer.expect(204).text, "");
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_ended");
    Reply::of(phone.request("POST", "/logout"))
        .await
        .refused(401, "invalid_token", "token_ended");
    tablet.refresh().await.expect(200);
    let reason: String = server
        .scalar("SELECT ended_reason FROM refresh_tokens WHERE ended_at IS NOT NULL")
        .await;
    assert_eq!(reason, "logout");
}

async fn change_password(by: &Phone<'_>, current: &str, new: &str) -> Reply {
    let body = json!({ "current_password": current, "new_password": new });
    by.post("/me/password", &body).await
}

#[tokio::test]
async fn a_new_password_ends_every_other_grant_and_keeps_the_own_one() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let mut bens = server.user("ben").await.sign_in("ben's phone").await;
    let record = change_password(&phone, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(record.expect(200).str("username"), "ana");

    phone.get("/me").await.expect(200);
    phone.refresh().await.expect(200);
    bens.refresh().await.expect(200);
    tablet
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_ended");
    tablet
        .get("/me")
        .await
        .refused(401, "invalid_token", "token_ended");
    let reason: String = server
        .scalar("SELECT ended_reason FROM refresh_tokens WHERE ended_at IS NOT NULL")
        .await;
    assert_eq!(reason, "password_changed");

    for (password, status) in [(PASSWORD, 401), (NEW_PASSWORD, 200)] {
        let body = json!({ "username": "ana", "password": password });
        server.post("/login", &body).await.expect(status);
    }
}

#[tokio::test]
async fn without_the_current_password_nothing_changes() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let hash = async || -> String { server.scalar("SELECT password_hash FROM users").await };
    let before = hash().await;
    for wrong in ["", "wrong pilot canyon 47", "meadow pilot canyon 47 "] {
        change_password(&phone, wrong, NEW_PASSWORD).await.refused(
            401,
            "invalid_grant",
            "bad_credentials",
        );
    }
    phone
        .post("/me/password", &json!({ "new_password": NEW_PASSWORD }))
        .await
        .refused(400, "invalid_request", "");
    assert_eq!(hash().await, before);
    assert_eq!(server.actions().await.last().unwrap(), "user.signed_in");
}

#[tokio::test]
async fn a_weak_new_password_is_refused_with_what_to_do() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let long = "x8#kQ2!vT9$wLmp ".repeat(17);
    for (weak, told) in [
        ("", "at least 15"),
        ("x8#kQ2!vT9$wLm", "at least 15"),
        (&long, "at most 256"),
        ("passwordpassword", "attackers"),
        ("doorwarddoorward", "attackers"),
        ("anaanaanaanaana", "attackers"),
        ("meadow\0pilot canyon", "control characters"),
    ] {
        let answer = change_password(&phone, PASSWORD, weak).await;
        answer.refused(400, "invalid_request", "weak_password");
        let description = answer.str("error_description");
        assert!(description.contains(told), "{weak:?}: {description}");
    }
    // Fifteen code points, whatever they are made of.
    let mut current = PASSWORD;
    for good in [
        "x8#kQ2!vT9$wLmp",
        "🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆",
        "830159274616385",
    ] {
        change_password(&phone, current, good).await.expect(200);
        current = good;
    }
}
