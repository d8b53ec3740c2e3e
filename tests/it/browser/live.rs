//! Lists that change in place, and pages that follow what happens elsewhere: with script. Without it the same links
//! and forms lead to the same pages.

use serde_json::{Value, json};

use super::scenes::busy;
use crate::support::{PASSWORD, Server, chromium::Chromium, phone::Phone, spawn, wait};

pub(super) async fn sign_in(desk: &Chromium) {
    desk.visit("/admin/login").await;
    desk.fill("Username", "boss").await;
    desk.fill("Password", PASSWORD).await;
    desk.press("Sign in").await;
}

/// A window of an administrator.
pub(super) async fn desk(server: &Server) -> Chromium {
    server.user_with_roles("boss", &["admin"]).await;
    let desk = Chromium::open(server).await;
    sign_in(&desk).await;
    desk
}

/// Opens a page and leaves a mark that is gone when it is loaded anew; it follows what happens.
pub(super) async fn open(desk: &Chromium, path: &str) {
    desk.visit(path).await;
    desk.execute("window.mark = 'here'").await;
    indicates(desk, "Live").await;
}

pub(super) async fn is_the_same_page(desk: &Chromium) {
    assert_eq!(desk.execute("return window.mark").await, "here");
}

async fn indicates(desk: &Chromium, words: &str) {
    wait::until(words, async || {
        let text = "return document.getElementById('live').innerText";
        (desk.execute(text).await == words).then_some(())
    })
    .await;
}

/// Waits until a script of the test's own says true.
pub(super) async fn shows(desk: &Chromium, script: &str) {
    wait::until(script, async || {
        (desk.execute(script).await == true).then_some(())
    })
    .await;
}

pub(super) async fn disable(administrator: &Phone<'_>, phone: &Phone<'_>) {
    let path = format!("/devices/{}/disable", phone.device_id);
    administrator.post(&path, &json!({})).await.expect(200);
}

#[tokio::test]
async fn what_is_done_elsewhere_shows_in_an_open_list_and_what_is_unfolded_stays() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let ana = server.user("ana").await;
    let mut phones = Vec::new();
    for n in 0..30 {
        phones.push(ana.sign_in(&format!("phone {n}")).await);
    }
    let desk = desk(&server).await;
    open(&desk, "/admin/devices").await;
    let row = format!("document.getElementById('{}')", phones[10].device_id);
    desk.execute(&format!(
        "{row}.querySelector('a').focus(); scrollTo(0, 300)"
    ))
    .await;
    let state = format!("return {row}.querySelector('.badge').textContent === 'disabled'");
    assert_eq!(desk.execute(&state).await, false);
    disable(&administrator, &phones[10]).await;
    shows(&desk, &state).await;
    is_the_same_page(&desk).await;
    let still = format!("return scrollY === 300 && {row}.contains(document.activeElement)");
    assert_eq!(desk.execute(&still).await, true);

    open(&desk, "/admin/audit").await;
    let event = "document.querySelector('tbody tr')";
    let unfolded = desk
        .execute(&format!(
            "{event}.querySelector('details').open = true; return {event}.id"
        ))
        .await;
    disable(&administrator, &phones[11]).await;
    shows(&desk, &format!("return {event}.id !== {unfolded}")).await;
    let open = format!("return document.getElementById({unfolded}).querySelector('details').open");
    assert_eq!(desk.execute(&open).await, true);
    is_the_same_page(&desk).await;
}

#[tokio::test]
async fn a_form_that_was_touched_is_left_alone() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let ana = server.user("ana").await;
    let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let desk = desk(&server).await;
    open(&desk, &format!("/admin/users/{}", ana.id)).await;
    desk.press_in_sheet("phone", "Disable device…").await;
    desk.fill("Reason", "left in a").await;
    let sheet = |of: &Phone<'_>| format!("document.getElementById('device-{}')", of.device_id);
    for of in [&tablet, &phone] {
        disable(&administrator, of).await;
        let disabled = format!(
            "return {}.querySelector('.badge').textContent.startsWith('disabled')",
            sheet(of)
        );
        shows(&desk, &disabled).await;
    }
    desk.type_anywhere(" taxi").await;
    assert_eq!(desk.value("Reason").await, "left in a taxi");
    is_the_same_page(&desk).await;
}

