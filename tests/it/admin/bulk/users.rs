//! Many users at once: what the act does to each is what disabling one does, and somebody can always administer.

use super::{DAY, disable, events, fact, look, shown, undo};
use crate::support::{PASSWORD, Server, browser::Browser, spawn, spawn_on, wait};

/// Who is disabled, by name.
async fn disabled(server: &Server) -> Vec<String> {
    let sql = "SELECT username FROM users WHERE disabled_at IS NOT NULL ORDER BY username";
    sqlx::query_scalar(sql)
        .fetch_all(&server.rows)
        .await
        .unwrap()
}

#[tokio::test]
async fn users_are_disabled_as_one_by_one_and_enabled_again() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let mut staff = server.browser("staff", &["auditor"]).await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let (mut phone, bens) = (ana.sign_in("phone").await, ben.sign_in("phone").await);
    let by_hand = server.user("carl").await;
    let path = format!("/admin/users/{}/disable", by_hand.id);
    desk.post(&path, &[("reason", "left")]).await.expect(303);
    server.advance(1);

    // All that are not disabled, but whoever looks.
    let path = look(&mut desk, &[("what", "users")]).await;
    assert_eq!(fact(&mut desk, &path, "Found").await, "3 users");
    let page = desk.get(&path).await;
    assert!(page.text.contains("Disable 3 users?"));
    for name in ["ana", "ben", "staff"] {
        assert!(page.text.contains(&format!("<bdi>{name}</bdi>")), "{name}");
    }
    assert!(!page.text.contains("<bdi>carl</bdi>"));
    assert!(!page.text.contains("data-label=\"Device\""));
    disable(&mut desk, &path, "merged").await.expect(303);
    assert_eq!(fact(&mut desk, &path, "Disabled").await, "3");
    assert_eq!(disabled(&server).await, ["ana", "ben", "carl", "staff"]);
    desk.get("/admin").await.expect(200);

    // Refresh, access tokens on every server, sign-in, and the panel.
    for phone in [&phone, &bens] {
        let refused = phone.present(&phone.refresh_token).await;
        refused.refused(400, "invalid_grant", "user_disabled");
        let refused = shown(&server, phone).await;
        refused.refused(401, "invalid_token", "user_disabled");
        let refused = wait::until("the other server has heard", async || {
            Some(shown(&other, phone).await).filter(|answer| answer.status != 200)
        });
        let refused = refused.await;
        refused.refused(401, "invalid_token", "user_disabled");
    }
    let again = serde_json::json!({ "username": "ben", "password": PASSWORD });
    server.post("/login", &again).await.expect(403);
    let left = staff.get("/admin").await.expect(303);
    assert!(left.header("location").starts_with("/admin/login"));
    let each = events(&server, &path, "user.disabled").await;
    assert_eq!(each.len(), 3);
    for event in &each {
        assert_eq!(event["reason"], "merged");
        assert_eq!(event["subject_id"], event["user_id"]);
    }
    let begun = &events(&server, &path, "bulk.begun").await[0];
    assert_eq!(begun["details"]["disables"], "user");

    // And back; a session of the panel stays over, as after one.
    undo(&mut desk, &path).await.expect(303);
    assert_eq!(fact(&mut desk, &path, "Enabled again").await, "3");
    assert_eq!(disabled(&server).await, ["carl"]);
    phone.refresh().await.expect(200);
    shown(&server, &bens).await.expect(200);
    staff.get("/admin").await.expect(303);
    assert_eq!(events(&server, &path, "user.enabled").await.len(), 3);
    let list = desk.get("/admin/bulk").await.expect(200);
    assert!(list.text.contains("3 users disabled"));
}

