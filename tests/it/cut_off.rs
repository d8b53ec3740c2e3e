//! Disabled means now: what is cut off reaches the access tokens that are already out, on every
//! server, within a second and without a query at the bearer check (invariant I13).

use std::time::{Duration, Instant};

use doorward::domain::users;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, Server, phone::Phone, proxy::Proxy, reply::Reply, spawn, spawn_on, spawn_through,
    wait,
};

/// What an access token meets at a route that touches no database.
async fn shown(at: &Server, phone: &Phone<'_>) -> Reply {
    let request = at.request("GET", "/test_jwt");
    Reply::of(request.bearer_auth(&phone.access_token)).await
}

/// A second server on the same database, by the same clock.
async fn replica(of: &Server) -> Server {
    spawn_on(of.database.share(), of.clock.clone(), |_| {}).await
}

/// Waits until a server refuses the token; how long that took, and why it is refused.
async fn refused(at: &Server, phone: &Phone<'_>) -> (Duration, Reply) {
    let began = Instant::now();
    let answer = wait::until("the other server has heard", async || {
        Some(shown(at, phone).await).filter(|answer| answer.status != 200)
    })
    .await;
    (began.elapsed(), answer)
}

#[tokio::test]
async fn every_way_to_cut_off_ends_the_access_tokens_that_are_out() {
    let server = spawn().await;
    let other = replica(&server).await;
    let administrator = server.administrator().await;
    let ana = server.user("ana").await;
    let none = json!({});
    let ways: [(&str, &str, &str); 6] = [
        ("users", "disable", "user_disabled"),
        ("devices", "disable", "device_disabled"),
        ("tokens", "disable", "token_disabled"),
        ("users", "end", "token_ended"),
        ("devices", "end", "token_ended"),
        ("tokens", "end", "token_ended"),
    ];
    for (what, verb, reason) in ways {
        let (mut phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
        let id = match what {
            "users" => ana.id.to_string(),
            "devices" => phone.device_id.clone(),
            _ => phone.grant_id(),
        };
        let path = format!("/{what}/{id}");
        let cut_off = format!("{path}/{verb}");
        administrator.post(&cut_off, &none).await.expect(200);
        shown(&server, &phone)
            .await
            .refused(401, "invalid_token", reason);
        let (_, answer) = refused(&other, &phone).await;
        answer.refused(401, "invalid_token", reason);
        if what != "users" {
            shown(&server, &tablet).await.expect(200);
            shown(&other, &tablet).await.expect(200);
        }
        if verb == "disable" {
            let enable = format!("{path}/enable");
            administrator.post(&enable, &none).await.expect(200);
            phone.refresh().await.expect(200);
            shown(&server, &phone).await.expect(200);
            wait::until("the other server has heard", async || {
                Some(shown(&other, &phone).await).filter(|answer| answer.status == 200)
            })
            .await;
        }
    }
}

#[tokio::test]
async fn what_users_do_themselves_cuts_off_as_well() {
    let server = spawn().await;
    let other = replica(&server).await;
    let ana = server.user("ana").await;
    let ended = async |phone: &Phone<'_>| {
        for at in [&server, &other] {
            let (_, answer) = refused(at, phone).await;
            answer.refused(401, "invalid_token", "token_ended");
        }
    };

    let phone = ana.sign_in("phone").await;
    phone.post("/logout", &Value::Null).await.expect(204);
    ended(&phone).await;

    // The same device signs in again, and the sign-in before is over.
    let before = ana.sign_in("phone").await;
    let body = json!({
        "username": "ana", "password": PASSWORD, "device": { "token": before.device_token },
    });
    let after = server.post("/login", &body).await.expect(200);
    let after = Phone::from_answer(&server, ana.id, &after);
    ended(&before).await;
    shown(&other, &after).await.expect(200);

    // A token that is used twice.
    let mut stolen = ana.sign_in("tablet").await;
    let old = stolen.refresh_token.clone();
    stolen.refresh().await.expect(200);
    stolen.refresh().await.expect(200);
    let reuse = stolen.present(&old).await;
    reuse.refused(400, "invalid_grant", "token_reused");
    ended(&stolen).await;

    // Another password ends all but the one that changed it.
    let (here, there) = (ana.sign_in("here").await, ana.sign_in("there").await);
    let change =
        json!({ "current_password": PASSWORD, "new_password": "harbour violin cactus 92" });
    here.post("/me/password", &change).await.expect(200);
    ended(&there).await;
    shown(&server, &here).await.expect(200);
    shown(&other, &here).await.expect(200);
}

