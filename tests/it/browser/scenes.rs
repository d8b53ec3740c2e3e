//! What has happened before somebody looks.

use doorward::domain::audience_keys;
use serde_json::json;

use crate::support::{PASSWORD, Server};

/// What evil people type.
pub(super) const HOSTILE: &str =
    "<img src=x onerror=alert(1)>\"'</td> \u{202e}'; DROP TABLE users;--";

/// A token that was replaced, and the id of a request that was refused on a device with an evil name.
pub(super) async fn refused(server: &Server) -> (String, String) {
    let mut phone = server.user("zora").await.sign_in(HOSTILE).await;
    let first = phone.refresh_token.clone();
    phone.refresh().await;
    server.advance(31);
    let end = phone.present(&first).await;
    let request = end.header("x-request-id").to_owned();
    (first, request)
}

/// A server on which a lot has happened, much of it with evil words.
pub(super) async fn eventful(server: &Server) -> String {
    let ana = server.user("ana").await;
    let long = format!("{}@example.com", "a".repeat(64));
    server.user(&"w".repeat(64)).await;
    let address = sqlx::query("UPDATE users SET email = $1 WHERE username = 'ana'").bind(long);
    address.execute(&server.rows).await.unwrap();
    for (device, password) in [
        (HOSTILE, PASSWORD),
        ("tablet", PASSWORD),
        ("tablet", "a wild guess"),
    ] {
        let body = json!({
            "username": "ana", "password": password, "device": { "name": device, "kind": "phone" },
        });
        let agent = format!("{HOSTILE}{}", "x".repeat(10_000));
        let agent = agent.replace('\u{202e}', "");
        let request = server.request("POST", "/login").json(&body);
        request.header("User-Agent", agent).send().await.unwrap();
    }
    // One that is disabled, and goes on trying.
    let mut lost = ana.sign_in("lost").await;
    let disable = "UPDATE devices SET disabled_at = created_at WHERE name = 'lost'";
    server.execute(disable).await;
    lost.refresh().await.expect(400);
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "kid": "k".repeat(43),
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
    });
    for audience in ["https://ledger.example".to_owned(), "w".repeat(200)] {
        let operator = server.operator();
        let set = audience_keys::set(&server.app, &operator, &audience, &jwk);
        set.await.unwrap();
    }
    // Their apps had a key.
    let bound = "UPDATE refresh_tokens SET key_thumbprint = repeat('k', 43), key_since = 0";
    server.execute(bound).await;
    let phone = ana.sign_in("w".repeat(100).as_str()).await;
    phone.post("/logout", &json!({})).await;
    ana.id.to_string()
}

/// Counts that rise and fall, as if written over a month.
pub(super) async fn busy(server: &Server) {
    let sql = "
        INSERT INTO rollups (slot, begins_at, kind, reason, client_id, n)
        SELECT slot, date_trunc(slot, $1, 'UTC') - n * step, kind, reason, client,
               greatest(1, weight * (1.3 + sin(n / 5.0) + sin(n * 2.3) / 4))::bigint
        FROM (VALUES ('minute', interval '1 minute', 59), ('hour', '1 hour', 23), ('day', '1 day', 29))
                AS slots (slot, step, last),
            generate_series(0, last) AS n,
            (VALUES ('signed_in', '', 'first-party', 9, 1), ('signed_in', '', 'store-app', 3, 2),
                    ('sign_in_refused', 'bad_credentials', 'first-party', 4, 1),
                    ('sign_in_refused', 'throttled', 'first-party', 2, 3),
                    ('sign_in_refused', 'user_disabled', 'store-app', 1, 7),
                    ('refreshed', '', 'first-party', 1200, 1), ('refreshed', '', 'store-app', 300, 1),
                    ('retried', '', 'first-party', 40, 1), ('retried', '', 'store-app', 90, 1),
                    ('reused', '', 'store-app', 2, 6), ('refresh_refused', 'token_expired', 'first-party', 12, 1),
                    ('refresh_refused', 'token_ended', 'store-app', 9, 1),
                    ('refresh_refused', 'unknown_token', 'first-party', 6, 2),
                    ('refresh_refused', 'device_disabled', 'first-party', 2, 4),
                    ('refresh_refused', 'wrong_client', 'store-app', 1, 5),
                    ('refresh_refused', 'user_disabled', 'first-party', 1, 9))
                AS shapes (kind, reason, client, weight, every)
        WHERE n % every = 0 AND (kind <> 'reused' OR n < 20)
        ON CONFLICT (slot, begins_at, kind, reason, client_id) DO NOTHING";
    let made = sqlx::query(sql).bind(server.clock.now());
    made.execute(&server.rows).await.unwrap();
}
