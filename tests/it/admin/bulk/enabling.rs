//! Enabling many at once, and taking that back: each is disabled again as it was.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{by_hand, events, fact, look, shown, undo, why};
use crate::support::{browser::Browser, phone::Phone, reply::Reply, spawn, wait};

async fn enable(desk: &mut Browser<'_>, path: &str, reason: &str) -> Reply {
    let path = format!("{path}/enable");
    desk.post(&path, &[("reason", reason)]).await
}

/// What the audit log and the list say of an act that has enabled three of four devices.
async fn is_told_as_enabling(desk: &mut Browser<'_>, path: &str) {
    let each = events(desk.server, path, "device.enabled").await;
    assert_eq!(each.len(), 3);
    assert_eq!(each[0]["reason"], "checked");
    let done = &events(desk.server, path, "bulk.done").await[0]["details"];
    assert_eq!((&done["found"], &done["enabled"]), (&4.into(), &3.into()));
    let begun = &events(desk.server, path, "bulk.begun").await[0]["details"];
    assert_eq!(begun["enables"], "device");
    let list = desk.get("/admin/bulk").await.expect(200);
    assert!(list.text.contains("3 devices enabled"));
}

/// A device's suspension but for its beginning.
async fn suspension(phone: &Phone<'_>) -> (Option<DateTime<Utc>>, Option<String>, Value) {
    let sql =
        "SELECT disabled_until, disabled_reason, jsonb_build_array(disabled_by, disabled_by_kind)
               FROM devices WHERE id = $1 AND disabled_at IS NOT NULL";
    let id = Uuid::parse_str(&phone.device_id).unwrap();
    let found = sqlx::query_as(sql).bind(id);
    found.fetch_one(&phone.server.rows).await.unwrap()
}

#[tokio::test]
async fn what_was_found_is_enabled_and_disabled_again_to_the_row() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let mut support = server.browser("support", &["support"]).await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let (laptop, watch) = (ana.sign_in("laptop").await, ben.sign_in("watch").await);
    let (touched, open) = (ben.sign_in("touched").await, ben.sign_in("open").await);
    let path = format!("/admin/devices/{}/disable", phone.device_id);
    let fields = [("reason", "A recall"), ("lasts", "week")];
    support.post(&path, &fields).await.expect(303);
    for (phone, reason) in [
        (&tablet, "the recall"),
        (&laptop, "recalled"),
        (&touched, "a recall"),
        (&watch, "stolen"),
    ] {
        by_hand(&mut desk, phone, "disable", reason).await;
    }
    let was = (suspension(&phone).await, suspension(&tablet).await);
    assert!(was.0.0.is_some());
    server.advance(60);

    let asked = [
        ("verb", "enable"),
        ("what", "devices"),
        ("reason", "recall"),
    ];
    let path = look(&mut desk, &asked).await;
    assert_eq!(fact(&mut desk, &path, "Found").await, "4 devices");
    let told = "reason has “recall”";
    assert_eq!(fact(&mut desk, &path, "Looked for").await, told);
    let page = desk.get(&path).await;
    assert!(page.text.contains("Enable 4 devices?") && !page.text.contains("<bdi>watch</bdi>"));
    // It is for enabling alone, and for whoever has looked.
    let disable = format!("{path}/disable");
    desk.post(&disable, &[("reason", "x")]).await.expect(404);
    enable(&mut support, &path, "x").await.expect(403);
    enable(&mut desk, &path, " ").await.expect(422);

    // One is disabled anew in between: that suspension is not the one that was found.
    by_hand(&mut desk, &laptop, "enable", "found").await;
    by_hand(&mut desk, &laptop, "disable", "stolen").await;
    enable(&mut desk, &path, "checked").await.expect(303);
    assert_eq!(fact(&mut desk, &path, "Enabled").await, "3");
    assert_eq!(why(&laptop).await.as_deref(), Some("stolen"));
    assert_eq!(why(&watch).await.as_deref(), Some("stolen"));
    phone.refresh().await.expect(200);
    tablet.refresh().await.expect(200);
    shown(&server, &phone).await.expect(200);
    is_told_as_enabling(&mut desk, &path).await;

    // What somebody has disabled and enabled since is meant to be enabled.
    by_hand(&mut desk, &touched, "disable", "lost").await;
    by_hand(&mut desk, &touched, "enable", "found").await;
    undo(&mut support, &path).await.expect(403);
    undo(&mut desk, &path).await.expect(303);
    assert_eq!(fact(&mut desk, &path, "Disabled again").await, "2");
    assert_eq!((suspension(&phone).await, suspension(&tablet).await), was);
    for phone in [&phone, &tablet] {
        let refused = phone.present(&phone.refresh_token).await;
        refused.refused(400, "invalid_grant", "device_disabled");
        let refused = shown(&server, phone).await;
        refused.refused(401, "invalid_token", "device_disabled");
    }
    assert_eq!(why(&touched).await, None);
    assert_eq!(why(&open).await, None);
    assert_eq!(why(&laptop).await.as_deref(), Some("stolen"));
    let each = events(&server, &path, "device.disabled").await;
    let mut untils: Vec<_> = each
        .iter()
        .map(|it| it["details"]["until"].is_null())
        .collect();
    untils.sort_unstable();
    assert_eq!(untils, [false, true], "each with its own end");
    assert_eq!(each[0]["reason"], "a mistake");
    let undone = &events(&server, &path, "bulk.undone").await[0]["details"];
    assert_eq!(
        (&undone["enabled"], &undone["disabled"]),
        (&3.into(), &2.into())
    );
    let page = desk.get(&path).await;
    assert!(page.text.contains("disabled again") && page.text.contains("left alone"));
    // Support may end what support began, again.
    by_hand(&mut support, &phone, "enable", "checked").await;
}

