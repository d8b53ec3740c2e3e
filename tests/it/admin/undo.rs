//! Every act has its reason, says what it did, and can be taken back.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

use crate::support::{PASSWORD, browser::Browser, reply::Reply, spawn};

/// The text of the notice, without its tags.
pub fn notice(page: &Reply) -> String {
    let Some((_, after)) = page.text.split_once("class=\"notice\"") else {
        return String::new();
    };
    let (text, mut inside) = (after.split("</p>").next().unwrap(), true);
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    plain.replace("&#39;", "'").trim().to_owned()
}

/// What the notice's button posts to.
pub fn undo(page: &Reply) -> Option<String> {
    let (before, _) = page.text.split_once(">Undo</button>")?;
    let form = before.rsplit("action=\"").next().unwrap();
    Some(form.split('"').next().unwrap().to_owned())
}

/// Does something, and follows to the page that tells of it.
pub async fn act(desk: &mut Browser<'_>, path: &str, reason: &str) -> Reply {
    let done = desk.post(path, &[("reason", reason)]).await.expect(303);
    desk.get(done.header("location")).await.expect(200)
}

#[tokio::test]
async fn what_was_done_is_told_by_name_and_taken_back_by_one_press() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("<b>Ana's</b> phone").await;
    ana.sign_in("tablet").await;
    let mut laptop = ana.sign_in("laptop").await;
    let path = format!("/admin/devices/{}", phone.device_id);

    let page = act(&mut desk, &format!("{path}/disable"), "stolen").await;
    let said =
        "“&#60;b&#62;Ana's&#60;/b&#62; phone” is disabled. ana's two other devices stay signed in.";
    assert_eq!(notice(&page), said);
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "device_disabled");
    laptop.refresh().await.expect(200);

    // Back, and back again.
    let back = undo(&page).unwrap();
    assert_eq!(back, format!("{path}/enable"));
    assert!(page.text.contains("name=\"reason\" value=\"undone\""));
    let page = act(&mut desk, &back, "undone").await;
    let said = "“&#60;b&#62;Ana's&#60;/b&#62; phone” is enabled again. ana's two other devices stay signed in.";
    assert_eq!(notice(&page), said);
    phone.refresh().await.expect(200);
    let back = undo(&page).unwrap();
    assert_eq!(back, format!("{path}/disable"));
    // For the reason that it was.
    assert!(page.text.contains("name=\"reason\" value=\"stolen\""));
    let page = act(&mut desk, &back, "stolen").await;
    assert!(undo(&page).is_some());
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "device_disabled");

    // What was disabled before is not enabled by taking a change back.
    let page = act(&mut desk, &format!("{path}/disable"), "found and lost").await;
    assert!(notice(&page).contains("is disabled.") && undo(&page).is_none());
    let page = act(&mut desk, &format!("{path}/end"), "gone").await;
    assert!(notice(&page).contains("is signed out for good."));
    assert!(undo(&page).is_none(), "an end is final");

    let events = server.events().await.into_iter();
    let told: Vec<(String, String)> = events
        .filter(|event| event["subject_kind"] == "device")
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            (text("action"), text("reason"))
        })
        .collect();
    let told: Vec<_> = told.iter().map(|(a, r)| (a.as_str(), r.as_str())).collect();
    let expected = [
        ("device.disabled", "stolen"),
        ("device.enabled", "undone"),
        ("device.disabled", "stolen"),
        ("device.disabled", "found and lost"),
        ("device.ended", "gone"),
    ];
    assert_eq!(told, expected);
    let reason: String = server
        .scalar("SELECT disabled_reason FROM devices WHERE disabled_at IS NOT NULL")
        .await;
    assert_eq!(reason, "found and lost");
}

/// The value of a hidden field in the notice's form.
fn hidden(page: &Reply, name: &str) -> Option<String> {
    let (_, notice) = page.text.split_once("class=\"notice\"")?;
    let form = notice.split("</form>").next().unwrap();
    let (_, value) = form.split_once(&format!("name=\"{name}\" value=\""))?;
    Some(value.split('"').next().unwrap().to_owned())
}

