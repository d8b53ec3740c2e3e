//! What the database keeps of the secrets that were given out: nothing of use.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::support::{PASSWORD, Server, spawn};

/// Every row of every table, bytes as hexadecimal digits.
async fn dump(server: &Server) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'",
    )
    .fetch_all(&server.rows)
    .await
    .unwrap();
    let mut dump = String::new();
    for table in tables {
        let rows =
            format!("SELECT coalesce(string_agg(to_jsonb(t)::text, ' '), '') FROM {table} t");
        let rows: String = sqlx::query_scalar(AssertSqlSafe(rows))
            .fetch_one(&server.rows)
            .await
            .unwrap();
        dump.push_str(&rows);
    }
    dump
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[tokio::test]
async fn no_table_holds_a_secret_that_was_given_out() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let administrator = server.administrator().await;
    let mut phone = ana.sign_in("phone").await;
    let mut refresh_tokens = vec![phone.refresh_token.clone()];
    for _ in 0..2 {
        let before = phone.refresh_token.clone();
        phone.refresh().await.expect(200);
        phone.present(&before).await.expect(200);
        refresh_tokens.push(phone.refresh_token.clone());
    }
    let link = format!("/users/{}/password-link", ana.id);
    let link = administrator.post(&link, &json!({})).await.expect(200);
    let link = link
        .str("password_link")
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let dump = dump(&server).await;

    let mut secrets: Vec<Vec<u8>> = vec![PASSWORD.into(), link.clone().into()];
    for token in &refresh_tokens {
        let bytes = URL_SAFE_NO_PAD.decode(&token[4..]).unwrap();
        secrets.extend([token.clone().into(), bytes.clone(), bytes[24..56].into()]);
    }
    let device = URL_SAFE_NO_PAD.decode(&phone.device_token[4..]).unwrap();
    let link = URL_SAFE_NO_PAD.decode(&link[4..]).unwrap();
    // A device token begins with its device's id, which is no secret.
    secrets.extend([
        phone.device_token.clone().into(),
        device[20..].into(),
        link.clone(),
    ]);
    secrets.extend(phone.access_token.split('.').map(Into::into));
    for secret in &secrets {
        let text = String::from_utf8_lossy(secret);
        for kept in [
            text.to_string(),
            hex(secret),
            STANDARD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
        ] {
            assert!(!dump.contains(&kept), "{kept}");
        }
    }

    // The dump would have shown it: the hashes are there.
    let current = URL_SAFE_NO_PAD.decode(&phone.refresh_token[4..]).unwrap();
    for hashed in [&current[24..56], &link] {
        assert!(dump.contains(&hex(&doorward::crypto::sha256(hashed))));
    }
}
