//! Who may call what, and that a role that is taken away is gone at once.

use serde_json::{Value, json};

use crate::support::{phone::Phone, reply::Reply, spawn};

/// Routes by the least role that may call them, with a body that is good.
fn routes(
    user: &str,
    device: &str,
    token: &str,
) -> Vec<(&'static str, &'static str, String, Value)> {
    let reason = json!({ "reason": "a test" });
    let mut routes = vec![
        ("auditor", "GET", "/users".to_owned(), Value::Null),
        ("auditor", "GET", format!("/users/{user}"), Value::Null),
        (
            "auditor",
            "GET",
            format!("/users/{user}/devices"),
            Value::Null,
        ),
        (
            "auditor",
            "GET",
            format!("/users/{user}/tokens"),
            Value::Null,
        ),
        (
            "auditor",
            "GET",
            format!("/users/{user}/refusals"),
            Value::Null,
        ),
        ("auditor", "GET", "/audit".to_owned(), Value::Null),
        (
            "admin",
            "POST",
            "/users".to_owned(),
            json!({ "username": "new" }),
        ),
        (
            "admin",
            "PATCH",
            format!("/users/{user}"),
            json!({ "roles": ["admin"] }),
        ),
        (
            "admin",
            "POST",
            format!("/users/{user}/password-link"),
            json!({}),
        ),
        ("admin", "DELETE", format!("/users/{user}"), Value::Null),
    ];
    for verb in ["disable", "enable", "end"] {
        routes.push((
            "admin",
            "POST",
            format!("/users/{user}/{verb}"),
            reason.clone(),
        ));
        routes.push((
            "support",
            "POST",
            format!("/devices/{device}/{verb}"),
            reason.clone(),
        ));
        routes.push((
            "support",
            "POST",
            format!("/tokens/{token}/{verb}"),
            reason.clone(),
        ));
    }
    routes
}

/// What anybody may call, and what any user may call about what is the user's own.
const OPEN: [&str; 18] = [
    "POST /login",
    "POST /token",
    // By form, for clients who say who they are; so do the next two.
    "POST /token",
    "POST /revoke",
    "POST /introspect",
    "GET /.well-known/oauth-authorization-server",
    "GET /.well-known/oauth-authorization-server/<path..>",
    "GET /.well-known/openid-configuration",
    "GET /health/live",
    "GET /health/ready",
    "GET /.well-known/jwks.json",
    "GET /status-lists",
    "GET /status-lists/<number>",
    "GET /openapi.json",
    "GET /docs",
    "OPTIONS /<_..>",
    "GET /set-password/<secret>",
    "POST /set-password/<secret>",
];
const OWN: [&str; 7] = [
    "POST /token/reject",
    "GET /test_jwt",
    "POST /logout",
    "GET /me",
    "POST /me/password",
    "GET /me/devices",
    "DELETE /me/devices/<id>",
];

/// A stream, which does not end by itself: `tests/it/feed/told.rs` knows who may.
const STREAM: &str = "GET /events";

/// A new route must be put into one of the lists. The panel has its own
/// (`tests/it/admin/forms.rs`).
#[tokio::test]
async fn of_every_route_it_is_known_who_may_call_it() {
    let server = spawn().await;
    let with_role = routes("<id>", "<id>", "<id>");
    let mut known: Vec<String> = with_role
        .iter()
        .map(|(_, method, path, _)| format!("{method} {path}"))
        .chain(OPEN.iter().chain(&OWN).map(|&route| route.to_owned()))
        .chain([STREAM.to_owned()])
        .collect();
    known.sort();
    let mut mounted: Vec<String> = server
        .routes
        .iter()
        .filter(|route| !route.contains(" /admin") && !route.contains(" /static/"))
        .cloned()
        .collect();
    mounted.sort();
    assert_eq!(mounted, known);

    for route in OWN {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path.replace("<id>", &uuid::Uuid::nil().to_string());
        let anonymous = server.request(method, &path).json(&json!({}));
        Reply::of(anonymous)
            .await
            .refused(401, "invalid_token", "missing_token");
    }
}

