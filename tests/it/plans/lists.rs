//! A hundred thousand users: each page of each list is found by its index, whatever is asked for.

use std::time::Duration;

use chrono::TimeDelta;
use doorward::{
    db::{
        audit_events,
        cursor::At,
        cut_offs::{self, CutOffs},
        status_lists, users,
    },
    ids::UserId,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    analyze, bulk, connect, fill, plans, run, search::everything_is_found_by_index, time_line,
};
use crate::support::{Server, spawn};

pub(super) const MANY: i64 = 100_000;

/// Planned as Postgres likes, and for any arguments.
pub(super) const EITHER: [&str; 2] = ["auto", "force_generic_plan"];

/// How many rows the connection has touched, by scan and by index; grows until it is reported.
/// The clients, who are few, are read whole.
async fn touched(db: &mut PgConnection) -> (i64, i64) {
    let sql =
        "SELECT sum(seq_tup_read)::bigint, sum(idx_tup_fetch)::bigint FROM pg_stat_xact_user_tables
               WHERE relname <> 'oauth_clients'";
    sqlx::query_as(sql).fetch_one(db).await.unwrap()
}

/// Reads a page again and again, as the program's connections do: after some times Postgres may
/// plan for any arguments. Fails when a page of fifty touches more than its share of rows.
pub(super) async fn read(
    server: &Server,
    modes: &[&str],
    name: &str,
    mut page: impl AsyncFnMut(&mut PgConnection),
) {
    let mut db = connect(server).await;
    for mode in modes {
        run(&mut db, format!("SET plan_cache_mode = {mode}")).await;
        for round in 0..7 {
            run(&mut db, "BEGIN".to_owned()).await;
            let before = touched(&mut db).await;
            page(&mut db).await;
            let after = touched(&mut db).await;
            run(&mut db, "ROLLBACK".to_owned()).await;
            let (scanned, fetched) = (after.0 - before.0, after.1 - before.1);
            assert!(
                scanned == 0 && fetched < 500,
                "{name}, {mode}, round {round}: {scanned} rows by scan, {fetched} by index"
            );
        }
    }
}

async fn users_are_listed(server: &Server, disabled: Option<bool>, found: [usize; 6]) {
    let now = server.clock.now();
    let asked = [
        ("", None),
        ("", Some("user095000")),
        ("user", None),
        ("mail", Some("mail090000@example.com")),
        ("mail00471", None),
        ("zoe", None),
    ];
    for ((prefix, after), found) in asked.into_iter().zip(found) {
        let filter = users::Filter {
            prefix: prefix.to_owned(),
            disabled,
            at: At::after(after.map(|key| users::Place {
                key: key.to_owned(),
                id: UserId(Uuid::nil()),
            })),
            ..users::Filter::default()
        };
        let name = format!("users {disabled:?} {prefix:?} after {after:?}");
        read(server, &EITHER, &name, async |db| {
            let page = users::list(db, &filter, 50, now).await.unwrap();
            assert_eq!(page.items.len(), found, "{name}");
        })
        .await;
    }
}

/// All events but those that the change leaves out.
fn events(change: impl FnOnce(&mut audit_events::Filter)) -> audit_events::Filter {
    let mut filter = audit_events::Filter::default();
    change(&mut filter);
    filter
}

async fn audit_events_are_listed(server: &Server) {
    let some: Uuid = server.scalar("SELECT md5('made 4711')::uuid").await;
    let actor: Uuid = server.scalar("SELECT md5('actor 3')::uuid").await;
    let middle = "SELECT id FROM audit_events ORDER BY id OFFSET 50000 LIMIT 1";
    let middle: Uuid = server.scalar(middle).await;
    let ago = |seconds| Some(server.clock.now() - TimeDelta::seconds(seconds));
    let asked = [
        ("all", events(|_| {}), 50),
        ("further on", events(|it| it.at = At::After(middle)), 50),
        ("subject", events(|it| it.subject = Some(some)), 1),
        ("no subject", events(|it| it.subject = Some(Uuid::max())), 0),
        ("actor", events(|it| it.actor = Some(actor)), 50),
        (
            "action",
            events(|it| it.action = Some("token.reused".to_owned())),
            0,
        ),
        (
            "until long ago",
            events(|it| it.until = ago(21_600_000)),
            50,
        ),
        (
            "before there was any",
            events(|it| it.until = ago(40_000_000)),
            0,
        ),
        (
            "since a moment to come",
            events(|it| it.since = ago(-3_600)),
            0,
        ),
        (
            "fifty minutes long ago",
            events(|it| (it.since, it.until) = (ago(21_600_000), ago(21_597_000))),
            10,
        ),
        (
            "an action of late",
            events(|it| (it.action, it.since) = (Some("user.created".to_owned()), ago(3_000))),
            10,
        ),
        (
            "an actor, further on",
            events(|it| (it.actor, it.at) = (Some(actor), At::After(middle))),
            50,
        ),
        ("back", events(|it| it.at = At::Before(middle)), 50),
        ("from the end", events(|it| it.at = At::Last), 50),
        (
            "an actor, back",
            events(|it| (it.actor, it.at) = (Some(actor), At::Before(middle))),
            50,
        ),
        (
            "a subject, from the end",
            events(|it| (it.subject, it.at) = (Some(some), At::Last)),
            1,
        ),
        (
            "an action, from the end",
            events(|it| (it.action, it.at) = (Some("user.created".to_owned()), At::Last)),
            50,
        ),
    ];
    all_are_read(server, asked).await;
}

