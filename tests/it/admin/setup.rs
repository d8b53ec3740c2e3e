//! The first administrator, by the one-time code.

use doorward::domain::setup;

use crate::support::{PASSWORD, browser::Browser, spawn};

#[tokio::test]
async fn the_code_makes_one_administrator_and_signs_the_browser_in() {
    let server = spawn().await;
    let code = setup::make_code(&server.app).await.unwrap().unwrap();
    let typed = code.expose().to_lowercase();
    let mut browser = Browser::new(&server);
    // Without an administrator there is nothing to sign in to.
    let login = browser.get("/admin/login").await.expect(303);
    assert_eq!(login.header("location"), "/admin/setup");

    browser.get("/admin/setup").await.expect(200);
    let fill = |code: &str, password: &str, again: &str| {
        [
            ("code", code.to_owned()),
            ("username", "boss".to_owned()),
            ("password", password.to_owned()),
            ("again", again.to_owned()),
        ]
    };
    for (fields, fault) in [
        (
            fill("00000-00000-00000-00000-00000", PASSWORD, PASSWORD),
            "code-fault",
        ),
        // Nothing is said of a password, nor is one hashed, to somebody without the code.
        (
            fill("00000-00000-00000-00000-00000", "short", "short"),
            "code-fault",
        ),
        (fill(&typed, PASSWORD, "another one"), "again-fault"),
        (fill(&typed, "short", "short"), "password-fault"),
    ] {
        let fields: Vec<_> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let page = browser.post("/admin/setup", &fields).await.expect(422);
        assert!(
            page.text.contains(&format!("id=\"{fault}\"")),
            "{}",
            page.text
        );
        assert!(page.text.contains("value=\"boss\""), "what was typed stays");
        assert!(!page.text.contains(PASSWORD));
    }

    let before = browser.cookie.clone();
    let fields = fill(&typed, PASSWORD, PASSWORD);
    let fields: Vec<_> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let done = browser.post("/admin/setup", &fields).await.expect(303);
    assert_eq!(done.header("location"), "/admin?done=setup");
    assert_ne!(browser.cookie, before);
    let home = browser.get("/admin?done=setup").await.expect(200);
    assert!(home.text.contains("boss") && home.text.contains("first administrator"));

    // Once only: neither the page nor the code nor another one.
    let mut other = Browser::new(&server);
    let page = other.get("/admin/setup").await.expect(303);
    assert_eq!(page.header("location"), "/admin/login");
    other.get("/admin/login").await.expect(200);
    other.post("/admin/setup", &fields).await.expect(303);
    assert!(setup::make_code(&server.app).await.unwrap().is_none());
    let users: i64 = server.scalar("SELECT count(*) FROM users").await;
    assert_eq!(users, 1);
}

#[tokio::test]
async fn an_old_code_and_a_code_of_an_earlier_start_are_void() {
    let server = spawn().await;
    let replaced = setup::make_code(&server.app).await.unwrap().unwrap();
    let old = setup::make_code(&server.app).await.unwrap().unwrap();
    let mut browser = Browser::new(&server);
    browser.get("/admin/setup").await.expect(200);
    server.advance(3601);
    for code in [replaced, old] {
        let fields = [
            ("code", code.expose().as_str()),
            ("username", "boss"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ];
        browser.post("/admin/setup", &fields).await.expect(422);
    }
    let users: i64 = server.scalar("SELECT count(*) FROM users").await;
    assert_eq!(users, 0);
}
