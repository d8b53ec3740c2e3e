//! `GET /audit`: what every change leaves behind, and how it is found again.

use serde_json::{Value, json};

use crate::support::{PASSWORD, Server, phone::Phone, reply::Reply, spawn};

const ADDRESS: &str = "203.0.113.9";
const USER_AGENT: &str = "desk/1.0 (tests)";

/// Does something from a known place; the event that it left, which must be the only one.
async fn event_of(by: &Phone<'_>, method: &str, path: &str, body: Value) -> (Reply, Value) {
    let before = by.server.events().await.len();
    let request = by
        .request(method, path)
        .header("X-Forwarded-For", ADDRESS)
        .header("User-Agent", USER_AGENT)
        .json(&body);
    let answer = Reply::of(request).await;
    assert!(answer.status < 300, "{method} {path}: {}", answer.text);
    let mut events = by.server.events().await.split_off(before);
    assert_eq!(events.len(), 1, "{method} {path}");
    (answer, events.remove(0))
}

/// Action, actor's kind, subject's kind and id, reason: what tells one event from another.
fn gist(event: &Value) -> Value {
    json!([
        event["action"],
        event["actor_kind"],
        event["subject_kind"],
        event["subject_id"],
        event["reason"]
    ])
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story of every change, in order")]
async fn every_change_leaves_one_event_that_tells_who_what_whom_why_and_from_where() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let administrator = server.administrator().await;
    let (user, device, token) = (
        ana.id.to_string(),
        phone.device_id.clone(),
        phone.grant_id(),
    );
    let why = json!({ "reason": "because" });
    let steps = [
        (
            "PATCH",
            format!("/users/{user}"),
            json!({ "email": "a@b" }),
            "user.changed",
        ),
        (
            "POST",
            format!("/users/{user}/password-link"),
            json!({}),
            "user.password_link_made",
        ),
        (
            "POST",
            format!("/tokens/{token}/disable"),
            why.clone(),
            "token.disabled",
        ),
        (
            "POST",
            format!("/tokens/{token}/enable"),
            why.clone(),
            "token.enabled",
        ),
        (
            "POST",
            "/token/reject".to_owned(),
            json!({ "refresh_token_id": token, "reason": "because" }),
            "token.disabled",
        ),
        (
            "POST",
            format!("/devices/{device}/disable"),
            why.clone(),
            "device.disabled",
        ),
        (
            "POST",
            format!("/devices/{device}/enable"),
            why.clone(),
            "device.enabled",
        ),
        (
            "POST",
            format!("/users/{user}/disable"),
            why.clone(),
            "user.disabled",
        ),
        (
            "POST",
            format!("/users/{user}/enable"),
            why.clone(),
            "user.enabled",
        ),
        (
            "POST",
            format!("/tokens/{token}/end"),
            why.clone(),
            "token.ended",
        ),
        (
            "DELETE",
            format!("/users/{user}"),
            json!({}),
            "user.deleted",
        ),
    ];
    for (method, path, body, action) in steps {
        let reason = body["reason"].clone();
        let (answer, event) = event_of(&administrator, method, &path, body).await;
        let kind = action.split('.').next().unwrap();
        let id = match kind {
            "user" => &user,
            "device" => &device,
            _ => &token,
        };
        let expected = json!([action, "admin", kind, id, reason]);
        assert_eq!(gist(&event), expected, "{method} {path}");
        let rest = json!([
            event["actor_id"],
            event["user_id"],
            event["address"],
            event["user_agent"],
            event["request_id"],
            event["created_at"],
        ]);
        let now: Value = server
            .scalar("SELECT to_jsonb(max(created_at)) FROM audit_events")
            .await;
        let expected = json!([
            administrator.user,
            user,
            ADDRESS,
            USER_AGENT,
            answer.header("x-request-id"),
            now,
        ]);
        assert_eq!(rest, expected, "{method} {path}");
    }
}

#[tokio::test]
async fn what_users_do_with_their_own_leaves_one_event_each_as_well() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let desk = ana.sign_in("desk").await;
    let administrator = server.administrator().await;

    let created = json!({ "username": "ben", "password": PASSWORD });
    let (answer, event) = event_of(&administrator, "POST", "/users", created).await;
    let expected = json!(["user.created", "admin", "user", answer.str("id"), null]);
    assert_eq!(gist(&event), expected);

    let login = json!({ "username": "ben", "password": PASSWORD });
    let (answer, event) = event_of(&phone, "POST", "/login", login).await;
    let bens = Phone::from_answer(&server, ana.id, &answer);
    assert_eq!(
        gist(&event),
        json!(["user.signed_in", "user", "token", bens.grant_id(), null])
    );
    assert_eq!(event["actor_id"], event["user_id"]);
    assert_eq!(event["details"]["device_id"], answer.body["device_id"]);

    let (_, event) = event_of(&phone, "POST", "/logout", json!({})).await;
    let expected = json!(["user.signed_out", "user", "token", phone.grant_id(), null]);
    assert_eq!(gist(&event), expected);
    let path = format!("/me/devices/{}", desk.device_id);
    let (_, event) = event_of(&tablet, "DELETE", &path, json!({})).await;
    let expected = json!(["device.ended", "user", "device", desk.device_id, null]);
    assert_eq!(gist(&event), expected);
    let body = json!({ "current_password": PASSWORD, "new_password": "another pilot canyon 48" });
    let (_, event) = event_of(&tablet, "POST", "/me/password", body).await;
    let expected = json!(["user.password_changed", "user", "user", ana.id, null]);
    assert_eq!(gist(&event), expected);
    assert_eq!(event["actor_id"], json!(ana.id));
    assert_eq!(event["address"], ADDRESS);

    let devices = format!("/devices/{}/end", bens.device_id);
    let (_, event) = event_of(&administrator, "POST", &devices, json!({})).await;
    assert_eq!(gist(&event)[0], "device.ended");
    let users = format!("/users/{}/end", ana.id);
    let (_, event) = event_of(&administrator, "POST", &users, json!({})).await;
    assert_eq!(gist(&event)[0], "user.ended");
}

