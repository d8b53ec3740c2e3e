//! Proof of possession (RFC 9449): what tokens are bound to, and who can refresh them. What a proof has to be is in
//! `dpop/proofs.rs`, nonces in `dpop/nonces.rs`, and what can be done with an access token in `dpop/resources.rs`.

mod nonces;
mod proofs;
mod resources;

use rocket::futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, Server, key::Key, key::post, phone::claims, reply::Reply, spawn, wait,
};

/// The key and since when, as the row has it.
async fn bound(server: &Server) -> (Option<String>, Option<i32>) {
    sqlx::query_as("SELECT key_thumbprint, key_since FROM refresh_tokens ORDER BY id DESC LIMIT 1")
        .fetch_one(&server.rows)
        .await
        .unwrap()
}

fn key_in(answer: &Reply) -> Value {
    claims(answer.str("access_token"))["cnf"].clone()
}

#[tokio::test]
async fn a_sign_in_with_a_proof_gives_tokens_that_are_bound_to_its_key() {
    let server = spawn().await;
    let (ana, key) = (server.user("ana").await, Key::default());
    let own = json!({ "jkt": key.thumbprint() });
    let answer = ana.try_with(&[&key.proof(&server, "/login")]).await;
    let answer = answer.expect(200);
    assert_eq!(
        (answer.str("token_type"), key_in(&answer)),
        ("DPoP", own.clone())
    );
    assert_eq!(answer.header("dpop-nonce"), "");
    assert_eq!(bound(&server).await, (Some(key.thumbprint()), Some(0)));

    let mut phone = ana.sign_in_with(&key).await;
    for _ in 0..3 {
        let answer = phone.refresh_by(&key).await.expect(200);
        assert_eq!(
            (answer.str("token_type"), key_in(&answer)),
            ("DPoP", own.clone())
        );
    }
    assert_eq!(bound(&server).await, (Some(key.thumbprint()), Some(0)));

    let api = server.client("ledger-api", false).await;
    let told = api.introspect(&phone.access_token).await;
    assert_eq!((&told["token_type"], &told["cnf"]), (&json!("DPoP"), &own));
    let desk = server.administrator().await;
    let asked = desk.request("POST", "/introspect");
    let told = Reply::of(asked.form(&[("token", &phone.refresh_token)])).await;
    assert_eq!(
        (told.str("token_type"), &told.body["cnf"]),
        ("refresh_token", &own)
    );
}

#[tokio::test]
async fn whoever_sends_no_proof_gets_what_everybody_can_use() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let answer = phone.refresh().await.expect(200);
    assert_eq!(
        (answer.str("token_type"), key_in(&answer)),
        ("Bearer", Value::Null)
    );
    assert_eq!(bound(&server).await, (None, None));
    let api = server.client("ledger-api", false).await;
    let told = api.introspect(&phone.access_token).await;
    assert_eq!(
        (&told["token_type"], &told["cnf"]),
        (&json!("Bearer"), &Value::Null)
    );
}

/// A device that signs in again takes the long way, in a transaction.
#[tokio::test]
async fn a_device_that_signs_in_again_is_bound_to_the_key_that_it_has_now() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let [first, second] = [Key::default(), Key::default()];
    let phone = ana.sign_in_with(&first).await;
    let body = json!({
        "username": "ana", "password": crate::support::PASSWORD, "device": { "token": phone.device_token },
    });
    let answer = post(
        &server,
        "/login",
        &body,
        &[&second.proof(&server, "/login")],
    )
    .await;
    let mut phone = crate::support::phone::Phone::from_answer(&server, ana.id, &answer.expect(200));
    assert_eq!(bound(&server).await, (Some(second.thumbprint()), Some(0)));
    phone
        .refresh_by(&first)
        .await
        .refused(400, "invalid_dpop_proof", "wrong_key");
    phone.refresh_by(&second).await.expect(200);
}

