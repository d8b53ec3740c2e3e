//! No form changes anything unless one of our own pages sent it, and the role allows it.
//! The list of forms is that of the mounted routes.

use doorward::config;
use rocket::http::Method;
use serde_json::Value;

use crate::support::{Server, browser::Browser, reply::Reply, spawn};

/// Every POST route of the panel, with the ids of this server's things in place.
async fn posts(server: &Server) -> Vec<String> {
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let session = uuid::Uuid::nil().to_string();
    let rocket = doorward::server::build(&server.app, config::figment());
    let paths: Vec<String> = rocket
        .routes()
        .filter(|route| route.method == Method::Post)
        .map(|route| route.uri.path().to_owned())
        .filter(|path| path.starts_with("/admin"))
        .map(|path| {
            let id = match path.split('/').nth(2).unwrap() {
                "users" => ana.id.to_string(),
                "devices" => phone.device_id.clone(),
                "tokens" => phone.grant_id(),
                "clients" => "first-party".to_owned(),
                _ => session.clone(),
            };
            path.replace("<id>", &id).replace("<kid>", "none")
        })
        .collect();
    assert!(paths.len() > 15, "{paths:?}");
    paths
}

/// All that a form could change.
async fn state(server: &Server) -> Vec<Value> {
    sqlx::query_scalar(
        "SELECT t.row FROM (
             SELECT to_jsonb(u) AS row FROM users u UNION ALL SELECT to_jsonb(d) FROM devices d
             UNION ALL SELECT to_jsonb(g) FROM refresh_tokens g UNION ALL SELECT to_jsonb(e) FROM audit_events e
             UNION ALL SELECT to_jsonb(c) FROM oauth_clients c UNION ALL SELECT to_jsonb(s) FROM admin_sessions s UNION ALL SELECT to_jsonb(l) FROM password_links l
         ) AS t ORDER BY t.row::text",
    )
    .fetch_all(&server.rows)
    .await
    .unwrap()
}

/// How many forms were refused for this reason.
async fn counted(server: &Server, reason: &str) -> i64 {
    let sql = "SELECT COALESCE(sum(refused), 0)::bigint FROM refusal_counts WHERE reason = $1";
    let counted = sqlx::query_scalar(sql).bind(reason);
    counted.fetch_one(&server.rows).await.unwrap()
}

const FIELDS: [(&str, &str); 6] = [
    ("username", "mallory"),
    ("password", "meadow pilot canyon 48"),
    ("again", "meadow pilot canyon 48"),
    ("current", crate::support::PASSWORD),
    ("code", "00000-00000-00000-00000-00000"),
    ("role_admin", "1"),
];

