//! Administrators at cross purposes: whatever they do to each other at once, one stays.

use serde_json::json;

use super::{cheap_hashes, times};
use crate::support::{Server, User, phone::Phone, reply::Reply, spawn_with};

const DEEDS: [&str; 3] = ["demote", "disable", "delete"];

async fn does(deed: &str, administrator: &Phone<'_>, to: &User<'_>) -> Reply {
    let path = format!("/users/{}", to.id);
    match deed {
        "demote" => administrator.patch(&path, &json!({ "roles": [] })).await,
        "disable" => {
            administrator
                .post(&format!("{path}/disable"), &json!({}))
                .await
        }
        _ => administrator.delete(&path).await,
    }
}

async fn usable_administrators(server: &Server) -> i64 {
    let sql = "SELECT count(*) FROM users WHERE 'admin' = ANY (roles) AND disabled_at IS NULL";
    server.scalar(sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_who_remove_each_other_one_stays() {
    let server = spawn_with(cheap_hashes).await;
    for round in 0..45 {
        let (here, there) = (DEEDS[round % 3], DEEDS[round / 3 % 3]);
        let ana = server
            .user_with_roles(&format!("ana-{round}"), &["admin"])
            .await;
        let ben = server
            .user_with_roles(&format!("ben-{round}"), &["admin"])
            .await;
        let (anas, bens) = (ana.sign_in("desk").await, ben.sign_in("desk").await);

        let (one, other) = tokio::join!(does(here, &anas, &ben), does(there, &bens, &ana));

        let (winner, loser, left) = if matches!(one.status, 200 | 204) {
            (one, other, anas)
        } else {
            (other, one, bens)
        };
        assert!(matches!(winner.status, 200 | 204), "{}", winner.text);
        // Too late for the lock, or even for the door.
        match loser.status {
            409 => loser.refused(409, "conflict", "last_admin"),
            403 => loser.refused(403, "insufficient_scope", "role_required"),
            _ => loser.refused(401, "invalid_token", loser.str("reason")),
        };
        assert_eq!(usable_administrators(&server).await, 1);
        left.get("/users").await.expect(200);
        // The next two must be the only ones.
        let gone = sqlx::query("DELETE FROM users").execute(&server.rows).await;
        gone.unwrap();
    }
    let told = ["user.changed", "user.disabled", "user.deleted"];
    let mut events = 0;
    for action in told {
        events += times(&server, action).await;
    }
    assert_eq!(events, 45);
}