#[tokio::test]
async fn what_was_enabled_by_mistake_is_disabled_until_when_and_why_it_was() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    for (what, id) in [
        ("user", ana.id.to_string()),
        ("device", phone.device_id.clone()),
        ("token", phone.grant_id()),
    ] {
        let path = format!("/admin/{what}s/{id}");
        let table = if what == "token" {
            "refresh_tokens".to_owned()
        } else {
            format!("{what}s")
        };
        let suspension = async || -> Option<(Option<DateTime<Utc>>, Option<String>)> {
            let sql = AssertSqlSafe(format!(
                "SELECT disabled_until, disabled_reason FROM {table} WHERE disabled_at IS NOT NULL"
            ));
            let found = sqlx::query_as(sql).fetch_optional(&server.rows).await;
            found.unwrap()
        };
        let fields = [("reason", "on leave"), ("lasts", "hour")];
        let disable = format!("{path}/disable");
        desk.post(&disable, &fields).await.expect(303);
        let was = suspension().await.unwrap();
        assert!(was.0.is_some(), "{what}");
        server.advance(60);
        let page = act(&mut desk, &format!("{path}/enable"), "a mistake").await;
        assert_eq!(suspension().await, None);

        let (reason, until) = (hidden(&page, "reason"), hidden(&page, "until"));
        let (reason, until) = (reason.unwrap(), until.unwrap());
        assert_eq!(undo(&page).as_deref(), Some(disable.as_str()));
        let fields = [("reason", reason.as_str()), ("until", until.as_str())];
        desk.post(&disable, &fields).await.expect(303);
        assert_eq!(suspension().await.unwrap(), was, "{what}");

        // Not once it would be over, and without an end where there was none.
        let page = act(&mut desk, &format!("{path}/enable"), "a mistake").await;
        assert!(undo(&page).is_some());
        server.advance(3600);
        let done = server.events().await;
        let request = done.last().unwrap()["request_id"].as_str().unwrap();
        let link = format!("/admin/users/{}?done={request}", ana.id);
        desk.try_sign_in("boss", PASSWORD).await.expect(303);
        let page = desk.get(&link).await.expect(200);
        assert!(undo(&page).is_none(), "{what}");
        act(&mut desk, &disable, "for good").await;
        let page = act(&mut desk, &format!("{path}/enable"), "a mistake").await;
        assert_eq!(hidden(&page, "until"), None);
        assert_eq!(hidden(&page, "reason").as_deref(), Some("for good"));
    }
}

#[tokio::test]
async fn users_and_tokens_are_told_of_alike() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let user = format!("/admin/users/{}", ana.id);
    let page = act(&mut desk, &format!("{user}/disable"), "left").await;
    assert_eq!(
        notice(&page),
        "ana is disabled. ana is signed in on no device."
    );
    act(&mut desk, &undo(&page).unwrap(), "undone").await;
    let phone = ana.sign_in("phone").await;
    let token = format!("/admin/tokens/{}", phone.grant_id());
    let page = act(&mut desk, &format!("{token}/disable"), "odd").await;
    assert_eq!(
        notice(&page),
        "The token on “phone” is disabled. ana is signed in on no other device."
    );
    act(&mut desk, &undo(&page).unwrap(), "undone").await;
    ana.sign_in("tablet").await;
    let page = desk.get(&user).await.expect(200);
    assert!(
        page.text
            .contains("</bdi>&#39;s two devices get nothing more within a second.")
    );
    let page = act(&mut desk, &format!("{user}/disable"), "left").await;
    assert_eq!(
        notice(&page),
        "ana is disabled. ana's two devices get nothing more."
    );
    // And of a device of somebody who is disabled.
    let path = format!("/admin/devices/{}/disable", phone.device_id);
    let page = act(&mut desk, &path, "lost as well").await;
    assert!(
        notice(&page).ends_with("ana is disabled: no device of this user gets anything."),
        "{}",
        notice(&page)
    );
}

#[tokio::test]
async fn nobody_puts_words_on_our_page_by_a_link() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let mut other = server.browser("other", &["admin"]).await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let phone = ana.sign_in("phone").await;
    let path = format!("/admin/devices/{}", phone.device_id);
    let fields = [("reason", "stolen")];
    let done = desk.post(&format!("{path}/disable"), &fields).await;
    let link = done.expect(303).header("location").to_owned();
    let (at, request) = link.split_once("?done=").unwrap();
    assert_eq!(at, format!("/admin/users/{}", ana.id));
    assert!(!notice(&desk.get(&link).await).is_empty());

    // To nobody but who did it, not on another page, not for another id, not when it no longer is so.
    let event: uuid::Uuid = server
        .scalar("SELECT id FROM audit_events WHERE action = 'device.disabled'")
        .await;
    assert_eq!(notice(&other.get(&link).await.expect(200)), "");
    for elsewhere in [
        format!("/admin/users/{}?done={request}", ben.id),
        format!("{at}?done={}", phone.device_id),
        format!("{at}?done={event}"),
        format!("{at}?done=device-disabled"),
        format!("{at}?done=%3Cb%3EAll+is+lost"),
    ] {
        let page = desk.get(&elsewhere).await.expect(200);
        assert_eq!(notice(&page), "", "{elsewhere}");
        assert!(undo(&page).is_none());
    }
    let found = [("reason", "found")];
    other
        .post(&format!("{path}/enable"), &found)
        .await
        .expect(303);
    assert_eq!(notice(&desk.get(&link).await.expect(200)), "");
}