#[tokio::test]
async fn a_form_that_no_page_of_the_session_sent_is_refused_and_kept() {
    let server = spawn().await;
    let boss = server.browser("boss", &["admin"]).await;
    let other = server.browser("other", &["admin"]).await;
    let mut stranger = Browser::new(&server);
    stranger.get("/admin/login").await.expect(200);
    let paths = posts(&server).await;
    let before = state(&server).await;
    let mut refused = 0;
    for path in &paths {
        // The sign-in belongs to a browser without a session.
        let own = if ["/admin/login", "/admin/setup"].contains(&path.as_str()) {
            &stranger
        } else {
            &boss
        };
        let method = [("_method", "delete"), ("csrf", "")];
        for (what, token) in [
            ("no token", None),
            ("an empty token", Some("")),
            ("another session's token", Some(other.csrf.as_str())),
        ] {
            let token = token.map(|token| ("csrf", token));
            let form: Vec<_> = FIELDS.into_iter().chain(token).collect();
            let reply = Reply::of(own.request("POST", path).form(&form)).await;
            assert_eq!(reply.status, 403, "{path} with {what}: {}", reply.text);
            assert!(reply.header("content-type").starts_with("text/html"));
            refused += 1;
        }
        let form: Vec<_> = method.into_iter().chain(FIELDS).collect();
        let reply = Reply::of(own.request("POST", path).form(&form)).await;
        assert_eq!(reply.status, 403, "{path} with _method: {}", reply.text);
        refused += 1;

        // The right token, from a page that is not ours.
        let form: Vec<_> = FIELDS
            .into_iter()
            .chain([("csrf", own.csrf.as_str())])
            .collect();
        for (header, value) in [
            ("Origin", "https://evil.test"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
        ] {
            let request = own.request("POST", path).header(header, value);
            let reply = Reply::of(request.form(&form)).await;
            assert_eq!(reply.status, 403, "{path} with {header}: {value}");
            refused += 1;
        }
    }
    assert_eq!(state(&server).await, before);
    assert_eq!(counted(&server, "csrf").await, refused);
    let kept: i64 = server
        .scalar("SELECT count(*) FROM refusals WHERE reason = 'csrf'")
        .await;
    assert!(kept <= 40, "bounded per user, and for nobody");
}

#[tokio::test]
async fn our_own_origin_is_let_through() {
    let server = spawn().await;
    let desk = server.browser("boss", &["admin"]).await;
    let host = server.url.clone();
    for origin in ["http://doorward.test", host.as_str()] {
        let request = desk
            .request("POST", "/admin/users")
            .header("Origin", origin)
            .header("Sec-Fetch-Site", "same-origin");
        let form = [("csrf", desk.csrf.as_str()), ("username", "")];
        Reply::of(request.form(&form)).await.expect(422);
    }
}

#[tokio::test]
async fn after_signing_out_and_in_lower_roles_nothing_is_changed() {
    let server = spawn().await;
    let boss = server.browser("boss", &["admin"]).await;
    let mut gone = server.browser("gone", &["admin"]).await;
    let kept = gone.clone();
    gone.post("/admin/logout", &[]).await.expect(303);
    let auditor = server.browser("auditor", &["auditor"]).await;
    let support = server.browser("support", &["support"]).await;
    let paths = posts(&server).await;
    // What everybody may do who is signed in, or nobody needs to be.
    let own = |path: &str| {
        path.starts_with("/admin/account")
            || ["/admin/logout", "/admin/login", "/admin/setup"].contains(&path)
    };
    let before = state(&server).await;
    let (mut without_session, mut beyond_role) = (0, 0);
    for path in &paths {
        if !["/admin/login", "/admin/setup"].contains(&path.as_str()) {
            without_session += 1;
            let reply = kept.clone().post(path, &FIELDS).await;
            assert_eq!(
                (reply.status, reply.header("location")),
                (303, "/admin/login"),
                "{path}"
            );
        }
        if own(path) {
            continue;
        }
        let reply = auditor.clone().post(path, &FIELDS).await;
        assert_eq!(reply.status, 403, "{path} as auditor");
        beyond_role += 1;
        let admins_only = ["/admin/users", "/admin/clients"];
        let admins_only = admins_only.iter().any(|place| path.starts_with(place));
        if admins_only || path.ends_with("/lost") {
            let reply = support.clone().post(path, &FIELDS).await;
            assert_eq!(reply.status, 403, "{path} as support");
            beyond_role += 1;
        }
    }
    assert_eq!(state(&server).await, before);
    assert_eq!(counted(&server, "no_session").await, without_session);
    assert_eq!(counted(&server, "role_required").await, beyond_role);
    drop(boss);

    // Support reaches devices of users without a role, and those only.
    let mut support = support;
    let staff = server.user_with_roles("staff", &["auditor"]).await;
    let phone = staff.sign_in("phone").await;
    let path = format!("/admin/devices/{}/disable", phone.device_id);
    let why = [("reason", "lost")];
    support.post(&path, &why).await.expect(403);
    assert_eq!(counted(&server, "role_required").await, beyond_role + 1);
    let device = paths.iter().find(|path| path.starts_with("/admin/devices"));
    support.post(device.unwrap(), &why).await;
    let disabled: i64 = server
        .scalar("SELECT count(*) FROM devices WHERE disabled_by_kind = 'admin'")
        .await;
    assert_eq!(disabled, 0);
}