async fn call(phone: &Phone<'_>, method: &str, path: &str, body: &Value) -> Reply {
    let request = phone.request(method, path);
    Reply::of(if body.is_null() {
        request
    } else {
        request.json(body)
    })
    .await
}

#[tokio::test]
async fn each_role_reaches_as_far_as_it_is_told_and_no_further() {
    let server = spawn().await;
    let ana = server.user("ana").await.sign_in("phone").await;
    let mut cast = vec![("nobody", server.user("ben").await.sign_in("phone").await)];
    for role in ["auditor", "support"] {
        cast.push((
            role,
            server
                .user_with_roles(role, &[role])
                .await
                .sign_in("desk")
                .await,
        ));
    }
    let before = server.actions().await;
    for (least, method, path, body) in
        routes(&ana.user.to_string(), &ana.device_id, &ana.grant_id())
    {
        let anonymous = server.request(method, &path).json(&body);
        Reply::of(anonymous)
            .await
            .refused(401, "invalid_token", "missing_token");
        for (role, phone) in &cast {
            let rank = |role| {
                ["nobody", "auditor", "support", "admin"]
                    .iter()
                    .position(|&known| known == role)
            };
            if rank(*role) < rank(least) {
                let answer = call(phone, method, &path, &body).await;
                answer.refused(403, "insufficient_scope", "role_required");
            } else if method == "GET" {
                call(phone, method, &path, &body).await.expect(200);
            }
        }
    }
    assert_eq!(
        server.actions().await,
        before,
        "a refused call changed something"
    );
}

#[tokio::test]
async fn a_demoted_administrators_token_does_nothing_more_at_once() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let mut other = server
        .user_with_roles("other", &["admin"])
        .await
        .sign_in("desk")
        .await;
    other.get("/users").await.expect(200);

    let demote = format!("/users/{}", other.user);
    administrator
        .patch(&demote, &json!({ "roles": [] }))
        .await
        .expect(200);

    // Its access token still says admin; nobody else does.
    assert_eq!(other.claims()["roles"], json!(["admin"]));
    let back = json!({ "roles": ["admin"] });
    for answer in [other.get("/users").await, other.patch(&demote, &back).await] {
        answer.refused(401, "invalid_token", "roles_changed");
    }
    other.refresh().await.expect(200);
    assert_eq!(other.claims()["roles"], json!([]));
    for answer in [other.get("/users").await, other.patch(&demote, &back).await] {
        answer.refused(403, "insufficient_scope", "role_required");
    }
}

#[tokio::test]
async fn support_undoes_neither_an_administrator_nor_an_owner() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let support = server
        .user_with_roles("sam", &["support"])
        .await
        .sign_in("desk")
        .await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let device = format!("/devices/{}", phone.device_id);
    let (disable, enable) = (format!("{device}/disable"), format!("{device}/enable"));

    administrator.post(&disable, &json!({})).await.expect(200);
    let soon = json!({ "until": server.clock.now() + chrono::TimeDelta::minutes(1) });
    for (path, body) in [(&enable, json!({})), (&disable, soon)] {
        let answer = support.post(path, &body).await;
        answer.refused(403, "insufficient_scope", "role_required");
    }
    administrator.post(&enable, &json!({})).await.expect(200);

    support.post(&disable, &json!({})).await.expect(200);
    support.post(&enable, &json!({})).await.expect(200);

    let reject = json!({ "refresh_token_id": phone.grant_id() });
    phone.post("/token/reject", &reject).await.expect(200);
    let undo = format!("/tokens/{}/enable", phone.grant_id());
    let answer = support.post(&undo, &json!({})).await;
    answer.refused(403, "insufficient_scope", "role_required");

    let of_a_colleague = format!("/devices/{}/disable", administrator.device_id);
    let answer = support.post(&of_a_colleague, &json!({})).await;
    answer.refused(403, "insufficient_scope", "role_required");
}
