//! The chain of the audit log: what is done is sealed, what is done to the log afterwards is found.

use std::sync::Arc;

use doorward::{
    app::App,
    crypto::secret::Secret,
    db::audit_chain as links,
    domain::{
        audit_chain,
        audit_verify::{self, Break, Head, Verified},
        purge::purge,
        users,
    },
};
use uuid::Uuid;

use crate::support::{Server, spawn, spawn_on, wait};

const DAY: u64 = 86_400;

/// Seals all there is, beside the server, which does so every second.
async fn seal(server: &Server) {
    wait::until("all is sealed", async || {
        audit_chain::seal(&server.app).await.unwrap();
        let waiting = "SELECT count(*) FROM audit_unsealed";
        (server.scalar::<i64>(waiting).await == 0).then_some(())
    })
    .await;
}

async fn verify(server: &Server) -> Result<Verified, Break> {
    audit_verify::verify(&server.app, None).await.unwrap()
}

/// A server on which ten things have happened, in at least four links.
async fn lived() -> Server {
    let server = spawn().await;
    for name in ["ana", "ben", "cem"] {
        seal(&server).await;
        server.user(name).await.sign_in("phone").await;
        server.user(&format!("{name}-2")).await;
    }
    seal(&server).await;
    server
}

/// Puts away what keeps the events as they are: its owner can.
async fn open_up(server: &Server) {
    server
        .execute("DROP TRIGGER audit_events_stay ON audit_events")
        .await;
}

/// Does something to one event by hand; which.
async fn tamper(server: &Server, sql: &str) -> Uuid {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::query_scalar(sql)
        .fetch_one(&server.rows)
        .await
        .unwrap()
}

/// The event at a place of the order.
async fn event(server: &Server, at: usize) -> Uuid {
    server.events().await[at]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn everything_is_sealed_once_and_the_chain_holds() {
    let server = lived().await;
    let verified = verify(&server).await.unwrap();
    assert_eq!(verified.events, server.events().await.len() as u64);
    assert!(verified.seals >= 4, "{verified:?}");
    assert_eq!(
        (
            verified.waiting,
            verified.past_retention,
            verified.forgotten
        ),
        (0, 0, 0)
    );
    let sealed: i64 = server
        .scalar("SELECT count(DISTINCT id) FROM audit_seals, unnest(events) AS id")
        .await;
    assert_eq!(sealed.unsigned_abs(), verified.events);
    let gaps = "SELECT count(*) - max(number) FROM audit_seals";
    assert_eq!(server.scalar::<i64>(gaps).await, 0);
}

#[tokio::test]
async fn the_database_refuses_to_change_the_log() {
    let server = lived().await;
    for sql in [
        "UPDATE audit_events SET action = 'user.enabled'",
        "UPDATE audit_events SET address = '192.0.2.1'",
        "UPDATE audit_events SET address = NULL, user_agent = NULL, reason = 'x'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
    ] {
        let refused = sqlx::query(sql).execute(&server.rows).await.unwrap_err();
        assert!(
            refused
                .to_string()
                .contains("audit events stay as they are"),
            "{sql}: {refused}"
        );
    }
    verify(&server).await.unwrap();
}

#[tokio::test]
async fn an_event_that_is_changed_is_named() {
    for change in [
        "reason = 'by hand'",
        "action = 'user.enabled'",
        "actor_id = gen_random_uuid()",
        "created_at = created_at - interval '1 second'",
        "details = '{\"a\": 1}'",
        "request_id = gen_random_uuid()",
        "address = '192.0.2.1'",
        "address = NULL, user_agent = NULL",
    ] {
        let server = lived().await;
        open_up(&server).await;
        let sql = format!(
            "UPDATE audit_events SET {change} WHERE id = (
                 SELECT id FROM audit_events WHERE action = 'user.signed_in' ORDER BY id OFFSET 1 LIMIT 1
             ) RETURNING id"
        );
        let id = tamper(&server, &sql).await;
        assert_eq!(
            verify(&server).await.unwrap_err(),
            Break::EventChanged(id),
            "{change}"
        );
    }
}

