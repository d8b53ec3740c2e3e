//! The way in and out: sign-in, cookie, time-outs, and what is taken away at once.

use doorward::domain::{disable, users};

use crate::support::{PASSWORD, browser::Browser, reply::Reply, spawn, spawn_with};

#[tokio::test]
async fn only_a_right_password_of_somebody_with_a_role_gets_in() {
    let server = spawn().await;
    server.user_with_roles("boss", &["admin"]).await;
    server.user("ana").await;
    let mut browser = Browser::new(&server);

    let page = browser
        .try_sign_in("boss", "not the password")
        .await
        .expect(401);
    assert!(page.text.contains("value=\"boss\"") && page.text.contains("role=\"alert\""));
    assert!(!page.text.contains("not the password"));
    let nobody = browser
        .try_sign_in("nobody", "not the password")
        .await
        .expect(401);
    assert!(
        nobody
            .text
            .contains("The username or the password is wrong.")
    );

    let page = browser.try_sign_in("ana", PASSWORD).await.expect(403);
    assert!(page.text.contains("no role"), "{}", page.text);
    let sessions: i64 = server.scalar("SELECT count(*) FROM admin_sessions").await;
    assert_eq!(sessions, 0);

    let before = browser.cookie.clone();
    browser.try_sign_in("boss", PASSWORD).await.expect(303);
    assert_ne!(browser.cookie, before, "a new cookie at each sign-in");
    browser.get("/admin").await.expect(200);
    // Signed in, the sign-in leads on.
    let login = browser.get("/admin/login?next=/admin/users").await;
    assert_eq!(
        (login.status, login.header("location")),
        (303, "/admin/users")
    );
}

