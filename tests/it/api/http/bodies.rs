//! Bodies: of the right content type, one JSON object whose fields are known, each there
//! once and of its type.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{PASSWORD, Server, phone::Phone, reply::Reply, spawn};

pub const JSON: &str = "application/json";

/// Routes that read no JSON: they have no body, or a form.
const WITHOUT_JSON: [&str; 5] = [
    "POST /introspect",
    "POST /logout",
    "POST /revoke",
    "POST /set-password/<secret>",
    "POST /users/<id>/password-link",
];

/// Every route that takes JSON, and a body that it takes.
pub fn bodies(phone: &Phone<'_>) -> Vec<(&'static str, Value)> {
    let suspend = json!({ "reason": "because", "until": "2031-01-01T00:00:00Z" });
    let reason = json!({ "reason": "because" });
    vec![
        (
            "POST /login",
            json!({
                "username": "ana", "password": PASSWORD, "client_id": "first-party", "scope": "",
                "device": { "token": phone.device_token, "name": "phone", "kind": "phone" },
            }),
        ),
        (
            "POST /token",
            json!({
                "refresh_token": phone.refresh_token, "username": "ana", "client_id": "first-party", "scope": "",
            }),
        ),
        (
            "POST /token/reject",
            json!({ "refresh_token": phone.refresh_token, "reason": "because", "until": "2031-01-01T00:00:00Z" }),
        ),
        (
            "POST /me/password",
            json!({ "current_password": PASSWORD, "new_password": PASSWORD }),
        ),
        (
            "POST /users",
            json!({ "username": "ben", "password": PASSWORD, "email": "a@b", "roles": ["auditor"] }),
        ),
        (
            "PATCH /users/<id>",
            json!({ "username": "anna", "email": "a@b", "roles": ["auditor"] }),
        ),
        ("POST /users/<id>/disable", suspend.clone()),
        ("POST /users/<id>/enable", reason.clone()),
        ("POST /users/<id>/end", reason.clone()),
        ("POST /devices/<id>/disable", suspend.clone()),
        ("POST /devices/<id>/enable", reason.clone()),
        ("POST /devices/<id>/end", reason.clone()),
        ("POST /tokens/<id>/disable", suspend),
        ("POST /tokens/<id>/enable", reason.clone()),
        ("POST /tokens/<id>/end", reason),
    ]
}

/// The administrator who asks, and the user's phone that is asked about.
pub async fn cast(server: &Server) -> (Phone<'_>, Phone<'_>) {
    let phone = server.user("ana").await.sign_in("phone").await;
    (server.administrator().await, phone)
}

pub async fn send(
    by: &Phone<'_>,
    phone: &Phone<'_>,
    route: &str,
    content_type: &str,
    body: impl Into<Vec<u8>>,
) -> Reply {
    let (method, path) = route.split_once(' ').unwrap();
    let id = match path.split('/').nth(1).unwrap() {
        "users" => phone.user.to_string(),
        "devices" => phone.device_id.clone(),
        _ => phone.grant_id(),
    };
    let mut request = by.request(method, &path.replace("<id>", &id));
    if !content_type.is_empty() {
        request = request.header("Content-Type", content_type);
    }
    Reply::of(request.body(body.into())).await
}

/// All rows but those that attempts and refusals leave.
pub async fn state(server: &Server) -> Value {
    server
        .scalar(
            "SELECT jsonb_build_array((SELECT jsonb_agg(u) FROM users u), (SELECT jsonb_agg(d) FROM devices d), \
             (SELECT jsonb_agg(g) FROM refresh_tokens g), (SELECT count(*) FROM audit_events))",
        )
        .await
}

#[tokio::test]
async fn every_route_with_a_body_is_in_these_tests() {
    let server = spawn().await;
    let (_, phone) = cast(&server).await;
    let mounted: BTreeSet<String> = server
        .routes
        .iter()
        .filter(|route| !["GET", "DELETE", "OPTIONS"].contains(&route.split(' ').next().unwrap()))
        // The panel takes forms, which its own tests send.
        .filter(|route| !route.contains(" /admin"))
        .cloned()
        .collect();
    let known: BTreeSet<String> = bodies(&phone)
        .iter()
        .map(|(route, _)| *route)
        .chain(WITHOUT_JSON)
        .map(str::to_owned)
        .collect();
    assert_eq!(mounted, known);
}