#[tokio::test]
async fn an_event_that_is_taken_out_is_named() {
    let server = lived().await;
    open_up(&server).await;
    let id = event(&server, 6).await;
    sqlx::query("DELETE FROM audit_events WHERE id = $1")
        .bind(id)
        .execute(&server.rows)
        .await
        .unwrap();
    assert_eq!(verify(&server).await.unwrap_err(), Break::EventGone(id));
}

#[tokio::test]
async fn of_two_events_that_are_swapped_the_first_is_named() {
    let server = lived().await;
    open_up(&server).await;
    let (one, other) = (event(&server, 5).await, event(&server, 7).await);
    let swap = "UPDATE audit_events e SET action = o.action, subject_id = o.subject_id, user_id = o.user_id
                FROM audit_events o WHERE (e.id, o.id) IN (($1, $2), ($2, $1))";
    let swapped = sqlx::query(swap)
        .bind(one)
        .bind(other)
        .execute(&server.rows)
        .await
        .unwrap();
    assert_eq!(swapped.rows_affected(), 2);
    assert_eq!(verify(&server).await.unwrap_err(), Break::EventChanged(one));
}

#[tokio::test]
async fn an_event_that_doorward_did_not_write_is_named() {
    let server = lived().await;
    let sql = "INSERT INTO audit_events (id, created_at, action, actor_kind, subject_kind, request_id)
               SELECT gen_random_uuid(), now(), 'user.disabled', 'admin', 'user', gen_random_uuid() RETURNING id";
    let id = tamper(&server, sql).await;
    assert_eq!(verify(&server).await.unwrap_err(), Break::EventUnknown(id));
}

