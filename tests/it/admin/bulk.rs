//! Many at once: what was shown is what is disabled, to the row; and what the act disabled, and nobody has touched
//! since, is what undoing enables.

mod enabling;
mod later;
mod users;

use doorward::domain::purge;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    PASSWORD, Server, User, browser::Browser, phone::Phone, reply::Reply, spawn, spawn_on, wait,
};

const DAY: u64 = 86_400;

/// Looks for something; the path of what was found.
async fn look(desk: &mut Browser<'_>, fields: &[(&str, &str)]) -> String {
    let found = desk.post("/admin/bulk", fields).await.expect(303);
    found.header("location").to_owned()
}

/// Looks at an act; the values of its facts by their names.
async fn fact(desk: &mut Browser<'_>, path: &str, name: &str) -> String {
    let page = desk.get(path).await.expect(200);
    let fact = format!("<dt>{name}</dt><dd><bdi>");
    let (_, after) = page.text.split_once(&fact).unwrap_or_default();
    after.split('<').next().unwrap().to_owned()
}

async fn disable(desk: &mut Browser<'_>, path: &str, reason: &str) -> Reply {
    let path = format!("{path}/disable");
    desk.post(&path, &[("reason", reason)]).await
}

async fn undo(desk: &mut Browser<'_>, path: &str) -> Reply {
    let path = format!("{path}/undo");
    desk.post(&path, &[("reason", "a mistake")]).await
}

/// By hand, and a moment later.
async fn by_hand(desk: &mut Browser<'_>, phone: &Phone<'_>, verb: &str, reason: &str) {
    desk.server.advance(1);
    let path = format!("/admin/devices/{}/{verb}", phone.device_id);
    desk.post(&path, &[("reason", reason)]).await.expect(303);
}

/// Why a device is disabled.
async fn why(phone: &Phone<'_>) -> Option<String> {
    let sql = "SELECT disabled_reason FROM devices WHERE id = $1 AND disabled_at IS NOT NULL";
    let id = Uuid::parse_str(&phone.device_id).unwrap();
    let found = sqlx::query_scalar(sql).bind(id);
    found.fetch_optional(&phone.server.rows).await.unwrap()
}

/// The events of a kind that an act has left.
async fn events(server: &Server, path: &str, action: &str) -> Vec<Value> {
    let act = path.rsplit('/').next().unwrap();
    let mut events = server.events().await;
    events.retain(|event| {
        event["action"] == action && (event["details"]["bulk"] == act || event["subject_id"] == act)
    });
    events
}

async fn shown(at: &Server, phone: &Phone<'_>) -> Reply {
    let request = at.request("GET", "/test_jwt");
    Reply::of(request.bearer_auth(&phone.access_token)).await
}

#[tokio::test]
async fn exactly_what_was_shown_is_disabled() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let (laptop, bens) = (ana.sign_in("laptop").await, ben.sign_in("phone").await);
    let staff = server.user_with_roles("staff", &["auditor"]).await;
    let staffs = staff.sign_in("phone").await;
    by_hand(&mut desk, &laptop, "disable", "lost").await;

    // Four of five would change. To look changes nothing.
    let path = look(&mut desk, &[("what", "devices"), ("kind", "phone")]).await;
    assert_eq!(fact(&mut desk, &path, "Found").await, "4 devices");
    assert_eq!(fact(&mut desk, &path, "Looked for").await, "kind phone");
    let page = desk.get(&path).await;
    for name in ["phone", "tablet", "ana", "ben", "staff"] {
        assert!(page.text.contains(&format!("<bdi>{name}</bdi>")), "{name}");
    }
    assert!(!page.text.contains("<bdi>laptop</bdi>"));
    assert_eq!(why(&bens).await, None);
    // Not listed before it is begun.
    let list = desk.get("/admin/bulk").await.expect(200);
    assert!(list.text.contains("Nothing was done to many at once."));

    let refused = disable(&mut desk, &path, " ").await.expect(422);
    assert!(
        refused
            .text
            .contains("Say why: it stands in the audit log.")
    );
    let late = ben.sign_in("new").await;
    disable(&mut desk, &path, "recall").await.expect(303);
    assert_eq!(fact(&mut desk, &path, "Disabled").await, "4");
    for phone in [&phone, &tablet, &bens, &staffs] {
        assert_eq!(why(phone).await.as_deref(), Some("recall"));
        let refused = phone.present(&phone.refresh_token).await;
        refused.refused(400, "invalid_grant", "device_disabled");
        let refused = shown(&server, phone).await;
        refused.refused(401, "invalid_token", "device_disabled");
        let refused = wait::until("the other server has heard", async || {
            Some(shown(&other, phone).await).filter(|answer| answer.status != 200)
        });
        refused
            .await
            .refused(401, "invalid_token", "device_disabled");
    }
    assert_eq!(why(&laptop).await.as_deref(), Some("lost"));
    assert_eq!(why(&late).await, None);
    shown(&server, &late).await.expect(200);
    let each = events(&server, &path, "device.disabled").await;
    assert_eq!(each.len(), 4);
    for event in &each {
        assert_eq!(event["reason"], "recall");
        assert_eq!(event["actor_kind"], "admin");
    }
    let begun = &events(&server, &path, "bulk.begun").await[0];
    assert_eq!(begun["details"]["found"], 4);
    assert_eq!(begun["request_id"], each[0]["request_id"]);
    assert_eq!(
        events(&server, &path, "bulk.done").await[0]["details"]["disabled"],
        4
    );
    let page = format!("/admin/users/{}?device={}", ana.id, phone.device_id);
    assert!(desk.get(&page).await.text.contains("recall"));

    // Twice is once.
    let before = server.events().await.len();
    disable(&mut desk, &path, "again").await.expect(303);
    assert_eq!(server.events().await.len(), before);
}

