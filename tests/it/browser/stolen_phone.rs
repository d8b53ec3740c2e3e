//! The reason this project exists, from the first start to a phone that is gone for good: by
//! what the pages say and nothing else. Once with script allowed, once with it switched off.

use doorward::domain::setup;
use serde_json::json;

use crate::support::{PASSWORD, Server, chromium::Chromium, phone::Phone, spawn};

const ANA: &str = "harbour violin cactus 92";

#[tokio::test]
async fn a_stolen_phone_is_cut_off_and_comes_back_only_while_it_may() {
    let server = spawn().await;
    let desk = Chromium::open(&server).await;
    walk(&server, &desk).await;
}

#[tokio::test]
async fn the_same_without_script() {
    let server = spawn().await;
    let desk = Chromium::open(&server).await.without_script().await;
    walk(&server, &desk).await;
}

async fn sign_in<'a>(server: &'a Server, device: &str) -> Phone<'a> {
    let body = json!({
        "username": "ana", "password": ANA, "device": { "name": device, "kind": "phone" },
    });
    let answer = server.post("/login", &body).await.expect(200);
    let ana = doorward::domain::listing::user_named(&server.app, "ana").await;
    Phone::from_answer(server, ana.unwrap().id, &answer)
}

async fn walk(server: &Server, desk: &Chromium) {
    let code = setup::make_code(&server.app).await.unwrap().unwrap();
    desk.visit("/admin").await;
    assert_eq!(desk.heading().await, "Make the first administrator");
    desk.fill("One-time code", code.expose()).await;
    desk.fill("Username", "boss").await;
    desk.fill("Password", PASSWORD).await;
    desk.fill("The same once more", PASSWORD).await;
    desk.press("Make the administrator").await;
    assert_eq!(desk.heading().await, "Overview");

    // A user, who sets a password by the link.
    desk.press("Users").await;
    desk.press("New user").await;
    desk.fill("Username", "ana").await;
    desk.press("Create user").await;
    assert_eq!(desk.heading().await, "Hand over this link");
    let link = desk.value("Link").await;
    let ana = Chromium::open(server).await;
    ana.visit(&link).await;
    assert_eq!(ana.heading().await, "Set your password");
    ana.fill("New password", ANA).await;
    ana.fill("The same once more", ANA).await;
    ana.press("Set password").await;
    assert_eq!(ana.heading().await, "Your password is set");
    ana.visit(&link).await;
    assert_eq!(ana.heading().await, "This link has ended");

    let mut phone = sign_in(server, "phone").await;
    let mut tablet = sign_in(server, "tablet").await;
    desk.press("Users").await;
    desk.fill("Name, e-mail or id", "an").await;
    desk.press("Find").await;
    desk.press("ana").await;
    assert_eq!(desk.heading().await, "ana");
    let page = desk.path().await;

    desk.press_in_sheet("phone", "Disable device…").await;
    desk.fill("Reason", "left in a taxi").await;
    desk.press_in_sheet("phone", "Disable device").await;
    assert!(desk.text().await.contains("The device is disabled."));
    assert!(desk.text().await.contains("left in a taxi"));
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "device_disabled");
    tablet.refresh().await.expect(200);

    desk.press_in_sheet("phone", "Enable device").await;
    assert!(desk.text().await.contains("The device is enabled again."));
    phone.refresh().await.expect(200);
    tablet.refresh().await.expect(200);

    desk.press_in_sheet("phone", "End device for good…").await;
    assert!(desk.text().await.contains("This is final."));
    desk.fill("Reason", "it will not come back").await;
    desk.press_in_sheet("phone", "End device for good").await;
    assert!(desk.text().await.contains("signed out for good"));
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_ended");
    tablet.refresh().await.expect(200);
    assert_eq!(desk.path().await, format!("{page}?done=device-ended"));

    // What was done stands in the audit log; what needs a session is gone with it.
    desk.press("Audit").await;
    let audit = desk.text().await;
    for action in ["device.disabled", "device.enabled", "device.ended"] {
        assert!(audit.contains(action), "{action}: {audit}");
    }
    desk.press("Sign out").await;
    assert_eq!(desk.heading().await, "Sign in");
    desk.visit(&page).await;
    assert_eq!(desk.heading().await, "Sign in");
}
