//! Answers: the errors that every operation of a kind has, and the headers of all.

use serde_json::{Value, json};

/// An error that many operations have: status, name among the shared answers, description.
const ERRORS: [(&str, &str, &str); 10] = [
    (
        "400",
        "InvalidRequest",
        "`invalid_request`: what was sent cannot be read; the field or parameter is named, or is there twice. `weak_password`.",
    ),
    (
        "401",
        "InvalidToken",
        "`missing_token`. Or the access token is not good: `token_expired`, `bad_signature`, `unknown_key`, \
         `wrong_issuer`, `wrong_audience`, `not_yet_valid`, `malformed_token`. Within a second of a cut-off: \
         `token_ended`, `token_disabled`, `token_revoked`, `device_disabled`, `user_disabled`, `client_disabled`, and \
         `roles_changed`, where a refresh helps. `token_is_bound`, `token_is_not_bound`: it goes in the other scheme. \
         `invalid_dpop_proof`, `use_dpop_nonce`: as of `POST /login`; `proof_missing`, `proof_of_another_token`, `wrong_key`.",
    ),
    ("403", "InsufficientScope", "`role_required`."),
    (
        "404",
        "NotFound",
        "`no_such_user`, `no_such_device`, `no_such_token`. `no_such_path`, where the id is none.",
    ),
    (
        "405",
        "MethodNotAllowed",
        "`method_not_allowed`: the path answers to other methods.",
    ),
    (
        "413",
        "TooLarge",
        "`too_large`: the body has more than 16 KiB.",
    ),
    (
        "415",
        "UnsupportedMediaType",
        "`unsupported_media_type`: the body is not of the type that is taken here, in UTF-8.",
    ),
    (
        "429",
        "SlowDown",
        "`throttled`: too many wrong passwords or client secrets. Wait as long as `Retry-After` says.",
    ),
    ("500", "ServerError", "Our fault; tell us `request_id`."),
    (
        "503",
        "TemporarilyUnavailable",
        "Busy, or the database is away. What you hold stays good; wait as long as `Retry-After` says.",
    ),
];

/// The errors of [`ERRORS`], to be referred to.
pub fn shared() -> Value {
    let errors = ERRORS.iter();
    errors
        .map(|(status, name, about)| ((*name).to_owned(), error(status, about)))
        .collect()
}

/// Puts in the errors that an operation has by its kind, and the headers.
pub fn complete(operation: &mut Value) {
    let answers = operation["responses"].as_object().cloned();
    let mut answers = answers.unwrap_or_default();
    for (status, answer) in &mut answers {
        let about = answer["description"].as_str().unwrap_or_default();
        if status.starts_with('2') {
            answer["headers"]["X-Request-Id"] = request_id();
            if answer["content"].is_object() && answer["headers"]["Cache-Control"].is_null() {
                answer["headers"]["Cache-Control"] = no_store();
            }
        } else if about.is_empty() {
            *answer = refer(status);
        } else {
            *answer = error(status, about);
        }
    }
    for (status, ..) in ERRORS {
        if has_by_kind(operation, status) && !answers.contains_key(status) {
            answers.insert(status.to_owned(), refer(status));
        }
    }
    operation["responses"] = answers.into();
}

fn has_by_kind(operation: &Value, status: &str) -> bool {
    let roles = operation["security"][0]["bearer"].as_array();
    let takes = |place| {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.any(|parameter| parameter["in"] == place)
    };
    let has_body = !operation["requestBody"].is_null();
    match status {
        "400" => has_body || takes("query") || roles.is_some(),
        "401" => roles.is_some(),
        "403" => roles.is_some_and(|roles| !roles.is_empty()),
        "404" => takes("path"),
        "413" | "415" => has_body,
        "405" | "500" | "503" => true,
        _ => false,
    }
}

fn refer(status: &str) -> Value {
    let named = ERRORS.iter().find(|(of, ..)| *of == status);
    let name = named.map_or("ServerError", |(_, name, _)| name);
    json!({ "$ref": format!("#/components/responses/{name}") })
}

fn error(status: &str, about: &str) -> Value {
    let mut headers = json!({ "X-Request-Id": request_id(), "Cache-Control": no_store() });
    match status {
        "401" => headers["WWW-Authenticate"] = header("RFC 6750 §3.", json!({ "type": "string" })),
        "405" => {
            headers["Allow"] = header("The methods of this path.", json!({ "type": "string" }));
        }
        "429" | "503" => {
            let seconds = json!({ "type": "integer", "minimum": 1 });
            headers["Retry-After"] = header("How long to wait, in seconds.", seconds);
        }
        _ => {}
    }
    let schema = json!({ "$ref": "#/components/schemas/Error" });
    json!({
        "description": about,
        "headers": headers,
        "content": { "application/json": { "schema": schema } },
    })
}

fn header(about: &str, schema: Value) -> Value {
    json!({ "description": about, "required": true, "schema": schema })
}

fn request_id() -> Value {
    let id = json!({ "type": "string", "format": "uuid" });
    header("Names this request in the logs.", id)
}

fn no_store() -> Value {
    header("Nobody may keep it.", json!({ "const": "no-store" }))
}
