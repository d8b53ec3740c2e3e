//! How Postgres does what it is asked, on large tables: which index it takes for the very
//! statements that the program was compiled with, and what a rotation leaves behind.

mod bulk;
mod filters;
mod lists;
mod rollups;
mod search;
mod time_line;

use std::{collections::BTreeSet, fs, path::Path, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta};
use doorward::{
    clock::Clock,
    crypto::refresh_token::RefreshToken,
    db::{
        self, audit_chain,
        audit_events::partitions::{self, Made, Month},
        refresh_tokens::rotation::{Rotation, rotate_together},
        rotations::LANES,
    },
    ids::{ClientId, GrantId, UserId},
    private_postgres::PrivatePostgres,
};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{
    private_postgres::{Place, QUICK},
    support::{Server, spawn, wait},
};

/// So many users, each with a device, a grant, an event and a refusal; ids and names tell
/// the number.
async fn fill(server: &Server, many: i64) {
    make_months_of_a_year(server).await;
    let statements = [
        "INSERT INTO users (id, username, email, created_at)
         SELECT id, 'user' || to_char(n, 'FM000000'), 'mail' || to_char(n, 'FM000000') || '@example.com', $1 FROM made",
        "INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
         SELECT id, id, 'phone', 'phone', $1, $1 FROM made",
        "INSERT INTO refresh_tokens (id, user_id, device_id, client_id, created_at, absolute_expires_at, expires_at,
                                     last_used_at, secret_hash, status_index)
         SELECT id, id, id, 'first-party', $1, $1 + '90 days'::interval, $1 + '30 days'::interval, $1, sha256(uuid_send(id)),
                n
         FROM made",
        // One in five minutes, over a year; their ids tell when, as the clock's do. Every other one comes from the
        // same address.
        "INSERT INTO audit_events (id, created_at, action, actor_kind, actor_id, subject_kind, subject_id, user_id, request_id,
                                   address)
         SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid,
                at, 'user.created', 'admin', md5('actor ' || n % 7)::uuid, 'user', id, id, id,
                CASE WHEN n % 2 = 0 THEN '192.0.2.1' ELSE '198.51.100.' || n % 400 END
         FROM made, LATERAL (SELECT $1::timestamptz - n * interval '5 minutes' AS at) AS time",
        "INSERT INTO refusal_counts (subject_id, reason, refused, created_at, last_at)
         SELECT id, 'bad_credentials', 1, $1, $1 FROM made",
        "INSERT INTO refusals (id, subject_id, reason, slot, created_at, user_id, request_id, address)
         SELECT id, id, 'bad_credentials', 1, $1, id, id,
                CASE WHEN n % 2 = 0 THEN '192.0.2.1' ELSE '198.51.100.' || n % 400 END
         FROM made",
    ];
    for statement in statements {
        let made = "WITH made AS (SELECT n, md5('made ' || n)::uuid AS id FROM generate_series(1, $2) AS n)";
        let sql = AssertSqlSafe(format!("{made} {statement}"));
        let filled = sqlx::query(sql).bind(server.clock.now()).bind(many);
        filled.execute(&server.rows).await.unwrap();
    }
    analyze(server).await;
}

/// The months before those that the server has made.
async fn make_months_of_a_year(server: &Server) {
    let mut db = connect(server).await;
    let mut month = Month::of(server.clock.now() - TimeDelta::days(366));
    while partitions::make(&mut db, month).await.unwrap() != Made::Before {
        month = month.next();
    }
}

/// As autovacuum does it: not a month that is to come, and not all months as one.
async fn analyze(server: &Server) {
    let sql = "SELECT 'ANALYZE ' || string_agg(oid::regclass::text, ', ') FROM pg_class
               WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0";
    let analyze: String = server.scalar(sql).await;
    run(&mut connect(server).await, analyze).await;
}

/// The one checked-in statement that holds all of these, with the types of its parameters.
fn statement(signs: &[&str]) -> (String, Vec<String>) {
    let mut found = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let data: Value = serde_json::from_str(&text).unwrap();
        let query = data["query"].as_str().unwrap().trim().to_owned();
        if signs.iter().all(|sign| query.contains(sign)) {
            let types = data["describe"]["parameters"]["Left"].as_array().unwrap();
            let types = types.iter().map(|name| {
                let name = name.as_str().unwrap().to_lowercase();
                name.strip_suffix("array")
                    .map_or(name.clone(), |of| format!("{of}[]"))
            });
            found.push((query, types.collect()));
        }
    }
    assert_eq!(found.len(), 1, "statements with {signs:?}: {found:#?}");
    found.remove(0)
}

/// What a plan does, and by which index if by one.
type Nodes = Vec<(String, Option<String>)>;