async fn audit_events_of_an_address_are_listed(server: &Server) {
    let middle = "SELECT id FROM audit_events ORDER BY id OFFSET 50000 LIMIT 1";
    let middle: Uuid = server.scalar(middle).await;
    let asked = [
        // Behind one address there may be everybody.
        (
            "an address",
            events(|it| it.address = Some("192.0.2.1".to_owned())),
            50,
        ),
        (
            "an address of few, back",
            events(|it| {
                it.address = Some("198.51.100.7".to_owned());
                it.at = At::Before(middle);
            }),
            50,
        ),
        (
            "an address and an action, from the end",
            events(|it| {
                it.address = Some("192.0.2.1".to_owned());
                it.action = Some("user.created".to_owned());
                it.at = At::Last;
            }),
            50,
        ),
        (
            "no address",
            events(|it| it.address = Some("203.0.113.1".to_owned())),
            0,
        ),
    ];
    all_are_read(server, asked).await;
}

/// Each by index, and as many as there are.
async fn all_are_read<const N: usize>(
    server: &Server,
    asked: [(&str, audit_events::Filter, usize); N],
) {
    for (name, filter, found) in asked {
        read(server, &EITHER, name, async |db| {
            let page = audit_events::list(db, &filter, 50).await.unwrap();
            assert_eq!(page.items.len(), found, "{name}");
        })
        .await;
    }
}

/// Every server asks for it every ten seconds.
async fn what_was_cut_off_is_found(server: &Server) {
    let (cut_offs, ttl) = (CutOffs::default(), Duration::from_mins(5));
    let some: Uuid = server
        .scalar("SELECT id FROM users WHERE username = 'user000711'")
        .await;
    read(server, &EITHER, "cut-offs", async |db| {
        cut_offs::load(db, &cut_offs, &server.clock, ttl)
            .await
            .unwrap();
        assert!(cut_offs.known().is_suspended(some, server.clock.now()));
    })
    .await;
}

/// Every server does, once a second while somebody asks for lists.
async fn a_status_list_is_read_by_index(server: &Server) {
    let now = server.clock.now();
    let since = now - TimeDelta::seconds(420);
    let mut db = connect(server).await;
    // Each of a hundred is cut off by itself, with its device and with its user.
    for (list, found) in [(0, 300), (1, 0)] {
        let list = status_lists::list_cut_off(&mut db, list, since, now).await;
        assert_eq!(list.unwrap().len(), found);
    }
    // What was cut off before costs nothing.
    read(server, &EITHER, "a status list", async |db| {
        let list = status_lists::list_cut_off(db, 0, now, now).await;
        assert_eq!(list.unwrap(), []);
    })
    .await;
    let arguments = format!("0, '{since}', '{now}', 1048576");
    let signs = ["FROM status_indexes_ended", "UNION ALL"];
    for (mode, nodes) in plans(server, &signs, &arguments).await {
        let scans = nodes.iter().filter(|(kind, _)| kind == "Seq Scan");
        assert_eq!(scans.count(), 0, "{mode}: {nodes:#?}");
    }
}

/// However many months there are: what happened of late is looked for in that of now, those ahead and the
/// default, whether as a cut-off or in a list.
async fn what_is_young_is_looked_for_in_few_months(server: &Server) {
    let now = server.clock.now();
    let since = format!("{:012x}{:020}", (now.timestamp() - 360) * 1000, 0);
    for (signs, arguments, walks) in [
        (
            ["'user.deleted'", "'user.changed'"],
            format!("'{now}', '{now}', '{since}'"),
            2,
        ),
        (
            ["FROM audit_events", "ORDER BY action DESC"],
            format!(
                "NULL, NULL, 'user.created', '{now}', NULL, '{since}', '{}', 51, NULL",
                Uuid::max()
            ),
            1,
        ),
    ] {
        for (mode, nodes) in plans(server, &signs, &arguments).await {
            let indexes = nodes.iter().filter_map(|(_, index)| index.as_deref());
            let indexes = indexes.filter(|name| {
                name.ends_with("_action_id_idx") || name.ends_with("_created_at_idx")
            });
            assert_eq!(indexes.count(), walks * 3, "{mode}, {signs:?}: {nodes:#?}");
        }
    }
}

#[tokio::test]
async fn each_page_of_each_list_is_found_by_index() {
    let server = spawn().await;
    fill(&server, MANY).await;
    everything_is_found_by_index(&server).await;
    time_line::is_read_by_index(&server).await;
    bulk::is_planned_once(&server).await;
    what_is_young_is_looked_for_in_few_months(&server).await;
    users_are_listed(&server, None, [50, 50, 50, 50, 10, 0]).await;
    users_are_listed(&server, Some(false), [50, 50, 50, 50, 10, 0]).await;
    users_are_listed(&server, Some(true), [0; 6]).await;
    audit_events_are_listed(&server).await;
    audit_events_of_an_address_are_listed(&server).await;

    // One in a thousand is disabled.
    for sql in [
        "UPDATE users SET disabled_at = created_at WHERE username LIKE '%711'",
        "UPDATE devices SET disabled_at = created_at WHERE id IN (SELECT id FROM users WHERE disabled_at IS NOT NULL)",
        "UPDATE refresh_tokens SET disabled_at = created_at WHERE id IN (SELECT id FROM users WHERE disabled_at IS NOT NULL)",
    ] {
        server.execute(sql).await;
    }
    analyze(&server).await;
    users_are_listed(&server, Some(true), [50, 5, 50, 10, 1, 0]).await;
    what_was_cut_off_is_found(&server).await;
    a_status_list_is_read_by_index(&server).await;
}