#[tokio::test]
async fn an_event_that_goes_before_its_seal_is_named() {
    let server = lived().await;
    open_up(&server).await;
    let mut other = server.rows.acquire().await.unwrap();
    // Whoever is at the chain keeps the server off it.
    let held = links::begin(&mut other).await.unwrap().unwrap();
    server.user("eve").await;
    let gone = server.events().await.last().unwrap()["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(verify(&server).await.unwrap().waiting, 1);
    sqlx::query("DELETE FROM audit_events WHERE id = $1")
        .bind(gone)
        .execute(&server.rows)
        .await
        .unwrap();
    assert_eq!(verify(&server).await.unwrap_err(), Break::EventGone(gone));
    held.rollback().await.unwrap();
    seal(&server).await;
    assert_eq!(verify(&server).await.unwrap_err(), Break::EventGone(gone));
}

#[tokio::test]
async fn a_seal_that_is_changed_or_gone_is_named() {
    for (sql, found) in [
        (
            "DELETE FROM audit_seals WHERE number = 2",
            Break::SealGone(2),
        ),
        (
            "UPDATE audit_seals SET created_at = now() WHERE number = 2",
            Break::SealChanged(2),
        ),
        (
            "UPDATE audit_seals SET facts = decode(repeat('00', octet_length(facts)), 'hex') WHERE number = 3",
            Break::SealChanged(3),
        ),
        (
            "UPDATE audit_seals SET mac = sha256(mac) WHERE number = 1",
            Break::SealChanged(1),
        ),
        (
            "UPDATE audit_seals SET number = 5 - number WHERE number IN (2, 3)",
            Break::SealChanged(2),
        ),
    ] {
        let server = lived().await;
        server
            .execute("ALTER TABLE audit_seals DROP CONSTRAINT audit_seals_pkey")
            .await;
        server.execute(sql).await;
        assert_eq!(verify(&server).await.unwrap_err(), found, "{sql}");
    }
}

#[tokio::test]
async fn a_chain_that_is_cut_short_lacks_the_head_that_was_kept() {
    let server = lived().await;
    let signed = audit_verify::signed_head(&server.app)
        .await
        .unwrap()
        .unwrap();
    let head = audit_verify::read_head(signed.expose()).unwrap();
    let kept = async |server: &Server| {
        audit_verify::verify(&server.app, Some(&head))
            .await
            .unwrap()
    };
    assert_eq!(kept(&server).await.unwrap().head.unwrap().mac, head.mac);
    server.user("dan").await;
    seal(&server).await;
    kept(&server).await.unwrap();

    open_up(&server).await;
    server
        .execute("DELETE FROM audit_events WHERE id IN (SELECT unnest(events) FROM audit_seals WHERE number >= 3)")
        .await;
    server
        .execute("DELETE FROM audit_seals WHERE number >= 3")
        .await;
    verify(&server).await.unwrap();
    assert_eq!(kept(&server).await.unwrap_err(), Break::HeadGone(head.seal));
    // And whatever is done afterwards is no substitute.
    for name in ["dan-2", "dan-3", "dan-4", "dan-5"] {
        server.user(name).await;
        seal(&server).await;
    }
    assert_eq!(kept(&server).await.unwrap_err(), Break::HeadGone(head.seal));
    assert!(audit_verify::read_head("no head").is_none());
}

#[tokio::test]
async fn a_deleted_person_takes_address_and_user_agent_along_and_the_chain_holds() {
    let server = lived().await;
    let ana = server
        .scalar::<Uuid>("SELECT id FROM users WHERE username = 'ana'")
        .await;
    users::delete(&server.app, &server.operator(), doorward::ids::UserId(ana))
        .await
        .unwrap();
    seal(&server).await;
    let verified = verify(&server).await.unwrap();
    assert_eq!(
        (verified.forgotten, verified.events),
        (1, server.events().await.len() as u64)
    );
}

#[tokio::test]
async fn what_is_past_its_retention_goes_and_the_chain_holds_from_there() {
    let server = lived().await;
    let head = verify(&server).await.unwrap().head.unwrap();
    server.advance(60 * DAY);
    server.user("later").await;
    seal(&server).await;
    let before = verify(&server).await.unwrap();
    server.advance(390 * DAY);
    let gone = wait::until("the month is dropped", async || {
        let report = purge(&server.app, &server.operator()).await.unwrap();
        let events = report
            .iter()
            .find(|(kind, _)| *kind == "audit_events")
            .unwrap()
            .1;
        (events > 0).then_some(events)
    })
    .await;
    seal(&server).await;
    let verified = verify(&server).await.unwrap();
    assert_eq!(verified.events, before.events - gone + 1);
    assert!(
        server
            .scalar::<i64>("SELECT min(number) FROM audit_seals")
            .await
            > 1
    );
    let kept = async |head: &Head| audit_verify::verify(&server.app, Some(head)).await.unwrap();
    let early = Head { seal: 1, ..head };
    assert_eq!(kept(&early).await.unwrap_err(), Break::HeadTooOld(1));
    kept(before.head.as_ref().unwrap()).await.unwrap();

    server
        .execute("UPDATE audit_checkpoints SET events_before = events_before + interval '1 year'")
        .await;
    assert!(matches!(
        verify(&server).await.unwrap_err(),
        Break::CheckpointChanged(_)
    ));
}

#[tokio::test]
async fn two_servers_seal_at_once_and_make_one_chain() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    for round in 0..20 {
        server.user(&format!("one{round}")).await;
        other.user(&format!("other{round}")).await;
        let (one, another) = tokio::join!(
            audit_chain::seal(&server.app),
            audit_chain::seal(&other.app)
        );
        one.unwrap();
        another.unwrap();
    }
    seal(&server).await;
    let verified = verify(&other).await.unwrap();
    assert_eq!(verified.events, server.events().await.len() as u64);
}

#[tokio::test]
async fn the_chain_goes_on_under_another_secret_key() {
    let server = lived().await;
    let before = verify(&server).await.unwrap();
    let mut config = server.app.config.clone();
    config.secret_key_previous = config.secret_key.replace(Secret::new([8; 32]));
    let pool = doorward::db::connect(server.database.options(), 4)
        .await
        .unwrap();
    let newer = Arc::new(App::open(config, pool, server.clock.clone()).await.unwrap());
    audit_chain::seal(&newer).await.unwrap();
    seal(&server).await;
    let verified = audit_verify::verify(&newer, before.head.as_ref())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(verified.events, before.events + 1);
}
