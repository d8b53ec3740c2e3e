//! CORS: which pages of other origins may read an answer.

use serde_json::json;

use crate::support::{Server, reply::Reply, spawn, spawn_with};

const APP: &str = "https://app.example.com";

async fn configured() -> Server {
    spawn_with(|config| {
        config.cors_origins = vec![APP.to_owned(), "http://localhost:5173".to_owned()];
    })
    .await
}

async fn from(server: &Server, method: &str, path: &str, origin: &str) -> Reply {
    Reply::of(server.request(method, path).header("Origin", origin)).await
}

/// The headers that a browser asks for, in the order of their names.
fn cors(answer: &Reply) -> Vec<String> {
    let mut found: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-"))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn a_page_of_a_configured_origin_may_call_and_read_errors_too() {
    let server = configured().await;
    for origin in [APP, "http://localhost:5173"] {
        let asked = from(&server, "OPTIONS", "/login", origin).await.expect(204);
        assert_eq!(
            cors(&asked),
            [
                "access-control-allow-headers: Authorization, Content-Type, DPoP",
                "access-control-allow-methods: GET, POST, PATCH, DELETE",
                &format!("access-control-allow-origin: {origin}"),
                "access-control-expose-headers: X-Request-Id, Retry-After, WWW-Authenticate, DPoP-Nonce",
                "access-control-max-age: 600",
            ]
        );
        assert_eq!((asked.text.as_str(), asked.header("allow")), ("", "POST"));
        for (path, status) in [("/me", 401), ("/nope", 404), ("/health/live", 200)] {
            let answer = from(&server, "GET", path, origin).await.expect(status);
            assert_eq!(
                answer.header("access-control-allow-origin"),
                origin,
                "{path}"
            );
            assert_eq!(answer.header("vary"), "Origin", "{path}");
        }
    }
}

#[tokio::test]
async fn a_page_of_any_other_origin_may_not() {
    let server = configured().await;
    for origin in [
        "https://evil.example",
        "null",
        "",
        "*",
        "http://app.example.com",
        "https://app.example.com:443",
        "https://app.example.com/",
        "https://app.example.com.evil.example",
        "HTTPS://APP.EXAMPLE.COM",
        "https://app.example.com https://evil.example",
    ] {
        for (method, path) in [
            ("OPTIONS", "/login"),
            ("GET", "/me"),
            ("GET", "/health/live"),
        ] {
            let answer = from(&server, method, path, origin).await;
            assert_eq!(cors(&answer), [""; 0], "{method} {path} {origin}");
            assert_eq!(answer.header("vary"), "Origin", "{method} {path}");
        }
    }
    let login = server
        .request("POST", "/login")
        .header("Origin", "https://evil.example")
        .json(&json!({}));
    assert_eq!(cors(&Reply::of(login).await), [""; 0]);
}

#[tokio::test]
async fn without_a_configured_origin_no_page_may() {
    let server = spawn().await;
    for origin in [APP, "null", "http://doorward.test"] {
        let answer = from(&server, "OPTIONS", "/login", origin).await;
        assert_eq!(cors(&answer), [""; 0], "{origin}");
    }
}

#[tokio::test]
async fn the_public_keys_are_for_every_page_and_html_is_for_none() {
    let server = configured().await;
    let keys = from(
        &server,
        "GET",
        "/.well-known/jwks.json",
        "https://evil.example",
    )
    .await;
    assert_eq!(cors(&keys), ["access-control-allow-origin: *"]);
    let page = from(&server, "GET", "/set-password/x", APP).await;
    assert_eq!(cors(&page), [""; 0]);
}
