//! A hundred thousand of each again: whatever filter and order the panel's lists have, forth, back and from the end,
//! each page is one walk along one index.

use chrono::TimeDelta;
use doorward::{
    db::{
        cursor::{At, Page},
        devices::{self, LastUse},
        refresh_tokens::{self, Place, State},
        refusals, users,
    },
    ids::UserId,
};
use uuid::Uuid;

use super::{
    analyze, fill,
    lists::{EITHER, MANY, read},
    plans,
};
use crate::support::{Server, spawn};

const NIL: &str = "'00000000-0000-0000-0000-000000000000'";
const MAX: &str = "'ffffffff-ffff-ffff-ffff-ffffffffffff'";

/// The pages that a filter is asked for: both ends, and either side of a place.
fn pages<P: Clone>(place: &P) -> [At<P>; 4] {
    [
        At::First,
        At::After(place.clone()),
        At::Before(place.clone()),
        At::Last,
    ]
}

/// What two filters and two orders can ask for together.
fn flags() -> impl Iterator<Item = (bool, bool)> {
    [(false, false), (false, true), (true, false), (true, true)].into_iter()
}

async fn users_are_filtered(server: &Server) {
    let now = server.clock.now();
    let some: Uuid = server
        .scalar("SELECT id FROM users WHERE username = 'user050311'")
        .await;
    let place = users::Place {
        key: "user050311".to_owned(),
        id: UserId(some),
    };
    let asked = [
        (None, None),
        (Some(false), None),
        (Some(true), None),
        (None, Some("auditor")),
        (Some(true), Some("auditor")),
    ];
    for (disabled, role) in asked {
        for order in [users::Order::Name, users::Order::Created] {
            for (descending, at) in [false, true]
                .into_iter()
                .flat_map(|descending| pages(&place).map(|at| (descending, at)))
            {
                let filter = users::Filter {
                    disabled,
                    role: role.map(str::to_owned),
                    order,
                    descending,
                    at,
                    ..users::Filter::default()
                };
                let name = format!("users {filter:?}");
                read(server, &EITHER, &name, async |db| {
                    let page = users::list(db, &filter, 50, now).await.unwrap();
                    assert!(!page.items.is_empty() || role.is_some(), "{name}");
                })
                .await;
            }
        }
    }
}

async fn devices_are_filtered(server: &Server) {
    let now = server.clock.now();
    let middle = "SELECT extract(epoch FROM last_used_at)::int8 * 1000000 || ' ' || id FROM devices
                  ORDER BY last_used_at OFFSET 50000 LIMIT 1";
    let place = place(server.scalar(middle).await, LastUse::parse);
    for (disabled, kind) in [
        (None, None),
        (Some(false), None),
        (Some(true), None),
        (None, Some("watch")),
        (None, Some("phone")),
        (None, Some("none")),
        // Both disabled and of a kind: as many are looked at as are disabled.
    ] {
        for ((signed_in, ascending), at) in
            flags().flat_map(|flags| pages(&place).map(|at| (flags, at)))
        {
            let filter = devices::Filter {
                disabled,
                kind: kind.map(str::to_owned),
                not_since: (signed_in && ascending).then(|| now - TimeDelta::hours(10)),
                order: if signed_in {
                    devices::Order::SignedIn
                } else {
                    devices::Order::Created
                },
                ascending,
                at,
            };
            let name = format!("devices {filter:?}");
            read(server, &EITHER, &name, async |db| {
                let page = devices::list(db, &filter, 50, now).await.unwrap();
                let found = page.items.len();
                assert!(found > 0 || kind == Some("none"), "{name}: {found}");
            })
            .await;
        }
    }
}