fn collect(plan: &Value, nodes: &mut Nodes) {
    let text = |name: &str| plan[name].as_str().map(str::to_owned);
    // The clients fit on one page, and so do events without a month: whether those are read by index
    // makes no difference.
    let small = ["oauth_clients", "audit_events_default"];
    if !text("Relation Name").is_some_and(|name| small.contains(&name.as_str())) {
        nodes.push((text("Node Type").unwrap(), text("Index Name")));
    }
    for inner in plan["Plans"].as_array().into_iter().flatten() {
        collect(inner, nodes);
    }
}

/// How Postgres would go about a statement, for these arguments and for any.
async fn plans(server: &Server, signs: &[&str], arguments: &str) -> Vec<(&'static str, Nodes)> {
    plans_on(&mut connect(server).await, signs, arguments).await
}

async fn plans_on(
    db: &mut PgConnection,
    signs: &[&str],
    arguments: &str,
) -> Vec<(&'static str, Nodes)> {
    let (query, types) = statement(signs);
    let mut plans = Vec::new();
    let prepare = format!("PREPARE asked ({}) AS {query}", types.join(", "));
    run(db, prepare).await;
    for mode in ["force_custom_plan", "force_generic_plan"] {
        run(db, format!("SET plan_cache_mode = {mode}")).await;
        let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE asked ({arguments})");
        let plan = sqlx::query_scalar(AssertSqlSafe(explain));
        let plan: Value = plan.fetch_one(&mut *db).await.unwrap();
        let mut nodes = Nodes::new();
        collect(&plan[0]["Plan"], &mut nodes);
        plans.push((mode, nodes));
    }
    plans
}

/// As planned while nobody waits, it must do for a hundred thousand.
#[tokio::test]
async fn what_waits_for_its_seal_is_taken_by_where_it_is() {
    let server = spawn().await;
    server.execute("VACUUM (ANALYZE) audit_unsealed").await;
    let mut db = connect(&server).await;
    let mut sealing = audit_chain::begin(&mut db).await.unwrap().unwrap();
    let signs = &["DELETE FROM audit_unsealed"];
    for (mode, nodes) in plans_on(&mut sealing, signs, "1000").await {
        let by_index = nodes.iter().filter_map(|(_, index)| index.as_deref());
        assert!(by_index.eq(["audit_unsealed_pkey"]), "{mode}: {nodes:#?}");
        let is = |what: &str| nodes.iter().any(|(kind, _)| kind.contains(what));
        let joins = is("Join") || is("Nested Loop") || is("Seq Scan");
        assert!(is("Tid Scan") && !joins, "{mode}: {nodes:#?}");
    }
}

/// Neither for these arguments nor for any: each row is found by its primary key.
async fn goes_by_primary_keys(server: &Server, signs: &[&str], kinds: &[&str], arguments: &str) {
    for (mode, nodes) in plans(server, signs, arguments).await {
        let indexes = nodes.iter().filter_map(|(_, index)| index.as_deref());
        let indexes: BTreeSet<&str> = indexes.collect();
        let expected = ["devices_pkey", "refresh_tokens_pkey", "users_pkey"];
        assert!(indexes.into_iter().eq(expected), "{mode}: {nodes:#?}");
        let known = nodes.iter().all(|(kind, _)| kinds.contains(&kind.as_str()));
        assert!(known, "{mode}: {nodes:#?}");
    }
}

async fn connect(server: &Server) -> PgConnection {
    let options = server.database.options();
    PgConnection::connect_with(&options).await.unwrap()
}

async fn run(db: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(db).await.unwrap();
}

#[tokio::test]
async fn shared_rotations_are_not_planned_for_each_execution() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    for _ in 0..20 {
        phone.refresh().await.expect(200);
    }
    let sql =
        "SELECT COALESCE(sum(custom_plans), 0)::bigint, COALESCE(sum(generic_plans), 0)::bigint
               FROM pg_prepared_statements WHERE statement LIKE '%UPDATE refresh_tokens%'";
    let (mut custom, mut generic) = (0, 0);
    let mut held = Vec::new();
    // All of them: which one had the refreshes is chance.
    for _ in 0..LANES {
        let mut db = server.app.rotations.connection().await.unwrap();
        let plans: (i64, i64) = sqlx::query_as(sql).fetch_one(&mut *db).await.unwrap();
        (custom, generic) = (custom + plans.0, generic + plans.1);
        held.push(db);
    }
    assert!(custom == 0 && generic > 0, "{custom}, {generic}");
}

