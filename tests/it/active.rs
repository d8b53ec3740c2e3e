//! About how many people and devices are active: each once, whichever server saw them, and no id is kept.

use doorward::domain::{
    active::{self, About},
    purge::purge,
    rollups::{self, Span},
};

use crate::support::{
    Server, clock, database::Database, proxy::Proxy, spawn, spawn_on, spawn_through, wait,
};

/// Writes what the server has seen, which it does by itself every few seconds.
async fn write(server: &Server) {
    rollups::write(&server.app).await.unwrap();
}

async fn about(server: &Server, span: Span) -> (i64, i64) {
    let About { users, devices } = active::about(&server.app, span).await.unwrap();
    (users, devices)
}

/// The sentence on the first page.
async fn said(server: &Server, auditor: &str, span: &str) -> String {
    let mut desk = server.browser(auditor, &["auditor"]).await;
    let page = desk.get(&format!("/admin?span={span}")).await.expect(200);
    let said = page.text.split("<strong>").find(|part| {
        let said = part.split("</strong>").next().unwrap();
        said.contains("active in the last")
    });
    said.unwrap().split("</strong>").next().unwrap().to_owned()
}

#[tokio::test]
async fn who_is_active_is_counted_once_whichever_server_sees_them() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let mut bens = ben.sign_in("phone").await;
    // Nobody is active by being refused, or by looking at the panel.
    server.user("carl").await;
    phone.present("junk").await.expect(400);
    for _ in 0..3 {
        phone.refresh().await.expect(200);
        tablet.refresh().await.expect(200);
        let request = serde_json::json!({ "refresh_token": bens.refresh_token });
        bens.store(&other.post("/token", &request).await.expect(200));
        tokio::join!(write(&server), write(&other));
    }
    for span in [Span::Hour, Span::Day, Span::Month] {
        assert_eq!(about(&server, span).await, (2, 3), "{span:?}");
    }
    let told = "About 2 people and 3 devices were active in the last 24 hours.";
    assert_eq!(said(&server, "eve", "day").await, told);

    // One of them is still there two hours later.
    server.advance(2 * 3600);
    assert_eq!(about(&server, Span::Hour).await, (0, 0));
    tablet.refresh().await.expect(200);
    write(&server).await;
    assert_eq!(about(&server, Span::Hour).await, (1, 1));
    assert_eq!(about(&server, Span::Day).await, (2, 3));
    server.advance(24 * 3600);
    assert_eq!(about(&server, Span::Day).await, (0, 0));
    assert_eq!(about(&server, Span::Month).await, (2, 3));
    server.advance(30 * 24 * 3600);
    let told = "Nobody was active in the last 30 days.";
    assert_eq!(said(&server, "max", "month").await, told);
}

#[tokio::test]
async fn what_is_known_is_not_written_again_and_goes_with_the_rollups() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    write(&server).await;
    let rows = async || -> Vec<(String, String, String)> {
        let sql = "SELECT slot, kind, xmin::text FROM active_sketches ORDER BY slot, kind";
        sqlx::query_as(sql).fetch_all(&server.rows).await.unwrap()
    };
    let written = rows().await;
    assert_eq!(written.len(), 6);
    phone.refresh().await.expect(200);
    write(&server).await;
    assert_eq!(rows().await, written, "nobody new");
    // Five minutes on, the hour and the day are as they were.
    server.advance(300);
    phone.refresh().await.expect(200);
    write(&server).await;
    let now = rows().await;
    assert_eq!(now.len(), 8);
    for row in written.iter().filter(|(slot, ..)| slot != "minute") {
        assert!(now.contains(row), "{row:?}");
    }

    for (hours, left) in [(3, 4), (72, 2), (90 * 24, 0)] {
        server.advance(hours * 3600);
        purge(&server.app, &server.operator()).await.unwrap();
        assert_eq!(rows().await.len(), left, "{hours}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_loses_nobody() {
    let database = Database::create().await;
    let proxy = Proxy::to(&database.options());
    let through = proxy.options(&database.options());
    let server = spawn_through(database, through, clock(), |_| {}).await;
    let ana = server.user("ana").await;
    ana.sign_in("phone").await;
    proxy.cut();
    // The server itself may have been faster, before the cut.
    let _ = rollups::write(&server.app).await;
    server.advance(3600);
    let _ = rollups::write(&server.app).await;
    proxy.heal();
    wait::until("whom it has seen is written", async || {
        rollups::write(&server.app).await.ok()
    })
    .await;
    let hours: Vec<String> = sqlx::query_scalar(
        "SELECT to_char(begins_at, 'HH24:MI') FROM active_sketches WHERE slot = 'hour' ORDER BY 1",
    )
    .fetch_all(&server.rows)
    .await
    .unwrap();
    assert_eq!(hours, ["17:00", "17:00"], "as of its own hour");
}
