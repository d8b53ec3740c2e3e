//! What the panel is for: find the user, disable the device, enable it again.

use doorward::ids::UserId;
use serde_json::json;

use crate::support::{PASSWORD, phone::Phone, reply::Reply, spawn};

fn link_in(page: &Reply) -> String {
    let (_, after) = page
        .text
        .split_once("id=\"link\" rows=\"3\" readonly>")
        .unwrap();
    let link = after.split('<').next().unwrap();
    link.strip_prefix("http://doorward.test")
        .unwrap()
        .to_owned()
}

/// The reason this project exists, by the pages alone.
#[tokio::test]
async fn a_lost_phone_gets_nothing_more_until_it_is_found() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;

    // A new user, who sets a password by the link.
    desk.get("/admin/users/new").await.expect(200);
    let fields = [("username", "ana"), ("email", "ana@example.com")];
    let page = desk.post("/admin/users", &fields).await.expect(201);
    let link = link_in(&page);
    let password = [("password", PASSWORD), ("again", PASSWORD)];
    Reply::of(server.request("POST", &link).form(&password))
        .await
        .expect(200);
    Reply::of(server.request("GET", &link)).await.expect(404);

    let list = desk.get("/admin/users?query=an").await.expect(200);
    assert!(list.text.contains("ana@example.com") && !list.text.contains(">boss</bdi></a>"));
    let (_, after) = list.text.split_once("href=\"/admin/users/0").unwrap();
    let id = format!("0{}", after.split('"').next().unwrap());
    let user: UserId = id.parse().unwrap();
    let at = format!("/admin/users/{id}");

    let sign_in = async |device: &str| {
        let body = json!({ "username": "ana", "password": PASSWORD, "device": { "name": device, "kind": "phone" } });
        Phone::from_answer(
            &server,
            user,
            &server.post("/login", &body).await.expect(200),
        )
    };
    let (mut phone, mut tablet) = (sign_in("phone").await, sign_in("tablet").await);
    let device = format!("/admin/devices/{}", phone.device_id);

    let page = desk.get(&at).await.expect(200);
    assert!(page.text.contains(&format!("{device}/disable")));
    let fields = [("reason", "lost in a taxi"), ("until", "")];
    let done = desk
        .post(&format!("{device}/disable"), &fields)
        .await
        .expect(303);
    assert_eq!(
        done.header("location"),
        format!("{at}?done={}", done.header("x-request-id"))
    );
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "device_disabled");
    tablet.refresh().await.expect(200);
    let page = desk.get(done.header("location")).await.expect(200);
    assert!(page.text.contains("lost in a taxi") && page.text.contains("</bdi>” is disabled."));

    let found = [("reason", "found")];
    desk.post(&format!("{device}/enable"), &found)
        .await
        .expect(303);
    phone.refresh().await.expect(200);

    let gone = [("reason", "gone")];
    desk.post(&format!("{device}/end"), &gone).await.expect(303);
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_ended");
    tablet.refresh().await.expect(200);

    let replace = format!("/admin/devices/{}/lost", tablet.device_id);
    let page = desk
        .post(&replace, &[("reason", "stolen")])
        .await
        .expect(200);
    assert!(link_in(&page).starts_with("/set-password/dwp_"));
    tablet
        .refresh()
        .await
        .refused(400, "invalid_grant", "device_disabled");

    let audit = desk.get("/admin/audit?subject=ana").await.expect(200);
    assert!(audit.text.contains("device.ended") && audit.text.contains("boss (admin)"));
}

#[tokio::test]
async fn tokens_and_users_are_disabled_enabled_and_ended_alike() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    let token = format!("/admin/tokens/{}", phone.grant_id());
    let user = format!("/admin/users/{}", ana.id);
    for (path, reason) in [(token, "token_disabled"), (user, "user_disabled")] {
        let why = [("reason", "odd")];
        desk.post(&format!("{path}/disable"), &why)
            .await
            .expect(303);
        phone.refresh().await.refused(400, "invalid_grant", reason);
        desk.post(&format!("{path}/enable"), &why).await.expect(303);
        phone.refresh().await.expect(200);
        desk.post(&format!("{path}/end"), &why).await.expect(303);
        phone
            .refresh()
            .await
            .refused(400, "invalid_grant", "token_ended");
        phone = ana.sign_in("phone").await;
    }
}

#[tokio::test]
async fn a_lost_device_is_disabled_and_the_link_made_or_neither() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let lost = format!("/admin/devices/{}/lost", phone.device_id);
    server
        .execute("ALTER TABLE password_links ADD CONSTRAINT full_up CHECK (false)")
        .await;
    let before = server.actions().await;
    desk.post(&lost, &[("reason", "stolen")]).await.expect(500);
    assert_eq!(server.actions().await, before);
    phone.refresh().await.expect(200);

    server
        .execute("ALTER TABLE password_links DROP CONSTRAINT full_up")
        .await;
    desk.post(&lost, &[("reason", "stolen")]).await.expect(200);
    let done = server.actions().await;
    assert_eq!(
        done[before.len()..],
        ["device.disabled", "user.password_link_made"]
    );
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "device_disabled");
}