#[tokio::test]
async fn a_rotation_and_its_refusal_go_by_primary_keys_only() {
    let server = spawn().await;
    fill(&server, 20_000).await;
    let grant = "md5('made 4711')::uuid";
    goes_by_primary_keys(
        &server,
        &[
            "UPDATE refresh_tokens",
            "\n        FROM users u, devices d, oauth_clients c",
            "RETURNING",
        ],
        &["ModifyTable", "Nested Loop", "Index Scan"],
        &format!("{grant}, 0, sha256('x'), sha256('y'), 'z', now(), now(), 'a', 'b', NULL, 'first-party', NULL, NULL"),
    )
    .await;
    let one = |value: &str| format!("ARRAY[{value}]");
    let arguments = [
        "now(), now()".to_owned(),
        one(grant),
        one("0"),
        one("sha256('x')"),
        one("sha256('y')"),
        one("'z'::bytea"),
        one("'first-party'"),
        one("NULL"),
        one("NULL"),
        one("'a'"),
        one("'b'"),
        one("NULL"),
    ];
    goes_by_primary_keys(
        &server,
        &["UPDATE refresh_tokens", "SKIP LOCKED"],
        &[
            "ModifyTable",
            "Nested Loop",
            "Index Scan",
            "Function Scan",
            "CTE Scan",
            "LockRows",
        ],
        &arguments.join(", "),
    )
    .await;
    goes_by_primary_keys(
        &server,
        &["FROM refresh_tokens g", "JOIN devices d", "g.secret_hash"],
        &["Nested Loop", "Index Scan"],
        &format!("{grant}, now()"),
    )
    .await;
}

/// A hundred phones over two days. `expires_on`, which purging finds rows by, changes once a
/// day; every other update leaves the indexes alone, and its space is used again. On a Postgres
/// of its own: a transaction open anywhere on a server keeps old versions alive everywhere.
#[tokio::test]
async fn ten_thousand_refreshes_leave_a_hundred_rows_where_they_were() {
    const PHONES: usize = 100;
    const ROUNDS: usize = 100;
    const TOGETHER: usize = 20;
    let place = Place::new();
    let postgres = PrivatePostgres::start_with(&place.data_dir(), &QUICK)
        .await
        .unwrap();
    let rows = db::connect(postgres.connect_options(), 2).await.unwrap();
    db::migrate::run(&rows).await.unwrap();
    let clock = Clock::manual(DateTime::from_timestamp(1_900_000_000, 0).unwrap());

    let user = UserId(clock.id());
    sqlx::query("INSERT INTO users (id, username, created_at) VALUES ($1, 'ana', $2)")
        .bind(user)
        .bind(clock.now())
        .execute(&rows)
        .await
        .unwrap();
    let mut tokens: Vec<RefreshToken> = Vec::new();
    for _ in 0..PHONES {
        let token = RefreshToken::first(GrantId(clock.id()));
        let sql = "WITH device AS (INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
                                   VALUES ($1, $2, 'phone', 'phone', $3, $3))
                   INSERT INTO refresh_tokens (id, user_id, device_id, client_id, created_at, absolute_expires_at,
                                               expires_at, last_used_at, secret_hash, status_index)
                   VALUES ($1, $2, $1, 'first-party', $3, $3 + '90 days'::interval, $3 + '30 days'::interval, $3, $4,
                           (SELECT count(*) FROM refresh_tokens))";
        let made = sqlx::query(sql).bind(token.grant).bind(user);
        let made = made.bind(clock.now()).bind(token.hash().to_vec());
        made.execute(&rows).await.unwrap();
        tokens.push(token);
    }
    let size = "SELECT pg_total_relation_size('refresh_tokens')";
    let before: i64 = sqlx::query_scalar(size).fetch_one(&rows).await.unwrap();

    let mut db = rows.acquire().await.unwrap();
    for _ in 0..ROUNDS {
        clock.advance(Duration::from_hours(48) / 100);
        let successors: Vec<_> = tokens.iter().map(RefreshToken::successor).collect();
        let rotations = tokens.iter().zip(&successors).map(|(token, successor)| {
            Arc::new(Rotation {
                grant: token.grant,
                generation: token.generation,
                secret_hash: token.hash(),
                successor_hash: successor.hash(),
                successor_sealed: token.seal_successor(successor),
                client: ClientId::first_party(),
                username: None,
                scope: None,
                key: None,
                address: Some("192.0.2.1".to_owned()),
                user_agent: "app".to_owned(),
            })
        });
        let rotations: Vec<_> = rotations.collect();
        for some in rotations.chunks(TOGETHER) {
            let idle_ttl = Duration::from_hours(30 * 24);
            let rotated = rotate_together(&mut db, some, clock.now(), idle_ttl).await;
            assert!(rotated.unwrap().iter().all(Option::is_some));
        }
        tokens = successors;
    }
    // A backend tells its figures when it ends.
    db.close().await.unwrap();

    let (updates, hot) = wait::until("Postgres has counted", async || {
        let sql = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'refresh_tokens'";
        let counted: (i64, i64) = sqlx::query_as(sql).fetch_one(&rows).await.unwrap();
        (counted.0 >= 10_000).then_some(counted)
    })
    .await;
    assert!(
        hot * 100 >= updates * 95,
        "{hot} of {updates} updates were HOT"
    );
    let left = "SELECT count(*) FROM refresh_tokens WHERE generation = 100";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&rows).await.unwrap();
    assert_eq!(left, 100);
    let after: i64 = sqlx::query_scalar(size).fetch_one(&rows).await.unwrap();
    assert!(after <= before * 2, "{before} bytes became {after}");
    rows.close().await;
    postgres.stop().await.unwrap();
}
