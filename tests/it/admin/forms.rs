//! No form changes anything unless one of our own pages sent it, it can be read, and the role allows it; and what was
//! tried is on record. The list of forms is that of the mounted routes, so that none can be forgotten.

use doorward::{config, domain::rollups};
use rocket::http::Method;
use serde_json::Value;

use crate::support::{Server, browser::Browser, reply::Reply, spawn};

/// Forms for which nobody needs to be signed in.
const OPEN: [&str; 3] = ["/admin/language", "/admin/login", "/admin/setup"];

/// Every route of the panel that changes something, with the ids of this server's things in place. All of them
/// are POST.
async fn posts(server: &Server) -> Vec<String> {
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let session = uuid::Uuid::nil().to_string();
    let rocket = doorward::server::build(&server.app, config::figment());
    let paths: Vec<String> = rocket
        .routes()
        .filter(|route| route.method != Method::Get && route.uri.path().starts_with("/admin"))
        .map(|route| {
            assert_eq!(route.method, Method::Post, "{route}");
            let path = route.uri.path().to_owned();
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
             UNION ALL SELECT to_jsonb(b) FROM bulk_acts b
         ) AS t ORDER BY t.row::text",
    )
    .fetch_all(&server.rows)
    .await
    .unwrap()
}

/// How many forms were refused for this reason: of users, and of anybody.
async fn counted(server: &Server, reason: &str) -> (i64, i64) {
    rollups::write(&server.app).await.unwrap();
    let sql = "
        SELECT (SELECT COALESCE(sum(refused), 0)::bigint FROM refusal_counts WHERE reason = $1),
               (SELECT COALESCE(sum(n), 0)::bigint FROM rollups
                WHERE kind = 'form_refused' AND slot = 'day' AND reason = $1)";
    let counted = sqlx::query_as(sql).bind(reason);
    counted.fetch_one(&server.rows).await.unwrap()
}

/// Whose refusals for this reason are kept, by name.
async fn kept(server: &Server, reason: &str) -> Vec<(Option<String>, i64)> {
    let sql = "SELECT u.username, count(*) FROM refusals r LEFT JOIN users u ON u.id = r.user_id
               WHERE r.reason = $1 GROUP BY 1 ORDER BY 1";
    let kept = sqlx::query_as(sql).bind(reason);
    kept.fetch_all(&server.rows).await.unwrap()
}

fn of(name: &str, kept: i64) -> (Option<String>, i64) {
    (Some(name.to_owned()), kept)
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
    let (mut refused, mut of_nobody) = (0, 0);
    for path in &paths {
        // The sign-in belongs to a browser without a session.
        let is_open = OPEN.contains(&path.as_str());
        let own = if is_open { &stranger } else { &boss };
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
        of_nobody += if is_open { 8 } else { 0 };
    }
    assert_eq!(state(&server).await, before);
    let of_boss = refused - of_nobody;
    assert_eq!(counted(&server, "csrf").await, (of_boss, refused));
    assert_eq!(kept(&server, "csrf").await, [of("boss", 20)], "bounded");
}

#[tokio::test]
async fn what_is_no_form_is_refused_and_kept() {
    let server = spawn().await;
    let boss = server.browser("boss", &["admin"]).await;
    let mut stranger = Browser::new(&server);
    stranger.get("/admin/login").await.expect(200);
    let paths = posts(&server).await;
    let before = state(&server).await;
    let form = "application/x-www-form-urlencoded";
    let long = "x".repeat(17 * 1024);
    let mut of_boss = 0;
    for path in &paths {
        let is_open = OPEN.contains(&path.as_str());
        let own = if is_open { &stranger } else { &boss };
        let csrf = format!("csrf={}", own.csrf);
        for (kind, body, status) in [
            ("application/json", "{}".to_owned(), 415),
            ("text/plain", csrf.clone(), 415),
            (form, format!("{csrf}&reason={long}"), 413),
            (form, format!("{csrf}&reason=a&reason=b"), 400),
            (form, format!("{csrf}&reason=%ff"), 400),
        ] {
            let request = own.request("POST", path).header("Content-Type", kind);
            let reply = Reply::of(request.body(body)).await;
            assert_eq!(reply.status, status, "{path} as {kind}: {}", reply.text);
            of_boss += i64::from(!is_open);
        }
        // A parameter twice in the address, which no guard sees.
        let twice = format!("{path}?done=a&done=b");
        let request = own.request("POST", &twice).form(&[("csrf", &own.csrf)]);
        let reply = Reply::of(request).await;
        assert_eq!(reply.status, 400, "{twice}: {}", reply.text);
        of_boss += i64::from(!is_open);
    }
    assert_eq!(state(&server).await, before);
    assert_eq!(counted(&server, "bad_form").await, (of_boss, of_boss + 18));
    assert_eq!(kept(&server, "bad_form").await, [of("boss", 20)], "bounded");
}