#[tokio::test]
async fn exactly_what_is_still_disabled_by_the_act_is_enabled_again() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let (laptop, mut bens) = (ana.sign_in("laptop").await, ben.sign_in("phone").await);
    let other = ben.sign_in("tablet").await;
    by_hand(&mut desk, &laptop, "disable", "lost").await;
    let path = look(&mut desk, &[("what", "devices")]).await;
    disable(&mut desk, &path, "recall").await.expect(303);
    assert_eq!(fact(&mut desk, &path, "Disabled").await, "4");

    by_hand(&mut desk, &phone, "enable", "found").await;
    by_hand(&mut desk, &phone, "disable", "stolen").await;
    by_hand(&mut desk, &tablet, "enable", "found").await;
    undo(&mut desk, &path).await.expect(303);
    assert_eq!(fact(&mut desk, &path, "Enabled again").await, "2");
    assert_eq!(why(&phone).await.as_deref(), Some("stolen"));
    assert_eq!(why(&laptop).await.as_deref(), Some("lost"));
    for phone in [&bens, &other, &tablet] {
        assert_eq!(why(phone).await, None);
        shown(&server, phone).await.expect(200);
    }
    bens.refresh().await.expect(200);
    tablet.refresh().await.expect(200);
    let refused = phone.refresh().await;
    refused.refused(400, "invalid_grant", "device_disabled");
    let each = events(&server, &path, "device.enabled").await;
    let subjects: Vec<&Value> = each.iter().map(|event| &event["subject_id"]).collect();
    assert_eq!(subjects.len(), 2);
    assert!(subjects.contains(&&json!(bens.device_id)));
    assert!(subjects.contains(&&json!(other.device_id)));
    assert_eq!(each[0]["reason"], "a mistake");
    let undone = &events(&server, &path, "bulk.undone").await[0];
    assert_eq!(undone["details"]["enabled"], 2);
    let before = server.events().await.len();
    undo(&mut desk, &path).await.expect(303);
    assert_eq!(server.events().await.len(), before);
    let list = desk.get("/admin/bulk").await.expect(200);
    assert!(list.text.contains(&path) && list.text.contains("undone"));
    let audit = desk.get("/admin/audit?action=bulk.done").await.expect(200);
    assert!(audit.text.contains(&format!("href=\"{path}\"")));
}

/// Signs in from an address.
async fn sign_in_from<'a>(user: &User<'a>, address: &str) -> Phone<'a> {
    let body = json!({ "username": user.name, "password": PASSWORD, "device": { "name": "phone", "kind": "phone" } });
    let request = user.server.request("POST", "/login").json(&body);
    let answer = Reply::of(request.header("X-Forwarded-For", address)).await;
    Phone::from_answer(user.server, user.id, &answer.expect(200))
}

