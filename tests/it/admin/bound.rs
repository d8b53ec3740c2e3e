//! What the panel tells of sign-ins that are bound to a key.

use crate::support::{key::Key, spawn};

#[tokio::test]
async fn a_bound_sign_in_says_so_and_why_was_refused_who_had_no_key() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let (ana, key) = (server.user("ana").await, Key::default());
    let user = format!("/admin/users/{}", ana.id);
    ana.sign_in("tablet").await;
    let bound = "Bound to a key of the app";
    let page = desk.get(&user).await.expect(200);
    assert!(!page.text.contains(bound));
    let phone = ana.sign_in_with(&key).await;
    let page = desk.get(&user).await.expect(200);
    assert_eq!(page.text.matches(bound).count(), 1);
    let device = format!("{user}?device={}", phone.device_id);
    assert!(desk.get(&device).await.expect(200).text.contains(bound));

    let refused = phone.present(&phone.refresh_token).await;
    refused.refused(400, "invalid_dpop_proof", "wrong_key");
    let why = format!("/admin/why?request={}", refused.header("x-request-id"));
    let page = desk.get(&why).await.expect(200);
    assert!(page.text.contains("did not prove to hold that key"));
    let page = desk.get("/admin/refusals").await.expect(200);
    assert!(page.text.contains("key not proven"));
    phone
        .present_by(&phone.refresh_token, &key)
        .await
        .expect(200);
}
