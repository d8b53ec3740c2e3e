//! `POST /login`: who gets in, and what those learn who do not. Devices at a sign-in are in
//! `login/devices.rs`; guessing is in `throttle.rs`.

mod devices;

use doorward::{
    crypto::{password::Hasher, secret::Secret},
    domain::users::{self, NewUser},
};
use serde_json::{Value, json};

use crate::support::{PASSWORD, Server, reply::Reply, spawn};

const WRONG: &str = "wrong pilot canyon 47";

async fn login(server: &Server, username: &str, password: &str) -> Reply {
    let body = json!({ "username": username, "password": password });
    server.post("/login", &body).await
}

#[tokio::test]
async fn the_right_password_gives_a_pair_of_tokens_that_work() {
    let server = spawn().await;
    server.user("ana").await;
    let body = json!({ "username": "Ana", "password": PASSWORD, "device": { "name": "Ana's phone", "kind": "phone" } });
    let answer = server.post("/login", &body).await.expect(200);

    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        (answer.str("token_type"), answer.str("scope")),
        ("Bearer", "")
    );
    assert_eq!(
        (
            answer.body["expires_in"].as_i64(),
            answer.body["refresh_expires_in"].as_i64()
        ),
        (Some(300), Some(2_592_000))
    );
    assert!(
        answer.str("refresh_token").starts_with("dwr_")
            && answer.str("device_token").starts_with("dwd_")
    );

    let shown = server
        .request("GET", "/test_jwt")
        .bearer_auth(answer.str("access_token"));
    let shown = Reply::of(shown).await.expect(200);
    assert_eq!(
        (shown.str("username"), shown.str("device_id")),
        ("ana", answer.str("device_id"))
    );

    let name: String = server.scalar("SELECT name FROM devices").await;
    assert_eq!(name, "Ana's phone");
    assert_eq!(server.actions().await.last().unwrap(), "user.signed_in");
}

#[tokio::test]
async fn the_access_token_says_what_rfc_9068_asks_where_its_status_is_and_nothing_else() {
    let server = spawn().await;
    let ana = server.user_with_roles("ana", &["auditor"]).await;
    let phone = ana.sign_in("phone").await;

    let header = phone.header();
    assert_eq!(
        (&header["typ"], &header["alg"]),
        (&json!("at+jwt"), &json!("ES256"))
    );
    let jwks = server.get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(header["kid"], jwks.body["keys"][0]["kid"]);

    let mut claims = phone.claims();
    let jti = claims["jti"].take();
    assert_eq!(jti.as_str().unwrap().len(), 36);
    let now = server.clock.now().timestamp();
    let grant: String = server.scalar("SELECT id::text FROM refresh_tokens").await;
    let place: i64 = server
        .scalar("SELECT status_index FROM refresh_tokens")
        .await;
    let list = "http://doorward.test/status-lists/0";
    let expected = json!({
        "iss": "http://doorward.test", "aud": "doorward", "sub": ana.id, "jti": null,
        "iat": now, "nbf": now, "exp": now + 300, "auth_time": now,
        "client_id": "first-party", "sid": grant, "device_id": phone.device_id,
        "username": "ana", "roles": ["auditor"], "scope": "",
        "status": { "status_list": { "idx": place, "uri": list } },
    });
    assert_eq!(claims, expected);
}

/// The answer to bad credentials without what is new in every answer.
fn told(answer: &Reply) -> (u16, String, Vec<(String, String)>) {
    answer.refused(401, "invalid_grant", "bad_credentials");
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (answer.status, answer.text.clone(), headers)
}

#[tokio::test]
async fn who_does_not_know_the_password_learns_nothing() {
    let server = spawn().await;
    server.user("ana").await;
    let new = NewUser {
        username: "no-password-yet",
        ..NewUser::default()
    };
    users::create(&server.app, &server.operator(), &new)
        .await
        .unwrap();
    server.user("disabled").await;
    server
        .execute("UPDATE users SET disabled_at = created_at WHERE username = 'disabled'")
        .await;

    let wrong = told(&login(&server, "ana", WRONG).await);
    assert!(wrong.2.contains(&(
        "www-authenticate".to_owned(),
        "Bearer realm=\"doorward\"".to_owned()
    )));
    let long = "x".repeat(2000);
    for (username, password) in [
        ("nobody", PASSWORD),
        ("no-password-yet", PASSWORD),
        ("no-password-yet", ""),
        ("disabled", WRONG),
        ("", PASSWORD),
        ("a b", PASSWORD),
        ("ana\0", PASSWORD),
        (&long, PASSWORD),
        ("ana", ""),
        ("ana", "meadow pilot\0canyon 47"),
        ("ana", &long),
    ] {
        let answer = login(&server, username, password).await;
        assert_eq!(told(&answer), wrong, "{username:?} {password:?}");
    }
    let grants: i64 = server.scalar("SELECT count(*) FROM refresh_tokens").await;
    assert_eq!(grants, 0);
}