#[tokio::test]
async fn what_changes_nothing_leaves_no_event() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let administrator = server.administrator().await;
    let before = server.actions().await.len();
    for path in [
        format!("/users/{}/enable", ana.id),
        format!("/devices/{}/enable", phone.device_id),
        format!("/tokens/{}/enable", phone.grant_id()),
    ] {
        administrator.post(&path, &json!({})).await.expect(200);
    }
    let user = format!("/users/{}", ana.id);
    for change in [json!({}), json!({ "username": "ANA", "roles": [] })] {
        administrator.patch(&user, &change).await.expect(200);
    }
    for path in ["/users", "/audit", "/me", "/me/devices", "/health/ready"] {
        administrator.get(path).await.expect(200);
    }
    administrator.get(&user).await.expect(200);
    phone.present(&phone.refresh_token).await.expect(200);
    assert_eq!(server.actions().await.len(), before);
}

/// The actions of the list that a search gives.
async fn found(by: &Phone<'_>, search: &str) -> Vec<String> {
    let list = by.get(&format!("/audit?{search}")).await.expect(200);
    list.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["action"].as_str().unwrap().to_owned())
        .collect()
}

async fn a_short_history(server: &Server) -> (Phone<'_>, Phone<'_>) {
    let phone = server.user("ana").await.sign_in("phone").await;
    server.advance(60);
    let administrator = server.administrator().await;
    server.advance(60);
    let path = format!("/devices/{}/disable", phone.device_id);
    let why = json!({ "reason": "lost" });
    administrator.post(&path, &why).await.expect(200);
    (phone, administrator)
}

#[tokio::test]
async fn events_are_shown_newest_first_with_the_names_of_now() {
    let server = spawn().await;
    let (phone, administrator) = a_short_history(&server).await;
    let path = format!("/users/{}", phone.user);
    let rename = json!({ "username": "anna" });
    administrator.patch(&path, &rename).await.expect(200);
    let list = administrator.get("/audit").await.expect(200);
    assert_eq!(list.header("cache-control"), "no-store");
    let shown = &list.body["items"][1];
    let expected = json!({
        "id": shown["id"], "created_at": server.clock.now(), "action": "device.disabled",
        "actor": { "kind": "admin", "id": administrator.user, "username": "root-of-trust" },
        "subject": { "kind": "device", "id": phone.device_id, "user_id": phone.user, "username": "anna" },
        "reason": "lost", "details": { "until": null }, "address": "127.0.0.1",
        "user_agent": "", "request_id": shown["request_id"],
    });
    assert_eq!(*shown, expected);
    let oldest = found(&administrator, "").await.pop().unwrap();
    assert_eq!(oldest, "secret_key.adopted");
}

#[tokio::test]
async fn events_are_found_by_actor_subject_action_and_time() {
    let server = spawn().await;
    let began = server.clock.now();
    let (phone, administrator) = a_short_history(&server).await;
    let (ana, root) = (phone.user, administrator.user);
    let at = |seconds: i64| {
        let instant = began + chrono::TimeDelta::seconds(seconds);
        instant.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let plus = at(60).replace('Z', "+00:00");
    for (search, expected) in [
        (format!("actor={root}"), "device.disabled user.signed_in"),
        (format!("actor={ana}"), "user.signed_in"),
        (
            format!("subject={ana}"),
            "device.disabled user.signed_in user.created",
        ),
        (format!("subject={}", phone.device_id), "device.disabled"),
        (format!("subject={}", phone.grant_id()), "user.signed_in"),
        (
            "action=user.signed_in".to_owned(),
            "user.signed_in user.signed_in",
        ),
        ("action=user.sign".to_owned(), ""),
        ("action=%25".to_owned(), ""),
        (format!("since={}", at(120)), "device.disabled"),
        (format!("since={}", at(121)), ""),
        (
            format!("since={}&until={}", at(60), at(120)),
            "user.signed_in user.created",
        ),
        (
            format!("since={plus}&until={}", at(120)),
            "user.signed_in user.created",
        ),
        (
            format!("until={}&action=user.created", at(60)),
            "user.created",
        ),
        (format!("actor={root}&subject={ana}"), "device.disabled"),
        (format!("actor={}", server.clock.id()), ""),
        (
            "since=0000-01-01T00:00:00Z&until=9999-12-31T23:59:59Z&actor=".to_owned()
                + &ana.to_string(),
            "user.signed_in",
        ),
    ] {
        assert_eq!(
            found(&administrator, &search).await.join(" "),
            expected,
            "{search}"
        );
    }
    for wrong in [
        "actor=ana",
        "actor=%00",
        "subject=junk",
        "action=%00",
        "since=yesterday",
        "since=2030-01-01",
        "until=1900000000",
        "until=2030-02-30T00:00:00Z",
        "since=%2B12345-01-01T00:00:00Z",
        "until=%FF",
    ] {
        let answer = administrator.get(&format!("/audit?{wrong}")).await;
        answer.refused(400, "invalid_request", "");
        let name = wrong.split('=').next().unwrap();
        let description = answer.str("error_description");
        assert!(description.starts_with(name), "{wrong}: {description}");
    }
}
