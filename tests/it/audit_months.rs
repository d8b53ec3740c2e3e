//! The audit log by the month: made ahead, whoever is there; no event without a place; dropped as a whole.

use std::time::Duration;

use doorward::{
    db::audit_events::partitions::{self, Made, Month},
    domain::{audit_months::make_ahead, purge::purge},
};
use serde_json::Value;
use sqlx::{Connection, PgConnection};

use crate::support::{Server, phone::Phone, reply::Reply, spawn, spawn_on, wait};

const DAY: u64 = 86_400;
/// From the clock's beginning, which is in March 2030, to the end of that month.
const REST_OF_MARCH: u64 = 1_232_000;

/// What lies where, such as `2030_03: 4`.
async fn places(server: &Server) -> Vec<String> {
    let sql =
        "SELECT format('%s: %s', replace(tableoid::regclass::text, 'audit_events_', ''), count(*))
               FROM audit_events GROUP BY tableoid ORDER BY 1";
    sqlx::query_scalar(sql)
        .fetch_all(&server.rows)
        .await
        .unwrap()
}

/// The months that are there, oldest first.
async fn months(server: &Server) -> Vec<String> {
    let sql = "SELECT substr(relname, 14) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
               WHERE inhparent = 'audit_events'::regclass AND relname <> 'audit_events_default' ORDER BY 1";
    sqlx::query_scalar(sql)
        .fetch_all(&server.rows)
        .await
        .unwrap()
}

async fn connect(server: &Server) -> PgConnection {
    PgConnection::connect_with(&server.database.options())
        .await
        .unwrap()
}

/// Makes months; tries again when somebody reads the table, as the server does.
async fn make(server: &Server) {
    wait::until("the months are made", async || {
        make_ahead(&server.app).await.ok()
    })
    .await;
}

/// How many audit events a purge says that it has deleted.
async fn purged(server: &Server) -> u64 {
    let report = purge(&server.app, &server.operator()).await.unwrap();
    let events = report.iter().find(|(kind, _)| *kind == "audit_events");
    events.unwrap().1
}

/// Purges until so many audit events went, as the server does every hour; not one more.
async fn purged_in_the_end(server: &Server, rows: u64) {
    let mut gone = 0;
    wait::until("the months are dropped", async || {
        gone += purged(server).await;
        (gone >= rows).then_some(())
    })
    .await;
    assert_eq!(gone, rows);
}