#[tokio::test]
async fn a_disabled_user_is_told_so_by_the_right_password_only_until_the_end_of_it() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let administrator = server.administrator().await;
    let until = server.clock.now() + chrono::TimeDelta::hours(1);
    administrator
        .post(
            &format!("/users/{}/disable", ana.id),
            &json!({ "until": until }),
        )
        .await
        .expect(200);

    login(&server, "ana", PASSWORD)
        .await
        .refused(403, "access_denied", "user_disabled");
    let grants: i64 = server.scalar("SELECT count(*) FROM refresh_tokens").await;
    assert_eq!(grants, 1, "only the administrator's");
    let reason: String = server
        .scalar("SELECT reason FROM refusals JOIN users u ON u.id = user_id AND username = 'ana'")
        .await;
    assert_eq!(reason, "user_disabled");

    server.advance(3600);
    login(&server, "ana", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn one_person_has_one_name_however_it_is_typed() {
    let server = spawn().await;
    server.user("Ana").await;
    for typed in ["ana", "ANA", "Ａｎａ", "ａｎａ"] {
        let answer = login(&server, typed, PASSWORD).await.expect(200);
        let shown = server
            .request("GET", "/test_jwt")
            .bearer_auth(answer.str("access_token"));
        assert_eq!(Reply::of(shown).await.str("username"), "ana", "{typed}");
    }
    let users: i64 = server.scalar("SELECT count(*) FROM users").await;
    assert_eq!(users, 1);
}

#[tokio::test]
async fn the_whole_password_counts_as_it_was_typed() {
    let server = spawn().await;
    server.user("ana").await;
    let same_in_other_code_points = PASSWORD.replace(' ', "\u{a0}");
    login(&server, "ana", &same_in_other_code_points)
        .await
        .expect(200);
    for almost in [
        &PASSWORD[..PASSWORD.len() - 1],
        &PASSWORD.to_uppercase(),
        &format!(" {PASSWORD}"),
        &format!("{PASSWORD} "),
        &format!("{PASSWORD}\0"),
    ] {
        login(&server, "ana", almost)
            .await
            .refused(401, "invalid_grant", "bad_credentials");
    }
}

#[tokio::test]
async fn a_client_that_does_not_exist_signs_nobody_in() {
    let server = spawn().await;
    server.user("ana").await;
    let body =
        |client: &str| json!({ "username": "ana", "password": PASSWORD, "client_id": client });
    for unknown in ["", "first-party ", "FIRST-PARTY", "other", "first-party\0"] {
        let answer = server.post("/login", &body(unknown)).await;
        answer.refused(401, "invalid_client", "bad_client");
    }
    let devices: i64 = server.scalar("SELECT count(*) FROM devices").await;
    assert_eq!(devices, 0);
    server
        .post("/login", &body("first-party"))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_hash_with_other_parameters_is_upgraded_at_the_next_sign_in() {
    let server = spawn().await;
    server.user("ana").await;
    let other = Hasher::start(12_288, 3, 1).unwrap();
    let old = other.hash(&Secret::new(PASSWORD.to_owned())).await.unwrap();
    sqlx::query("UPDATE users SET password_hash = $1")
        .bind(&old)
        .execute(&server.rows)
        .await
        .unwrap();
    let hash = async || -> String { server.scalar("SELECT password_hash FROM users").await };
    let upgraded = async || {
        let events = server.events().await;
        events.last().unwrap()["details"]["password_hash_upgraded"].clone()
    };

    login(&server, "ana", WRONG)
        .await
        .refused(401, "invalid_grant", "bad_credentials");
    assert_eq!(hash().await, old, "only the right password can be hashed");

    login(&server, "ana", PASSWORD).await.expect(200);
    let new = hash().await;
    assert!(new.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{new}");
    assert_eq!(upgraded().await, Value::Bool(true));

    login(&server, "ana", PASSWORD).await.expect(200);
    assert_eq!(hash().await, new);
    assert_eq!(upgraded().await, Value::Bool(false));
}