#[tokio::test]
async fn bad_input_stays_on_the_page_with_what_was_typed() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let device = format!("/admin/devices/{}", phone.device_id);
    let (disable, replace) = (format!("{device}/disable"), format!("{device}/lost"));
    for (path, until, message) in [
        (&disable, "2001-01-01T00:00", "This time is over"),
        (&disable, "someday", "Write a time such as"),
        (&replace, "someday", "Write a time such as"),
    ] {
        let fields = [("reason", "a <taxi>"), ("until", until)];
        let page = desk.post(path, &fields).await.expect(422);
        assert!(page.text.contains(message), "{}", page.text);
        assert!(page.text.contains(&format!("value=\"{until}\"")));
        assert!(page.text.contains("value=\"a &#60;taxi&#62;\""));
    }
    let fields = [
        ("username", "ana"),
        ("email", "nowhere"),
        ("role_auditor", "1"),
    ];
    let page = desk.post("/admin/users", &fields).await.expect(422);
    assert!(page.text.contains("email-fault") && page.text.contains("value=\"nowhere\""));
    let fields = [("username", "ana"), ("email", "")];
    let page = desk.post("/admin/users", &fields).await.expect(422);
    assert!(page.text.contains("username-fault"));
    let change = format!("/admin/users/{}/change", ana.id);
    let fields = [("username", "ana"), ("email", "nowhere")];
    let page = desk.post(&change, &fields).await.expect(422);
    assert!(page.text.contains("email-fault"));
    let fields = [
        ("username", "ana"),
        ("email", "a@example.com"),
        ("role_support", "1"),
    ];
    desk.post(&change, &fields).await.expect(303);
    let roles: Vec<String> = server
        .scalar("SELECT roles FROM users WHERE username = 'ana'")
        .await;
    assert_eq!(roles, ["support"]);
    let page = desk
        .get("/admin/audit?actor=nobody&since=x")
        .await
        .expect(422);
    assert!(page.text.contains("actor-fault") && page.text.contains("since-fault"));
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let id: uuid::Uuid = server.scalar("SELECT id FROM users").await;
    let at = format!("/admin/users/{id}");
    let said = "This is the last administrator who can sign in";
    let why = [("reason", "holidays")];
    let page = desk.post(&format!("{at}/disable"), &why).await.expect(422);
    assert!(page.text.contains(said), "{}", page.text);
    let fields = [("username", "boss"), ("email", "")];
    let page = desk
        .post(&format!("{at}/change"), &fields)
        .await
        .expect(422);
    assert!(page.text.contains(said));
    desk.get(&format!("{at}/delete")).await.expect(200);
    let page = desk.post(&format!("{at}/delete"), &[]).await.expect(409);
    assert!(page.text.contains(said));

    // With another one it can go.
    let ana = server.user_with_roles("ana", &["admin"]).await;
    desk.post(&format!("/admin/users/{}/delete", ana.id), &[])
        .await
        .expect(303);
    let users: i64 = server.scalar("SELECT count(*) FROM users").await;
    assert_eq!(users, 1);
}

#[tokio::test]
async fn the_own_password_and_sessions_are_on_the_account_page() {
    const NEW: &str = "harbour violin cactus 92";
    let server = spawn().await;
    server.user_with_roles("other", &["admin"]).await;
    let mut here = server.browser("boss", &["auditor"]).await;
    let mut there = here.clone();
    there.cookie.clear();
    there.try_sign_in("boss", PASSWORD).await.expect(303);

    let wrong = [("current", "wrong"), ("password", NEW), ("again", NEW)];
    let page = here
        .post("/admin/account/password", &wrong)
        .await
        .expect(422);
    assert!(page.text.contains("current-fault"));
    let refused = "SELECT user_id = (SELECT id FROM users WHERE username = 'boss') FROM refusals WHERE reason = 'bad_credentials'";
    assert!(server.scalar::<bool>(refused).await);
    let right = [("current", PASSWORD), ("password", NEW), ("again", NEW)];
    here.post("/admin/account/password", &right)
        .await
        .expect(303);
    there.get("/admin").await.expect(303);
    let page = here
        .get("/admin/account?done=password-changed")
        .await
        .expect(200);
    assert!(page.text.contains("Your password is changed"));

    there.try_sign_in("boss", NEW).await.expect(303);
    let page = here.get("/admin/account").await.expect(200);
    let ends: Vec<&str> = page
        .text
        .split("action=\"")
        .filter_map(|part| part.split('"').next())
        .filter(|action| action.ends_with("/end"))
        .collect();
    assert_eq!(ends.len(), 2);
    for end in ends {
        here.post(end, &[]).await.expect(303);
    }
    there.get("/admin").await.expect(303);
    here.get("/admin").await.expect(303);
}
