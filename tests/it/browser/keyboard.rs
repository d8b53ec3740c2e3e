//! All that the panel can do, by keyboard alone, with script allowed and switched off. A button that was seen on a
//! page and never pressed there fails the walk, and so does a route of the panel that it never came to. What a press
//! does is looked for on the page that follows and in the audit log.

mod hands;

use doorward::domain::setup;
use serde_json::json;

use crate::support::{PASSWORD, Server, chromium::Chromium, spawn};
use hands::Hands;

const NEW_PASSWORD: &str = "harbour violin cactus 92";

/// From the first start to the overview, and how to read it in German.
async fn begin(hands: &mut Hands<'_>) {
    let code = setup::make_code(&hands.server.app).await.unwrap().unwrap();
    hands.visit("/admin").await;
    hands.press("Deutsch").await;
    assert_eq!(hands.desk.heading().await, "Ersten Administrator anlegen");
    hands.press("English").await;
    assert_eq!(hands.desk.heading().await, "Make the first administrator");
    for (label, text) in [
        ("One-time code", code.expose().as_str()),
        ("Username", "boss"),
        ("Password", PASSWORD),
        ("The same once more", PASSWORD),
    ] {
        hands.desk.fill(label, text).await;
    }
    hands.press("Make the administrator").await;
    hands
        .says("You are the first administrator. Welcome.")
        .await;
    let roles: Vec<String> = hands.server.scalar("SELECT roles FROM users").await;
    assert_eq!(roles, ["admin"]);
}

/// Everything that disables and enables a user, a device or a token.
async fn suspend(hands: &mut Hands<'_>, sheet: &str, what: &str) {
    let [disable, enable] = ["Disable", "Enable"].map(|verb| format!("{verb} {what}"));
    let [disabled, enabled] = ["disabled", "enabled"].map(|done| format!("{what}.{done}"));
    hands.act(sheet, &disable).await;
    hands.did(&disabled, "is disabled.").await;
    hands.press("Undo").await;
    hands.did(&enabled, "is enabled again.").await;
    hands.press("Undo").await;
    hands.did(&disabled, "is disabled.").await;
    let change = "Change the suspension";
    hands.unfold_and_say_why(sheet, change).await;
    hands.desk.tick("7 days have passed").await;
    hands.press_in(sheet, change).await;
    hands.did(&disabled, "is disabled until").await;
    hands.act(sheet, &enable).await;
    hands.did(&enabled, "is enabled again.").await;
}

/// The page of a user with several devices, found by the list.
async fn change_user(hands: &mut Hands<'_>) {
    hands.press("Users").await;
    hands.desk.fill("Name, e-mail or id", "an").await;
    hands.desk.choose("State", "active").await;
    hands.press("Find").await;
    assert!(hands.desk.path().await.contains("query=an&status=active"));
    hands.press("ana").await;
    suspend(hands, "", "user").await;
    suspend(hands, "phone", "device").await;
    suspend(hands, "phone", "token").await;

    hands.press_in("phone", "Disable device…").await;
    hands.press_in("phone", "Lost or stolen: disable").await;
    hands.did("device.disabled", "“phone” is disabled.").await;
    hands.press("Undo").await;
    let ask = "Disable and ask for a new password";
    hands.unfold_and_say_why("phone", "Disable device").await;
    hands.press_in("phone", ask).await;
    hands
        .did("user.password_link_made", "Hand over this link")
        .await;
    hands.press("Undo").await;
    hands
        .did("device.enabled", "“phone” is enabled again.")
        .await;

    hands.press("Disable all devices, or all but one…").await;
    hands.desk.tick("all but phone").await;
    hands.desk.fill("Reason", "as the test says").await;
    hands.press("Disable devices").await;
    let disabled =
        "SELECT array_agg(name ORDER BY name) FROM devices WHERE disabled_at IS NOT NULL";
    let names: Vec<String> = hands.server.scalar(disabled).await;
    assert_eq!(names, ["laptop", "tablet", "watch"]);
    hands.press("Undo").await;
    let names: Option<Vec<String>> = hands.server.scalar(disabled).await;
    assert_eq!(names, None);

    hands.press("Make a password link").await;
    hands
        .did("user.password_link_made", "Hand over this link")
        .await;
    hands.press("To the user").await;
    hands.press("Change name, e-mail or roles…").await;
    hands
        .desk
        .fill("E-mail (optional)", "ana@example.com")
        .await;
    hands.press("Save").await;
    hands.did("user.changed", "The changes are saved.").await;
    hands.says("ana@example.com").await;
}

