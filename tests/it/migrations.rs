//! The migrations, up and down, by the plain sqlx CLI and by Doorward on the same bookkeeping.

use std::{
    path::Path,
    process::{Command, Output},
};

use doorward::{
    clock::Clock,
    db::{self, migrate},
    domain::rollups,
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use crate::support::{PASSWORD, database::Database, reply::Reply, spawn_on, wait};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

fn run(program: &Path, arguments: &[&str], database: &Database) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(HERE);
    command
        .env("DATABASE_URL", database.url())
        .output()
        .unwrap()
}

/// `sqlx migrate …`; what it printed.
fn sqlx(what: &str, database: &Database) -> String {
    let program = Path::new(HERE).join(".tools/bin/sqlx");
    let path = program.display();
    assert!(
        program.exists(),
        "{path} is missing: run the tests with `make test`, which installs it"
    );
    let arguments = ["migrate", what, "--source", "migrations", "--no-dotenv"];
    let output = run(&program, &arguments, database);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "sqlx migrate {what}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Versions and whether they are applied, as the CLI tells it.
fn told_by_sqlx(database: &Database) -> Vec<(i64, bool)> {
    let text = sqlx("info", database);
    let lines = text.lines().map(|line| {
        let (version, rest) = line.split_once('/').unwrap();
        (version.parse().unwrap(), rest.starts_with("installed "))
    });
    lines.collect()
}

/// The same as Doorward tells it.
async fn told_by_doorward(pool: &PgPool) -> Vec<(i64, bool)> {
    let steps = migrate::info(pool).await.unwrap();
    steps
        .iter()
        .map(|step| (step.version, step.applied))
        .collect()
}

async fn connect(database: &Database) -> PgPool {
    db::connect(database.options(), 2).await.unwrap()
}

async fn tables(pool: &PgPool) -> Vec<String> {
    let sql = "SELECT relname::text FROM pg_class
               WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                   AND relname <> '_sqlx_migrations'
               ORDER BY 1";
    sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
}

/// All that migrations make: tables, columns, constraints, indexes, functions, comments.
async fn schema(pool: &PgPool) -> Vec<String> {
    let sql = "
        SELECT format('%s.%s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                      pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)) AS line
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        UNION ALL SELECT format('%s by %s: %s', relname, pg_get_partkeydef(oid), obj_description(oid)) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        UNION ALL SELECT pg_get_constraintdef(oid) || conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        ORDER BY line";
    sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
}

/// Puts rows into every table, by using Doorward.
async fn use_everything(database: &Database) {
    let server = spawn_on(database.share(), Clock::system(), |_| {}).await;
    let administrator = server.administrator().await;
    administrator
        .post("/users", &json!({ "username": "ana" }))
        .await
        .expect(201);
    let wrong = json!({ "username": "ana", "password": PASSWORD });
    server
        .post("/login", &wrong)
        .await
        .refused(401, "invalid_grant", "bad_credentials");
    let token = [("token", administrator.access_token.as_str())];
    let revoke = server.request("POST", "/revoke").form(&token);
    Reply::of(revoke).await.expect(200);
    let session = "INSERT INTO admin_sessions (id, user_id, secret_hash, created_at, last_used_at, expires_at)
                   SELECT id, id, sha256(uuid_send(id)), created_at, created_at, created_at FROM users";
    sqlx::query(session).execute(&server.rows).await.unwrap();
    let code = "INSERT INTO setup_codes (id, code_hash, created_at, expires_at)
                SELECT id, sha256(uuid_send(id)), created_at, created_at FROM users LIMIT 1";
    sqlx::query(code).execute(&server.rows).await.unwrap();
    let chain = "
        INSERT INTO audit_unsealed VALUES (gen_random_uuid());
        INSERT INTO audit_seals VALUES (0, now(), '{}', '', '', sha256(''));
        INSERT INTO audit_checkpoints VALUES (gen_random_uuid(), now(), now(), 0, sha256(''), sha256(''));";
    let place = "INSERT INTO status_indexes_ended VALUES (1, now()) ON CONFLICT DO NOTHING";
    sqlx::query(place).execute(&server.rows).await.unwrap();
    rollups::write(&server.app).await.unwrap();
    let audience = "INSERT INTO audience_keys VALUES ('ledger', 'a', 'RSA-OAEP-256', '{}', now())";
    sqlx::query(audience).execute(&server.rows).await.unwrap();
    let bulk = "
        INSERT INTO bulk_acts (id, subject_kind, filter, made_by_kind, created_at, kept_until)
        VALUES ('00000000-0000-0000-0000-000000000000', 'device', 'all', 'admin', now(), now());
        INSERT INTO bulk_act_subjects SELECT id, id FROM bulk_acts;
        INSERT INTO bulk_act_lanes SELECT id, 0, id, id, id FROM bulk_acts;";
    sqlx::raw_sql(bulk).execute(&server.rows).await.unwrap();
    // The server would seal what waits within a second; meanwhile it cannot.
    let mut alone = server.rows.begin().await.unwrap();
    sqlx::raw_sql("SELECT pg_advisory_xact_lock('audit_seals'::regclass::bigint)")
        .execute(&mut *alone)
        .await
        .unwrap();
    sqlx::raw_sql(chain).execute(&server.rows).await.unwrap();
    for table in tables(&server.rows).await {
        let sql = AssertSqlSafe(format!("SELECT EXISTS (SELECT FROM {table})"));
        let any: bool = sqlx::query_scalar(sql)
            .fetch_one(&server.rows)
            .await
            .unwrap();
        assert!(any, "no row in {table}: put one there");
    }
}

#[tokio::test]
async fn the_plain_cli_goes_up_down_and_up_again_whatever_is_in_the_tables() {
    let database = Database::create_empty().await;
    sqlx("run", &database);
    let pool = connect(&database).await;
    let (made, steps) = (schema(&pool).await, told_by_doorward(&pool).await);
    assert!(steps.iter().all(|(_, applied)| *applied), "{steps:?}");
    assert_eq!(told_by_sqlx(&database), steps);
    use_everything(&database).await;

    for left in (0..steps.len()).rev() {
        sqlx("revert", &database);
        let now = told_by_sqlx(&database);
        let applied = now.iter().filter(|(_, applied)| *applied);
        assert_eq!(applied.count(), left);
        assert_eq!(told_by_doorward(&pool).await, now);
    }
    assert_eq!(tables(&pool).await, [""; 0]);
    let nothing = schema(&pool).await;
    let of_others = |line: &&String| !line.contains("_sqlx_migrations");
    assert_eq!(nothing.iter().find(of_others), None);

    sqlx("run", &database);
    assert_eq!(schema(&pool).await, made);
    use_everything(&database).await;
}

/// Undoes migrations, the newest first, until the one before `version` is the last.
async fn revert_to_before(pool: &PgPool, version: i64) {
    while migrate::revert(pool).await.unwrap().unwrap().version != version {}
}

async fn rows_of(pool: &PgPool, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
}

/// What is in it, whatever it consists of.
const EVENTS: &str = "SELECT to_jsonb(e)::text FROM audit_events e ORDER BY id";

/// What is promised about it, by name and text; what the search goes by came later.
const PROMISES: &str = "
    SELECT replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes
    WHERE tablename = 'audit_events' AND indexname NOT IN ('audit_events_address_idx', 'audit_events_request_idx')
    UNION ALL SELECT pg_get_constraintdef(oid) || conname FROM pg_constraint WHERE conrelid = 'audit_events'::regclass
    UNION ALL SELECT obj_description('audit_events'::regclass)
    UNION ALL SELECT concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum))
        FROM pg_attribute WHERE attrelid = 'audit_events'::regclass AND attnum > 0
    UNION ALL SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'audit_events'::regclass
    ORDER BY 1";

