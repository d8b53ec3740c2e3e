//! The reason this project exists, from the first start to a phone that is gone for good: by
//! what the pages say and nothing else. By mouse, and by keyboard alone with script allowed and switched off.

use std::time::Instant;

use doorward::domain::setup;
use serde_json::json;

use crate::support::{PASSWORD, Server, chromium::Chromium, phone::Phone, spawn};

const ANA: &str = "harbour violin cactus 92";

#[tokio::test]
async fn a_stolen_phone_is_cut_off_and_comes_back_only_while_it_may() {
    let server = spawn().await;
    let desk = Chromium::open(&server).await;
    walk(&server, &desk).await;

    // With script "/" leads to the search box, and stays a letter where one types.
    desk.visit("/admin/login").await;
    desk.fill("Username", "boss").await;
    desk.fill("Password", PASSWORD).await;
    desk.press("Sign in").await;
    desk.type_anywhere("/").await;
    desk.type_anywhere("a/b").await;
    assert_eq!(desk.value("Search").await, "a/b");
}

#[tokio::test]
async fn the_same_by_keyboard_alone() {
    let server = spawn().await;
    let desk = Chromium::open(&server).await.by_keyboard();
    walk(&server, &desk).await;
}

#[tokio::test]
async fn the_same_by_keyboard_alone_without_script() {
    let server = spawn().await;
    let desk = Chromium::open(&server).await.without_script().await;
    walk(&server, &desk.by_keyboard()).await;
}

async fn sign_in<'a>(server: &'a Server, device: &str) -> Phone<'a> {
    let body = json!({
        "username": "ana", "password": ANA, "device": { "name": device, "kind": "phone" },
    });
    let answer = server.post("/login", &body).await.expect(200);
    let ana = doorward::domain::listing::user_named(&server.app, "ana").await;
    Phone::from_answer(server, ana.unwrap().id, &answer)
}

const DISABLED: &str = "“phone” is disabled. ana's one other device stays signed in.";

/// Somebody at the desk whose every move is counted: what is typed into a field is one, and so is
/// each Enter and each press.
struct Hand<'a> {
    desk: &'a Chromium,
    moves: Vec<&'static str>,
    began: Instant,
}

impl<'a> Hand<'a> {
    /// On the overview, before anything is done.
    async fn on_overview(desk: &'a Chromium) -> Self {
        desk.press("Overview").await;
        Self {
            desk,
            moves: Vec::new(),
            began: Instant::now(),
        }
    }

    async fn search(&mut self, text: &str) {
        self.desk.fill("Search", text).await;
        self.moves.push("type");
        self.desk.enter("Search").await;
        self.moves.push("Enter");
    }

    async fn press_in_sheet(&mut self, heading: &str, words: &str) {
        self.desk.press_in_sheet(heading, words).await;
        self.moves.push("press");
    }

    /// How many moves it took.
    #[expect(clippy::print_stdout, reason = "how long it took is worth a line")]
    fn done(self) -> usize {
        let (moves, took) = (self.moves.len(), self.began.elapsed());
        println!(
            "to \"disabled\": {moves} interactions {:?}, {took:?}",
            self.moves
        );
        moves
    }
}

/// The call, from the overview to the phone that gets nothing more: by the phone's name, and then by
/// the user's, who has two devices to choose from.
async fn call(desk: &Chromium, phone: &mut Phone<'_>, tablet: &mut Phone<'_>) {
    let effect =
        "“phone” gets nothing more within a second. ana's one other device stays signed in.";
    let confirm = "Lost or stolen: disable";
    let mut hand = Hand::on_overview(desk).await;
    hand.search("PHO").await;
    assert!(desk.text().await.contains(effect));
    hand.press_in_sheet("phone", confirm).await;
    assert!(desk.text().await.contains(DISABLED));
    assert!(hand.done() <= 3);
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "device_disabled");
    tablet.refresh().await.expect(200);
    desk.press("Undo").await;
    assert!(desk.text().await.contains("“phone” is enabled again."));
    phone.refresh().await.expect(200);

    let mut hand = Hand::on_overview(desk).await;
    hand.search("ana").await;
    hand.press_in_sheet("phone", "Disable device…").await;
    assert!(desk.text().await.contains(effect));
    hand.press_in_sheet("phone", confirm).await;
    assert!(desk.text().await.contains(DISABLED));
    assert!(hand.done() <= 4, "to type and to press Enter are two");
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "device_disabled");
    desk.press("Undo").await;
    phone.refresh().await.expect(200);
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
    call(desk, &mut phone, &mut tablet).await;

    desk.press("Users").await;
    desk.fill("Name, e-mail or id", "an").await;
    desk.press("Find").await;
    desk.press("ana").await;
    assert_eq!(desk.heading().await, "ana");
    let page = desk.path().await;

    desk.press_in_sheet("phone", "Disable device…").await;
    desk.fill("Reason", "left in a taxi").await;
    desk.press_in_sheet("phone", "Disable device").await;
    assert!(desk.text().await.contains(DISABLED));
    assert!(desk.text().await.contains("left in a taxi"));
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "device_disabled");
    tablet.refresh().await.expect(200);

    desk.press_in_sheet("phone", "Enable device…").await;
    desk.fill("Reason", "it was in the sofa").await;
    desk.press_in_sheet("phone", "Enable device").await;
    assert!(desk.text().await.contains("“phone” is enabled again."));
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
    let told = desk.path().await;
    assert!(told.starts_with(&format!("{page}?done=")), "{told}");

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