/// The same with a device where the search has found it; it stays disabled.
async fn change_what_is_found(hands: &mut Hands<'_>) {
    let ask = "Disable and ask for a new password";
    let (disable, change) = ("Disable device", "Change the suspension");
    for (fold, button, (action, told)) in [
        (
            disable,
            disable,
            ("device.disabled", "“phone” is disabled."),
        ),
        (change, change, ("device.disabled", "as the test says")),
        (
            "Enable device",
            "Enable device",
            ("device.enabled", "“phone” is enabled again."),
        ),
        (
            disable,
            "Lost or stolen: disable",
            ("device.disabled", "“phone” is disabled."),
        ),
        (
            change,
            ask,
            ("user.password_link_made", "Hand over this link"),
        ),
    ] {
        hands.desk.fill("Search", "ana").await;
        hands.press("Search").await;
        hands.unfold_and_say_why("phone", fold).await;
        hands.press_in("phone", button).await;
        hands.did(action, told).await;
    }
}

/// Many at once, from the lists of devices and of tokens.
async fn change_many(hands: &mut Hands<'_>) {
    let count = "Count and show them";
    hands.press("Tokens").await;
    hands.press("Find").await;
    hands.press("Disable all that match…").await;
    hands.press("Back to the list").await;
    hands.press("Devices").await;
    hands.desk.choose("State", "disabled").await;
    hands.press("Find").await;
    assert!(!hands.desk.text().await.contains("tablet"));
    hands.press("Enable all that match…").await;
    hands.press("Disable many instead").await;
    hands.press(count).await;
    hands.desk.fill("Reason", "as the test says").await;
    hands.press("Disable all of them").await;
    hands.comes_to("bulk.done", 1).await;
    let act = hands.desk.path().await;
    hands.visit(&act).await;
    hands.act("", "Undo").await;
    hands.comes_to("bulk.undone", 1).await;
    hands.press("Bulk acts").await;
    hands.press("Devices").await;
    hands.desk.choose("State", "disabled").await;
    hands.press("Find").await;
    hands.press("Enable all that match…").await;
    hands.press(count).await;
    hands.desk.fill("Reason", "as the test says").await;
    hands.press("Enable all of them").await;
    hands.comes_to("bulk.done", 2).await;
    let disabled = "SELECT count(*) FROM devices WHERE disabled_at IS NOT NULL";
    assert_eq!(hands.server.scalar::<i64>(disabled).await, 0);
}

/// What is final for a user.
async fn end(hands: &mut Hands<'_>) {
    hands.press("Users").await;
    hands.download("CSV", "users.csv").await;
    hands.download("JSON", "users.json").await;
    hands.comes_to("server.exported", 2).await;
    hands.press("ana").await;
    hands.act("tablet", "End token for good").await;
    hands.did("token.ended", "has ended for good.").await;
    hands.act("phone", "End device for good").await;
    hands
        .did("device.ended", "“phone” is signed out for good.")
        .await;
    hands.act("", "Sign out everywhere").await;
    hands.did("user.ended", "is signed out everywhere.").await;
    hands.press("Delete…").await;
    hands.press("Delete user").await;
    hands.did("user.deleted", "The user is deleted.").await;
}

async fn change_clients(hands: &mut Hands<'_>) {
    let client = "ledger-api";
    hands.press("Clients").await;
    hands.press("New client").await;
    hands.desk.fill("Client id", client).await;
    hands.desk.tick("confidential: gets a secret").await;
    hands.press("Add client").await;
    hands.did("client.added", "Keep this secret").await;
    hands.press("To the clients").await;
    let disabled = "The client is disabled. It gets nothing more.";
    hands.act(client, "Disable client").await;
    hands.did("client.disabled", disabled).await;
    hands.act(client, "Change the suspension").await;
    hands.did("client.disabled", disabled).await;
    hands.act(client, "Enable client").await;
    hands
        .did("client.enabled", "The client is enabled again.")
        .await;
    hands.press_in(client, "Make a new secret…").await;
    hands.press_in(client, "Make a new secret").await;
    hands.did("client.secret_made", "Keep this secret").await;
}