#[tokio::test]
async fn a_body_of_another_type_is_not_even_read() {
    let server = spawn().await;
    let (administrator, phone) = cast(&server).await;
    let before = state(&server).await;
    for (route, body) in bodies(&phone) {
        for content_type in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "application/json; charset=latin1",
            "application/jsonp",
            "application/xml",
            "text/json",
            "*/*",
            "application/json, text/plain",
        ] {
            // A form is the token endpoint's other face.
            if route == "POST /token" && content_type.contains("form-urlencoded") {
                continue;
            }
            let body = body.to_string();
            let answer = send(&administrator, &phone, route, content_type, body).await;
            answer.refused(415, "invalid_request", "unsupported_media_type");
        }
    }
    assert_eq!(state(&server).await, before);
    for content_type in ["application/json; charset=UTF-8", "Application/JSON"] {
        let body = json!({ "username": "ana", "password": PASSWORD }).to_string();
        let answer = send(&administrator, &phone, "POST /login", content_type, body).await;
        answer.expect(200);
    }
}

#[tokio::test]
async fn what_is_no_single_json_object_is_refused() {
    let server = spawn().await;
    let (administrator, phone) = cast(&server).await;
    let before = state(&server).await;
    for (route, body) in bodies(&phone) {
        let text = body.to_string();
        // Serde would read a struct's fields from an array, in their order.
        let fields: Vec<&Value> = body.as_object().unwrap().values().collect();
        let array = json!(fields).to_string();
        let nulls = json!(vec![Value::Null; fields.len()]).to_string();
        for unreadable in [
            "",
            " ",
            "{",
            "[]",
            &array,
            &nulls,
            "null",
            "\"x\"",
            "1",
            "NaN",
            &format!("{text}{text}"),
            &format!("{text} x"),
            &format!("\u{feff}{text}"),
            &format!("// no comment\n{text}"),
            &text.replace('}', ",}"),
            &text.replace('"', "'"),
            &text[..text.len() - 1],
            &text.replacen(":\"", ":\"\\ud800", 1),
            &text.replacen(":\"", ":\"\n", 1),
            &format!("{{\"reason\":{}", "[".repeat(10_000)),
            &"{\"reason\":".repeat(1_500),
        ] {
            let answer = send(&administrator, &phone, route, JSON, unreadable).await;
            assert_eq!(
                answer.status, 400,
                "{route} {unreadable:.80}: {}",
                answer.text
            );
            answer.refused(400, "invalid_request", "");
        }
        for bytes in [&b"\xff\xfe"[..], b"\xc0\xaf", b"\xed\xa0\x80"] {
            let mut invalid = text.clone().into_bytes();
            let at = text.find(":\"").unwrap() + 2;
            invalid.splice(at..at, bytes.iter().copied());
            let answer = send(&administrator, &phone, route, JSON, invalid).await;
            answer.refused(400, "invalid_request", "");
        }
    }
    assert_eq!(state(&server).await, before);
}

#[tokio::test]
async fn each_field_is_known_there_once_and_of_its_type_or_named_in_the_answer() {
    let server = spawn().await;
    let (administrator, phone) = cast(&server).await;
    let before = state(&server).await;
    let named = |answer: &Reply, field: &str, sent: &str| {
        answer.refused(400, "invalid_request", "");
        let description = answer.str("error_description");
        assert!(description.starts_with(field), "{sent}: {description}");
    };
    for (route, body) in bodies(&phone) {
        for unknown in [
            "is_admin",
            "user_id",
            "disabled",
            "password_hash",
            "__proto__",
            "Reason",
        ] {
            let mut sent = body.clone();
            sent[unknown] = json!(true);
            let sent = sent.to_string();
            let answer = send(&administrator, &phone, route, JSON, sent.as_str()).await;
            named(&answer, &format!("{unknown}: "), &sent);
        }
        for (field, value) in body.as_object().unwrap() {
            let twice = body
                .to_string()
                .replacen('{', &format!("{{\"{field}\":{value},"), 1);
            let answer = send(&administrator, &phone, route, JSON, twice.as_str()).await;
            named(&answer, &format!("{field}: "), &twice);
            for wrong in [
                "{\"x\":1}",
                "[[]]",
                "[1]",
                "1",
                "1.5e3",
                "1e999",
                "true",
                "-0",
            ] {
                let sent = body.to_string().replacen(
                    &format!("\"{field}\":{value}"),
                    &format!("\"{field}\":{wrong}"),
                    1,
                );
                let answer = send(&administrator, &phone, route, JSON, sent.as_str()).await;
                let field = if wrong == "1e999" { "" } else { field.as_str() };
                named(&answer, field, &sent);
            }
        }
    }
    let device = json!({ "username": "ana", "password": PASSWORD, "device": ["", "a", "b"] });
    named(
        &server.post("/login", &device).await,
        "device: ",
        "an array",
    );
    for (path, body, field) in [
        ("/login", json!({ "username": "ana" }), "password: "),
        (
            "/login",
            json!({ "username": null, "password": "x" }),
            "username: ",
        ),
        ("/token", json!({ "username": "ana" }), "refresh_token: "),
    ] {
        named(&server.post(path, &body).await, field, path);
    }
    assert_eq!(state(&server).await, before);
}