#[tokio::test]
async fn what_is_disabled_is_found_by_whom_and_when() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let mut support = server.browser("support", &["support"]).await;
    let ana = server.user("ana").await;
    let staff = server.user_with_roles("staff", &["auditor"]).await;
    let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let staffs = staff.sign_in("phone").await;
    by_hand(&mut desk, &phone, "disable", "by the boss").await;
    by_hand(&mut support, &tablet, "disable", "by support").await;
    by_hand(&mut desk, &staffs, "disable", "by the boss").await;
    let half = (server.clock.now() + chrono::TimeDelta::minutes(1))
        .format("%Y-%m-%dT%H:%M")
        .to_string();
    server.advance(120);
    let other = ana.sign_in("other").await;
    by_hand(&mut desk, &other, "disable", "late").await;
    server
        .execute("UPDATE devices SET disabled_by = NULL, disabled_by_kind = 'system' WHERE disabled_reason = 'late'")
        .await;
    for (field, value, found) in [
        ("actor", "boss", "2 devices"),
        ("actor", "support", "1 device"),
        ("actor", "system", "1 device"),
        ("since", half.as_str(), "1 device"),
        ("until", half.as_str(), "3 devices"),
        ("reason", "BY", "3 devices"),
        ("kind", "phone", "4 devices"),
    ] {
        let asked = [("verb", "enable"), ("what", "devices"), (field, value)];
        let path = look(&mut desk, &asked).await;
        assert_eq!(
            fact(&mut desk, &path, "Found").await,
            found,
            "{field} {value}"
        );
        let told = fact(&mut desk, &path, "Looked for").await;
        assert!(!told.contains("boss"), "{told}");
    }
    // Support finds what support may enable one by one.
    let all = [("verb", "enable"), ("what", "devices")];
    let path = look(&mut support, &all).await;
    assert_eq!(fact(&mut support, &path, "Found").await, "1 device");
    enable(&mut support, &path, "found").await.expect(303);
    assert_eq!(why(&tablet).await, None);
    for (field, value, said) in [
        ("actor", "nobody", "There is no such user"),
        ("since", "soon", "Write a time such as"),
        ("reason", "typhoon", "none that is disabled is like that"),
    ] {
        let asked = [("verb", "enable"), ("what", "devices"), (field, value)];
        let page = desk.post("/admin/bulk", &asked).await.expect(422);
        assert!(page.text.contains(said), "{field}");
    }
    let list = desk.get("/admin/devices?status=disabled").await;
    assert!(list.text.contains("Enable all that match…"));

    // Tokens alike, but for those that have ended.
    let token = |phone: &Phone<'_>| format!("/admin/tokens/{}/disable", phone.grant_id());
    for phone in [&phone, &tablet] {
        desk.post(&token(phone), &[("reason", "odd")])
            .await
            .expect(303);
    }
    server
        .execute(
            "UPDATE refresh_tokens SET ended_at = created_at, ended_reason = 'logout'
                  WHERE device_id IN (SELECT id FROM devices WHERE name = 'phone')",
        )
        .await;
    let asked = [
        ("verb", "enable"),
        ("what", "tokens"),
        ("client", "first-party"),
    ];
    let path = look(&mut desk, &asked).await;
    assert_eq!(fact(&mut desk, &path, "Found").await, "1 token");
    enable(&mut desk, &path, "fine").await.expect(303);
    tablet.present(&tablet.refresh_token).await.expect(200);
    undo(&mut desk, &path).await.expect(303);
    let refused = tablet.present(&tablet.refresh_token).await;
    refused.refused(400, "invalid_grant", "token_disabled");
}

/// A row that somebody holds stands for a server that dies.
#[tokio::test]
async fn enabling_that_was_left_is_carried_on() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    for phone in [&phone, &tablet] {
        by_hand(&mut desk, phone, "disable", "recall").await;
    }
    let path = look(&mut desk, &[("verb", "enable"), ("what", "devices")]).await;
    let mut holder = PgConnection::connect_with(&server.database.options())
        .await
        .unwrap();
    let sql = "BEGIN; SELECT FROM devices WHERE name = 'tablet' FOR UPDATE";
    sqlx::raw_sql(sql).execute(&mut holder).await.unwrap();
    enable(&mut desk, &path, "all clear").await.expect(303);
    let page = desk.get(&path).await;
    assert!(page.text.contains(">under way</span>") && page.text.contains("0 enabled so far."));
    assert_eq!(why(&phone).await.as_deref(), Some("recall"));
    drop(holder);
    wait::until("a server has done the rest", async || {
        let page = desk.clone().get(&path).await;
        page.text.contains(">done</span>").then_some(())
    })
    .await;
    assert_eq!(fact(&mut desk, &path, "Enabled").await, "2");
    assert_eq!(why(&tablet).await, None);
}