/// Whoever has no session, and never had one, is counted in memory; no row is written for it.
#[tokio::test]
async fn a_flood_of_forms_of_nobody_writes_nothing() {
    let server = spawn().await;
    server.user_with_roles("boss", &["admin"]).await;
    let mut made_up = Browser::new(&server);
    made_up.cookie = format!("doorward=dws_{}", "A".repeat(43));
    let mut sent = 0;
    for browser in [Browser::new(&server), made_up] {
        for _ in 0..30 {
            let request = browser.request("POST", "/admin/keys/rotate").form(&FIELDS);
            let reply = Reply::of(request).await.expect(303);
            assert_eq!(reply.header("location"), "/admin/login");
            sent += 1;
        }
    }
    let written = "SELECT (SELECT count(*) FROM refusals) + (SELECT count(*) FROM refusal_counts)";
    assert_eq!(server.scalar::<i64>(written).await, 0);
    assert_eq!(counted(&server, "no_session").await, (0, sent));
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
    let mut gone = server.browser("gone", &["admin"]).await;
    let left_behind = gone.clone();
    gone.post("/admin/logout", &[]).await.expect(303);
    let auditor = server.browser("auditor", &["auditor"]).await;
    let support = server.browser("support", &["support"]).await;
    let paths = posts(&server).await;
    // What everybody may do who is signed in, or nobody needs to be.
    let own = |path: &str| {
        path.starts_with("/admin/account")
            || OPEN.contains(&path)
            || ["/admin/logout", "/admin/why"].contains(&path)
    };
    let before = state(&server).await;
    let (mut without_session, mut beyond_role) = (0, 0);
    for path in &paths {
        if !OPEN.contains(&path.as_str()) {
            without_session += 1;
            let reply = left_behind.clone().post(path, &FIELDS).await;
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
        // A user's devices are for support, as each of them is.
        let admins_only = admins_only && !path.contains("/devices/");
        if admins_only || path.ends_with("/lost") {
            let reply = support.clone().post(path, &FIELDS).await;
            assert_eq!(reply.status, 403, "{path} as support");
            beyond_role += 1;
        }
    }
    assert_eq!(state(&server).await, before);
    let without_session = (without_session, without_session);
    assert_eq!(counted(&server, "no_session").await, without_session);
    assert_eq!(kept(&server, "no_session").await, [of("gone", 20)]);
    let counts = counted(&server, "role_required").await;
    assert_eq!(counts, (beyond_role, beyond_role));
    let by: Vec<_> = kept(&server, "role_required").await;
    assert_eq!((by.len(), &by[0]), (2, &of("auditor", 20)));

    // Support reaches devices of users without a role, and those only.
    let mut support = support;
    let staff = server.user_with_roles("staff", &["auditor"]).await;
    let phone = staff.sign_in("phone").await;
    let path = format!("/admin/devices/{}/disable", phone.device_id);
    let why = [("reason", "lost")];
    support.post(&path, &why).await.expect(403);
    let counts = counted(&server, "role_required").await;
    assert_eq!(counts, (beyond_role + 1, beyond_role + 1));
    let device = paths.iter().find(|path| path.starts_with("/admin/devices"));
    support.post(device.unwrap(), &why).await;
    let disabled: i64 = server
        .scalar("SELECT count(*) FROM devices WHERE disabled_by_kind = 'admin'")
        .await;
    assert_eq!(disabled, 0);
}
