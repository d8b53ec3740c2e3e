//! All devices of a user are disabled in one act, or all but one, and it is taken back as a whole.

use serde_json::Value;

use super::undo::{act, notice, undo};
use crate::support::{Server, reply::Reply, spawn};

/// The devices' names with why they are disabled, by name.
async fn standing(server: &Server) -> Vec<(String, Option<String>)> {
    sqlx::query_as("SELECT name, disabled_reason FROM devices ORDER BY name")
        .fetch_all(&server.rows)
        .await
        .unwrap()
}

fn told(events: &[Value], action: &str) -> Vec<(String, String)> {
    let of = events.iter().filter(|event| event["action"] == action);
    let mut told: Vec<_> = of
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            (text("request_id"), text("reason"))
        })
        .collect();
    told.dedup();
    told
}

#[tokio::test]
async fn all_devices_are_disabled_and_exactly_these_are_enabled_again() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let mut elsewhere = ben.sign_in("Ben's").await;
    let mut phone = ana.sign_in("phone").await;
    let tablet = ana.sign_in("tablet").await;
    let mut laptop = ana.sign_in("laptop").await;
    let old = ana.sign_in("old").await;
    let disable = format!("/admin/devices/{}/disable", old.device_id);
    act(&mut desk, &disable, "lost long ago").await;

    let user = format!("/admin/users/{}", ana.id);
    let page = desk.get(&user).await.expect(200);
    assert!(
        page.text
            .contains("</bdi>&#39;s three devices get nothing more within a second, but")
    );
    assert!(page.text.contains("all but <bdi>tablet</bdi>"));
    assert!(
        !page.text.contains("all but <bdi>old</bdi>"),
        "it is disabled"
    );
    let page = act(&mut desk, &format!("{user}/devices/disable"), "bag stolen").await;
    assert_eq!(
        notice(&page),
        "ana: three devices are disabled. ana is signed in on no other device."
    );
    for phone in [&mut phone, &mut laptop] {
        phone
            .refresh()
            .await
            .refused(400, "invalid_grant", "device_disabled");
    }
    Reply::of(tablet.request("GET", "/test_jwt"))
        .await
        .expect(401);
    elsewhere.refresh().await.expect(200);
    let events = server.events().await;
    let disabled = events
        .iter()
        .filter(|event| event["reason"] == "bag stolen");
    assert_eq!(disabled.count(), 3, "one event for each device");
    assert_eq!(told(&events, "device.disabled").len(), 2, "and one act");

    // What was changed since is not enabled along, nor what was disabled before.
    let again = format!("/admin/devices/{}/disable", tablet.device_id);
    let back = undo(&page).unwrap();
    server.advance(1);
    act(&mut desk, &again, "really lost").await;
    let page = act(&mut desk, &back, "undone").await;
    assert_eq!(
        notice(&page),
        "ana: two devices are enabled again. ana is signed in on no other device."
    );
    assert!(undo(&page).is_none());
    phone.refresh().await.expect(200);
    laptop.refresh().await.expect(200);
    let reason = |reason: &str| Some(reason.to_owned());
    assert_eq!(
        standing(&server).await,
        [
            ("Ben's".to_owned(), None),
            ("laptop".to_owned(), None),
            ("old".to_owned(), reason("lost long ago")),
            ("phone".to_owned(), None),
            ("tablet".to_owned(), reason("really lost")),
        ]
    );
    assert_eq!(told(&server.events().await, "device.enabled").len(), 1);
    // Once more is no error, and changes nothing.
    let before = server.actions().await;
    act(&mut desk, &back, "undone").await;
    assert_eq!(server.actions().await, before);
}

