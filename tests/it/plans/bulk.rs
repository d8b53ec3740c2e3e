//! Acts on many: what was not used is looked for through whole tables at once, and each row of a batch by its key.

use doorward::domain::{
    bulk::{self, Kind, Verb, Wanted},
    disable::Disabling,
};
use uuid::Uuid;

use super::plans;
use crate::support::{Server, spawn_with};

/// All of it, on tables that are filled.
pub async fn is_planned_once(server: &Server) {
    // Not row by row: with the tokens of each, or the devices, by an index of its own.
    for (signs, arguments) in [
        (
            &["SELECT d.id", "d.last_used_at < $6"][..],
            "now(), true, NULL, NULL, 250000, 'infinity'",
        ),
        (
            &["SELECT t.id", "t.created_at < $6"],
            "now(), NULL, '', NULL, 250000, 'infinity'",
        ),
    ] {
        for (mode, nodes) in plans(server, signs, arguments).await {
            let tokens = nodes.iter().filter_map(|(_, index)| index.as_deref());
            let mut tokens = tokens.filter(|index| index.starts_with("refresh_tokens_"));
            let none = tokens.next().is_none();
            assert!(none || mode != "force_custom_plan", "{nodes:#?}");
        }
    }
    let nil = Uuid::nil();
    let ids = format!("'{nil}', ARRAY['{nil}'::uuid]");
    for (signs, arguments) in [
        (
            &["JOIN devices t", "NOT disabled_now(", "NO KEY UPDATE"][..],
            format!("{ids}, true, now(), NULL"),
        ),
        (&["UPDATE devices t", "FROM bulk_act_subjects s"], ids),
    ] {
        for (mode, nodes) in plans(server, signs, &arguments).await {
            let none = nodes.iter().all(|(kind, _)| kind != "Seq Scan");
            assert!(none || mode != "force_generic_plan", "{nodes:#?}");
        }
    }
}

/// Which of these plans it is: shown two thousand ids, Postgres would read whole tables for every batch.
#[tokio::test]
async fn a_batch_is_not_planned_for_its_ids() {
    let server = spawn_with(|config| config.database_connections = 4).await;
    server.user("ana").await.sign_in("phone").await;
    let (app, operator) = (&server.app, server.operator());
    let asked = (Verb::Disable, Kind::Devices);
    let act = bulk::preview(app, &operator, asked, &Wanted::default())
        .await
        .unwrap();
    let disabling = Disabling {
        reason: None,
        until: None,
    };
    bulk::begin(app, &operator, (act, Verb::Disable), &disabling)
        .await
        .unwrap();
    bulk::undo(app, &operator, act, None).await.unwrap();
    let disabled = "SELECT count(*) FROM audit_events WHERE action LIKE 'device.%abled'";
    assert_eq!(server.scalar::<i64>(disabled).await, 2);

    let sql =
        "SELECT COALESCE(sum(custom_plans), 0)::bigint, COALESCE(sum(generic_plans), 0)::bigint
               FROM pg_prepared_statements WHERE statement LIKE '%bulk_act_subjects s%NO KEY UPDATE%'";
    let (mut custom, mut generic) = (0, 0);
    let mut held = Vec::new();
    // All but those for refreshes: which one had the batches is chance.
    for _ in 0..3 {
        let mut db = app.db().await.unwrap();
        let plans: (i64, i64) = sqlx::query_as(sql).fetch_one(&mut *db).await.unwrap();
        (custom, generic) = (custom + plans.0, generic + plans.1);
        held.push(db);
    }
    assert!(custom == 0 && generic >= 2, "{custom}, {generic}");
}