#[tokio::test]
async fn other_roles_and_a_deleted_user_end_them_too() {
    let server = spawn().await;
    let other = replica(&server).await;
    let administrator = server.administrator().await;
    let ana = server.user_with_roles("ana", &["support"]).await;
    let mut phone = ana.sign_in("phone").await;
    let path = format!("/users/{}", ana.id);

    let roles = json!({ "roles": ["auditor"] });
    administrator.patch(&path, &roles).await.expect(200);
    for at in [&server, &other] {
        let (_, answer) = refused(at, &phone).await;
        answer.refused(401, "invalid_token", "roles_changed");
    }
    phone.refresh().await.expect(200);
    assert_eq!(phone.claims()["roles"], json!(["auditor"]));
    for at in [&server, &other] {
        shown(at, &phone).await.expect(200);
    }
    // Another name is no reason.
    let email = json!({ "email": "ana@example.com" });
    administrator.patch(&path, &email).await.expect(200);
    shown(&server, &phone).await.expect(200);

    administrator.delete(&path).await.expect(204);
    for at in [&server, &other] {
        let (_, answer) = refused(at, &phone).await;
        answer.refused(401, "invalid_token", "token_ended");
    }
}

#[tokio::test]
async fn a_server_that_starts_later_knows_and_one_by_one_forgets() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let phone = ana.sign_in("phone").await;
    let (desk, gone) = (ben.sign_in("desk").await, ben.sign_in("gone").await);
    let disable = format!("/users/{}/disable", ana.id);
    administrator.post(&disable, &json!({})).await.expect(200);
    let end = format!("/tokens/{}/end", gone.grant_id());
    administrator.post(&end, &json!({})).await.expect(200);
    let soon = json!({ "until": server.clock.now() + chrono::TimeDelta::seconds(60) });
    let disable = format!("/devices/{}/disable", desk.device_id);
    administrator.post(&disable, &soon).await.expect(200);

    let later = replica(&server).await;
    for (phone, reason) in [
        (&phone, "user_disabled"),
        (&desk, "device_disabled"),
        (&gone, "token_ended"),
    ] {
        let answer = shown(&later, phone).await;
        answer.refused(401, "invalid_token", reason);
    }
    // Its time is over, and what was not ended works again.
    server.advance(61);
    shown(&later, &desk).await.expect(200);
    shown(&later, &phone)
        .await
        .refused(401, "invalid_token", "user_disabled");
}

#[tokio::test]
async fn what_was_cut_off_while_a_server_was_cut_off_itself_is_heard_when_it_is_back() {
    let server = spawn().await;
    let real = server.database.options();
    let proxy = Proxy::to(&real);
    let (database, clock) = (server.database.share(), server.clock.clone());
    let far = spawn_through(database, proxy.options(&real), clock, |_| {}).await;
    let phone = server.user("ana").await.sign_in("phone").await;
    shown(&far, &phone).await.expect(200);
    proxy.cut();
    let operator = server.operator();
    let id = phone.user;
    let changes = users::Changes {
        roles: Some(&["auditor".to_owned()]),
        ..users::Changes::default()
    };
    users::change(&server.app, &operator, id, &changes)
        .await
        .unwrap();
    shown(&far, &phone).await.expect(200);
    proxy.heal();
    let (_, answer) = refused(&far, &phone).await;
    answer.refused(401, "invalid_token", "roles_changed");
}

/// Asks again and again until the token is refused; how often it was let through, when the
/// refusal came, and what it said.
async fn hammer(at: &Server, phone: &Phone<'_>) -> (usize, Instant, Reply) {
    let mut let_through = 0;
    loop {
        let answer = shown(at, phone).await;
        if answer.status != 200 {
            return (let_through, Instant::now(), answer);
        }
        let_through += 1;
    }
}

/// A hundred times, while a client never stops asking the two other servers.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "how long it took is worth a line")]
async fn it_takes_less_than_a_second() {
    let server = spawn().await;
    let others = [replica(&server).await, replica(&server).await];
    let administrator = server.administrator().await;
    let ana = server.user("ana").await;
    let mut took = Vec::new();
    for _ in 0..100 {
        let phone = ana.sign_in("phone").await;
        let path = format!("/devices/{}/disable", phone.device_id);
        let disable = async {
            // Not before both have let it through.
            for at in &others {
                shown(at, &phone).await.expect(200);
            }
            administrator.post(&path, &json!({})).await.expect(200);
            Instant::now()
        };
        let (answered, one, two) = tokio::join!(
            disable,
            hammer(&others[0], &phone),
            hammer(&others[1], &phone)
        );
        for (let_through, refused_at, answer) in [one, two] {
            assert!(let_through > 0);
            answer.refused(401, "invalid_token", "device_disabled");
            took.push(refused_at.saturating_duration_since(answered));
        }
    }
    took.sort();
    let (half, most, longest) = (took[99], took[189], took[199]);
    println!("the first refusal elsewhere: half by {half:?}, 95 % by {most:?}, all by {longest:?}");
    assert!(longest < Duration::from_secs(1), "{longest:?}");
}