#[tokio::test]
async fn guessing_is_slowed_here_as_at_the_api() {
    let server = spawn().await;
    server.user_with_roles("boss", &["admin"]).await;
    let mut browser = Browser::new(&server);
    browser.get("/admin/login").await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let fields = [("username", "boss"), ("password", "a wild guess")];
        statuses.push(browser.post("/admin/login", &fields).await.status);
    }
    assert!(
        statuses.starts_with(&[401; 5]) && statuses.contains(&429),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn without_a_session_every_page_leads_to_the_sign_in_and_back() {
    let server = spawn().await;
    server.user_with_roles("boss", &["admin"]).await;
    let mut browser = Browser::new(&server);
    let asked = "/admin/users?query=a%26b&status=active";
    let answer = browser.get(asked).await.expect(303);
    let login = answer.header("location").to_owned();
    assert!(login.starts_with("/admin/login?next="), "{login}");
    let page = browser.get(&login).await.expect(200);
    assert!(
        page.text
            .contains("name=\"next\" value=\"/admin/users?query=a%26")
    );
    let fields = [
        ("username", "boss"),
        ("password", PASSWORD),
        ("next", asked),
    ];
    let done = browser.post("/admin/login", &fields).await.expect(303);
    assert_eq!(done.header("location"), asked);

    let pages = server.routes.iter();
    let pages = pages.filter_map(|route| route.strip_prefix("GET "));
    let nobody = uuid::Uuid::nil().to_string();
    let mut closed = 0;
    for page in pages.filter(|path| path.starts_with("/admin")) {
        if ["/admin/login", "/admin/setup"].contains(&page) {
            continue;
        }
        let path = page.replace("<id>", &nobody);
        let answer = Browser::new(&server).get(&path).await.expect(303);
        let login = answer.header("location");
        assert!(login.starts_with("/admin/login?next="), "{path}: {login}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        closed += 1;
    }
    assert!(closed > 8, "{closed}");
}

#[tokio::test]
async fn next_leads_nowhere_but_into_the_panel() {
    let server = spawn().await;
    server.user_with_roles("boss", &["admin"]).await;
    for next in [
        "https://evil.test/",
        "//evil.test/admin",
        "/admin//evil.test",
        "/\\evil.test",
        "/admin/\\evil.test",
        "/admin@evil.test",
        "/administrators",
        "/admin\r\nX: y",
        "javascript:alert(1)",
    ] {
        let mut browser = Browser::new(&server);
        browser.get("/admin/login").await;
        let fields = [("username", "boss"), ("password", PASSWORD), ("next", next)];
        let done = browser.post("/admin/login", &fields).await.expect(303);
        assert_eq!(done.header("location"), "/admin", "{next:?}");
    }
}

#[tokio::test]
async fn the_cookie_is_bound_to_this_host_and_hidden_from_scripts() {
    let cookie = |reply: &Reply| reply.header("set-cookie").to_owned();
    for (issuer, name, secure) in [
        ("http://doorward.test", "doorward=dw", false),
        ("https://doorward.test", "__Host-doorward=dw", true),
    ] {
        let server = spawn_with(|config| issuer.clone_into(&mut config.issuer)).await;
        server.user_with_roles("boss", &["admin"]).await;
        let mut browser = Browser::new(&server);
        let before = cookie(&browser.get("/admin/login").await);
        let fields = [("username", "boss"), ("password", PASSWORD)];
        let signed_in = cookie(&browser.post("/admin/login", &fields).await.expect(303));
        for cookie in [before, signed_in] {
            assert!(cookie.starts_with(name), "{cookie}");
            for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
                assert!(cookie.contains(part), "{cookie}");
            }
            assert_eq!(cookie.contains("Secure"), secure, "{cookie}");
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
        let home = browser.get("/admin").await.expect(200);
        assert_eq!(home.header("cache-control"), "no-store");
        let out = browser.clone().post("/admin/logout", &[]).await.expect(303);
        assert_eq!(
            out.header("clear-site-data"),
            "\"cache\", \"cookies\", \"storage\""
        );
        assert_eq!(out.header("cache-control"), "no-store");
        assert!(cookie(&out).contains("Max-Age=0"), "{}", cookie(&out));
        // The cookie of before is worth nothing.
        browser.get("/admin").await.expect(303);
    }
}

#[tokio::test]
async fn a_session_ends_unused_and_after_a_day_of_use() {
    let server = spawn().await;
    let mut browser = server.browser("boss", &["admin"]).await;
    server.advance(14 * 60);
    browser.get("/admin").await.expect(200);
    server.advance(14 * 60);
    browser.get("/admin").await.expect(200);
    server.advance(15 * 60 + 1);
    browser.get("/admin").await.expect(303);

    browser.try_sign_in("boss", PASSWORD).await.expect(303);
    for _ in 0..47 {
        server.advance(10 * 60);
        browser.get("/admin").await.expect(200);
    }
    server.advance(10 * 60);
    browser.get("/admin").await.expect(303);
}

#[tokio::test]
async fn who_is_disabled_or_loses_the_role_is_out_at_once() {
    let server = spawn().await;
    server.user_with_roles("other", &["admin"]).await;
    let mut disabled = server.browser("one", &["admin"]).await;
    let mut demoted = server.browser("two", &["admin"]).await;
    let mut lowered = server.browser("three", &["admin"]).await;
    let id = async |name: &str| {
        let user = doorward::domain::listing::user_named(&server.app, name).await;
        user.unwrap().id
    };
    let operator = server.operator();
    let subject = doorward::db::disabling::Subject::User(id("one").await);
    disable::disable(
        &server.app,
        &operator,
        subject,
        &disable::Disabling::default(),
    )
    .await
    .unwrap();
    for (name, roles) in [("two", vec![]), ("three", vec!["auditor".to_owned()])] {
        let changes = users::Changes {
            roles: Some(&roles),
            ..users::Changes::default()
        };
        users::change(&server.app, &operator, id(name).await, &changes)
            .await
            .unwrap();
    }
    disabled.get("/admin/users").await.expect(303);
    demoted.get("/admin/users").await.expect(303);
    lowered.get("/admin/users").await.expect(200);
    lowered.get("/admin/users/new").await.expect(403);
}
