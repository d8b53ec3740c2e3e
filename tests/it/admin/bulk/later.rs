//! Acts that go on without whoever began them: after a server has died, and by night.

use doorward::domain::{
    bulk::{self, Kind, Verb, Wanted},
    disable::Disabling,
    purge,
};
use sqlx::{Connection, PgConnection};

use super::{DAY, disable, events, fact, look, undo, why};
use crate::support::{browser::Browser, spawn, spawn_on, spawn_with, wait};

/// A row that somebody holds stands for a server that dies: what was begun is not done, and shows so.
#[tokio::test]
async fn an_act_that_was_left_is_carried_on_or_undone() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    // Of two lanes the first goes through, and the second is held up.
    let many = "
        INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
        SELECT gen_random_uuid(), id, 'many', 'phone', created_at, created_at FROM users, generate_series(1, 2500)
        WHERE username = 'ana'";
    server.execute(many).await;
    let hold = async || {
        let mut holder = PgConnection::connect_with(&server.database.options())
            .await
            .unwrap();
        let sql = "BEGIN; SELECT FROM devices WHERE id = (SELECT max(id::text)::uuid FROM devices) FOR UPDATE";
        sqlx::raw_sql(sql).execute(&mut holder).await.unwrap();
        holder
    };
    let done = async |desk: &mut Browser<'_>, path: &str, state: &str| {
        let mut desk = desk.clone();
        wait::until("another server has done the rest", async || {
            let page = desk.get(path).await;
            page.text
                .contains(&format!(">{state}</span>"))
                .then_some(())
        })
        .await;
    };
    let holder = hold().await;
    let path = look(&mut desk, &[("what", "devices")]).await;
    assert_eq!(fact(&mut desk, &path, "Found").await, "2,500 devices");
    disable(&mut desk, &path, "recall").await.expect(303);
    let page = desk.get(&path).await;
    assert!(page.text.contains(">under way</span>"), "{}", page.text);
    assert!(page.text.contains("1,251 disabled so far."));
    assert_eq!(events(&server, &path, "bulk.done").await.len(), 0);
    drop(holder);
    done(&mut desk, &path, "done").await;
    assert_eq!(fact(&mut desk, &path, "Disabled").await, "2,500");
    assert_eq!(events(&server, &path, "device.disabled").await.len(), 2500);
    assert_eq!(events(&server, &path, "bulk.done").await.len(), 1);
    undo(&mut desk, &path).await.expect(303);
    done(&mut desk, &path, "undone").await;
    let disabled = "SELECT count(*) FROM devices WHERE disabled_at IS NOT NULL";
    assert_eq!(server.scalar::<i64>(disabled).await, 0);

    // The other way: what is half done is undone.
    server.advance(1);
    let path = look(&mut desk, &[("what", "devices")]).await;
    let holder = hold().await;
    disable(&mut desk, &path, "recall").await.expect(303);
    assert_eq!(server.scalar::<i64>(disabled).await, 1251);
    undo(&mut desk, &path).await.expect(303);
    drop(holder);
    done(&mut desk, &path, "undone").await;
    assert_eq!(server.scalar::<i64>(disabled).await, 0);
    assert_eq!(fact(&mut desk, &path, "Enabled again").await, "1,251");
    assert_eq!(events(&server, &path, "bulk.done").await.len(), 0);
    assert_eq!(ana.sign_in("phone").await.refresh().await.status, 200);
}

