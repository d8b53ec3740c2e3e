//! How pages are made: what users typed stays text, errors are pages, buttons stand where
//! the role allows.

use serde_json::json;

use crate::support::{PASSWORD, browser::Browser, spawn};

#[tokio::test]
async fn whatever_was_typed_is_shown_as_text() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let hostile = "<script>alert(1)</script>\" onload='x' \u{202e}'; DROP TABLE users;--";
    let long = "x".repeat(10_000);
    let body = json!({
        "username": "ana", "password": PASSWORD, "device": { "name": hostile, "kind": "phone" },
    });
    let request = server
        .request("POST", "/login")
        .json(&body)
        .header("User-Agent", format!("<img src=x onerror=alert(1)>{long}"));
    assert_eq!(request.send().await.unwrap().status(), 200);
    let disable = format!("/admin/users/{}/disable", ana.id);
    desk.post(&disable, &[("reason", "<b>bold</b>")])
        .await
        .expect(303);

    for path in [
        format!("/admin/users/{}", ana.id),
        "/admin".to_owned(),
        "/admin/audit".to_owned(),
        format!("/admin/audit?actor=%3Cscript%3E{long}"),
        "/admin/users?query=%3Cscript%3E%22".to_owned(),
        "/admin/users?done=%3Cscript%3E".to_owned(),
    ] {
        let page = desk.get(&path).await;
        assert!([200, 422].contains(&page.status), "{}", page.text);
        let mut typed = page.text.clone();
        for file in ["idiomorph.min.js", "panel.js"] {
            let own = format!("<script src=\"/static/{file}\" defer></script>");
            typed = typed.replacen(&own, "", 1);
        }
        for sign in ["<script", "<img", "<b>", "\" onload"] {
            assert!(!typed.contains(sign), "{sign} in {path}: {}", page.text);
        }
        assert_eq!(page.text.matches("<h1>").count(), 1);
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(
            page.header("content-security-policy")
                .starts_with("default-src 'none'")
        );
    }
    let page = desk.get(&format!("/admin/users/{}", ana.id)).await;
    assert!(page.text.contains("&#60;script&#62;alert(1)"));
    let page = desk.post(&disable, &[("reason", &long)]).await.expect(422);
    assert!(page.text.contains(&long));
}

/// The pages of the panel may run two files of ours, and ask us, and nothing else.
#[tokio::test]
async fn the_scripts_are_files_of_ours_for_the_panel_alone() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    for file in ["panel.js", "idiomorph.min.js"] {
        let script = server.get(&format!("/static/{file}")).await.expect(200);
        assert!(script.header("content-type").starts_with("text/javascript"));
        assert_eq!(script.header("x-content-type-options"), "nosniff");
    }
    let page = desk.get("/admin").await.expect(200);
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self'; connect-src 'self';") && !policy.contains("unsafe")
    );
    let policy = server.get("/docs").await.expect(200);
    let policy = policy.header("content-security-policy").to_owned();
    assert!(!policy.contains("script-src"), "{policy}");
}

#[tokio::test]
async fn what_goes_wrong_under_admin_is_told_on_a_page() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let nobody = "0197c0de-0000-7000-8000-000000000000";
    for (path, status) in [
        ("/admin/nothing".to_owned(), 404),
        (format!("/admin/users/{nobody}"), 404),
        ("/admin/users/no-id".to_owned(), 404),
        ("/admin/users?cursor=%25".to_owned(), 400),
        ("/admin/audit?cursor=%25".to_owned(), 400),
        ("/admin/tokens?before=%25".to_owned(), 400),
        ("/admin/devices?cursor=x&before=end".to_owned(), 400),
        ("/admin/export/users.pdf".to_owned(), 404),
        ("/admin/export/secrets.csv".to_owned(), 404),
        ("/admin/export/devices.csv?not_since=x".to_owned(), 400),
    ] {
        let page = desk.get(&path).await.expect(status);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.text.contains(page.header("x-request-id")), "{path}");
    }
    let page = desk
        .post(&format!("/admin/devices/{nobody}/end"), &[])
        .await;
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn buttons_stand_only_where_the_role_allows() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    ana.sign_in("phone").await;
    let boss = server.user_with_roles("boss", &["admin"]).await;
    boss.sign_in("desk phone").await;
    let forms = async |browser: &mut Browser<'_>, of: &str| {
        let page = browser.get(&format!("/admin/users/{of}")).await.expect(200);
        let actions = page.text.split("action=\"/admin/").skip(1);
        let mut verbs: Vec<String> = actions
            .map(|part| part.split('"').next().unwrap())
            .map(|path| {
                format!(
                    "{} {}",
                    path.split('/').next().unwrap(),
                    path.rsplit('/').next().unwrap()
                )
            })
            .filter(|verb| {
                !["language language", "logout logout", "search search"].contains(&verb.as_str())
            })
            .collect();
        verbs.sort();
        verbs.dedup();
        verbs.join(", ")
    };
    let (ana, boss) = (ana.id.to_string(), boss.id.to_string());
    let mut auditor = server.browser("auditor", &["auditor"]).await;
    assert_eq!(forms(&mut auditor, &ana).await, "");
    let mut support = server.browser("support", &["support"]).await;
    assert_eq!(
        forms(&mut support, &ana).await,
        "devices disable, devices end, tokens disable, tokens end"
    );
    assert_eq!(forms(&mut support, &boss).await, "");
    let mut admin = server.browser("admin", &["admin"]).await;
    assert_eq!(
        forms(&mut admin, &ana).await,
        "devices disable, devices end, devices lost, tokens disable, tokens end, \
         users change, users disable, users end, users password-link"
    );
}

