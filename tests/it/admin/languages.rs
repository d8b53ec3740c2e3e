//! The pages in other languages: the one that was chosen, or else one that the browser asks for.

use reqwest::RequestBuilder;

use crate::support::{PASSWORD, Server, browser::Browser, reply::Reply, spawn};

const ENGLISH: &str = "<html lang=\"en\" dir=\"ltr\">";
const GERMAN: &str = "<html lang=\"de\" dir=\"ltr\">";

async fn asked(request: RequestBuilder, wishes: &str) -> Reply {
    Reply::of(request.header("Accept-Language", wishes)).await
}

/// A request with the session's cookie and another.
fn with_cookie(desk: &Browser<'_>, method: &str, path: &str, cookie: &str) -> RequestBuilder {
    let cookies = format!("{}; {cookie}", desk.cookie);
    desk.server.request(method, path).header("Cookie", cookies)
}

/// The language of the sign-in, as whoever asks like this gets it.
async fn sign_in_page(server: &Server, wishes: &str, cookie: &str) -> Reply {
    let request = server
        .request("GET", "/admin/login")
        .header("Cookie", cookie);
    asked(request, wishes).await.expect(200)
}

#[tokio::test]
async fn a_page_is_in_the_language_that_the_browser_asks_for() {
    let server = spawn().await;
    server.user_with_roles("boss", &["admin"]).await;
    for (wishes, tag, title) in [
        ("de", "de", "Anmelden"),
        ("de-CH, en;q=0.9", "de", "Anmelden"),
        ("fr, en;q=0.3, de;q=0.7", "de", "Anmelden"),
        ("en, de;q=0.9", "en", "Sign in"),
        ("de;q=0, *;q=0.1", "en", "Sign in"),
        ("fr, ja;q=0.5", "en", "Sign in"),
        ("", "en", "Sign in"),
        (";q=;;,\u{e4}\u{f6}, de;q=9, =", "en", "Sign in"),
        (&"de-".repeat(2000), "en", "Sign in"),
    ] {
        let page = sign_in_page(&server, wishes, "").await;
        let html = if tag == "de" { GERMAN } else { ENGLISH };
        assert!(page.text.contains(html), "{wishes}");
        assert!(page.text.contains(&format!("<h1>{title}</h1>")), "{wishes}");
        assert!(
            page.text
                .contains(&format!("<title>{title} · Doorward</title>"))
        );
        assert_eq!(page.header("content-language"), tag);
        assert_eq!(page.header("vary"), "Accept-Language, Cookie");
    }
}

#[tokio::test]
async fn what_was_chosen_goes_before_what_the_browser_asks_for() {
    let server = spawn().await;
    server.user_with_roles("boss", &["admin"]).await;
    for (cookie, wishes, html) in [
        ("doorward-language=de", "en", GERMAN),
        ("doorward-language=en", "de", ENGLISH),
        ("doorward-language=xx", "de", GERMAN),
        (
            "doorward-language=\"; a=b; =; doorward-language",
            "en",
            ENGLISH,
        ),
        ("doorward-language=%00../de", "en", ENGLISH),
    ] {
        let page = sign_in_page(&server, wishes, cookie).await;
        assert!(page.text.contains(html), "{cookie}");
    }
}

#[tokio::test]
async fn a_language_is_chosen_at_the_foot_of_a_page_before_and_after_a_sign_in() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let mut stranger = Browser::new(&server);
    stranger.get("/admin/login").await.expect(200);
    for browser in [&desk, &stranger] {
        let form = [("csrf", browser.csrf.as_str()), ("language", "de")];
        let request = browser.request("POST", "/admin/language").form(&form);
        let answer = Reply::of(request).await.expect(303);
        let cookie = answer.header("set-cookie").to_owned();
        assert!(cookie.starts_with("doorward-language=de; "), "{cookie}");
        for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert_eq!(answer.header("location"), "/admin");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    // Not in the name of somebody else, and no other language.
    for (csrf, language, status) in [
        ("guessed", "de", 403),
        (desk.csrf.as_str(), "de", 403),
        (stranger.csrf.as_str(), "tlh", 400),
        (stranger.csrf.as_str(), "de\r\nSet-Cookie: a=b", 400),
    ] {
        let form = [("csrf", csrf), ("language", language)];
        let request = stranger.request("POST", "/admin/language").form(&form);
        let answer = Reply::of(request).await.expect(status);
        assert!(answer.headers.get("set-cookie").is_none(), "{language}");
    }
    let foreign = [("csrf", desk.csrf.as_str()), ("language", "de")];
    let request = desk.request("POST", "/admin/language").form(&foreign);
    let request = request.header("Origin", "https://evil.example");
    Reply::of(request).await.expect(403);
    let page = desk.get("/admin").await.expect(200);
    assert!(page.text.contains(ENGLISH));
}

#[tokio::test]
async fn the_form_leads_back_to_the_page_and_nowhere_else() {
    let server = spawn().await;
    let desk = server.browser("boss", &["admin"]).await;
    let origin = "http://localhost:8000";
    for (from, to) in [
        (
            format!("{origin}/admin/users?status=active"),
            "/admin/users?status=active",
        ),
        (format!("{origin}/admin/keys"), "/admin/keys"),
        ("https://evil.example/admin/keys".to_owned(), "/admin/keys"),
        (
            "https://evil.example//evil.example/admin".to_owned(),
            "/admin",
        ),
        ("https://evil.example".to_owned(), "/admin"),
        ("//evil.example/admin".to_owned(), "/admin"),
        (format!("{origin}/admin/../evil"), "/admin"),
        (format!("{origin}/admin/%2e%2e/evil"), "/admin"),
        (format!("{origin}/admin\\evil"), "/admin"),
        (format!("{origin}/docs"), "/admin"),
        // Where only forms go, there is nothing to open again.
        (format!("{origin}/admin/logout"), "/admin"),
        (format!("{origin}/admin/keys/rotate"), "/admin"),
        ("\u{e4}".to_owned(), "/admin"),
        (String::new(), "/admin"),
    ] {
        let form = [("csrf", desk.csrf.as_str()), ("language", "de")];
        let request = desk.request("POST", "/admin/language").form(&form);
        let answer = Reply::of(request.header("Referer", &from))
            .await
            .expect(303);
        assert_eq!(answer.header("location"), to, "{from}");
    }
}