#[tokio::test]
async fn tokens_go_by_client_and_by_network() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let near = sign_in_from(&ana, "192.0.2.7").await;
    let gone = sign_in_from(&ana, "192.0.2.8").await;
    gone.post("/logout", &json!({})).await.expect(204);
    let far = sign_in_from(&ana, "198.51.100.7").await;
    let six = sign_in_from(&ana, "2001:db8::7").await;
    let client = server.client("store-app", true).await;
    let stores = client.sign_in(&ana).await;

    let network = [("what", "tokens"), ("network", "192.0.2.99/24")];
    let path = look(&mut desk, &network).await;
    assert_eq!(fact(&mut desk, &path, "Found").await, "1 token");
    let told = "last used from 192.0.2.0/24";
    assert_eq!(fact(&mut desk, &path, "Looked for").await, told);
    let fields = [("reason", "a bad network"), ("lasts", "hour")];
    let act = format!("{path}/disable");
    desk.post(&act, &fields).await.expect(303);
    let refused = near.present(&near.refresh_token).await;
    refused.refused(400, "invalid_grant", "token_disabled");
    shown(&server, &near)
        .await
        .refused(401, "invalid_token", "token_disabled");
    for phone in [&far, &six, &stores] {
        shown(&server, phone).await.expect(200);
    }
    let each = events(&server, &path, "token.disabled").await;
    assert_eq!(each.len(), 1);
    assert_eq!(each[0]["subject_id"], json!(near.grant_id()));
    let until: bool = server
        .scalar(
            "SELECT disabled_until = disabled_at + interval '1 hour' FROM refresh_tokens
             WHERE disabled_at IS NOT NULL",
        )
        .await;
    assert!(until);
    undo(&mut desk, &path).await.expect(303);
    near.present(&near.refresh_token).await.expect(200);

    let alone = [("what", "tokens"), ("network", "2001:db8::7")];
    let path = look(&mut desk, &alone).await;
    assert_eq!(fact(&mut desk, &path, "Found").await, "1 token");
    let path = look(&mut desk, &[("what", "tokens"), ("client", "store-app")]).await;
    assert_eq!(fact(&mut desk, &path, "Found").await, "1 token");
    // The desk's own devices are none: only what signs in as an app holds a token.
    let path = look(&mut desk, &[("what", "tokens")]).await;
    assert_eq!(fact(&mut desk, &path, "Found").await, "4 tokens");
    assert_eq!(fact(&mut desk, &path, "Looked for").await, "all");
}

#[tokio::test]
async fn a_device_that_refreshes_is_used() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut used, mut idle) = (ana.sign_in("used").await, ana.sign_in("idle").await);
    let late = ana.sign_in("late").await;
    server.advance(8 * DAY);
    used.refresh().await.expect(200);
    server.advance(3 * DAY);
    let mut desk = server.browser("boss", &["admin"]).await;
    let path = look(&mut desk, &[("what", "devices"), ("unused_days", "10")]).await;
    assert_eq!(fact(&mut desk, &path, "Found").await, "2 devices");
    server
        .execute("UPDATE users SET roles = '{auditor}' WHERE username = 'ana'")
        .await;
    let mut support = server.browser("support", &["support"]).await;
    let unused = [("what", "devices"), ("unused_days", "10")];
    support.post("/admin/bulk", &unused).await.expect(422);
    let before = "2030-03-20T00:00";
    let all = look(&mut desk, &[("what", "devices"), ("not_since", before)]).await;
    assert_eq!(fact(&mut desk, &all, "Found").await, "3 devices");

    // Somebody comes back between the look and the act.
    idle.refresh().await.expect(200);
    disable(&mut desk, &path, "nobody uses them")
        .await
        .expect(303);
    assert_eq!(fact(&mut desk, &path, "Disabled").await, "1");
    assert!(desk.get(&path).await.text.contains("left alone"));
    assert_eq!(why(&late).await.as_deref(), Some("nobody uses them"));
    idle.refresh().await.expect(200);
    used.refresh().await.expect(200);
}