#[tokio::test]
async fn events_are_kept_when_they_are_parted_by_months_and_put_together_again() {
    const MONTHS: i64 = 20_261_125_090_000;
    let database = Database::create_empty().await;
    let pool = connect(&database).await;
    migrate::run(&pool).await.unwrap();
    revert_to_before(&pool, MONTHS).await;
    // A day apart, the last of them in the last second of a year; and one whose id does not tell when.
    let fill = "
        INSERT INTO audit_events (id, created_at, action, actor_kind, subject_kind, request_id, details, address)
        SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000a' || lpad(to_hex(n), 15, '0'))::uuid,
               at, 'user.signed_in', 'user', 'user', gen_random_uuid(), jsonb_build_object('n', n), '192.0.2.1'
        FROM generate_series(0, 99) AS n,
            LATERAL (SELECT '2026-12-31 23:59:59.999Z'::timestamptz - n * interval '1 day' AS at) AS time
        UNION ALL
        SELECT 'c0ffee00-0000-4000-8000-000000000000', '2026-12-24Z', 'user.created', 'operator', 'user',
               gen_random_uuid(), '{}', NULL";
    sqlx::query(fill).execute(&pool).await.unwrap();
    let (events, promises) = (rows_of(&pool, EVENTS).await, rows_of(&pool, PROMISES).await);
    assert_eq!(events.len(), 101);

    migrate::run(&pool).await.unwrap();
    assert_eq!(rows_of(&pool, EVENTS).await, events);
    assert_eq!(rows_of(&pool, PROMISES).await, promises);
    let parts = "SELECT format('%s: %s', tableoid::regclass, count(*)) FROM audit_events GROUP BY tableoid ORDER BY 1";
    let expected = [
        "audit_events_2026_09: 8",
        "audit_events_2026_10: 31",
        "audit_events_2026_11: 30",
        "audit_events_2026_12: 31",
        "audit_events_default: 1",
    ];
    assert_eq!(rows_of(&pool, parts).await, expected);

    // The server goes on with months that it takes for its own.
    let january = Clock::manual("2027-01-31T12:00:00Z".parse().unwrap());
    let server = spawn_on(database.share(), january, |_| {}).await;
    server.user("ana").await;
    let later = rows_of(&pool, EVENTS).await;
    assert!(later.len() > 101);
    let all = rows_of(
        &pool,
        "SELECT relname::text FROM pg_class WHERE relispartition AND relkind = 'r'",
    )
    .await;
    assert_eq!(all.len(), 4 + 3 + 1, "{all:?}");
    drop(server);

    revert_to_before(&pool, MONTHS).await;
    assert_eq!(rows_of(&pool, EVENTS).await, later);
    assert_eq!(rows_of(&pool, PROMISES).await, promises);
}