async fn tokens_are_filtered(server: &Server) {
    let now = server.clock.now();
    let middle = "SELECT expires_on || ' ' || id FROM refresh_tokens ORDER BY expires_on, id OFFSET 50000 LIMIT 1";
    let place = place(server.scalar(middle).await, Place::parse);
    let states = [
        (None, None),
        (None, Some("rare-client")),
        (None, Some("first-party")),
        (Some(State::Live), None),
        (Some(State::Expired), None),
        (Some(State::Ended), None),
        (Some(State::Disabled), None),
        // Disabled and of a client: as many are looked at as are disabled.
    ];
    for ((state, client), at) in states
        .into_iter()
        .flat_map(|state| pages(&place).map(|at| (state, at)))
    {
        let filter = refresh_tokens::Filter {
            state,
            client: client.map(|client| client.parse().unwrap()),
            at,
        };
        let name = format!("tokens {filter:?}");
        read(server, &EITHER, &name, async |db| {
            let page = refresh_tokens::list(db, &filter, 50, now).await.unwrap();
            // Those live are on one side of the place, those expired on the other.
            let found = page.items.len();
            assert!(found > 0 || filter.at.place().is_some(), "{name}: {found}");
        })
        .await;
    }
}

async fn refusals_are_filtered(server: &Server) {
    let middle = "SELECT id FROM refusals ORDER BY id OFFSET 50000 LIMIT 1";
    let place: Uuid = server.scalar(middle).await;
    let ago = |hours| Some(server.clock.now() - TimeDelta::hours(hours));
    for (reason, since, until) in [
        (None, None, None),
        (Some("bad_credentials"), None, None),
        (Some("csrf"), None, None),
        (None, ago(400), ago(200)),
        (Some("csrf"), ago(500), ago(100)),
    ] {
        for at in pages(&place) {
            let filter = refusals::Filter {
                reason: reason.map(str::to_owned),
                since,
                until,
                at,
            };
            let name = format!("refusals {filter:?}");
            read(server, &EITHER, &name, async |db| {
                let page: Page<_> = refusals::list(db, &filter, 50).await.unwrap();
                let found = page.items.len();
                assert!(found > 0 || filter.at.place().is_some(), "{name}: {found}");
            })
            .await;
        }
    }
}

fn place<P>(key: String, parse: impl Fn(&str) -> Option<P>) -> P {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    parse(&URL_SAFE_NO_PAD.encode(key)).unwrap()
}

/// EXPLAIN says it too: no list reads a table whole.
async fn no_list_is_planned_as_a_scan(server: &Server) {
    let now = "now()";
    let mut asked = Vec::new();
    for way in ["DESC", "\n        LIMIT"] {
        let by_name = if way == "DESC" {
            "found.key DESC"
        } else {
            "found.key , u.id \n"
        };
        for (disabled, role) in [("NULL", "NULL"), ("true", "NULL"), ("NULL", "'admin'")] {
            let arguments = format!(
                "'user05', 'user05z', 'user05', {NIL}, 'user05z', {NIL}, {disabled}, {now}, 51, {role}"
            );
            asked.push((vec!["AS key", by_name], arguments));
        }
    }
    for bound in ["id >= $1", "id <= $1"] {
        for (disabled, role) in [("NULL", "NULL"), ("true", "NULL"), ("NULL", "'admin'")] {
            let arguments = format!("{NIL}, {disabled}, {now}, 51, {role}");
            asked.push((vec!["FROM users", bound, "AS u\n"], arguments));
        }
    }
    for bound in ["id >= $3", "id <= $4"] {
        for arguments in [
            format!("NULL, NULL, {NIL}, {MAX}, 51, {now}"),
            format!("true, NULL, {NIL}, {MAX}, 51, {now}"),
            format!("NULL, 'phone', {NIL}, {MAX}, 51, {now}"),
        ] {
            asked.push((vec!["FROM devices", "AS d\n", bound], arguments));
        }
        for arguments in [
            format!("NULL, NULL, {NIL}, {MAX}, 51, {now}"),
            format!("NULL, 'first-party', {NIL}, {MAX}, 51, {now}"),
            format!("'disabled', NULL, {NIL}, {MAX}, 51, {now}"),
            format!("'ended', NULL, {NIL}, {MAX}, 51, {now}"),
        ] {
            asked.push((vec!["FROM refresh_tokens", "AS g\n", bound], arguments));
        }
    }
    for way in ["d.last_used_at DESC", "d.last_used_at , d.id"] {
        for kind in ["NULL", "'phone'"] {
            let arguments = format!("NULL, {kind}, '1970-01-01', {NIL}, now(), {MAX}, 51, {now}");
            asked.push((vec!["FROM devices", way], arguments));
        }
    }
    for way in ["expires_on DESC", "expires_on , id "] {
        let arguments = format!("'1970-01-01', {NIL}, '9999-12-31', {MAX}, 51, {now}, true");
        asked.push((vec!["FROM refresh_tokens", way], arguments));
    }
    for bound in ["(id, id) <= ($3, $3)", "(id, id) >= ($2, $2)"] {
        for reason in ["NULL", "'csrf'"] {
            let arguments = format!("{reason}, {NIL}, {MAX}, NULL, NULL, 51");
            asked.push((vec!["FROM refusals", bound], arguments));
        }
    }
    for bound in ["(id, id) <= ($7, $7)", "(id, id) >= ($6, $6)"] {
        for address in ["NULL", "'192.0.2.1'"] {
            let arguments = format!("NULL, NULL, NULL, NULL, NULL, {NIL}, {MAX}, 51, {address}");
            asked.push((vec!["FROM audit_events", bound], arguments));
        }
    }
    asked.push((
        vec!["'user.deleted'", "'user.changed'"],
        format!("{now}, {now}, {MAX}"),
    ));
    for (signs, arguments) in asked {
        for (mode, nodes) in plans(server, &signs, &arguments).await {
            let scans = nodes.iter().filter(|(kind, _)| kind == "Seq Scan");
            assert_eq!(scans.count(), 0, "{mode}, {signs:?}: {nodes:#?}");
        }
    }
}

