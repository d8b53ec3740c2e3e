//! What ends when, of what is disabled, and the alarm when a token that is cut off comes again.

use serde_json::json;

use super::{
    overview::{untimed, words},
    undo::{act, undo},
};
use crate::support::{PASSWORD, Server, phone::Phone, reply::Reply, spawn};

fn second(server: &Server, from_now: i64) -> String {
    let at = server.clock.now() + chrono::TimeDelta::seconds(from_now);
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The sentences on a page, each as often as it stands there.
fn ends(page: &Reply) -> Vec<String> {
    let told = page.text.split("class=\"ends\">").skip(1);
    told.map(|part| untimed(part.split("</p>").next().unwrap()))
        .collect()
}

/// The alarms on a page.
fn tried(page: &Reply) -> Vec<String> {
    let told = page.text.split("<p class=\"tried\">").skip(1);
    told.map(|part| words(&format!("<p>{}", part.split("</p>").next().unwrap())))
        .collect()
}

/// Comes with a refresh token from an address, in vain.
async fn try_again(phone: &Phone<'_>, address: &str) {
    let body = json!({ "refresh_token": phone.refresh_token });
    let request = phone.server.request("POST", "/token").json(&body);
    let request = request.header("X-Forwarded-For", address);
    Reply::of(request.header("User-Agent", "curl/8.5.0"))
        .await
        .expect(400);
}

#[tokio::test]
async fn a_page_says_until_when_access_tokens_are_good() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    server.advance(60);
    let mut tablet = ana.sign_in("tablet").await;
    server.advance(60);
    phone.refresh().await.expect(200);
    let last = phone.clone();
    server.advance(20);
    let stopped =
        |since: &str| format!("Refreshing has stopped: since {since} every refresh is refused. ");
    let out = |until: &str| {
        format!(
            "Doorward itself refuses its access tokens from then on; a resource server that only checks exp accepts \
             the last one until {until}."
        )
    };

    // The device, in the notice and on its sheet; not the tablet, which was used earlier.
    let device = format!("/admin/devices/{}", phone.device_id);
    let page = act(&mut desk, &format!("{device}/disable"), "stolen").await;
    let said = stopped(&second(&server, 0)) + &out(&second(&server, 280));
    assert_eq!(ends(&page), [said.clone(), said]);
    let exp = last.claims()["exp"].as_i64().unwrap();
    assert_eq!(exp, server.clock.now().timestamp() + 280);
    let page = act(&mut desk, &undo(&page).unwrap(), "undone").await;
    assert_eq!(ends(&page), [""; 0]);

    // An answer that is given again has an access token of its own.
    let first = Phone {
        refresh_token: tablet.refresh_token.clone(),
        ..tablet.clone()
    };
    tablet.refresh().await.expect(200);
    server.advance(25);
    let again = first.present(&first.refresh_token).await.expect(200);
    tablet.store(&again);
    server.advance(5);
    let token = format!("/admin/tokens/{}", tablet.grant_id());
    let page = act(&mut desk, &format!("{token}/disable"), "odd").await;
    let said = stopped(&second(&server, 0)) + &out(&second(&server, 295));
    assert_eq!(ends(&page), [said.clone(), said]);
    let exp = tablet.claims()["exp"].as_i64().unwrap();
    assert_eq!(exp, server.clock.now().timestamp() + 295);
    act(&mut desk, &undo(&page).unwrap(), "undone").await;

    // Several at once: the last of them all.
    let user = format!("/admin/users/{}", ana.id);
    let page = act(&mut desk, &format!("{user}/devices/disable"), "bag stolen").await;
    assert_eq!(
        ends(&page)[0],
        stopped(&second(&server, 0)) + &out(&second(&server, 295))
    );
    assert_eq!(ends(&page).len(), 3);
    act(&mut desk, &undo(&page).unwrap(), "undone").await;

    // The user; and once it has passed, that.
    let page = act(&mut desk, &format!("{user}/disable"), "left").await;
    let since = second(&server, 0);
    let said = stopped(&since) + &out(&second(&server, 295));
    assert_eq!(ends(&page), [said.clone(), said]);
    server.advance(295);
    let over = format!(
        "The last access token expired at {}, for every server.",
        second(&server, 0)
    );
    let page = desk.get(&user).await.expect(200);
    assert_eq!(ends(&page), [stopped(&since) + &over]);

    // Nobody who never signed in has one, and none outlives its grant.
    let ben = server.user("ben").await;
    let page = act(
        &mut desk,
        &format!("/admin/users/{}/disable", ben.id),
        "left",
    )
    .await;
    assert_eq!(
        ends(&page)[0],
        stopped(&second(&server, 0)) + "No access token is out."
    );
    let cut =
        "UPDATE refresh_tokens SET last_used_at = $1, absolute_expires_at = $1 + interval '7 s',
               expires_at = $1 + interval '7 s'";
    let cut = sqlx::query(cut).bind(server.clock.now());
    cut.execute(&server.rows).await.unwrap();
    let page = desk.get(&user).await.expect(200);
    assert_eq!(ends(&page), [stopped(&since) + &out(&second(&server, 7))]);
}