/// Two servers are at both lanes of an act, and somebody undoes it in the middle.
#[tokio::test]
async fn an_act_undone_while_servers_are_at_it_leaves_nothing() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    server.user("ana").await;
    let many = "
        INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
        SELECT gen_random_uuid(), id, 'many', 'phone', created_at, created_at FROM users, generate_series(1, 9000)";
    server.execute(many).await;
    let operator = server.operator();
    let asked = (Verb::Disable, Kind::Devices);
    let act = bulk::preview(&server.app, &operator, asked, &Wanted::default())
        .await
        .unwrap();
    let disabling = Disabling {
        reason: None,
        until: None,
    };
    let disabled = "SELECT count(*) FROM audit_events WHERE action = 'device.disabled'";
    let undone = async {
        wait::until("some are disabled", async || {
            let some: i64 = server.scalar(disabled).await;
            (some > 0).then_some(())
        })
        .await;
        let carried_on = bulk::carry_all_on(&other.app);
        let (carried_on, undone) =
            tokio::join!(carried_on, bulk::undo(&other.app, &operator, act, None));
        carried_on.unwrap();
        undone.unwrap();
    };
    let begun = bulk::begin(&server.app, &operator, (act, Verb::Disable), &disabling);
    let (begun, ()) = tokio::join!(begun, undone);
    begun.unwrap();
    wait::until("all is undone", async || {
        let (act, _) = bulk::find(&other.app, act).await.unwrap();
        act.under_way.is_none().then_some(())
    })
    .await;
    let (act, _) = bulk::find(&server.app, act).await.unwrap();
    assert_eq!(act.disabled, act.enabled);
    let left = "SELECT count(*) FROM devices WHERE disabled_at IS NOT NULL";
    assert_eq!(server.scalar::<i64>(left).await, 0);
    // Each one once, and once again.
    assert_eq!(server.scalar::<i64>(disabled).await, act.disabled);
    let each = "SELECT count(DISTINCT (subject_id, action)) FROM audit_events WHERE action LIKE 'device.%abled'";
    assert_eq!(server.scalar::<i64>(each).await, 2 * act.disabled);
    let ended = "SELECT count(*) FROM audit_events WHERE action = 'bulk.undone'";
    assert_eq!(server.scalar::<i64>(ended).await, 1);
}

#[tokio::test]
async fn every_night_what_nobody_uses_is_disabled() {
    let server = spawn_with(|config| config.idle_device_days = 20).await;
    let ana = server.user("ana").await;
    let (mut used, idle) = (ana.sign_in("used").await, ana.sign_in("idle").await);
    server.advance(10 * DAY);
    used.refresh().await.expect(200);
    // 17:46 UTC: not at night.
    server.advance(10 * DAY + 60);
    assert_eq!(bulk::disable_idle(&server.app).await.unwrap(), None);
    server.advance(9 * 3600 + 1200);
    let act = bulk::disable_idle(&server.app).await.unwrap().unwrap();
    assert_eq!(why(&idle).await.as_deref(), Some("not used for 20 days"));
    used.refresh().await.expect(200);
    // Once a night, by whichever server.
    let again = bulk::disable_idle(&server.app).await.unwrap();
    assert_eq!(again, Some(act));
    let path = format!("/admin/bulk/{act}");
    let told = events(&server, &path, "device.disabled").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["actor_kind"], "system");
    assert_eq!(events(&server, &path, "bulk.done").await.len(), 1);

    let mut support = server.browser("support", &["support"]).await;
    undo(&mut support, &path).await.expect(403);
    let mut desk = server.browser("boss", &["admin"]).await;
    assert_eq!(fact(&mut desk, &path, "By").await, "system");
    undo(&mut desk, &path).await.expect(303);
    assert_eq!(why(&idle).await, None);
    // It was given back for this night, not for the next.
    server.advance(DAY);
    let next = bulk::disable_idle(&server.app).await.unwrap().unwrap();
    assert_ne!(next, act);
    assert_eq!(why(&idle).await.as_deref(), Some("not used for 20 days"));
    // What is disabled only because nobody used it is purged all the same.
    server.advance(150 * DAY);
    purge::purge(&server.app, &server.operator()).await.unwrap();
    let devices: i64 = server.scalar("SELECT count(*) FROM devices").await;
    assert_eq!(devices, 0);

    let without = spawn().await;
    let off = bulk::disable_idle(&without.app).await.unwrap();
    assert_eq!(off, None);
}
