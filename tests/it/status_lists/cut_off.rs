//! Whatever cuts a sign-in off stands in its list, and goes when it is undone; what has ended stays.

use doorward::domain::{clients, disable::Disabling, purge};
use serde_json::{Value, json};

use super::{INVALID, SUSPENDED, VALID, list, place, told, told_next};
use crate::support::{PASSWORD, Server, phone::Phone, spawn, spawn_on, wait};

async fn post(by: &Phone<'_>, path: &str) {
    by.post(path, &json!({})).await.expect(200);
}

#[tokio::test]
async fn what_is_disabled_is_suspended_until_it_is_enabled_and_what_is_ended_is_invalid() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let ana = server.user("ana").await;
    for what in ["users", "devices", "tokens"] {
        let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
        let id = match what {
            "users" => ana.id.to_string(),
            "devices" => phone.device_id.clone(),
            _ => phone.grant_id(),
        };
        assert_eq!(told_next(&server, &phone).await, VALID, "{what}");
        for (verb, expected) in [("disable", SUSPENDED), ("enable", VALID), ("end", INVALID)] {
            post(&administrator, &format!("/{what}/{id}/{verb}")).await;
            assert_eq!(told_next(&server, &phone).await, expected, "{what} {verb}");
            let other = if what == "users" { expected } else { VALID };
            assert_eq!(told(&server, &tablet).await, other, "{what} {verb}");
        }
        // Nothing revives what has ended: not what is done to the device or the user after it.
        for path in [
            format!("/devices/{}", phone.device_id),
            format!("/users/{}", ana.id),
        ] {
            for verb in ["disable", "enable"] {
                post(&administrator, &format!("{path}/{verb}")).await;
                assert_eq!(told_next(&server, &phone).await, INVALID, "{path} {verb}");
            }
        }
    }
}

#[tokio::test]
async fn a_suspension_whose_time_is_over_is_told_no_more() {
    let server = spawn().await;
    let mut administrator = server.administrator().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    for id in [
        format!("users/{}", phone.user),
        format!("devices/{}", phone.device_id),
        format!("tokens/{}", phone.grant_id()),
    ] {
        let until = json!({ "until": server.clock.now() + chrono::TimeDelta::seconds(100) });
        let path = format!("/{id}/disable");
        administrator.post(&path, &until).await.expect(200);
        assert_eq!(told_next(&server, &phone).await, SUSPENDED, "{id}");
        server.advance(98);
        assert_eq!(told(&server, &phone).await, SUSPENDED, "{id}");
        // A list that was signed before is told for its time.
        server.advance(31);
        assert_eq!(told(&server, &phone).await, VALID, "{id}");
        phone.refresh().await.expect(200);
        administrator.refresh().await.expect(200);
    }
}

#[tokio::test]
async fn what_users_and_apps_do_themselves_stands_there_too() {
    let server = spawn().await;
    let ana = server.user("ana").await;

    let phone = ana.sign_in("phone").await;
    phone.post("/logout", &Value::Null).await.expect(204);
    assert_eq!(told_next(&server, &phone).await, INVALID);

    let before = ana.sign_in("phone").await;
    let again = json!({
        "username": "ana", "password": PASSWORD, "device": { "token": before.device_token },
    });
    let after = server.post("/login", &again).await.expect(200);
    let after = Phone::from_answer(&server, ana.id, &after);
    assert_eq!(told_next(&server, &before).await, INVALID);
    assert_eq!(told(&server, &after).await, VALID);

    let mut stolen = ana.sign_in("tablet").await;
    let old = stolen.refresh_token.clone();
    stolen.refresh().await.expect(200);
    stolen.refresh().await.expect(200);
    let reuse = stolen.present(&old).await;
    reuse.refused(400, "invalid_grant", "token_reused");
    assert_eq!(told_next(&server, &stolen).await, INVALID);

    let revoked = ana.sign_in("desk").await;
    let form = [
        ("token", revoked.refresh_token.as_str()),
        ("client_id", "first-party"),
    ];
    server.form("/revoke", &form).await.expect(200);
    assert_eq!(told_next(&server, &revoked).await, INVALID);

    let (here, there) = (ana.sign_in("here").await, ana.sign_in("there").await);
    let change =
        json!({ "current_password": PASSWORD, "new_password": "harbour violin cactus 92" });
    here.post("/me/password", &change).await.expect(200);
    assert_eq!(told_next(&server, &there).await, INVALID);
    assert_eq!(told(&server, &here).await, VALID);
}