/// So late that the password has to be typed again.
async fn change_keys(hands: &mut Hands<'_>) {
    hands.server.advance(10 * 60);
    let first = "SELECT kid FROM signing_keys ORDER BY created_at LIMIT 1";
    let first: String = hands.server.scalar(first).await;
    hands.press("Keys").await;
    hands.press("Rotate now").await;
    hands.desk.fill("Your password", PASSWORD).await;
    hands.press("Go on").await;
    hands
        .did("signing_key.rotated", "The next key signs from now on.")
        .await;
    hands.press_in(&first, "Take away…").await;
    hands.press_in(&first, "Take this key away").await;
    hands
        .did("signing_key.retired", "The key is taken away.")
        .await;
}

async fn look_up(hands: &mut Hands<'_>) {
    hands.press("Audit").await;
    hands.desk.choose("What", "user.deleted").await;
    hands.press("Find").await;
    assert!(hands.desk.path().await.contains("action=user.deleted"));
    hands.press("What was refused").await;
    hands.press("Find").await;
    hands.press("Why was this refused?").await;
    hands
        .desk
        .fill("Request id, refresh token or access token", "dwr_junk")
        .await;
    hands.press("Find out").await;
    hands.says("What to do:").await;
}

/// A new user's link, the own account, and out.
async fn sign_in_and_out(hands: &mut Hands<'_>) {
    hands.press("Users").await;
    hands.press("New user").await;
    hands.desk.fill("Username", "bea").await;
    hands.press("Create user").await;
    hands.did("user.created", "The user is created.").await;
    let link = hands.desk.value("Link").await;
    hands.press("Account").await;
    hands.says(" on Linux").await;
    for (label, text) in [
        ("Current password", PASSWORD),
        ("New password", NEW_PASSWORD),
        ("The same once more", NEW_PASSWORD),
    ] {
        hands.desk.fill(label, text).await;
    }
    hands.press("Change password").await;
    hands
        .did("user.password_changed", "Your password is changed.")
        .await;
    hands.press("End this session").await;
    assert_eq!(hands.desk.heading().await, "Sign in");
    hands.desk.fill("Username", "boss").await;
    hands.desk.fill("Password", NEW_PASSWORD).await;
    hands.press("Sign in").await;
    hands.press("Sign out").await;
    hands.did("user.panel_signed_out", "Sign in").await;
    hands
        .visit(link.strip_prefix("http://doorward.test").unwrap())
        .await;
    hands.desk.fill("New password", PASSWORD).await;
    hands.desk.fill("The same once more", PASSWORD).await;
    hands.press("Set password").await;
    assert_eq!(hands.desk.heading().await, "Your password is set");
    let bea = json!({ "username": "bea", "password": PASSWORD, "device": { "name": "phone" } });
    hands.server.post("/login", &bea).await.expect(200);
}

async fn do_everything(server: &Server, desk: Chromium) {
    let mut hands = Hands::on(server, desk);
    begin(&mut hands).await;
    let ana = server.user("ana").await;
    for device in ["phone", "tablet", "laptop", "watch"] {
        ana.sign_in(device).await;
    }
    change_user(&mut hands).await;
    change_what_is_found(&mut hands).await;
    change_many(&mut hands).await;
    end(&mut hands).await;
    change_clients(&mut hands).await;
    change_keys(&mut hands).await;
    look_up(&mut hands).await;
    sign_in_and_out(&mut hands).await;
    hands.have_done_everything();
}

#[tokio::test]
async fn everything_is_done_by_keyboard_alone() {
    let server = spawn().await;
    let desk = Chromium::open(&server).await;
    do_everything(&server, desk).await;
}

#[tokio::test]
async fn everything_is_done_by_keyboard_alone_without_script() {
    let server = spawn().await;
    let desk = Chromium::open(&server).await.without_script().await;
    do_everything(&server, desk).await;
}
