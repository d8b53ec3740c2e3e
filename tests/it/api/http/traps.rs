//! Requests that are meant to bring a server down, or to be taken for others than they are.

use serde_json::{Value, json};

use super::bodies::{JSON, bodies, cast, send, state};
use crate::support::{PASSWORD, spawn, wire};

/// Every text in a value, each in turn with a NUL in it.
fn with_a_nul(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => vec![
            json!(format!("{text}\0")),
            json!("\0"),
            json!(format!("\0{text}")),
        ],
        Value::Array(items) => items
            .iter()
            .flat_map(with_a_nul)
            .map(|item| json!([item]))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| {
                with_a_nul(field).into_iter().map(move |changed| {
                    let mut whole = value.clone();
                    whole[name] = changed;
                    whole
                })
            })
            .collect(),
        _ => vec![],
    }
}

#[tokio::test]
async fn a_nul_in_any_text_is_refused_and_reaches_no_statement() {
    let server = spawn().await;
    let (administrator, phone) = cast(&server).await;
    for (route, body) in bodies(&phone) {
        for body in with_a_nul(&body) {
            // Wrong names and passwords are counted: each of these is a fresh start.
            server.execute("DELETE FROM throttles").await;
            let answer = send(&administrator, &phone, route, JSON, body.to_string()).await;
            // A device token with a NUL is none, and then the device is a new one.
            let fine = route == "POST /login" && answer.status == 200;
            assert!(
                fine || (400..=404).contains(&answer.status),
                "{route} {body}: {}",
                answer.text
            );
        }
    }
    let path = format!("/users/{}", phone.user);
    for search in [
        "/users?query=%00",
        "/users?cursor=AA",
        "/audit?action=%00",
        "/audit?cursor=AA",
    ] {
        administrator.get(search).await.expect(400);
    }
    administrator.get(&format!("{path}%00")).await.expect(404);
    let agent = administrator
        .request("POST", "/logout")
        .header("User-Agent", "a\u{1f}b");
    assert!(agent.build().is_err(), "no header can hold one");
}

#[tokio::test]
async fn a_body_has_at_most_sixteen_kibibytes() {
    let server = spawn().await;
    let (administrator, phone) = cast(&server).await;
    let body = json!({ "username": "ana", "password": PASSWORD }).to_string();
    let padded = |length: usize| format!("{body}{}", " ".repeat(length - body.len()));
    let answer = send(
        &administrator,
        &phone,
        "POST /login",
        JSON,
        padded(16 * 1024),
    )
    .await;
    answer.expect(200);
    for (route, _) in bodies(&phone) {
        let answer = send(&administrator, &phone, route, JSON, padded(16 * 1024 + 1)).await;
        answer.refused(413, "invalid_request", "too_large");
    }

    // Told before it is read, and cut off where nobody tells.
    let head = "POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    for request in [
        format!(
            "{head}Content-Length: 1048576\r\n\r\n{}",
            padded(16 * 1024 + 1)
        ),
        format!("{head}Content-Length: 1000000000000\r\n\r\n{{\"username\":\"ana"),
        format!(
            "{head}Transfer-Encoding: chunked\r\n\r\n{}",
            chunk.repeat(5)
        ),
    ] {
        let (head, body) = wire::exchange(&server, request.as_bytes()).await;
        assert!(head.starts_with("http/1.1 413"), "{head}\n{body}");
        assert!(body.contains("\"too_large\""), "{body}");
    }
}

#[tokio::test]
async fn a_form_posts_whatever_method_its_first_field_names() {
    let server = spawn().await;
    let (administrator, phone) = cast(&server).await;
    let form = "application/x-www-form-urlencoded";
    let before = state(&server).await;
    for fields in [
        "_method=delete",
        "_method=DELETE",
        "_method=patch",
        "_method=put",
        "_method=get",
        "_method=head",
        "_method=delete&a=b",
        "&_method=get",
        "&_method=put",
        "&_method=patch",
        "&&&_method=put",
        "&_method=head",
        "[_method]=put",
        "._method=put",
    ] {
        let own = format!("POST /me/devices/{}", administrator.device_id);
        for route in ["POST /users/<id>", "POST /me", &own] {
            let answer = send(&administrator, &phone, route, form, fields).await;
            assert_eq!(answer.status, 405, "{route} {fields}: {}", answer.text);
            answer.refused(405, "invalid_request", "method_not_allowed");
        }
        let answer = send(&administrator, &phone, "POST /users", form, fields).await;
        answer.refused(415, "invalid_request", "unsupported_media_type");
    }
    assert_eq!(state(&server).await, before);
}

#[tokio::test]
async fn what_is_no_decent_request_harms_nobody() {
    let server = spawn().await;
    let long = "a".repeat(1024 * 1024);
    let many = "X-Filler: x\r\n".repeat(10_000);
    let cookie = "c=1; ".repeat(20_000);
    let path = "a".repeat(100_000);
    for request in [
        "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET http://evil.example/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /me HTTP/1.0\r\n\r\n",
        "GET /me\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\r\n\r\n",
        "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        "POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n{}",
        &format!("GET /me HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n"),
        &format!("GET /me HTTP/1.1\r\nHost: x\r\n{many}\r\n"),
        &format!("GET /me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"),
        &format!("GET /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    ] {
        let (head, body) = wire::exchange(&server, request.as_bytes()).await;
        let told = &request[..request.len().min(60)];
        assert!(
            head.is_empty() || head.starts_with("http/"),
            "{told:?}: {head}"
        );
        let status = head.get(9..10).unwrap_or("4");
        assert_eq!(status, "4", "{told:?}: {head}\n{body}");
    }
    server.get("/health/ready").await.expect(200);
}