/// How many places of users and devices that are no more are remembered.
async fn remembered(server: &Server) -> i64 {
    server
        .scalar("SELECT count(*) FROM status_indexes_ended")
        .await
}

#[tokio::test]
async fn the_tokens_of_a_deleted_user_and_of_a_forgotten_device_stay_invalid() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let path = format!("/users/{}", ana.id);
    administrator.delete(&path).await.expect(204);
    assert_eq!(told_next(&server, &phone).await, INVALID);
    assert_eq!(told(&server, &tablet).await, INVALID);
    assert_eq!(remembered(&server).await, 2);

    // Ben's device is the one that was unused longest of more signed-out ones than are kept.
    let forgotten = ben.sign_in("forgotten").await;
    forgotten.post("/logout", &Value::Null).await.expect(204);
    let others = "INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
                  SELECT gen_random_uuid(), id, 'phone', 'phone', $1, $1 + '1 minute'::interval
                  FROM users, generate_series(1, 200) WHERE username = 'ben'";
    let others = sqlx::query(others).bind(server.clock.now());
    others.execute(&server.rows).await.unwrap();
    let kept = ben.sign_in("kept").await;
    assert_eq!(remembered(&server).await, 3);
    assert_eq!(told_next(&server, &forgotten).await, INVALID);
    assert_eq!(told(&server, &kept).await, VALID);

    // Whoever may still take such a token is told so; then the place is free again.
    server.advance(300 + 120);
    assert_eq!(told(&server, &phone).await, VALID);
    let operator = server.operator();
    let purged = purge::purge(&server.app, &operator).await.unwrap();
    assert!(purged.contains(&("status_indexes", 3)), "{purged:?}");
}

#[tokio::test]
async fn all_tokens_of_a_disabled_client_are_suspended() {
    let server = spawn().await;
    let client = server.client("phone-app", true).await;
    let ana = server.user("ana").await;
    let (phone, other) = (client.sign_in(&ana).await, ana.sign_in("tablet").await);
    let (app, operator) = (&server.app, server.operator());
    let disabling = Disabling::default();
    let disabled = clients::disable(app, &operator, &client.id, &disabling);
    disabled.await.unwrap();
    assert_eq!(told_next(&server, &phone).await, SUSPENDED);
    assert_eq!(told(&server, &other).await, VALID);
    let enabled = clients::enable(app, &operator, &client.id, None);
    enabled.await.unwrap();
    assert_eq!(told_next(&server, &phone).await, VALID);
}

/// What is old enough is told no more: its last access token has expired.
#[tokio::test]
async fn a_list_tells_of_what_may_still_be_taken_and_of_nothing_else() {
    let server = spawn().await;
    let mut administrator = server.administrator().await;
    let ana = server.user("ana").await;
    let (mut phone, unused) = (ana.sign_in("phone").await, ana.sign_in("unused").await);
    server.advance(600);
    // The phone gets an access token now; the other's has expired long ago.
    phone.refresh().await.expect(200);
    administrator.refresh().await.expect(200);
    post(&administrator, &format!("/users/{}/disable", ana.id)).await;
    assert_eq!(told_next(&server, &phone).await, SUSPENDED);
    assert_eq!(told(&server, &unused).await, VALID);
    // A lifetime later, and two minutes for those whose clocks are wrong.
    server.advance(418);
    assert_eq!(told(&server, &phone).await, SUSPENDED);
    server.advance(31);
    let (_, uri) = place(&phone);
    assert!(list(&server, &uri).await.iter().all(|it| *it == VALID));
}

#[tokio::test]
async fn other_servers_tell_it_within_a_second() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    let administrator = server.administrator().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    assert_eq!(told(&other, &phone).await, VALID);
    post(
        &administrator,
        &format!("/devices/{}/disable", phone.device_id),
    )
    .await;
    server.advance(1);
    wait::until("the other server has heard", async || {
        (told(&other, &phone).await == SUSPENDED).then_some(())
    })
    .await;
}