/// The newest events, as a list shows them.
async fn listed(by: &Phone<'_>, query: &str) -> Vec<Value> {
    let request = by.request("GET", &format!("/audit?limit=200{query}"));
    let answer = Reply::of(request).await.expect(200);
    answer.body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn events_land_in_the_month_of_their_ids() {
    let server = spawn().await;
    // Those that the first start leaves were written before there was any month.
    assert_eq!(months(&server).await, ["2030_03", "2030_04", "2030_05"]);
    let before = server.events().await.len();
    assert_eq!(places(&server).await, [format!("2030_03: {before}")]);

    let ana = server.user("ana").await;
    ana.sign_in("phone").await;
    server.advance(REST_OF_MARCH - 1);
    ana.sign_in("phone").await;
    server.advance(1);
    ana.sign_in("phone").await;

    let expected = [format!("2030_03: {}", before + 3), "2030_04: 1".to_owned()];
    assert_eq!(places(&server).await, expected);
    make(&server).await;
    let expected = ["2030_03", "2030_04", "2030_05", "2030_06"];
    assert_eq!(months(&server).await, expected);
}

#[tokio::test]
async fn an_event_without_a_month_is_found_and_moves_into_it_once_it_is_made() {
    let server = spawn().await;
    server.advance(300 * DAY);
    let administrator = server.administrator().await;
    let ana = server.user("ana").await;
    ana.sign_in("phone").await;
    let homeless = "SELECT count(*) FROM audit_events_default";
    assert_eq!(server.scalar::<i64>(homeless).await, 4);

    let queries = [
        String::new(),
        format!("&subject={}", ana.id),
        format!("&actor={}", ana.id),
        "&action=user.signed_in".to_owned(),
        "&since=2031-01-01T00:00:00Z".to_owned(),
    ];
    let mut before = Vec::new();
    for query in &queries {
        let events = listed(&administrator, query).await;
        assert!(!events.is_empty(), "{query}");
        before.push(events);
    }

    make(&server).await;
    assert_eq!(server.scalar::<i64>(homeless).await, 0);
    assert_eq!(places(&server).await[1], "2031_01: 4");
    for (query, before) in queries.iter().zip(before) {
        assert_eq!(listed(&administrator, query).await, before, "{query}");
    }
}

/// To move them would keep sign-ins waiting.
#[tokio::test]
async fn a_month_that_has_ten_thousand_events_without_it_is_not_made_any_more() {
    let server = spawn().await;
    server.advance(300 * DAY);
    let sql = "INSERT INTO audit_events (id, created_at, action, actor_kind, subject_kind, request_id)
               SELECT (lpad(to_hex((extract(epoch FROM $1) * 1000)::bigint), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid,
                      $1, 'user.changed', 'operator', 'user', gen_random_uuid()
               FROM generate_series(0, $2) AS n";
    let fill = sqlx::query(sql)
        .bind(server.clock.now())
        .bind(partitions::MOVED_AT_MOST);
    fill.execute(&server.rows).await.unwrap();

    make(&server).await;
    assert_eq!(months(&server).await[3..], ["2031_02", "2031_03"]);
    assert_eq!(places(&server).await[1], "default: 10001");

    server.execute("DELETE FROM audit_events WHERE id = (SELECT id FROM audit_events ORDER BY id DESC LIMIT 1)").await;
    make(&server).await;
    assert_eq!(places(&server).await[1], "2031_01: 10000");
}

#[tokio::test]
async fn two_servers_make_the_same_months_at_once() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    for _ in 0..10 {
        server.advance(100 * DAY);
        server
            .user(&format!("user{}", server.clock.now().timestamp()))
            .await;
        tokio::join!(make(&server), make(&other));
        let homeless = "SELECT count(*) FROM audit_events_default";
        assert_eq!(server.scalar::<i64>(homeless).await, 0);
        let mut month = Month::of(server.clock.now());
        let mut db = connect(&server).await;
        for _ in 0..3 {
            let made = partitions::make(&mut db, month).await.unwrap();
            assert_eq!(made, Made::Before, "{month}");
            month = month.next();
        }
    }
}

/// One that is on its way to the default while its month comes to be would be refused there.
#[tokio::test]
async fn no_event_is_refused_while_its_month_is_made() {
    const WRITERS: u32 = 8;
    let server = spawn().await;
    let sql =
        "INSERT INTO audit_events (id, created_at, action, actor_kind, subject_kind, request_id)
               VALUES ($1, $2, 'user.changed', 'operator', 'user', $1)";
    for _ in 0..5 {
        server.advance(100 * DAY);
        let month = Month::of(server.clock.now());
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..WRITERS {
            let (clock, rows) = (server.clock.clone(), server.rows.clone());
            writers.spawn(async move {
                for _ in 0..50 {
                    let event = sqlx::query(sql).bind(clock.id()).bind(clock.now());
                    event.execute(&rows).await.unwrap();
                }
            });
        }
        let mut db = connect(&server).await;
        wait::until("the month is made", async || {
            let made = partitions::make(&mut db, month).await;
            made.is_ok_and(|made| made != Made::Elsewhere).then_some(())
        })
        .await;
        while let Some(done) = writers.join_next().await {
            done.unwrap();
        }
    }
    let written = "SELECT count(*) FROM audit_events WHERE action = 'user.changed'";
    let written: i64 = server.scalar(written).await;
    assert_eq!(written, 5 * i64::from(WRITERS) * 50);
    let homeless = "SELECT count(*) FROM audit_events_default";
    assert_eq!(server.scalar::<i64>(homeless).await, 0);
}

/// Whoever waits for a lock on the table keeps all others waiting.
#[tokio::test]
async fn who_reads_the_log_for_long_keeps_neither_months_nor_purges_nor_sign_ins_waiting() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let march = server.events().await.len();
    server.advance(REST_OF_MARCH + 400 * DAY);
    let mut reader = connect(&server).await;
    let mut reading = reader.begin().await.unwrap();
    // What pg_dump holds for as long as it runs.
    sqlx::query("LOCK TABLE audit_events IN ACCESS SHARE MODE")
        .execute(&mut *reading)
        .await
        .unwrap();

    let both = async {
        let events = purged(&server).await;
        make_ahead(&server.app).await.unwrap_err();
        events
    };
    let sign_ins = async {
        for _ in 0..5 {
            ana.sign_in("phone").await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), async {
        tokio::join!(both, sign_ins).0
    });
    assert_eq!(in_time.await.unwrap(), 0);
    assert!(months(&server).await.contains(&"2030_03".to_owned()));

    reading.rollback().await.unwrap();
    purged_in_the_end(&server, u64::try_from(march).unwrap()).await;
    make(&server).await;
    let expected = ["2030_04", "2030_05", "2031_05", "2031_06", "2031_07"];
    assert_eq!(months(&server).await, expected);
}

#[tokio::test]
async fn months_go_as_a_whole_once_all_of_each_is_old_and_sign_ins_go_on_meanwhile() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut gone_by = 0;
    for _ in 0..4 {
        make(&server).await;
        ana.sign_in("phone").await;
        server.advance(31 * DAY);
        gone_by += 31 * DAY;
    }
    let march = places(&server).await.remove(0);
    let march: u64 = march.strip_prefix("2030_03: ").unwrap().parse().unwrap();
    let of_others = ["2030_04: 1", "2030_05: 1", "2030_06: 1"];
    assert_eq!(places(&server).await[1..], of_others);

    // A second before the youngest that May can have is old.
    let end_of_may = REST_OF_MARCH + (30 + 31) * DAY;
    server.advance(end_of_may + 400 * DAY - gone_by - 1);
    make(&server).await;
    let sign_ins = async {
        for _ in 0..5 {
            ana.sign_in("phone").await;
        }
    };
    tokio::join!(purged_in_the_end(&server, march + 1), sign_ins);
    let left = places(&server).await;
    assert_eq!(left[..2], ["2030_05: 1", "2030_06: 1"]);

    server.advance(1);
    purged_in_the_end(&server, 1).await;
    assert_eq!(months(&server).await[0], "2030_06");
    let told = "SELECT sum((details->>'audit_events')::int8)::int8 FROM audit_events WHERE action = 'server.purged'";
    let told: i64 = server.scalar(told).await;
    assert_eq!(told, i64::try_from(march).unwrap() + 2);
}
