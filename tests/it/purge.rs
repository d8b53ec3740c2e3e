//! What is past its retention goes, by the clock; what is younger stays; nobody waits for it.

use doorward::domain::purge::{Purged, purge};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::{PASSWORD, Server, spawn};

const DAY: u64 = 86_400;

/// The tables that grow, in the order of the kinds that are purged.
const TABLES: [&str; 12] = [
    "refresh_tokens",
    "devices",
    "refusals",
    "refusal_counts",
    "throttles",
    "password_links",
    "admin_sessions",
    "revoked_access_tokens",
    "status_indexes_ended",
    "bulk_act_subjects",
    "bulk_acts",
    "audit_events",
];

async fn rows(server: &Server, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(sql)
        .fetch_one(&server.rows)
        .await
        .unwrap()
}

/// What goes all the time.
fn is_said(kind: &str) -> bool {
    kind != "security_events" && !kind.ends_with("_rollups")
}

/// Purges; what went, without what had nothing to go, and what goes unsaid.
async fn gone(server: &Server) -> Purged {
    let mut purged = purge(&server.app, &server.operator()).await.unwrap();
    purged.retain(|(kind, rows)| *rows > 0 && is_said(kind));
    purged
}

/// Whether so many rows went of each table that grows; signing keys are few, and the rollups
/// are nobody's.
fn all_that_grow(purged: &Purged, rows: u64) -> bool {
    let mut growing = purged
        .iter()
        .filter(|(kind, _)| *kind != "signing_keys" && is_said(kind));
    growing.all(|(_, gone)| *gone == rows)
}

/// The details of the purges' events, oldest first.
async fn told(server: &Server) -> Vec<Value> {
    let sql = "SELECT details FROM audit_events WHERE action = 'server.purged' ORDER BY id";
    sqlx::query_scalar(sql)
        .fetch_all(&server.rows)
        .await
        .unwrap()
}

/// `count` rows of each kind, all of them 500 days old; for each grant a device of its own.
/// The ids of the events are old as well: by chance alone one in thirty thousand would lie in a month.
async fn make_old_rows(server: &Server, count: i32) {
    let user = server.user("ana").await.id;
    let statements = [
        "INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
         SELECT gen_random_uuid(), $1, 'phone', 'phone', $2, $2 FROM generate_series(1, $3)",
        "INSERT INTO refresh_tokens (id, user_id, device_id, client_id, created_at, absolute_expires_at, expires_at,
                                     last_used_at, secret_hash, ended_at, ended_reason)
         SELECT gen_random_uuid(), $1, id, 'first-party', $2, $2, $2, $2, sha256('x'), $2, 'logout'
         FROM devices WHERE user_id = $1 LIMIT $3",
        "INSERT INTO refresh_tokens (id, user_id, device_id, client_id, created_at, absolute_expires_at, expires_at,
                                     last_used_at, secret_hash)
         SELECT gen_random_uuid(), $1, id, 'first-party', $2, $2, $2, $2, sha256('x')
         FROM devices WHERE user_id = $1 LIMIT $3",
        "INSERT INTO refusals (id, subject_id, reason, slot, created_at, user_id, request_id)
         SELECT gen_random_uuid(), gen_random_uuid(), 'token_ended', 1, $2, $1, gen_random_uuid()
         FROM generate_series(1, $3)",
        "INSERT INTO refusal_counts (subject_id, reason, refused, created_at, last_at)
         SELECT subject_id, reason, 1, $2, $2 FROM refusals WHERE user_id = $1 LIMIT $3",
        "INSERT INTO throttles (key, level, last_attempt_at, free_at)
         SELECT uuid_send(gen_random_uuid()), 1, $2, $2 FROM generate_series(1, $3) WHERE $1 IS NOT NULL",
        "INSERT INTO users (id, username, created_at)
         SELECT gen_random_uuid(), 'user-' || n, $2 FROM generate_series(1, $3) AS n WHERE $1 IS NOT NULL",
        "INSERT INTO password_links (id, user_id, secret_hash, created_at, expires_at)
         SELECT gen_random_uuid(), id, uuid_send(id), $2, $2 FROM users WHERE id <> $1 LIMIT $3",
        "INSERT INTO admin_sessions (id, user_id, secret_hash, created_at, last_used_at, expires_at)
         SELECT gen_random_uuid(), $1, sha256(uuid_send(gen_random_uuid())), $2, $2, $2 FROM generate_series(1, $3)",
        "INSERT INTO revoked_access_tokens (id, created_at, expires_at)
         SELECT gen_random_uuid(), $2, $2 FROM generate_series(1, $3) WHERE $1 IS NOT NULL",
        "INSERT INTO status_indexes_ended (status_index, ended_at)
         SELECT n, $2 FROM generate_series(1, $3) AS n WHERE $1 IS NOT NULL",
        "INSERT INTO bulk_acts (id, subject_kind, filter, made_by, made_by_kind, created_at, kept_until)
         SELECT gen_random_uuid(), 'device', 'all', $1, 'admin', $2, $2 FROM generate_series(1, $3)",
        "INSERT INTO bulk_act_subjects (act_id, subject_id, disabled_at, disabled_by_kind)
         SELECT id, $1, $2, 'admin' FROM bulk_acts LIMIT $3",
        "INSERT INTO audit_events (id, created_at, action, actor_kind, subject_kind, user_id, request_id)
         SELECT overlay(gen_random_uuid()::text PLACING '00000000' FROM 1 FOR 8)::uuid, $2, 'user.changed',
                'operator', 'user', $1, gen_random_uuid()
         FROM generate_series(1, $3)",
    ];
    let old = server.clock.now() - chrono::TimeDelta::days(500);
    for statement in statements {
        let made = sqlx::query(statement).bind(user).bind(old).bind(count);
        let made = made.execute(&server.rows).await.unwrap();
        assert_eq!(
            made.rows_affected(),
            u64::from(count.unsigned_abs()),
            "{statement}"
        );
    }
}

