//! What holds for every route and every answer: methods, paths, headers. Bodies are in
//! `http/bodies.rs`, the Authorization header in `bearer.rs`, CORS in `origins.rs`, and what
//! is meant to bring a server down in `traps.rs`.

mod bearer;
mod bodies;
mod origins;
mod traps;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Value, json};

use crate::support::{PASSWORD, Server, reply::Reply, spawn, spawn_with};

async fn send(server: &Server, method: &str, path: &str) -> Reply {
    Reply::of(server.request(method, path)).await
}

/// The methods of every path; an id that nobody has stands where one is asked for.
fn methods_of_paths(server: &Server) -> BTreeMap<String, BTreeSet<String>> {
    let nobody = server.clock.id().to_string();
    let mut paths: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for route in &server.routes {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path.replace("<id>", &nobody).replace("<secret>", "dwp_x");
        if method != "OPTIONS" {
            paths.entry(path).or_default().insert(method.to_owned());
        }
    }
    paths
}

#[tokio::test]
async fn another_method_is_told_which_ones_the_path_answers_to() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let before = server.actions().await;
    for (path, mut methods) in methods_of_paths(&server) {
        if methods.contains("GET") {
            methods.insert("HEAD".to_owned());
        }
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"] {
            if methods.contains(method) {
                continue;
            }
            let answer = Reply::of(administrator.request(method, &path)).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            let allowed = answer.header("allow").split(", ").map(str::to_owned);
            assert_eq!(allowed.collect::<BTreeSet<_>>(), methods, "{method} {path}");
            if method == "HEAD" {
                assert_eq!(answer.text, "", "{path}");
            } else if !path.starts_with("/admin") {
                answer.refused(405, "invalid_request", "method_not_allowed");
            }
        }
    }
    assert_eq!(server.actions().await, before);
}

#[tokio::test]
async fn a_path_that_leads_nowhere_is_told_so_in_json() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let nobody = server.clock.id();
    for path in [
        "/",
        "/nope",
        "/ME",
        "/..%2f..%2fetc%2fpasswd",
        "/%FF",
        "/me%2Fdevices",
        "/.well-known/jwks",
        "/.well-known/",
        "/static/",
        "/static/..%2f..%2fCargo.toml",
        "/test_jwt/x?limit=1",
        &format!("/users/{nobody}/nope"),
    ] {
        for method in ["GET", "POST", "DELETE", "OPTIONS"] {
            let answer = Reply::of(administrator.request(method, path)).await;
            answer.refused(404, "not_found", "no_such_path");
        }
    }
}