#[tokio::test]
async fn users_go_by_name_role_and_use() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut used = ana.sign_in("phone").await;
    let anton = server.user("anton").await;
    anton.sign_in("phone").await;
    server.user("never-used").await;
    server.user_with_roles("helper", &["support"]).await;
    server.user_with_roles("looker", &["auditor"]).await;
    let mut panel = server.browser("panel", &["auditor"]).await;
    server.advance(8 * DAY);
    used.refresh().await.expect(200);
    panel.try_sign_in("panel", PASSWORD).await.expect(303);
    server.advance(3 * DAY);
    let young = server.user("young").await;
    let mut desk = server.browser("boss", &["admin"]).await;
    for (fields, found, told) in [
        (
            vec![("query", "An")],
            "2 users",
            "name or e-mail begins as typed",
        ),
        (vec![("role", "none")], "4 users", "no role"),
        (vec![("role", "auditor")], "2 users", "role auditor"),
        (
            vec![("unused_days", "10")],
            "4 users",
            "not used for 10 days",
        ),
        (
            vec![("unused_days", "10"), ("role", "none")],
            "2 users",
            "no role, not used for 10 days",
        ),
    ] {
        let mut all = vec![("what", "users")];
        all.extend(fields);
        let path = look(&mut desk, &all).await;
        assert_eq!(fact(&mut desk, &path, "Found").await, found, "{all:?}");
        assert_eq!(fact(&mut desk, &path, "Looked for").await, told);
    }
    // Nobody's name is in the audit log.
    assert!(
        !serde_json::to_string(&server.events().await)
            .unwrap()
            .contains("An\"")
    );
    let nobody = [("what", "users"), ("query", "zoe")];
    let page = desk.post("/admin/bulk", &nobody).await.expect(422);
    assert!(page.text.contains("Nothing would change"));

    // Somebody comes back between the look and the act.
    let fields = [("what", "users"), ("unused_days", "10")];
    let path = look(&mut desk, &fields).await;
    anton.sign_in("tablet").await;
    disable(&mut desk, &path, "nobody uses them")
        .await
        .expect(303);
    assert_eq!(disabled(&server).await, ["helper", "looker", "never-used"]);
    young.sign_in("phone").await;

    // What the list is narrowed down by stands in the form.
    let list = desk.get("/admin/users?role=auditor&query=lo").await;
    let link = "/admin/bulk/new?query=lo&#38;role=auditor&#38;verb=disable&#38;what=users";
    assert!(list.text.contains(link), "{}", list.text);
    let form = desk.get(&link.replace("&#38;", "&")).await.expect(200);
    assert!(form.text.contains("<option value=\"auditor\" selected>"));
    assert!(form.text.contains("name=\"query\" value=\"lo\""));
}

#[tokio::test]
async fn only_administrators_reach_users_and_one_of_them_stays() {
    let server = spawn().await;
    let mut boss = server.browser("boss", &["admin"]).await;
    let mut support = server.browser("support", &["support"]).await;
    let chief = server.user_with_roles("chief", &["admin"]).await;
    server.user("ana").await;
    support.get("/admin/bulk/new?what=users").await.expect(403);
    support
        .post("/admin/bulk", &[("what", "users")])
        .await
        .expect(403);
    let kept = "SELECT count(*) FROM refusals WHERE reason = 'role_required'";
    assert_eq!(server.scalar::<i64>(kept).await, 1);
    let acts = "SELECT count(*) FROM bulk_acts";
    assert_eq!(server.scalar::<i64>(acts).await, 0);
    let offered = support.get("/admin/users").await.expect(200);
    assert!(!offered.text.contains("/admin/bulk/new"));

    // By the time that it is begun, nobody else could sign in.
    let path = look(&mut boss, &[("what", "users")]).await;
    assert_eq!(fact(&mut boss, &path, "Found").await, "3 users");
    server
        .execute("UPDATE users SET password_hash = NULL WHERE username = 'boss'")
        .await;
    disable(&mut boss, &path, "all of them").await.expect(303);
    assert_eq!(disabled(&server).await, ["ana", "support"]);
    let page = boss.get(&path).await.expect(200);
    assert!(page.text.contains("left alone"));

    // Who enables again does not disable themselves by undoing it.
    server
        .execute("UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE username = 'chief')
                  WHERE username = 'boss'")
        .await;
    let by_hand = format!("/admin/users/{}/disable", chief.id);
    boss.post(&by_hand, &[("reason", "on leave")])
        .await
        .expect(303);
    server.advance(1);
    let all = [("verb", "enable"), ("what", "users"), ("reason", "LEAVE")];
    let path = look(&mut boss, &all).await;
    let enable = format!("{path}/enable");
    boss.post(&enable, &[("reason", "back")]).await.expect(303);
    assert_eq!(fact(&mut boss, &path, "Enabled").await, "1");
    let mut chief = Browser::new(&server);
    chief.try_sign_in("chief", PASSWORD).await.expect(303);
    chief.get("/admin").await.expect(200);
    undo(&mut chief, &path).await.expect(303);
    assert_eq!(fact(&mut chief, &path, "Disabled again").await, "0");
    assert_eq!(disabled(&server).await, ["ana", "support"]);
}
