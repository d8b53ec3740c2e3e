//! Clients in the panel: added, disabled, enabled, given another secret.

use crate::support::{reply::Reply, spawn};

fn secret_in(page: &Reply) -> String {
    let (_, after) = page
        .text
        .split_once("id=\"secret\" rows=\"3\" readonly>")
        .unwrap();
    after.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_is_added_used_disabled_and_enabled() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let fields = [
        ("client_id", "ledger-api"),
        ("name", "The ledger"),
        ("kind", "confidential"),
        ("client_credentials", "1"),
        ("scopes", " ledger:read  ledger:write "),
    ];
    let page = desk.post("/admin/clients", &fields).await.expect(201);
    let secret = secret_in(&page);
    let get = async |secret: &str| {
        let request = server
            .request("POST", "/token")
            .basic_auth("ledger-api", Some(secret));
        Reply::of(request.form(&[("grant_type", "client_credentials")])).await
    };
    let answer = get(&secret).await.expect(200);
    assert_eq!(answer.body["scope"], "ledger:read ledger:write");

    // Never again.
    let list = desk.get("/admin/clients").await.expect(200);
    assert!(list.text.contains("The ledger") && !list.text.contains("dwc_"));
    let page = desk.post("/admin/clients", &fields).await.expect(422);
    assert!(page.text.contains("Another client has this id") && page.text.contains("The ledger"));

    let reason = [("reason", "leaked")];
    let done = desk
        .post("/admin/clients/ledger-api/disable", &reason)
        .await
        .expect(303);
    let page = desk.get(done.header("location")).await.expect(200);
    assert!(page.text.contains("The client is disabled.") && page.text.contains("leaked"));
    get(&secret)
        .await
        .refused(401, "invalid_client", "client_disabled");
    desk.post("/admin/clients/ledger-api/enable", &[])
        .await
        .expect(422);
    let mended = [("reason", "another secret")];
    desk.post("/admin/clients/ledger-api/enable", &mended)
        .await
        .expect(303);

    let page = desk
        .post("/admin/clients/ledger-api/secret", &[])
        .await
        .expect(200);
    get(&secret)
        .await
        .refused(401, "invalid_client", "bad_client");
    get(&secret_in(&page)).await.expect(200);
    desk.post("/admin/clients/nobody/disable", &reason)
        .await
        .expect(404);
    desk.post("/admin/clients/first-party/secret", &[])
        .await
        .expect(409);

    let public = [
        ("client_id", "phone-app"),
        ("kind", "public"),
        ("refresh_token", "1"),
    ];
    desk.post("/admin/clients", &public).await.expect(303);
    let wrong = [
        ("client_id", "other"),
        ("kind", "public"),
        ("client_credentials", "1"),
    ];
    let page = desk.post("/admin/clients", &wrong).await.expect(422);
    assert!(
        page.text
            .contains("A public client cannot have client_credentials")
    );

    let mut auditor = server.browser("auditor", &["auditor"]).await;
    let page = auditor.get("/admin/clients").await.expect(200);
    assert!(page.text.contains("ledger-api") && !page.text.contains("action=\"/admin/clients"));
    auditor.get("/admin/clients/new").await.expect(403);
}