#[tokio::test]
async fn one_device_is_left_and_an_end_is_chosen() {
    let server = spawn().await;
    let mut desk = server.browser("desk", &["support"]).await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let foreign = ben.sign_in("Ben's").await;
    let mut phone = ana.sign_in("phone").await;
    let mut tablet = ana.sign_in("tablet").await;
    let mut laptop = ana.sign_in("laptop").await;
    let user = format!("/admin/users/{}", ana.id);
    let path = format!("{user}/devices/disable");

    // Nothing without a reason; what was chosen is kept, in this form and no other.
    let before = server.actions().await;
    let fields = [
        ("reason", " "),
        ("but", tablet.device_id.as_str()),
        ("lasts", "week"),
    ];
    let page = desk.post(&path, &fields).await.expect(422);
    assert_eq!(page.text.matches("Say why:").count(), 1);
    let kept = format!("value=\"{}\" checked", tablet.device_id);
    assert!(page.text.contains(&kept), "{}", page.text);
    assert!(page.text.contains("value=\"week\" checked"));
    // Not by another's device, nor by what is none.
    for but in [foreign.device_id.as_str(), "tablet", &ana.id.to_string()] {
        let fields = [("reason", "stolen"), ("but", but)];
        desk.post(&path, &fields).await.expect(404);
    }
    assert_eq!(server.actions().await, before);

    let fields = [
        ("reason", "stolen"),
        ("but", tablet.device_id.as_str()),
        ("lasts", "hour"),
    ];
    let done = desk.post(&path, &fields).await.expect(303);
    let page = desk.get(done.header("location")).await.expect(200);
    let until = server.clock.now() + chrono::TimeDelta::hours(1);
    let said = format!(
        "ana: two devices are disabled until {}. ana's one other device stays signed in.",
        until.format("%Y-%m-%d %H:%M UTC")
    );
    assert_eq!(notice(&page), said);
    tablet.refresh().await.expect(200);
    for phone in [&mut phone, &mut laptop] {
        phone
            .refresh()
            .await
            .refused(400, "invalid_grant", "device_disabled");
    }
    act(&mut desk, &undo(&page).unwrap(), "undone").await;
    phone.refresh().await.expect(200);
}

#[tokio::test]
async fn only_who_may_does_it_and_only_by_our_form() {
    let server = spawn().await;
    let mut boss = server.browser("boss", &["admin"]).await;
    let mut support = server.browser("support", &["support"]).await;
    let mut auditor = server.browser("auditor", &["auditor"]).await;
    let staff = server.user_with_roles("staff", &["auditor"]).await;
    let ana = server.user("ana").await;
    for user in [&staff, &ana] {
        user.sign_in("phone").await;
        user.sign_in("tablet").await;
    }
    let form = "Disable all devices, or all but one";
    let path = |user: doorward::ids::UserId| format!("/admin/users/{user}/devices/disable");
    let why = [("reason", "stolen")];
    let before = server.actions().await;
    for (browser, user) in [(&mut auditor, ana.id), (&mut support, staff.id)] {
        let page = browser.get(&format!("/admin/users/{user}")).await;
        assert!(!page.expect(200).text.contains(form));
        browser.post(&path(user), &why).await.expect(403);
    }
    for (browser, user) in [(&mut support, ana.id), (&mut boss, staff.id)] {
        let page = browser.get(&format!("/admin/users/{user}")).await;
        assert!(page.expect(200).text.contains(form));
    }
    Reply::of(support.request("POST", &path(ana.id)).form(&why))
        .await
        .expect(403);
    assert_eq!(server.actions().await, before);

    // What an administrator did, support does not take back; the form is gone, for there is nothing to disable.
    let page = act(&mut boss, &path(ana.id), "stolen").await;
    assert!(!page.text.contains(form));
    let back = undo(&page).unwrap();
    let undone = [("reason", "undone")];
    auditor.post(&back, &undone).await.expect(403);
    support.post(&back, &undone).await.expect(403);
    Reply::of(boss.request("POST", &back).form(&undone))
        .await
        .expect(403);
    boss.post(&back, &[]).await.expect(422);
    let still = "SELECT count(*) FROM devices WHERE disabled_at IS NOT NULL";
    assert_eq!(server.scalar::<i64>(still).await, 2);
    // By another request's id, or on another user's page, nothing comes back.
    for elsewhere in [
        back.replace(&ana.id.to_string(), &staff.id.to_string()),
        format!("{}/nothing", back.rsplit_once('/').unwrap().0),
    ] {
        boss.post(&elsewhere, &undone).await.expect(303);
    }
    assert_eq!(server.scalar::<i64>(still).await, 2);
}