#[tokio::test]
async fn nobody_reaches_further_than_one_by_one() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let staff = server.user_with_roles("staff", &["auditor"]).await;
    let staffs = staff.sign_in("phone").await;
    let mut boss = server.browser("boss", &["admin"]).await;
    let mut chief = server.browser("chief", &["admin"]).await;
    let mut support = server.browser("support", &["support"]).await;
    let mut auditor = server.browser("auditor", &["auditor"]).await;
    let all = [("what", "devices")];

    auditor
        .get("/admin/bulk/new?what=devices")
        .await
        .expect(403);
    auditor.post("/admin/bulk", &all).await.expect(403);
    let link = "/admin/bulk/new?verb=disable&what=devices";
    let offered = async |desk: &mut Browser<'_>| {
        let list = desk.get("/admin/devices").await.expect(200);
        list.text.contains(&link.replace('&', "&#38;"))
    };
    assert!(!offered(&mut auditor).await && offered(&mut support).await);

    // Support reaches nothing of users with a role, and only what support has found.
    let supports = look(&mut support, &all).await;
    assert_eq!(fact(&mut support, &supports, "Found").await, "2 devices");
    let bosses = look(&mut boss, &all).await;
    assert_eq!(fact(&mut boss, &bosses, "Found").await, "3 devices");
    for desk in [&mut support, &mut chief, &mut auditor] {
        desk.get("/admin").await;
        disable(desk, &bosses, "mine now").await.expect(403);
        let page = desk.get(&bosses).await.expect(200);
        assert!(!page.text.contains("/disable\""));
    }
    // The token of another session's form.
    let foreign = [("csrf", boss.csrf.as_str()), ("reason", "x")];
    for verb in ["disable", "undo"] {
        let request = chief.request("POST", &format!("{bosses}/{verb}"));
        Reply::of(request.form(&foreign)).await.expect(403);
        let request = boss.request("POST", &format!("{bosses}/{verb}"));
        let without = Reply::of(request.form(&[("reason", "x")])).await;
        without.expect(403);
    }
    assert_eq!(why(&phone).await, None);
    // What was only looked at cannot be undone.
    undo(&mut boss, &bosses).await.expect(404);

    // Ana's device is staff's by the time: support leaves it alone.
    disable(&mut support, &supports, "by support")
        .await
        .expect(303);
    assert_eq!(why(&tablet).await.as_deref(), Some("by support"));
    disable(&mut boss, &bosses, "by the boss").await.expect(303);
    assert_eq!(fact(&mut boss, &bosses, "Disabled").await, "1");
    assert_eq!(why(&staffs).await.as_deref(), Some("by the boss"));
    undo(&mut support, &bosses).await.expect(403);
    undo(&mut auditor, &supports).await.expect(403);
    server
        .execute("UPDATE users SET roles = '{auditor}' WHERE username = 'ana'")
        .await;
    undo(&mut support, &supports).await.expect(303);
    assert_eq!(fact(&mut support, &supports, "Enabled again").await, "0");
    undo(&mut chief, &bosses).await.expect(303);
    assert_eq!(why(&staffs).await, None);
    assert_eq!(why(&phone).await.as_deref(), Some("by support"));
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_said_and_a_preview_grows_old() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    for (field, value, said) in [
        ("kind", "No Word", "Write one word such as phone"),
        ("unused_days", "0", "Write a whole number from 1 to 3650."),
        ("not_since", "soon", "Write a time such as"),
        ("kind", "fridge", "Nothing would change"),
    ] {
        let fields = [("what", "devices"), (field, value)];
        let page = desk.post("/admin/bulk", &fields).await.expect(422);
        assert!(page.text.contains(said), "{field}");
        assert!(page.text.contains(&format!("value=\"{value}\"")), "{field}");
    }
    for (field, value) in [("network", "10.0.0.0/33"), ("client", "No Client")] {
        let fields = [("what", "tokens"), (field, value)];
        desk.post("/admin/bulk", &fields).await.expect(422);
    }
    for path in ["/admin/bulk/none", &format!("/admin/bulk/{}", Uuid::nil())] {
        desk.get(path).await.expect(404);
    }
    assert_eq!(
        server.scalar::<i64>("SELECT count(*) FROM bulk_acts").await,
        0
    );

    let phone = ana.sign_in("phone").await;
    let path = look(&mut desk, &[("what", "devices")]).await;
    server
        .execute("UPDATE bulk_acts SET kept_until = created_at")
        .await;
    let page = disable(&mut desk, &path, "too late").await.expect(422);
    assert!(
        page.text
            .contains("This was looked at more than an hour ago")
    );
    assert_eq!(why(&phone).await, None);
    server.advance(1);
    let mut gone = purge::purge(&server.app, &server.operator()).await.unwrap();
    gone.retain(|(kind, rows)| kind.starts_with("bulk") && *rows > 0);
    assert_eq!(gone, [("bulk_act_subjects", 1), ("bulk_acts", 1)]);
    desk.get(&path).await.expect(404);
}
