//! Who has a connection to the database next, and in what state.

use doorward::db::{change::Change, users};
use sqlx::PgConnection;

use crate::support::{Server, spawn, spawn_with, wait};

async fn backend(db: &mut PgConnection) -> i32 {
    let pid = sqlx::query_scalar("SELECT pg_backend_pid()");
    pid.fetch_one(db).await.unwrap()
}

async fn is_connected(server: &Server, backend: i32) -> bool {
    let found = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)");
    let found = found.bind(backend).fetch_one(&server.rows).await;
    found.unwrap()
}

async fn disable_ana(change: &mut Change<'_>) {
    let disable = sqlx::query("UPDATE users SET disabled_at = now() WHERE username = 'ana'");
    disable.execute(change.db()).await.unwrap();
}

#[tokio::test]
async fn what_is_handed_on_is_the_next_ones_and_what_was_used_last_comes_first() {
    let server = spawn().await;
    let mut first = server.app.db().await.unwrap();
    let mut second = server.app.db().await.unwrap();
    let (early, late) = (backend(&mut first).await, backend(&mut second).await);
    first.hand_on();
    second.hand_on();

    let mut next = server.app.db().await.unwrap();
    let mut after = server.app.db().await.unwrap();

    assert_eq!(backend(&mut next).await, late);
    assert_eq!(backend(&mut after).await, early);
}

#[tokio::test]
async fn a_change_that_is_undone_leaves_nothing_and_hands_its_connection_on() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let operator = server.operator();
    let mut change = server.app.change(&operator).await.unwrap();
    let ours = backend(change.db()).await;
    disable_ana(&mut change).await;
    change.undo().await.unwrap();

    let mut next = server.app.change(&operator).await.unwrap();
    assert_eq!(backend(next.db()).await, ours);
    let found = users::lock(&mut next, ana.id).await.unwrap().unwrap();
    assert!(!found.disabled);
}

#[tokio::test]
async fn a_change_that_is_dropped_is_rolled_back_and_takes_its_connection_along() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let operator = server.operator();
    let mut change = server.app.change(&operator).await.unwrap();
    let ours = backend(change.db()).await;
    disable_ana(&mut change).await;
    drop(change);

    // Its lock is gone with it.
    let mut next = server.app.change(&operator).await.unwrap();
    let found = users::lock(&mut next, ana.id).await.unwrap().unwrap();
    assert!(!found.disabled);
    wait::until("the connection is closed", async || {
        (!is_connected(&server, ours).await).then_some(())
    })
    .await;
}

#[tokio::test]
async fn with_one_connection_nobody_keeps_it_from_the_others() {
    let server = spawn_with(|config| config.database_connections = 1).await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    let first = phone.refresh_token.clone();
    phone.refresh().await.expect(200);

    // A retry goes through the other door.
    for _ in 0..3 {
        phone.present(&first).await.expect(200);
        phone.get("/me").await.expect(200);
    }
    server.get("/health/ready").await.expect(200);
}