#[tokio::test]
async fn each_kind_goes_when_its_time_is_over() {
    let server = spawn().await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let administrator = server.administrator().await;
    let signed_out = ana.sign_in("phone").await;
    signed_out.post("/logout", &json!({})).await.expect(204);
    let forgotten = ben.sign_in("phone").await;
    let disabled = ben.sign_in("tablet").await;
    let path = format!("/devices/{}/disable", disabled.device_id);
    administrator.post(&path, &json!({})).await.expect(200);
    let wrong = json!({ "username": "ana", "password": "not the password" });
    server
        .post("/login", &wrong)
        .await
        .refused(401, "invalid_grant", "bad_credentials");
    let unset = json!({ "username": "cleo" });
    administrator.post("/users", &unset).await.expect(201);

    let began = server.clock.now();
    let at = |seconds: u64| {
        let gone_by = (server.clock.now() - began).num_seconds().unsigned_abs();
        server.advance(seconds - gone_by);
    };
    // The link is good for an hour.
    at(3_600);
    assert_eq!(gone(&server).await, []);
    at(3_601);
    assert_eq!(gone(&server).await, [("password_links", 1)]);

    // Failures are forgotten after 30 days: the account's and the address's.
    at(30 * DAY);
    assert_eq!(gone(&server).await, []);
    at(30 * DAY + 1);
    assert_eq!(gone(&server).await, [("throttles", 2)]);

    // 90 days: what ended, the refusals, and the device that nobody uses any more.
    at(90 * DAY);
    let answer = signed_out.present(&signed_out.refresh_token).await;
    answer.refused(400, "invalid_grant", "token_ended");
    assert_eq!(gone(&server).await, []);
    at(90 * DAY + 1);
    let expected = [
        ("ended_tokens", 1),
        ("devices", 1),
        ("refusals", 1),
        ("refusal_counts", 1),
    ];
    assert_eq!(gone(&server).await, expected);
    let answer = signed_out.present(&signed_out.refresh_token).await;
    answer.refused(400, "invalid_grant", "unknown_token");

    // What was not used expired after 30 days, and is kept for 90 more. A device that is
    // disabled stays: whoever holds it must not sign in on it as on a new one.
    at(120 * DAY);
    let answer = forgotten.present(&forgotten.refresh_token).await;
    answer.refused(400, "invalid_grant", "token_expired");
    assert_eq!(gone(&server).await, []);
    at(120 * DAY + 1);
    let expected = [("expired_tokens", 3), ("devices", 2)];
    assert_eq!(gone(&server).await, expected);
    let left: String = server.scalar("SELECT id::text FROM devices").await;
    assert_eq!(left, disabled.device_id);
    let again = json!({
        "username": "ben", "password": PASSWORD, "device": { "token": disabled.device_token },
    });
    let answer = server.post("/login", &again).await;
    answer.refused(403, "access_denied", "device_disabled");

    // 400 days, for the youngest of its month: the events of the beginning; those of later months stay.
    let end_of_month = 1_232_000;
    let march = "SELECT count(*) FROM audit_events WHERE created_at < '2030-04-01'";
    let march: i64 = server.scalar(march).await;
    let events = |gone: Purged| gone.into_iter().find(|(kind, _)| *kind == "audit_events");
    at(400 * DAY + end_of_month - 1);
    assert_eq!(events(gone(&server).await), None);
    at(400 * DAY + end_of_month);
    let expected = ("audit_events", u64::try_from(march).unwrap());
    assert_eq!(events(gone(&server).await), Some(expected));
    assert!(told(&server).await.len() > 1);
}