#[tokio::test]
async fn the_plain_cli_and_doorward_agree_on_what_doorward_did() {
    let database = Database::create_empty().await;
    let pool = connect(&database).await;
    let before = told_by_doorward(&pool).await;
    assert!(before.iter().all(|(_, applied)| !applied), "{before:?}");
    assert_eq!(told_by_sqlx(&database), before);

    let applied = migrate::run(&pool).await.unwrap();
    assert_eq!(applied.len(), before.len());
    assert!(migrate::run(&pool).await.unwrap().is_empty());
    assert_eq!(sqlx("run", &database), "");
    let after = told_by_doorward(&pool).await;
    assert_eq!(told_by_sqlx(&database), after);

    let reverted = migrate::revert(&pool).await.unwrap().unwrap();
    assert_eq!(reverted.version, after.last().unwrap().0);
    let now = told_by_doorward(&pool).await;
    assert_eq!(now.last(), Some(&(reverted.version, false)));
    assert_eq!(told_by_sqlx(&database), now);

    // Half of the rest by the one, half by the other.
    while let [_, _, ..] = &tables(&pool).await[..] {
        migrate::revert(&pool).await.unwrap().unwrap();
        sqlx("revert", &database);
    }
    assert_eq!(told_by_sqlx(&database), told_by_doorward(&pool).await);
    while migrate::revert(&pool).await.unwrap().is_some() {}
    assert_eq!(told_by_sqlx(&database), before);
    assert_eq!(tables(&pool).await, [""; 0]);
}

#[tokio::test]
async fn two_that_start_at_once_both_find_it_done() {
    let database = Database::create_empty().await;
    let (one, other) = (connect(&database).await, connect(&database).await);
    let (first, second) = tokio::join!(migrate::run(&one), migrate::run(&other));
    let (first, second) = (first.unwrap(), second.unwrap());
    let known = told_by_doorward(&one).await.len();
    assert_eq!(
        (first.len() + second.len(), first.len() % known),
        (known, 0)
    );
    assert_eq!(told_by_sqlx(&database), told_by_doorward(&one).await);
}

/// A statement may take five seconds, for everybody's sake; a migration takes what it takes.
#[tokio::test]
async fn a_migration_may_take_longer_than_any_other_statement() {
    let database = Database::create_empty().await;
    let impatient = database.options().options([("statement_timeout", "10ms")]);
    let pool = PgPool::connect_with(impatient).await.unwrap();
    let mut other = PgConnection::connect_with(&database.options())
        .await
        .unwrap();
    // What sqlx locks by, and so whoever starts at the same time.
    sqlx::migrate::Migrate::lock(&mut other).await.unwrap();

    let waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
    let release = async {
        wait::until("the migration waits", async || {
            let waits: bool = sqlx::query_scalar(waiting)
                .fetch_one(&mut other)
                .await
                .unwrap();
            waits.then_some(())
        })
        .await;
        other.close().await.unwrap();
    };
    let (done, ()) = tokio::join!(migrate::run(&pool), release);

    done.unwrap();
    let again: String = sqlx::query_scalar("SHOW statement_timeout")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(again, "10ms");
}

#[tokio::test]
async fn a_database_that_does_not_fit_is_refused_in_one_line() {
    let first = "WHERE version = (SELECT min(version) FROM _sqlx_migrations)";
    let newer =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (99990101000000, 'the future', true, 'x', 1)";
    let faults = [
        (
            newer.to_owned(),
            "newer than this doorward: it has migration 99990101000000",
        ),
        (
            format!("UPDATE _sqlx_migrations SET checksum = 'x' {first}"),
            "in the database is not the one of this doorward",
        ),
        (
            format!("UPDATE _sqlx_migrations SET success = false {first}"),
            "failed half-way; repair the database",
        ),
    ];
    for (fault, told) in faults {
        let database = Database::create().await;
        let pool = connect(&database).await;
        let fault = sqlx::query(AssertSqlSafe(fault));
        fault.execute(&pool).await.unwrap();
        let before = schema(&pool).await;
        for refused in [
            migrate::info(&pool).await.map(drop),
            migrate::run(&pool).await.map(drop),
            migrate::revert(&pool).await.map(drop),
        ] {
            let error = refused.unwrap_err().to_string();
            assert!(error.contains(told) && !error.contains('\n'), "{error}");
        }
        for what in ["info", "run", "revert"] {
            let program = Path::new(env!("CARGO_BIN_EXE_doorward"));
            let output = run(program, &["migrate", what], &database);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1));
            assert!(said.contains(told), "{said}");
        }
        assert_eq!(schema(&pool).await, before);
    }
}