#[tokio::test]
async fn a_fault_stands_beside_its_field_in_german_with_what_was_typed() {
    let server = spawn().await;
    let desk = server.browser("boss", &["admin"]).await;
    let german = "doorward-language=de";
    let form = [
        ("csrf", desk.csrf.as_str()),
        ("username", "no good name"),
        ("email", "ana@example.com"),
    ];
    let request = with_cookie(&desk, "POST", "/admin/users", german).form(&form);
    let page = Reply::of(request).await.expect(422);
    assert!(page.text.contains("value=\"no good name\""));
    assert!(page.text.contains("value=\"ana@example.com\""));
    let fault = "id=\"username-fault\" role=\"alert\">Nehmen Sie 1 bis 64 Buchstaben, Ziffern und Zeichen, ohne \
                 Leerzeichen.</p>";
    assert!(page.text.contains(fault), "{}", page.text);

    let form = [("username", "boss"), ("password", "a wild guess")];
    let mut stranger = Browser::new(&server);
    stranger.get("/admin/login").await.expect(200);
    let form = [&[("csrf", stranger.csrf.as_str())][..], &form].concat();
    let request = with_cookie(&stranger, "POST", "/admin/login", german).form(&form);
    let page = Reply::of(request).await.expect(401);
    assert!(
        page.text
            .contains("Der Benutzername oder das Passwort ist falsch.")
    );
    assert!(page.text.contains("value=\"boss\""));
}

/// What is refused before there is a page, by a guard and by the catcher.
#[tokio::test]
async fn refusals_are_told_in_german_and_to_programs_in_english() {
    let server = spawn().await;
    let desk = server.browser("boss", &["admin"]).await;
    let german = "doorward-language=de";
    let form = [("csrf", "guessed")];
    for (method, path, status, told) in [
        (
            "GET",
            "/admin/nothing",
            404,
            "Unter diesem Pfad ist nichts.",
        ),
        (
            "PUT",
            "/admin/keys",
            405,
            "Dieser Pfad antwortet nur auf GET, HEAD.",
        ),
        (
            "GET",
            "/admin/tokens?before=%25",
            400,
            "Diese Seite der Liste ist nicht zu finden.",
        ),
        (
            "GET",
            "/admin/export/devices.csv?not_since=x",
            400,
            "not_since: Geben Sie eine Zeit an wie 2026-11-23T22:41.",
        ),
        (
            "POST",
            "/admin/keys/rotate",
            403,
            "Nichts wurde geändert: Dieses Formular",
        ),
    ] {
        let request = with_cookie(&desk, method, path, german).form(&form);
        let page = Reply::of(request).await.expect(status);
        assert!(page.text.contains(GERMAN), "{path}");
        assert!(page.text.contains(told), "{path}: {}", page.text);
    }
    let link = server.request("GET", "/set-password/none");
    let page = asked(link, "de").await.expect(404);
    assert!(page.text.contains("Dieser Link gilt nicht mehr"));
    let body = serde_json::json!({ "username": "ana", "password": PASSWORD });
    let login = server.request("POST", "/login").json(&body);
    let told = asked(login, "de").await.expect(401);
    assert!(told.text.contains("The username or the password is wrong."));
    let docs = asked(server.request("GET", "/docs"), "de")
        .await
        .expect(200);
    assert!(docs.text.contains("<html lang=\"en\">"));
}

/// Numbers, sentences with names, the time line, and code words, which are nobody's language.
#[tokio::test]
async fn a_user_is_told_of_in_german() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let ana = server.user("ana").await;
    ana.sign_in("<b>Anas</b> phone").await;
    ana.sign_in("tablet").await;
    let path = format!("/admin/users/{}", ana.id);
    desk.get(&path).await.expect(200);
    let disable = format!("{path}/devices/disable");
    let done = desk.post(&disable, &[("reason", "lost")]).await.expect(303);
    let page = with_cookie(
        &desk,
        "GET",
        done.header("location"),
        "doorward-language=de",
    );
    let page = Reply::of(page).await.expect(200);
    for told in [
        "<bdi>ana</bdi>: zwei Geräte sind gesperrt. ",
        "Das Erneuern hat aufgehört: Seit ",
        "<span class=\"badge off\">gesperrt</span> <bdi>lost</bdi>",
        "<span class=\"badge off\">Gerät gesperrt</span> durch <bdi>boss (admin)</bdi>: <bdi>lost</bdi>",
        "<bdi>&#60;b&#62;Anas&#60;/b&#62; phone</bdi>",
        "Keine Erneuerungen",
        "<dt>Rollen</dt><dd>keine Rolle</dd>",
    ] {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    let log = with_cookie(&desk, "GET", "/admin/audit", "doorward-language=de");
    let log = Reply::of(log).await.expect(200);
    assert!(log.text.contains(">device.disabled</span>"));
    assert!(log.text.contains("<small>Gerät</small>"));
}
