//! What parameters mean. The handlers take them as text; what it must be, is written once, by name.

use serde_json::{Value, json};

use crate::db::cursor;

/// Puts in what the handlers cannot say of their parameters.
pub fn complete(path: &str, operation: &mut Value) {
    let mut parameters = operation["parameters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    for parameter in &mut parameters {
        let (about, schema) = of_name(parameter["name"].as_str().unwrap_or_default());
        parameter["description"] = json!(about);
        parameter["schema"] = schema;
    }
    if path.contains("{id}") {
        let thing = path.trim_start_matches("/me").split('/').nth(1);
        let about = match thing {
            Some("users") => "Which user.",
            Some("devices") => "Which device.",
            _ => "Which refresh token; not the token itself.",
        };
        let schema = json!({ "type": "string", "format": "uuid" });
        let id = json!({ "name": "id", "in": "path", "required": true, "description": about, "schema": schema });
        parameters.insert(0, id);
    }
    if !parameters.is_empty() {
        operation["parameters"] = json!(parameters);
    }
}

/// What a parameter of query or header means, and what it must be.
fn of_name(name: &str) -> (&'static str, Value) {
    // Postgres' text takes no NUL.
    let words = json!({ "type": "string", "pattern": r"^[^\u0000]*$" });
    // An empty one is as good as none.
    let or_empty = |schema| json!({ "anyOf": [schema, { "type": "string", "maxLength": 0 }] });
    let id = or_empty(json!({ "type": "string", "format": "uuid" }));
    let instant = or_empty(json!({ "type": "string", "format": "date-time" }));
    match name {
        "limit" => (
            "How many items the page may have.",
            json!({ "type": "integer", "minimum": 1, "maximum": cursor::MAX_LIMIT, "default": cursor::DEFAULT_LIMIT }),
        ),
        "cursor" => (
            "The `next_cursor` of the page before.",
            json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]*$" }),
        ),
        "query" => ("How the name or the e-mail begins.", words),
        "status" => (
            "Only these.",
            json!({ "type": "string", "enum": ["active", "disabled", ""] }),
        ),
        "actor" => ("Who did it: a user's id.", id),
        "subject" => (
            "What it was done to: the id of a user, a device or a refresh token.",
            id,
        ),
        "action" => ("What happened, such as `device.disabled`.", words),
        "number" => (
            "Which list: the end of the `uri` in a token's claim `status`.",
            json!({ "type": "integer", "minimum": 0 }),
        ),
        "time" => ("Not supported: no former lists are kept.", words),
        "since" => ("At this time or later.", instant),
        "until" => ("Before this time.", instant),
        "Last-Event-ID" => (
            "The `id` that came last, to go on after it; from now on where it is left out.",
            json!({ "type": "string", "pattern": "^[0-9]*$" }),
        ),
        "DPoP" => (
            "A proof of a key, to which the tokens are bound from then on (RFC 9449).",
            json!({ "type": "string", "pattern": r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$", "maxLength": 4096 }),
        ),
        _ => ("", json!({})),
    }
}
