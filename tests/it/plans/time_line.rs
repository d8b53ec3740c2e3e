//! The page of a user, among a hundred thousand: what happened to this one is found by index.

use doorward::{
    db::{
        audit_events::lookup,
        disabling::Subject,
        refresh_tokens::uses,
        refusals::{self, tries},
    },
    ids::{DeviceId, GrantId, UserId},
};
use uuid::Uuid;

use super::{
    lists::{EITHER, read},
    plans,
};
use crate::support::Server;

async fn is_not_planned_as_a_scan(server: &Server) {
    let (nil, max) = (Uuid::nil(), Uuid::max());
    for (signs, arguments) in [
        (
            &["FROM audit_events", "THEN COALESCE("][..],
            format!("'{max}', '{nil}', '{max}', '{nil}', 51"),
        ),
        (
            &["FROM refusals r", "r.user_id, r.id", "r.device_id = $4"],
            format!("'{max}', '{nil}', '{max}', NULL, 51"),
        ),
        (
            &["FROM refresh_tokens", "sum(retries)"],
            format!("ARRAY['{nil}'::uuid]"),
        ),
        (
            &["FROM refresh_tokens", "AS found (id, until)"],
            format!("ARRAY['{nil}'::uuid], ARRAY['{nil}'::uuid], ARRAY['{nil}'::uuid], 300"),
        ),
        (
            &["FROM refusals", "DISTINCT ON", "'token_disabled', '0"],
            "now(), 10".to_owned(),
        ),
        (
            &["FROM refusals", "DISTINCT ON", "(user_id, id)"],
            format!("now(), 50, '{max}'"),
        ),
    ] {
        for (mode, nodes) in plans(server, signs, &arguments).await {
            let scans = nodes.iter().filter(|(kind, _)| kind == "Seq Scan");
            assert_eq!(scans.count(), 0, "{mode}, {signs:?}: {nodes:#?}");
        }
    }
}

/// All of it, on tables that are filled.
pub async fn is_read_by_index(server: &Server) {
    is_not_planned_as_a_scan(server).await;
    let some: Uuid = server.scalar("SELECT md5('made 4711')::uuid").await;
    let (user, device) = (UserId(some), DeviceId(some));
    for (name, user, on, before, found) in [
        ("a user", user, None, None, 1),
        ("further on", user, None, Some(Uuid::nil()), 0),
        ("a device", user, Some(device), None, 0),
        ("nobody", UserId(Uuid::max()), None, None, 0),
    ] {
        read(server, &EITHER, name, async |db| {
            let events = lookup::list_of_user(db, user, on, before, 51).await;
            assert_eq!(events.unwrap().len(), found, "{name}");
            let refused = refusals::list_of_user(db, user, on, before, 51).await;
            assert_eq!(refused.unwrap().items.len(), found, "{name}");
        })
        .await;
    }
    let now = server.clock.now();
    read(server, &EITHER, "tries", async |db| {
        let own = tries::of_user(db, user, 50, now).await.unwrap();
        let all = tries::latest(db, 10, now).await.unwrap();
        assert_eq!((own.len(), all.len()), (0, 0));
    })
    .await;
    let subjects = [
        Subject::User(user),
        Subject::Device(device),
        Subject::Grant(GrantId(Uuid::max())),
    ];
    read(server, &EITHER, "access tokens", async |db| {
        let ttl = std::time::Duration::from_mins(5);
        let found = uses::access_until(db, &subjects, ttl).await.unwrap();
        // Here a user has the id of the device.
        assert_eq!(found.get(&some), Some(&(now + ttl)));
    })
    .await;
    read(server, &EITHER, "uses", async |db| {
        let found = uses::list_of_devices(db, &[device]).await.unwrap();
        assert_eq!((found.len(), found[0].refreshes), (1, 0));
    })
    .await;
}