/// What a thief of the token alone can do: nothing, not even sign its owner out.
#[tokio::test]
async fn without_its_key_a_token_is_refused_and_its_owner_goes_on() {
    let server = spawn().await;
    let [key, other] = [Key::default(), Key::default()];
    let mut phone = server.user("ana").await.sign_in_with(&key).await;
    let first = phone.refresh_token.clone();
    let events = server.actions().await;
    let refused = async |token: &str| {
        let without = phone.present(token).await;
        without.refused(400, "invalid_dpop_proof", "wrong_key");
        let by_another = phone.present_by(token, &other).await;
        by_another.refused(400, "invalid_dpop_proof", "wrong_key");
    };
    refused(&first).await;
    let row = "SELECT generation FROM refresh_tokens WHERE ended_at IS NULL";
    assert_eq!(server.scalar::<i32>(row).await, 0);

    phone.refresh_by(&key).await.expect(200);
    let second = phone.refresh_token.clone();
    phone.refresh_by(&key).await.expect(200);
    server.advance(3600);
    let refused = async |token: &str| {
        let without = phone.present(token).await;
        without.refused(400, "invalid_dpop_proof", "wrong_key");
    };
    // Of every age: the first, the predecessor and the current one.
    for token in [&first, &second, &phone.refresh_token] {
        refused(token).await;
    }
    phone.refresh_by(&key).await.expect(200);
    assert_eq!(server.actions().await, events);
    let kept = "SELECT refused FROM refusal_counts WHERE reason = 'wrong_key'";
    assert_eq!(server.scalar::<i64>(kept).await, 5);
    let grant = server.scalar::<String>("SELECT grant_id::text FROM refusals LIMIT 1");
    assert_eq!(grant.await, phone.grant_id());
}

#[tokio::test]
async fn who_proves_the_key_gets_a_lost_answer_again_for_a_day() {
    let server = spawn().await;
    let key = Key::default();
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in_with(&key).await;
    let before = phone.refresh_token.clone();
    phone.refresh_by(&key).await.expect(200);
    server.advance(86_399);
    let answer = phone.present_by(&before, &key).await.expect(200);
    assert_eq!(answer.str("refresh_token"), phone.refresh_token);
    assert_eq!(key_in(&answer), json!({ "jkt": key.thumbprint() }));
    assert_eq!(
        server
            .scalar::<i32>("SELECT retries FROM refresh_tokens")
            .await,
        1
    );
    // The retry is a use; the grace does not slide with it.
    server.advance(1);
    let answer = phone.present_by(&before, &key).await;
    answer.refused(400, "invalid_grant", "token_reused");
    let answer = phone.refresh_by(&key).await;
    answer.refused(400, "invalid_grant", "token_ended");

    // A successor that was used is no lost answer.
    let mut tablet = ana.sign_in_with(&key).await;
    let before = tablet.refresh_token.clone();
    tablet.refresh_by(&key).await.expect(200);
    tablet.refresh_by(&key).await.expect(200);
    let answer = tablet.present_by(&before, &key).await;
    answer.refused(400, "invalid_grant", "token_reused");
}

#[tokio::test]
async fn refreshes_of_one_bound_token_at_once_all_get_the_same_successor() {
    let server = spawn().await;
    let key = Key::default();
    let phone = server.user("ana").await.sign_in_with(&key).await;
    let all = (0..10).map(|_| phone.present_by(&phone.refresh_token, &key));
    let all = join_all(all).await;
    for answer in &all {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.body["refresh_token"], all[0].body["refresh_token"]);
    }
    assert_eq!(
        server
            .scalar::<i32>("SELECT generation FROM refresh_tokens")
            .await,
        1
    );
}

/// An app that learns to prove need not sign its users in again.
#[tokio::test]
async fn a_refresh_with_a_proof_binds_what_was_not_bound() {
    let server = spawn().await;
    let [key, other] = [Key::default(), Key::default()];
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    phone.refresh().await.expect(200);
    let before = phone.refresh_token.clone();
    let answer = phone.refresh_by(&key).await.expect(200);
    assert_eq!(answer.str("token_type"), "DPoP");
    assert_eq!(bound(&server).await, (Some(key.thumbprint()), Some(2)));
    // A lost answer, asked for again by who bound it.
    server.advance(3600);
    let again = phone.present_by(&before, &key).await.expect(200);
    assert_eq!(again.str("refresh_token"), phone.refresh_token);
    let answer = phone.refresh_by(&other).await;
    answer.refused(400, "invalid_dpop_proof", "wrong_key");
    phone.refresh_by(&key).await.expect(200);
    assert_eq!(bound(&server).await, (Some(key.thumbprint()), Some(2)));

    // If it was a thief who did, its owner comes with what had no key, and that ends it.
    let stolen = ana.sign_in("tablet").await;
    stolen
        .present_by(&stolen.refresh_token, &other)
        .await
        .expect(200);
    let answer = stolen.present(&stolen.refresh_token).await;
    answer.refused(400, "invalid_grant", "token_reused");
}