#[tokio::test]
async fn the_indicator_says_when_the_stream_is_cut_and_when_the_session_is_over() {
    let server = spawn().await;
    let desk = desk(&server).await;
    open(&desk, "/admin/users").await;
    // What is open stays open for a window that is cut off, until the server lets go.
    desk.cut(true).await;
    server
        .execute("UPDATE admin_sessions SET expires_at = created_at")
        .await;
    indicates(&desk, "Reconnecting…").await;
    server
        .execute("UPDATE admin_sessions SET expires_at = created_at + interval '8 hours'")
        .await;
    server.user("zora").await;
    desk.cut(false).await;
    indicates(&desk, "Live").await;
    shows(&desk, "return document.body.innerText.includes('zora')").await;
    is_the_same_page(&desk).await;
    server
        .execute("UPDATE admin_sessions SET expires_at = created_at")
        .await;
    indicates(&desk, "Signed out").await;
    assert_eq!(desk.path().await, "/admin/users");
    // What somebody asks for leads to the sign-in, as ever.
    desk.press("Username").await;
    assert_eq!(desk.heading().await, "Sign in");
    sign_in(&desk).await;
    desk.visit("/admin/keys").await;
    assert_eq!(
        desk.execute("return document.getElementById('live').hidden")
            .await,
        true
    );
}

/// Pages, sorts and narrows a list down; what the last page but one says.
async fn walk(desk: &Chromium, with_script: bool) {
    let pressed = "return document.activeElement.innerText";
    let first = "return document.querySelector('tbody a').innerText";
    desk.press("Created").await;
    assert_eq!(desk.path().await, "/admin/users?sort=-created");
    assert_eq!(desk.execute(first).await, "user-69");
    let sorted = "return document.querySelector('[aria-sort]').innerText";
    assert_eq!(desk.execute(sorted).await, "Created");
    if with_script {
        assert_eq!(desk.execute(pressed).await, "Created");
    }
    desk.press("Created").await;
    assert_eq!(desk.path().await, "/admin/users?sort=created");
    desk.press("Next page").await;
    assert!(
        desk.path()
            .await
            .starts_with("/admin/users?sort=created&cursor=")
    );
    assert_eq!(desk.execute(first).await, "user-59");
    if with_script {
        assert_eq!(desk.execute(pressed).await, "Previous page");
        let told = desk.execute("return document.getElementById('told').innerText");
        assert_eq!(told.await, "11 shown, from user-59 to user-69");
    }
    desk.execute("history.back()").await;
    wait::until("the page before", async || {
        (desk.execute(first).await == "boss").then_some(())
    })
    .await;
    desk.fill("Name, e-mail or id", "user-1").await;
    desk.press("Find").await;
    assert!(desk.path().await.contains("query=user-1"));
    assert_eq!(desk.execute(first).await, "user-10");
    if with_script {
        assert_eq!(desk.execute(pressed).await, "Find");
        is_the_same_page(desk).await;
    }
    desk.press("Show all").await;
    assert_eq!(desk.value("Name, e-mail or id").await, "");
}

#[tokio::test]
async fn lists_are_paged_sorted_and_narrowed_down_in_place_and_the_keyboard_stays() {
    let server = spawn().await;
    server.user_with_roles("boss", &["admin"]).await;
    let users = "INSERT INTO users (id, username, created_at)
        SELECT ('ffff0000-0000-7000-8000-0000000000' || n)::uuid, 'user-' || n, '2031-01-01'::timestamptz + n * interval '1 day'
        FROM generate_series(10, 69) AS n";
    server.execute(users).await;
    let desk = Chromium::open(&server).await.by_keyboard();
    sign_in(&desk).await;
    desk.visit("/admin/users").await;
    desk.execute("window.mark = 'here'").await;
    walk(&desk, true).await;
    assert_eq!(
        desk.execute("return window.mark").await,
        Value::from("here")
    );

    let plain = Chromium::open(&server).await.without_script().await;
    sign_in(&plain).await;
    plain.visit("/admin/users").await;
    walk(&plain, false).await;
}

#[tokio::test]
async fn a_bar_says_what_the_table_below_it_says() {
    let server = spawn().await;
    busy(&server).await;
    let desk = desk(&server).await;
    open(&desk, "/admin").await;
    // In a slot with two parts, and after slots without any.
    let said = "const bars = document.querySelectorAll('.plot rect'), told = [];
        for (const bar of bars) {
            bar.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
            told.push(bar.textContent);
        }
        return told;";
    let said = desk.execute(said).await;
    let said = said.as_array().unwrap();
    assert!(said.len() > 200, "{}", said.len());
    let of_table = "return [...document.querySelectorAll('.chart')].flatMap(chart => {
        const heads = [...chart.querySelectorAll('th')].map(head => head.textContent);
        const lines = [...chart.querySelectorAll('tbody tr')].map(line => [...line.cells].map(it => it.textContent));
        return heads.slice(1).flatMap((_, part) => lines.filter(line => line[part + 1] !== '0')
            .map(line => line.map((it, at) => at ? `${heads[at]}: ${it}` : it).join(', ')));
    });";
    assert_eq!(*said, *desk.execute(of_table).await.as_array().unwrap());
}
