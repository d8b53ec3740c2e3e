//! The device of a sign-in: the one that its token proves, or else a new one.

use serde_json::{Value, json};

use crate::support::{PASSWORD, Server, phone::Phone, reply::Reply, spawn, spawn_with};

async fn login_on(server: &Server, username: &str, device: Value) -> Reply {
    let body = json!({ "username": username, "password": PASSWORD, "device": device });
    server.post("/login", &body).await
}

async fn devices(server: &Server) -> i64 {
    server.scalar("SELECT count(*) FROM devices").await
}

#[tokio::test]
async fn a_device_token_proves_the_device_and_its_former_grant_is_replaced() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let proof = json!({ "token": phone.device_token });

    let answer = login_on(&server, "ana", proof).await.expect(200);
    assert_eq!(answer.str("device_id"), phone.device_id);
    let mut again = Phone::from_answer(&server, ana.id, &answer);
    assert_ne!(again.grant_id(), phone.grant_id());

    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_ended");
    again.refresh().await.expect(200);
    tablet.refresh().await.expect(200);

    assert_eq!(devices(&server).await, 2);
    let (name, kind): (String, String) =
        sqlx::query_as("SELECT name, kind FROM devices WHERE id::text = $1")
            .bind(&phone.device_id)
            .fetch_one(&server.rows)
            .await
            .unwrap();
    assert_eq!((&*name, &*kind), ("phone", "phone"), "kept, as not given");
    let ended: String = server
        .scalar("SELECT ended_reason FROM refresh_tokens WHERE ended_at IS NOT NULL")
        .await;
    assert_eq!(ended, "replaced");
    let event = server.events().await.pop().unwrap();
    let details = &event["details"];
    assert_eq!(
        (&details["replaced"], &details["new_device"]),
        (&json!(phone.grant_id()), &json!(false))
    );
}

#[tokio::test]
async fn a_known_device_can_be_renamed_at_a_sign_in() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let device = json!({ "token": phone.device_token, "name": " New phone ", "kind": "tablet" });
    login_on(&server, "ana", device).await.expect(200);
    let row: Value = server
        .scalar("SELECT jsonb_build_array(name, kind) FROM devices")
        .await;
    assert_eq!(row, json!(["New phone", "tablet"]));
}

#[tokio::test]
async fn a_token_that_proves_no_device_of_the_user_makes_a_new_one() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut bens = server.user("ben").await.sign_in("ben's phone").await;
    let mine = ana.sign_in("phone").await;
    let mut known = vec![bens.device_id.clone(), mine.device_id.clone()];

    let mut changed = mine.device_token.clone();
    let other = if &changed[40..41] == "A" { "B" } else { "A" };
    changed.replace_range(40..41, other);
    for token in [
        bens.device_token.as_str(),
        "",
        "dwd_",
        "junk",
        "dwd_\0",
        &changed,
        &mine.refresh_token,
        &mine.access_token,
        &mine.device_id,
    ] {
        let answer = login_on(&server, "ana", json!({ "token": token })).await;
        let answer = answer.expect(200);
        let device = answer.str("device_id").to_owned();
        assert!(!known.contains(&device), "{token}");
        known.push(device);
    }
    assert_eq!(devices(&server).await, 11);
    let unnamed: i64 = server
        .scalar("SELECT count(*) FROM devices WHERE (name, kind) = ('Unnamed device', 'unknown')")
        .await;
    assert_eq!(unnamed, 9);
    bens.refresh().await.expect(200);
}

#[tokio::test]
async fn nobody_signs_in_on_a_disabled_device_until_it_is_enabled() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let administrator = server.administrator().await;
    let path = format!("/devices/{}", phone.device_id);
    administrator
        .post(&format!("{path}/disable"), &json!({}))
        .await
        .expect(200);

    let proof = json!({ "token": phone.device_token });
    login_on(&server, "ana", proof.clone())
        .await
        .refused(403, "access_denied", "device_disabled");
    let wrong = json!({ "username": "ana", "password": "wrong pilot canyon 47", "device": proof });
    let answer = server.post("/login", &wrong).await;
    answer.refused(401, "invalid_grant", "bad_credentials");
    let live: i64 = server
        .scalar("SELECT count(*) FROM refresh_tokens WHERE ended_at IS NULL")
        .await;
    assert_eq!(live, 2, "the refused sign-in replaced nothing");

    administrator
        .post(&format!("{path}/enable"), &json!({}))
        .await
        .expect(200);
    let answer = login_on(&server, "ana", proof).await.expect(200);
    assert_eq!(answer.str("device_id"), phone.device_id);
}

#[tokio::test]
async fn a_device_has_a_short_name_and_a_kind_of_one_word() {
    let server = spawn().await;
    server.user("ana").await;
    let long = "x".repeat(101);
    let bad = [
        ("name", ""),
        ("name", "  "),
        ("name", "a\nb"),
        ("name", "a\0b"),
        ("name", "\u{1b}[31m"),
        ("name", &long),
        ("kind", ""),
        ("kind", "Phone"),
        ("kind", "a b"),
        ("kind", "phone\0"),
        ("kind", &long[..33]),
    ];
    for (field, value) in bad {
        let answer = login_on(&server, "ana", json!({ field: value })).await;
        answer.refused(400, "invalid_request", "");
        let description = answer.str("error_description");
        assert!(
            description.starts_with(&format!("device.{field}: ")),
            "{value:?}: {description}"
        );
    }
    assert_eq!(devices(&server).await, 0);

    let longest = "é".repeat(100);
    let good = json!({ "name": longest, "kind": "smart-tv_2" });
    login_on(&server, "ana", good).await.expect(200);
    login_on(&server, "ana", Value::Null).await.expect(200);
    login_on(&server, "ana", json!({ "name": null, "kind": null }))
        .await
        .expect(200);
}

#[tokio::test]
async fn one_grant_too_many_ends_the_one_unused_longest() {
    let server = spawn_with(|config| config.max_grants_per_user = 3).await;
    let ana = server.user("ana").await;
    let mut bens = server.user("ben").await.sign_in("ben's phone").await;
    let mut phones = Vec::new();
    for name in ["first", "second", "third"] {
        phones.push(ana.sign_in(name).await);
        server.advance(10);
    }
    phones[0].refresh().await.expect(200);
    server.advance(10);

    phones.push(ana.sign_in("fourth").await);
    let event = server.events().await.pop().unwrap();
    assert_eq!(event["details"]["ended_for_too_many"], 1);
    phones[1]
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_ended");
    for number in [0, 2, 3] {
        phones[number].refresh().await.expect(200);
    }
    bens.refresh().await.expect(200);
    let ended: String = server
        .scalar("SELECT ended_reason FROM refresh_tokens WHERE ended_at IS NOT NULL")
        .await;
    assert_eq!(ended, "too_many_grants");

    // Signing in again on a device takes the place of its own grant, of no other's.
    let proof = json!({ "token": phones[3].device_token });
    login_on(&server, "ana", proof).await.expect(200);
    for number in [0, 2] {
        phones[number].refresh().await.expect(200);
    }
}