/// As Rocket has it; what is said of a path's methods must be no different.
#[tokio::test]
async fn an_empty_segment_makes_no_other_path() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    for path in ["/me/", "//me", "/me//", "//me//"] {
        administrator.get(path).await.expect(200);
        administrator
            .delete(path)
            .await
            .refused(405, "invalid_request", "method_not_allowed");
        let options = send(&server, "OPTIONS", path).await.expect(204);
        assert_eq!(options.header("allow"), "GET, HEAD", "{path}");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    for path in [
        "/me",
        "/users",
        "/test_jwt",
        "/health/live",
        "/.well-known/jwks.json",
    ] {
        let get = administrator.get(path).await.expect(200);
        let head = Reply::of(administrator.request("HEAD", path)).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
        for name in ["content-type", "content-length", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
    let refused = send(&server, "HEAD", "/me").await;
    assert_eq!((refused.status, refused.text.as_str()), (401, ""));
    assert!(refused.headers.contains_key("www-authenticate"));
}

/// One answer of each kind there is.
async fn answers_of_all_kinds(server: &Server) -> Vec<(&'static str, Reply)> {
    let phone = server.user("ana").await.sign_in("phone").await;
    let administrator = server.administrator().await;
    let link = format!("/users/{}/password-link", phone.user);
    let link = administrator.post(&link, &json!({})).await.expect(200);
    let page = link
        .str("password_link")
        .replace("http://doorward.test", "");
    let login = json!({ "username": "ana", "password": "wrong pilot canyon 47" });
    let new = json!({ "username": "ben", "password": PASSWORD });
    let form = [("password", "a"), ("again", "b")];
    let own = format!("/users/{}", administrator.user);
    let mut answers = vec![
        ("200", phone.get("/me").await),
        ("201", administrator.post("/users", &new).await),
        ("204", phone.post("/logout", &json!({})).await),
        ("400", server.post("/login", &json!({})).await),
        ("401", server.get("/me").await),
        ("401", server.post("/login", &login).await),
        ("404", server.get("/nope").await),
        ("405", send(server, "DELETE", "/login").await),
        ("409", administrator.delete(&own).await),
        (
            "413",
            server.post("/login", &json!(PASSWORD.repeat(1000))).await,
        ),
        ("415", send(server, "POST", "/login").await),
        ("200 page", server.get(&page).await),
        ("404 page", server.get("/set-password/x").await),
        (
            "422 page",
            Reply::of(server.request("POST", &page).form(&form)).await,
        ),
        ("415 page", server.post(&page, &json!({})).await),
        ("200 style", server.get("/static/style.css").await),
        ("200 icon", server.get("/static/icon.svg").await),
        ("200 keys", server.get("/.well-known/jwks.json").await),
        ("204 options", send(server, "OPTIONS", "/login").await),
        ("404 options", send(server, "OPTIONS", "/nope").await),
        ("200 head", send(server, "HEAD", "/health/live").await),
        ("401 head", send(server, "HEAD", "/me").await),
        ("405 trace", send(server, "TRACE", "/me").await),
        ("405 method", send(server, "FOO", "/me").await),
        ("405 panel", send(server, "FOO", "/admin").await),
        ("405 lower", send(server, "get", "/me").await),
        ("400 nowhere", send(server, "FOO", "/nope").await),
        (
            "400 twice",
            administrator.get("/users?limit=5&limit=5").await,
        ),
    ];
    server.user_with_roles("reader", &["auditor"]).await;
    let reader = json!({ "username": "reader", "password": PASSWORD });
    let reader = server.post("/login", &reader).await.expect(200);
    let forbidden = server
        .request("POST", "/users")
        .bearer_auth(reader.str("access_token"));
    answers.push(("403", Reply::of(forbidden).await));
    for _ in 0..5 {
        server.post("/login", &login).await;
    }
    answers.push(("429", server.post("/login", &login).await));
    server.app.close().await;
    answers.push(("503", administrator.get("/me").await));
    answers.push(("503 ready", server.get("/health/ready").await));
    for (kind, answer) in &answers {
        assert_eq!(
            answer.status.to_string(),
            kind[..3],
            "{kind} {}",
            answer.text
        );
    }
    answers
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_browsers_safe() {
    let server = spawn().await;
    for (kind, answer) in answers_of_all_kinds(&server).await {
        let is_page = answer.header("content-type").starts_with("text/html");
        let policy = answer.header("content-security-policy");
        for directive in ["default-src 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(directive), "{kind}: {policy}");
        }
        let of_pages = ["style-src 'self'", "form-action 'self'", "base-uri 'none'"];
        assert!(
            of_pages
                .iter()
                .all(|&of_pages| policy.contains(of_pages) == is_page),
            "{kind}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{kind}: {policy}");
        assert_eq!(policy.contains("script-src"), kind == "405 panel", "{kind}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            (
                "referrer-policy",
                if kind == "405 panel" {
                    "same-origin"
                } else {
                    "no-referrer"
                },
            ),
        ] {
            let found: Vec<_> = answer.headers.get_all(name).iter().collect();
            assert_eq!(found, [value], "{kind} {name}");
        }
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("permissions-policy", "interest-cohort=()"),
        ] {
            let found: Vec<_> = answer.headers.get_all(name).iter().collect();
            let wanted = if is_page { vec![value] } else { vec![] };
            assert_eq!(found, wanted, "{kind} {name}");
        }
        for absent in [
            "server",
            "x-powered-by",
            "strict-transport-security",
            "set-cookie",
        ] {
            assert!(!answer.headers.contains_key(absent), "{kind} {absent}");
        }
        if answer.status >= 400 && answer.header("content-length") != "0" {
            let kind_of_body = answer.header("content-type");
            assert!(
                is_page || kind_of_body == "application/json",
                "{kind}: {kind_of_body}"
            );
            assert_eq!(answer.header("cache-control"), "no-store", "{kind}");
        }
    }
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_and_takes_none_from_the_caller() {
    let server = spawn().await;
    let mut ids = HashSet::new();
    for (kind, answer) in answers_of_all_kinds(&server).await {
        let found: Vec<_> = answer.headers.get_all("x-request-id").iter().collect();
        assert_eq!(found.len(), 1, "{kind}");
        let id = found[0].to_str().unwrap().to_owned();
        assert_eq!(id.len(), 36, "{kind}: {id}");
        assert!(ids.insert(id), "{kind}");
    }

    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let chosen = server.clock.id().to_string();
    let logout = phone.request("POST", "/logout");
    let answer = Reply::of(logout.header("X-Request-Id", &chosen)).await;
    assert_ne!(answer.header("x-request-id"), chosen);
    let event = server.events().await.pop().unwrap();
    assert_eq!(event["request_id"], answer.header("x-request-id"));
}

#[tokio::test]
async fn hsts_is_sent_where_the_issuer_is_reached_over_tls() {
    let server = spawn_with(|config| config.issuer = "https://doorward.test".to_owned()).await;
    for (method, path) in [
        ("GET", "/health/live"),
        ("GET", "/nope"),
        ("GET", "/set-password/x"),
        ("OPTIONS", "/login"),
        ("FOO", "/"),
    ] {
        let answer = send(&server, method, path).await;
        let told = answer.header("strict-transport-security");
        assert_eq!(
            told, "max-age=31536000; includeSubDomains",
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn health_tells_a_live_process_from_a_ready_one_and_nothing_more() {
    let server = spawn().await;
    for path in ["/health/live", "/health/ready"] {
        let answer = server.get(path).await.expect(200);
        assert_eq!(answer.body, json!({ "status": "ok" }), "{path}");
    }
    server
        .execute("DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)")
        .await;
    let behind = server.get("/health/ready").await;
    behind.refused(503, "temporarily_unavailable", "");
    server.app.close().await;
    let away = server.get("/health/ready").await;
    away.refused(503, "temporarily_unavailable", "");
    assert_eq!(away.text, behind.text, "what is wrong stands in the log");
    server.get("/health/live").await.expect(200);
}

#[tokio::test]
async fn the_published_keys_are_public_and_may_be_kept_for_a_while() {
    let server = spawn().await;
    let keys = server.get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(keys.header("content-type"), "application/json");
    assert_eq!(keys.header("cache-control"), "public, max-age=300");
    assert_eq!(keys.header("access-control-allow-origin"), "*");
    let keys = keys.body["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2, "the one that signs, and the next");
    let expected = json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
        "kid": keys[0]["kid"], "x": keys[0]["x"], "y": keys[0]["y"],
    });
    assert_eq!(keys[0], expected);
}

#[tokio::test]
async fn links_and_tokens_name_the_issuer_whatever_host_was_asked() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let path = format!("/users/{}/password-link", administrator.user);
    let request = administrator
        .request("POST", &path)
        .header("Host", "evil.example")
        .header("X-Forwarded-Host", "evil.example")
        .header("X-Forwarded-Proto", "https")
        .header("Forwarded", "host=evil.example;proto=https");
    let link = Reply::of(request).await.expect(200);
    let told = link.str("password_link");
    assert!(
        told.starts_with("http://doorward.test/set-password/"),
        "{told}"
    );
    let text: Value = json!(link.text);
    assert!(!text.to_string().contains("evil"));
    assert_eq!(administrator.claims()["iss"], "http://doorward.test");
}

/// Whoever reads the first and whoever reads the last would take it for something else; and one that
/// may be left out was read as absent.
#[tokio::test]
async fn a_parameter_that_is_there_twice_is_refused() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    for query in [
        "limit=5&limit=5",
        "limit=5&limit=6",
        "limit=null&limit=null",
        "limit=5&lim%69t=5",
        "x=1&x=2",
    ] {
        for path in ["/users", "/audit", "/me/devices", "/test_jwt"] {
            let answer = administrator.get(&format!("{path}?{query}")).await;
            answer.refused(400, "invalid_request", "");
        }
    }
    administrator.get("/users?limit=5&query=").await.expect(200);
    let mut desk = server.browser("boss", &["admin"]).await;
    let page = desk
        .get("/admin/users?status=&status=active")
        .await
        .expect(400);
    assert!(page.text.contains("A parameter is there twice."));
}

/// RFC 9110 §15.5.6, also for a method that has no name here.
#[tokio::test]
async fn any_other_method_is_told_those_of_the_path() {
    let server = spawn().await;
    for method in ["QUERY", "FOO", "get"] {
        let answer = send(&server, method, "/token").await;
        answer.refused(405, "invalid_request", "method_not_allowed");
        assert_eq!(answer.header("allow"), "POST");
    }
    send(&server, "FOO", "/nope")
        .await
        .refused(400, "invalid_request", "");
}