#[tokio::test]
async fn more_than_a_batch_goes_at_once_with_one_event() {
    let server = spawn().await;
    make_old_rows(&server, 1_201).await;
    let young = rows(&server, "audit_events").await - 1_201;

    let purged = purge(&server.app, &server.operator()).await.unwrap();

    assert_eq!(purged.len(), 18);
    assert!(all_that_grow(&purged, 1_201), "{purged:?}");
    for table in TABLES {
        let expected = if table == "audit_events" {
            young + 1
        } else {
            0
        };
        assert_eq!(rows(&server, table).await, expected, "{table}");
    }
    let counts = purged
        .iter()
        .map(|(kind, rows)| ((*kind).to_owned(), json!(rows)));
    assert_eq!(told(&server).await, [Value::Object(counts.collect())]);

    let nothing = purge(&server.app, &server.operator()).await.unwrap();
    assert!(nothing.iter().all(|(_, rows)| *rows == 0), "{nothing:?}");
    assert_eq!(told(&server).await.len(), 1);
}

/// `statement_timeout` would end a purge that waits, and with it this test.
#[tokio::test]
async fn what_somebody_holds_is_left_for_the_next_time() {
    let server = spawn().await;
    make_old_rows(&server, 3).await;
    let mut somebody = PgConnection::connect_with(&server.database.options())
        .await
        .unwrap();
    let mut held = somebody.begin().await.unwrap();
    let first_device = "(SELECT id FROM devices ORDER BY id LIMIT 1)";
    for table in TABLES {
        let one = match table {
            "refresh_tokens" => format!("WHERE device_id = {first_device}"),
            "devices" => format!("WHERE id = {first_device}"),
            "audit_events" => "WHERE action = 'user.changed' LIMIT 1".to_owned(),
            _ => "LIMIT 1".to_owned(),
        };
        let sql = AssertSqlSafe(format!("SELECT 1 FROM {table} {one} FOR UPDATE"));
        sqlx::query(sql).execute(&mut *held).await.unwrap();
    }

    let purged = purge(&server.app, &server.operator()).await.unwrap();
    assert!(all_that_grow(&purged, 2), "{purged:?}");

    held.rollback().await.unwrap();
    let purged = purge(&server.app, &server.operator()).await.unwrap();
    assert!(all_that_grow(&purged, 1), "{purged:?}");
}