#[tokio::test]
async fn a_token_that_is_cut_off_and_comes_again_raises_an_alarm() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let user = format!("/admin/users/{}", ana.id);
    let device = format!("/admin/devices/{}", phone.device_id);

    // What was refused before it was disabled again is of another time.
    act(&mut desk, &format!("{device}/disable"), "lost").await;
    try_again(&phone, "192.0.2.1").await;
    act(&mut desk, &format!("{device}/enable"), "found").await;
    server.advance(60);
    act(&mut desk, &format!("{device}/disable"), "stolen").await;
    for path in [user.as_str(), "/admin"] {
        let page = desk.get(path).await.expect(200);
        assert_eq!(tried(&page), [""; 0], "{path}");
    }
    for address in ["192.0.2.66", "192.0.2.66", "192.0.2.67"] {
        server.advance(60);
        try_again(&phone, address).await;
    }
    // A sign-in that is refused is not a token that comes again.
    let body = json!({
        "username": "ana", "password": PASSWORD, "device": { "token": phone.device_token },
    });
    server.post("/login", &body).await.expect(403);
    let line = |whose: &str, why: &str, times: &str, address: &str| {
        let at = second(&server, 0);
        format!(
            "tried again {whose} ( {why}): {times} since, last at {at} from {address} with curl 8.5.0 ."
        )
    };
    let spaced = |line: String| line.replace("( ", "(");
    let page = desk.get(&user).await.expect(200);
    let said = spaced(line("phone", "device disabled", "3 times", "192.0.2.67"));
    assert_eq!(
        tried(&page),
        [said.clone(), said.clone()],
        "of the user, and at the device"
    );
    let alone = format!("{user}?device={}", tablet.device_id);
    assert_eq!(
        tried(&desk.get(&alone).await.expect(200)).len(),
        1,
        "not at another device"
    );
    let page = desk.get("/admin").await.expect(200);
    let said = spaced(line(
        "phone of ana",
        "device disabled",
        "3 times",
        "192.0.2.67",
    ));
    assert_eq!(tried(&page), [said]);
    let place = format!("{user}?device={}", phone.device_id);
    let anchor = format!("<a href=\"{place}\"><bdi>phone</bdi></a>");
    assert!(page.text.contains(&anchor));
}

#[tokio::test]
async fn an_alarm_is_one_of_tokens_and_users_too_and_is_over_when_they_are_enabled() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let other = ben.sign_in("Ben").await;
    let device = format!("/admin/devices/{}", phone.device_id);
    act(&mut desk, &format!("{device}/disable"), "stolen").await;
    try_again(&phone, "192.0.2.67").await;
    // Of more than are kept, as many at least.
    let token = format!("/admin/tokens/{}/disable", tablet.grant_id());
    act(&mut desk, &token, "odd").await;
    act(
        &mut desk,
        &format!("/admin/users/{}/disable", ben.id),
        "left",
    )
    .await;
    server.advance(1);
    for _ in 0..25 {
        try_again(&tablet, "192.0.2.68").await;
    }
    server.advance(1);
    try_again(&other, "192.0.2.69").await;
    let page = desk.get("/admin").await.expect(200);
    let said = tried(&page);
    assert_eq!(said.len(), 3);
    assert!(
        said[0].contains("Ben of ben (user disabled): 1 time since"),
        "{said:?}"
    );
    assert!(
        said[1].contains("tablet of ana (token disabled): 20 times or more since"),
        "{said:?}"
    );

    // It is over when it is enabled, or its time is.
    act(&mut desk, &format!("{device}/enable"), "found").await;
    let page = desk.get("/admin").await.expect(200);
    assert_eq!(tried(&page).len(), 2);
    server
        .execute(
            "UPDATE users SET disabled_until = disabled_at + interval '1 s' WHERE username = 'ben'",
        )
        .await;
    let page = desk.get("/admin").await.expect(200);
    assert_eq!(tried(&page).len(), 1);
}
