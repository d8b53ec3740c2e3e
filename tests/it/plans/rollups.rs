//! The rollups, where a lot has happened: neither the page that shows them, nor whoever writes and purges
//! them, reads all.

use super::{analyze, plans};
use crate::support::{Server, spawn};

/// Sixty clients for three hours, with as many rows as there can be.
async fn fill_rollups(server: &Server) {
    let sql = "INSERT INTO rollups (slot, begins_at, kind, reason, client_id, n)
               SELECT slot, date_trunc('minute', $1 - n * interval '1 minute', 'UTC'), kind, '', 'client-' || c, 1
               FROM generate_series(0, 179) AS n, generate_series(1, 60) AS c,
                   UNNEST(ARRAY['minute', 'hour', 'day']) AS slot, UNNEST(ARRAY['refreshed', 'reused']) AS kind";
    let filled = sqlx::query(sql).bind(server.clock.now());
    filled.execute(&server.rows).await.unwrap();
    analyze(server).await;
}

#[tokio::test]
async fn rollups_are_read_written_and_purged_by_their_primary_key() {
    let server = spawn().await;
    fill_rollups(&server).await;
    let hour_ago = "timestamptz '2030-03-17 16:47Z'";
    let now = "timestamptz '2030-03-17 17:46Z'";
    for (signs, arguments) in [
        (
            &["GROUPING SETS"][..],
            format!("'minute', {hour_ago}, {now}"),
        ),
        (
            &["DELETE FROM rollups"],
            format!("{hour_ago}, 500, 'minute'"),
        ),
        (
            &["INSERT INTO rollups"],
            format!("ARRAY[{now}], ARRAY['refreshed'], ARRAY[''], ARRAY['first-party'], ARRAY[1]"),
        ),
    ] {
        for (mode, nodes) in plans(&server, signs, &arguments).await {
            let scans = nodes.iter().filter(|(kind, _)| kind == "Seq Scan");
            assert_eq!(scans.count(), 0, "{mode}, {signs:?}: {nodes:#?}");
            let mut indexes = nodes.iter().filter_map(|(_, index)| index.as_deref());
            let known = indexes.all(|index| index == "rollups_pkey");
            assert!(known, "{mode}, {signs:?}: {nodes:#?}");
        }
    }
}
