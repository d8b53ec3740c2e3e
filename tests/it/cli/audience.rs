//! The keys of audiences, from the shell.

use serde_json::json;

use super::commands::{place_beside, server};

/// Bob's key of RFC 7518, appendix C.
const JWK: &str = r#"{
    "kty": "EC", "crv": "P-256", "kid": "bob",
    "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
    "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"
}"#;

#[tokio::test]
async fn keys_are_set_listed_and_removed_from_the_shell_and_shown_in_the_panel() {
    let server = server().await;
    let place = place_beside(&server);
    let set = ["--json", "audience", "set-key", "ledger", "--jwk", "-"];
    let listed = place.run_with_input(&set, JWK).done().json();
    let item = &listed["items"][0];
    assert_eq!(
        (&item["audience"], &item["kid"], &item["alg"]),
        (&json!("ledger"), &json!("bob"), &json!("ECDH-ES+A256KW"))
    );
    place.run_with_input(&set, "{").refused("the JWK: ");
    place
        .run(&["audience", "set-key", "ledger", "--jwk", "/nowhere"])
        .refused("/nowhere: ");
    let line = place.run(&["audience", "list"]).done().stdout;
    assert!(
        line.starts_with("ledger ") && line.contains(" bob "),
        "{line}"
    );
    let mut desk = server.browser("boss", &["auditor"]).await;
    let page = desk.get("/admin/keys").await.expect(200).text;
    assert!(
        page.contains("ledger") && page.contains("<code>bob</code>"),
        "{page}"
    );
    let none = place.run(&["audience", "remove-key", "ledger"]).done();
    assert_eq!(none.stdout, "");
    place
        .run(&["audience", "remove-key", "ledger"])
        .refused("there is no such audience key");
}
