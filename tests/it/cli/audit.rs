//! `doorward audit`: what it finds, and how it says so.

use std::fs;

use super::commands::{place_beside, server};

#[tokio::test]
async fn the_chain_of_the_audit_log_is_walked_from_the_shell() {
    let server = server().await;
    let place = place_beside(&server);
    let said = place.run(&["audit", "verify"]).done();
    assert!(
        said.stdout.starts_with("the chain holds: "),
        "{}",
        said.stdout
    );
    let head = place.run(&["audit", "head"]).done().stdout;
    let kept = place.path("head");
    fs::write(&kept, &head).unwrap();
    let file = kept.to_str().unwrap();
    server.user("ana").await;
    let verified = place
        .run(&["--json", "audit", "verify", "--head", file])
        .done()
        .json();
    let count = |what: &str| verified[what].as_u64().unwrap();
    assert_eq!(
        count("events") + count("waiting"),
        server.events().await.len() as u64
    );

    fs::write(&kept, "nothing of ours").unwrap();
    place
        .run(&["audit", "verify", "--head", file])
        .refused("holds no head of an audit log");
    server
        .execute("DROP TRIGGER audit_events_stay ON audit_events")
        .await;
    server
        .execute("UPDATE audit_events SET reason = 'by hand' WHERE action = 'user.created'")
        .await;
    place
        .run(&["audit", "verify"])
        .refused("was changed after it was sealed");
}