/// Rows over some weeks, so that none is purged meanwhile, and one in a hundred out of the ordinary.
async fn make_it_manifold(server: &Server) {
    for sql in [
        "UPDATE users SET disabled_at = created_at WHERE username LIKE '%11'",
        "UPDATE users SET roles = '{auditor}' WHERE username LIKE '%7311'",
        "UPDATE devices SET last_used_at = last_used_at - make_interval(mins => n::integer)
         FROM (SELECT id, row_number() OVER () AS n FROM devices) AS numbered WHERE numbered.id = devices.id",
        "UPDATE devices SET disabled_at = created_at WHERE id IN (SELECT id FROM users WHERE disabled_at IS NOT NULL)",
        "UPDATE devices SET kind = 'watch' WHERE id IN (SELECT id FROM users WHERE username LIKE '%1')",
        "INSERT INTO oauth_clients (id, client_id, name, kind, grant_types, created_at)
         SELECT gen_random_uuid(), 'rare-client', '', 'public', '{refresh_token}', now()",
        "UPDATE refresh_tokens SET disabled_at = created_at, client_id = 'rare-client'
         WHERE id IN (SELECT id FROM users WHERE username LIKE '%11')",
        "UPDATE refresh_tokens SET ended_at = created_at, ended_reason = 'logout'
         WHERE id IN (SELECT id FROM users WHERE username LIKE '%2')",
        // Half of them are over, on fifty days.
        "UPDATE refresh_tokens SET expires_at = created_at + make_interval(days => 25 - n::integer % 50, hours => 1)
         FROM (SELECT id, row_number() OVER () AS n FROM refresh_tokens) AS numbered
         WHERE numbered.id = refresh_tokens.id AND n % 50 <> 25",
        // Their ids tell when, as the clock's do.
        "UPDATE refusals SET created_at = at, reason = CASE WHEN n % 100 = 7 THEN 'csrf' ELSE reason END,
             id = (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid
         FROM (SELECT id AS old, n, created_at - n * interval '20 seconds' AS at
               FROM (SELECT id, created_at, row_number() OVER () AS n FROM refusals) AS rows) AS numbered
         WHERE old = id",
        "INSERT INTO refusal_counts (subject_id, reason, refused, created_at, last_at)
         SELECT subject_id, reason, 1, created_at, created_at FROM refusals WHERE reason = 'csrf'",
    ] {
        server.execute(sql).await;
    }
    analyze(server).await;
}

#[tokio::test]
async fn each_filter_and_each_order_is_one_walk_along_one_index() {
    let server = spawn().await;
    fill(&server, MANY).await;
    make_it_manifold(&server).await;
    no_list_is_planned_as_a_scan(&server).await;
    users_are_filtered(&server).await;
    devices_are_filtered(&server).await;
    tokens_are_filtered(&server).await;
    refusals_are_filtered(&server).await;
}