#[tokio::test]
async fn lists_go_on_by_cursor_and_lose_nobody() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    server
        .execute(
            "INSERT INTO users (id, username, roles, created_at)
             SELECT gen_random_uuid(), 'u' || lpad(n::text, 3, '0'), '{}', now() FROM generate_series(1, 120) AS n",
        )
        .await;
    let (mut path, mut seen) = ("/admin/users?query=U".to_owned(), Vec::new());
    loop {
        let page = desk.get(&path).await.expect(200);
        let names = page.text.split("\"><bdi>u").skip(1);
        seen.extend(names.map(|part| part.split('<').next().unwrap().to_owned()));
        let Some((before, _)) = page.text.split_once("\" rel=\"next\"") else {
            break;
        };
        path = before
            .rsplit("href=\"")
            .next()
            .unwrap()
            .replace("&#38;", "&");
    }
    assert_eq!(seen.len(), 120);
    assert!(seen.is_sorted());
    let page = desk.get("/admin/users?status=disabled").await.expect(200);
    assert!(page.text.contains("No user is like that."));
}

/// What can be asked of each page.
const QUESTIONS: [(&str, &[&str]); 12] = [
    ("/admin", &["done", "span"]),
    ("/admin/search", &["query"]),
    (
        "/admin/users",
        &[
            "query", "status", "role", "sort", "cursor", "before", "done",
        ],
    ),
    (
        "/admin/devices",
        &["status", "kind", "not_since", "sort", "cursor", "before"],
    ),
    ("/admin/tokens", &["status", "client", "cursor", "before"]),
    (
        "/admin/refusals",
        &["reason", "since", "until", "cursor", "before"],
    ),
    (
        "/admin/audit",
        &[
            "actor", "subject", "action", "address", "since", "until", "cursor", "before",
        ],
    ),
    ("/admin/export/devices.csv", &["kind", "not_since"]),
    ("/admin/account", &["done"]),
    ("/admin/why", &["request"]),
    ("/admin/bulk", &["cursor"]),
    (
        "/admin/bulk/new",
        &[
            "verb",
            "what",
            "kind",
            "client",
            "not_since",
            "query",
            "role",
        ],
    ),
];

#[tokio::test]
async fn no_question_breaks_a_page() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let cursor = |text: &str| {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.encode(text)
    };
    let nil = uuid::Uuid::nil();
    let values = [
        String::new(),
        "%00".to_owned(),
        "%FF%FE".to_owned(),
        "%E2%80%AE".to_owned(),
        "a%00b".to_owned(),
        "%27%3B--".to_owned(),
        "9".repeat(400),
        "%F4%8F%BF%BF".to_owned(),
        phone.device_id.clone(),
        ana.id.to_string(),
        nil.to_string(),
        cursor("a"),
        cursor(&nil.to_string()),
        cursor(&format!("{nil} \0")),
        cursor(&format!("{nil} \u{10ffff}")),
        cursor(&format!("{} {nil}", i64::MAX)),
        cursor(&format!("-1 {nil}")),
        cursor(&format!("2026-11-24 {nil}")),
        cursor(&format!("-9999-01-01 {nil}")),
        "end".to_owned(),
        "2026-11-24T10:00".to_owned(),
        "9999-12-31T23:59".to_owned(),
        "0000-01-01T00:00".to_owned(),
        "%2B262142-12-31T23:59".to_owned(),
        "-262143-01-01T00:00".to_owned(),
    ];
    let user = format!("/admin/users/{}", ana.id);
    let own = (
        user.as_str(),
        &["done", "device", "devices", "tokens", "events"][..],
    );
    for (path, parameters) in QUESTIONS.into_iter().chain([own]) {
        for parameter in parameters {
            for value in &values {
                let asked = format!("{path}?{parameter}={value}");
                let page = desk.get(&asked).await;
                assert!(
                    [200, 303, 400, 404, 422].contains(&page.status),
                    "{asked}: {} {}",
                    page.status,
                    page.text
                );
                desk.get(&format!("{asked}&{parameter}=&x=y")).await;
            }
        }
    }
    // As a time to disable until, and as a reason.
    for value in &values {
        let typed = value.replace("%00", "\0").replace("%2B", "+");
        for fields in [[("until", typed.as_str())], [("reason", typed.as_str())]] {
            let page = desk.post(&format!("{user}/disable"), &fields).await;
            assert!(
                [303, 422].contains(&page.status),
                "{value}: {}",
                page.status
            );
        }
    }
}
