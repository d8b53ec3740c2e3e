//! A hundred thousand users: each page of each list is found by its index, whatever is asked for.

use std::time::Duration;

use doorward::{
    db::{
        audit_events,
        cut_offs::{self, CutOffs},
        devices, refresh_tokens, refusals, users,
    },
    ids::{DeviceId, GrantId, UserId},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{connect, fill, run};
use crate::support::{Server, spawn};

const MANY: i64 = 100_000;

/// Planned as Postgres likes, and for any arguments.
const EITHER: [&str; 2] = ["auto", "force_generic_plan"];

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
async fn read(
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
            after: after.map(|key| users::Place {
                key: key.to_owned(),
                id: UserId(Uuid::nil()),
            }),
        };
        let name = format!("users {disabled:?} {prefix:?} after {after:?}");
        read(server, &EITHER, &name, async |db| {
            let page = users::list(db, &filter, 50, now).await.unwrap();
            assert_eq!(page.items.len(), found, "{name}");
        })
        .await;
    }
}

async fn audit_events_are_listed(server: &Server) {
    let some: Uuid = server.scalar("SELECT md5('made 4711')::uuid").await;
    let actor: Uuid = server.scalar("SELECT md5('actor 3')::uuid").await;
    let all = audit_events::Filter::default;
    let asked = [
        ("all", all(), 50),
        (
            "further on",
            audit_events::Filter {
                before: Some(some),
                ..all()
            },
            50,
        ),
        (
            "subject",
            audit_events::Filter {
                subject: Some(some),
                ..all()
            },
            1,
        ),
        (
            "no such subject",
            audit_events::Filter {
                subject: Some(Uuid::max()),
                ..all()
            },
            0,
        ),
        (
            "actor",
            audit_events::Filter {
                actor: Some(actor),
                ..all()
            },
            50,
        ),
        (
            "action",
            audit_events::Filter {
                action: Some("token.reused".to_owned()),
                ..all()
            },
            0,
        ),
    ];
    for (name, filter, found) in asked {
        read(server, &["auto"], name, async |db| {
            let page = audit_events::list(db, &filter, 50).await.unwrap();
            assert_eq!(page.items.len(), found, "{name}");
        })
        .await;
    }
}

async fn everybodys_things_are_listed(server: &Server, disabled: bool, found: usize) {
    let now = server.clock.now();
    let some: Uuid = server.scalar("SELECT md5('made 4711')::uuid").await;
    let begins = [None, Some(some)];
    for before in begins {
        let name = format!("disabled {disabled}, before {before:?}");
        read(server, &EITHER, &format!("devices, {name}"), async |db| {
            let before = before.map(DeviceId);
            let page = devices::list(db, disabled, before, 50, now).await.unwrap();
            assert_eq!(page.items.len(), found, "devices, {name}");
        })
        .await;
        read(server, &EITHER, &format!("tokens, {name}"), async |db| {
            let before = before.map(GrantId);
            let page = refresh_tokens::list(db, disabled, before, 50, now).await;
            assert_eq!(page.unwrap().items.len(), found, "tokens, {name}");
        })
        .await;
        read(server, &EITHER, &format!("refusals, {name}"), async |db| {
            let page = refusals::list(db, before, 50).await.unwrap();
            assert_eq!(page.items.len(), 50, "refusals, {name}");
        })
        .await;
    }
}

/// Every server asks for it every ten seconds.
async fn what_was_cut_off_is_found(server: &Server) {
    let (known, ttl) = (CutOffs::default(), Duration::from_mins(5));
    let some: Uuid = server
        .scalar("SELECT id FROM users WHERE username = 'user000711'")
        .await;
    read(server, &EITHER, "cut-offs", async |db| {
        cut_offs::load(db, &known, &server.clock, ttl)
            .await
            .unwrap();
        assert!(known.is_suspended(some, server.clock.now()));
    })
    .await;
}

#[tokio::test]
async fn each_page_of_each_list_is_found_by_index() {
    let server = spawn().await;
    fill(&server, MANY).await;
    users_are_listed(&server, None, [50, 50, 50, 50, 10, 0]).await;
    users_are_listed(&server, Some(false), [50, 50, 50, 50, 10, 0]).await;
    users_are_listed(&server, Some(true), [0; 6]).await;
    audit_events_are_listed(&server).await;
    everybodys_things_are_listed(&server, false, 50).await;
    everybodys_things_are_listed(&server, true, 0).await;

    // One in a thousand is disabled.
    for sql in [
        "UPDATE users SET disabled_at = created_at WHERE username LIKE '%711'",
        "UPDATE devices SET disabled_at = created_at WHERE id IN (SELECT id FROM users WHERE disabled_at IS NOT NULL)",
        "UPDATE refresh_tokens SET disabled_at = created_at WHERE id IN (SELECT id FROM users WHERE disabled_at IS NOT NULL)",
        "ANALYZE",
    ] {
        server.execute(sql).await;
    }
    users_are_listed(&server, Some(true), [50, 5, 50, 10, 1, 0]).await;
    what_was_cut_off_is_found(&server).await;
    everybodys_things_are_listed(&server, true, 50).await;
}
