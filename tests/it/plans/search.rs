//! The search, among a hundred thousand users: whatever is looked for, and however much of it there is,
//! it is found by index.

use chrono::TimeDelta;
use doorward::{
    db::{audit_events::lookup, devices, refusals, users},
    ids::{DeviceId, UserId},
};
use uuid::Uuid;

use super::{
    lists::{EITHER, read},
    plans,
};
use crate::support::Server;

/// So many of each kind are asked for.
const SHOWN: i64 = 20;

/// By names that all have, that one has, that nobody has.
async fn devices_are_found_by_name(server: &Server) {
    let now = server.clock.now();
    for (beginning, found) in [("PHO", 20), ("phone", 20), ("p", 20), ("zoe", 0), ("", 20)] {
        read(server, &EITHER, beginning, async |db| {
            let page = devices::list_named(db, beginning, SHOWN, now).await;
            assert_eq!(page.unwrap().items.len(), found, "{beginning:?}");
        })
        .await;
    }
}

async fn things_are_found_by_their_ids(server: &Server) {
    let now = server.clock.now();
    let ids: Vec<Uuid> =
        sqlx::query_scalar("SELECT id FROM users ORDER BY id OFFSET 4711 LIMIT 20")
            .fetch_all(&server.rows)
            .await
            .unwrap();
    let of_users: Vec<UserId> = ids.iter().copied().map(UserId).collect();
    let on: Vec<DeviceId> = ids.iter().copied().map(DeviceId).collect();
    read(server, &EITHER, "devices by id", async |db| {
        let found = devices::list_of_ids(db, &on, now).await.unwrap();
        assert_eq!(found.len(), 20);
    })
    .await;
    read(server, &EITHER, "working devices", async |db| {
        let found = devices::list_working(db, &of_users, now).await.unwrap();
        assert_eq!(found.len(), 20);
    })
    .await;
    read(server, &EITHER, "users by id", async |db| {
        let found = users::list_of_ids(db, &of_users, now).await.unwrap();
        assert_eq!(found.len(), 20);
    })
    .await;
}

async fn requests_and_addresses_are_found(server: &Server) {
    let some: Uuid = server.scalar("SELECT md5('made 4711')::uuid").await;
    for (request, found) in [(some, 1), (Uuid::max(), 0)] {
        read(server, &EITHER, "a request", async |db| {
            let events = lookup::list_of_request(db, request).await.unwrap();
            let refusals = refusals::list_of_request(db, request).await.unwrap();
            assert_eq!((events.len(), refusals.len()), (found, found));
        })
        .await;
    }
    // Behind one address there may be everybody.
    let since = server.clock.now() - TimeDelta::days(30);
    for (address, events, refused) in [
        ("192.0.2.1", 100, 100),
        ("198.51.100.7", 22, 100),
        ("203.0.113.9", 0, 0),
    ] {
        read(server, &EITHER, address, async |db| {
            let came = lookup::list_from_address(db, address, since, 100).await;
            assert_eq!(came.unwrap().len(), events, "{address}");
            let found = refusals::list_from_address(db, address, 100).await;
            assert_eq!(found.unwrap().len(), refused, "{address}");
        })
        .await;
    }
}

/// EXPLAIN says it too.
async fn no_search_is_planned_as_a_scan(server: &Server) {
    let (nil, max) = (Uuid::nil(), Uuid::max());
    for (signs, arguments) in [
        (
            &["FROM devices", "lower($1)"][..],
            "'pho', 'phz', 21, now()".to_owned(),
        ),
        (
            &["FROM devices d", "= ANY($1)"],
            format!("ARRAY['{nil}'::uuid], now()"),
        ),
        (
            &["JOIN devices d ON d.id = g.device_id", "= ANY($1)"],
            format!("ARRAY['{nil}'::uuid], now()"),
        ),
        (
            &["FROM users u", "= ANY($1)"],
            format!("ARRAY['{nil}'::uuid], now()"),
        ),
        (
            &["FROM audit_events WHERE request_id = $1"],
            format!("'{max}'"),
        ),
        (
            &["FROM audit_events", "(address, id)", "COALESCE(e.actor_id"],
            format!("'192.0.2.1', '{nil}', '{max}', 100"),
        ),
        (
            &["FROM refusals r", "r.request_id = $1"],
            format!("'{max}'"),
        ),
        (
            &["FROM refusals", "(address, id)"],
            "'192.0.2.1', 100".to_owned(),
        ),
    ] {
        for (mode, nodes) in plans(server, signs, &arguments).await {
            let scans = nodes.iter().filter(|(kind, _)| kind == "Seq Scan");
            assert_eq!(scans.count(), 0, "{mode}, {signs:?}: {nodes:#?}");
        }
    }
}

/// All of it, on tables that are filled.
pub async fn everything_is_found_by_index(server: &Server) {
    no_search_is_planned_as_a_scan(server).await;
    devices_are_found_by_name(server).await;
    things_are_found_by_their_ids(server).await;
    requests_and_addresses_are_found(server).await;
}