/// The statement of its own that a refresh has where its row is locked does the same as the shared one.
#[tokio::test]
async fn a_refresh_that_waits_for_its_row_is_bound_as_any() {
    let server = spawn().await;
    let [key, other] = [Key::default(), Key::default()];
    let mut phone = server.user("ana").await.sign_in("phone").await;
    for generation in 1..=2 {
        let mut lock = server.rows.begin().await.unwrap();
        let all = sqlx::query("SELECT FROM refresh_tokens FOR UPDATE");
        all.execute(&mut *lock).await.unwrap();
        let unlock = async {
            let waiting = "SELECT count(*) FROM pg_stat_activity
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
            wait::until("the refresh waits", async || {
                (server.scalar::<i64>(waiting).await == 1).then_some(())
            })
            .await;
            lock.commit().await.unwrap();
        };
        let (answer, ()) = tokio::join!(phone.refresh_by(&key), unlock);
        assert_eq!(answer.expect(200).str("token_type"), "DPoP");
        assert_eq!(bound(&server).await, (Some(key.thumbprint()), Some(1)));
        let sql = "SELECT generation FROM refresh_tokens";
        assert_eq!(server.scalar::<i32>(sql).await, generation);
        let answer = phone.refresh_by(&other).await;
        answer.refused(400, "invalid_dpop_proof", "wrong_key");
    }
}

/// RFC 9449 §5: what a client with a secret gets is the client's already.
#[tokio::test]
async fn a_client_with_a_secret_may_change_its_key() {
    let server = spawn().await;
    let [first, second] = [Key::default(), Key::default()];
    let backend = server.client("backend", false).await;
    let phone = backend.sign_in(&server.user("ana").await).await;
    let mut token = phone.refresh_token;
    for (key, expected) in [
        (Some(&first), "DPoP"),
        (Some(&second), "DPoP"),
        (None, "Bearer"),
    ] {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", &token)];
        let mut request = server.request("POST", "/token").form(&fields);
        if let Some(key) = key {
            request = request.header("DPoP", key.proof(&server, "/token"));
        }
        let request = request.basic_auth("backend", Some(&backend.secret));
        let answer = Reply::of(request).await.expect(200);
        assert_eq!(answer.str("token_type"), expected);
        let own = key.map(|key| json!({ "jkt": key.thumbprint() }));
        assert_eq!(key_in(&answer), own.unwrap_or_default());
        answer.str("refresh_token").clone_into(&mut token);
    }
    assert_eq!(bound(&server).await, (None, None));
}

#[tokio::test]
async fn a_token_for_a_client_itself_is_bound_as_well_and_a_public_clients_form_too() {
    let server = spawn().await;
    let key = Key::default();
    let backend = server.client("backend", false).await;
    let by_form = async |fields: &[(&str, &str)], secret: Option<&str>| {
        let mut request = server.request("POST", "/token").form(fields);
        request = request.header("DPoP", key.proof(&server, "/token"));
        if let Some(secret) = secret {
            request = request.basic_auth("backend", Some(secret));
        }
        let answer = Reply::of(request).await.expect(200);
        assert_eq!(answer.str("token_type"), "DPoP");
        assert_eq!(key_in(&answer), json!({ "jkt": key.thumbprint() }));
    };
    let own = [("grant_type", "client_credentials")];
    by_form(&own, Some(&backend.secret)).await;
    let app = server.client("phone-app", true).await;
    let phone = app.sign_in(&server.user("ana").await).await;
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", "phone-app"),
        ("refresh_token", &phone.refresh_token),
    ];
    by_form(&fields, None).await;
    assert_eq!(bound(&server).await, (Some(key.thumbprint()), Some(1)));
}

/// RFC 9449 §10: only an authorization endpoint takes a thumbprint before there is a proof, and there is none.
#[tokio::test]
async fn nobody_binds_a_sign_in_by_a_thumbprint_alone() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let thumbprint = Key::default().thumbprint();
    let body = json!({ "username": ana.name, "password": PASSWORD, "dpop_jkt": thumbprint });
    let answer = server.post("/login", &body).await;
    answer.refused(400, "invalid_request", "");
    let metadata = server.get("/.well-known/oauth-authorization-server").await;
    assert!(metadata.expect(200).body["authorization_endpoint"].is_null());
}