#[tokio::test]
async fn only_who_may_takes_back_and_only_by_our_form() {
    let server = spawn().await;
    let mut boss = server.browser("boss", &["admin"]).await;
    let mut support = server.browser("support", &["support"]).await;
    let mut auditor = server.browser("auditor", &["auditor"]).await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let path = format!("/admin/devices/{}", phone.device_id);
    let page = act(&mut support, &format!("{path}/disable"), "stolen").await;
    let back = undo(&page).unwrap();
    let undone = [("reason", "undone")];

    auditor.post(&back, &undone).await.expect(403);
    Reply::of(support.request("POST", &back).form(&undone))
        .await
        .expect(403);
    let foreign = [("reason", "undone"), ("csrf", boss.csrf.as_str())];
    Reply::of(support.request("POST", &back).form(&foreign))
        .await
        .expect(403);
    let still: bool = server
        .scalar("SELECT disabled_at IS NOT NULL FROM devices")
        .await;
    assert!(still);
    support.post(&back, &undone).await.expect(303);

    // What an administrator did, support does not take back.
    act(&mut boss, &format!("{path}/disable"), "stolen").await;
    support.post(&back, &undone).await.expect(403);
    let page = support.get(&format!("/admin/users/{}", ana.id)).await;
    assert!(!page.text.contains(&back));
    let by: String = server.scalar("SELECT disabled_by_kind FROM devices").await;
    assert_eq!(by, "admin");
}

#[tokio::test]
async fn nothing_is_done_without_a_reason_and_what_was_typed_is_kept() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let places = [
        ("device", format!("/admin/devices/{}", phone.device_id)),
        ("token", format!("/admin/tokens/{}", phone.grant_id())),
        ("user", format!("/admin/users/{}", ana.id)),
    ];
    let before = server.actions().await;
    for (what, place) in &places {
        for verb in ["disable", "end"] {
            for reason in ["", "  "] {
                let fields = [("reason", reason), ("lasts", "week"), ("until", "")];
                let page = desk.post(&format!("{place}/{verb}"), &fields).await;
                let page = page.expect(422);
                assert!(page.text.contains("Say why:"), "{}", page.text);
                let beside = page.text.split("id=\"").find(|part| {
                    part.starts_with(what)
                        && part.contains("role=\"alert\"")
                        && part.split('"').next().unwrap().ends_with("-reason-fault")
                });
                assert!(beside.is_some(), "{what} {verb}: {}", page.text);
                let kept = "value=\"week\" checked";
                assert_eq!(page.text.contains(kept), verb == "disable");
            }
        }
    }
    let lost = format!("{}/lost", places[0].1);
    desk.post(&lost, &[("reason", " ")]).await.expect(422);
    assert_eq!(server.actions().await, before);

    // To enable, it is needed as well.
    for (_, place) in &places {
        act(&mut desk, &format!("{place}/disable"), "odd").await;
    }
    let before = server.actions().await;
    for (_, place) in &places {
        let page = desk.post(&format!("{place}/enable"), &[]).await.expect(422);
        assert!(page.text.contains("Say why:"));
    }
    assert_eq!(server.actions().await, before);
}

#[tokio::test]
async fn an_end_is_chosen_by_one_press_or_typed() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let disable = format!("/admin/devices/{}/disable", phone.device_id);
    let lasts = "SELECT disabled_until FROM devices";
    let now = server.clock.now();
    let midnight = now.date_naive().succ_opt().unwrap();
    let midnight = midnight.and_hms_opt(0, 0, 0).unwrap().and_utc();
    let typed = now + chrono::TimeDelta::days(100);
    let text = typed.format("%Y-%m-%dT%H:%M:%S").to_string();
    for (choice, time, end) in [
        ("enabled", "", None),
        ("hour", "", Some(now + chrono::TimeDelta::hours(1))),
        ("today", "", Some(midnight)),
        ("week", "", Some(now + chrono::TimeDelta::days(7))),
        ("time", text.as_str(), Some(typed)),
        ("enabled", text.as_str(), Some(typed)),
    ] {
        let fields = [("usual", "Lost or stolen"), ("reason", "")];
        let until = [("lasts", choice), ("until", time)];
        let fields = [&fields[..], &until].concat();
        let done = desk.post(&disable, &fields).await.expect(303);
        let set: Option<chrono::DateTime<chrono::Utc>> = server.scalar(lasts).await;
        assert_eq!(set, end, "{choice} {time}");
        if let Some(end) = end {
            let page = desk.get(done.header("location")).await;
            let said = format!("is disabled until {}.", end.format("%Y-%m-%d %H:%M UTC"));
            assert!(notice(&page).contains(&said), "{}", notice(&page));
        }
    }
    let reason: String = server.scalar("SELECT disabled_reason FROM devices").await;
    assert_eq!(reason, "Lost or stolen");
    for (choice, time) in [("hour", text.as_str()), ("time", ""), ("ever", "")] {
        let fields = [("reason", "kept"), ("lasts", choice), ("until", time)];
        let page = desk.post(&disable, &fields).await.expect(422);
        assert!(page.text.contains("-until-fault") && page.text.contains("value=\"kept\""));
    }
}
