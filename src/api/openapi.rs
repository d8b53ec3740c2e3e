//! The OpenAPI document of this API, made of the handlers. Each says what it takes, who may call
//! it, what it answers when all is well and what it alone refuses. What they have alike is added
//! here: names, parameters, headers and errors by kind of operation, and whatever is configured.

mod answers;
mod forms;
mod parameters;

use std::sync::Arc;

use rocket::{State, get};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use super::{
    audit, devices,
    error::{ErrorBody, Wire},
    events, health, introspect, login, me, reject, revoke, status_lists, token, tokens, users,
    well_known::{self, Document},
};
use crate::{app::App, config::Config};

/// A refresh token of the right form, for examples.
pub const EXAMPLE_TOKEN: &str = "dwr_AZicLn0cej6dDw1MsqTm8QAAAAAAAAAA5Yq0mJ3vX2nL8wTzKc7RfB1uHgPdE6sAoViN4yQxUkGtMjWlZbCeDhF9pS0rIaOv";
/// An id of the right form, for examples.
pub const EXAMPLE_ID: &str = "01989c2e-7d1c-7a3e-9d0f-0d4cb2a4e6f1";

/// The groups that operations are shown in: the modules of their handlers, name, description.
const GROUPS: [(&[&str], &str, &str); 7] = [
    (
        &["login", "token", "reject", "revoke", "introspect"],
        "Sign-in",
        "What an app does: sign a user in on a device, refresh, reject or revoke a token; and what a \
         service asks about one.",
    ),
    (&["me"], "Own account", "What is the caller's own."),
    (
        &["users"],
        "Users",
        "Users, and what is known of them. Disabling suspends: enabling, or the end of `until`, lets \
         the same refresh tokens work again. Ending is final.",
    ),
    (
        &["devices"],
        "Devices",
        "A device is what a sign-in happens on. Disabling one leaves the user's others alone.",
    ),
    (
        &["tokens"],
        "Refresh tokens",
        "A refresh token is one sign-in on one device: its id stays the same when it is refreshed.",
    ),
    (&["audit"], "Audit", "What happened, who did it, and why."),
    (
        &["health", "well_known", "status_lists", "events", "openapi"],
        "Operations",
        "What probes, resource servers and tools ask for.",
    ),
];

/// The handlers of `super::routes`; a test holds the two against each other.
#[derive(OpenApi)]
#[openapi(
    paths(
        audit::list,
        devices::disable,
        devices::enable,
        devices::end,
        events::listen,
        health::live,
        health::ready,
        introspect::introspect,
        login::login,
        me::change_password,
        me::devices,
        me::logout,
        me::me,
        me::sign_out_device,
        me::test_jwt,
        openapi,
        reject::reject,
        revoke::revoke,
        status_lists::all,
        status_lists::list,
        token::grant,
        tokens::disable,
        tokens::enable,
        tokens::end,
        users::change,
        users::create,
        users::delete,
        users::devices,
        users::disable,
        users::enable,
        users::end,
        users::list,
        users::password_link,
        users::refusals,
        users::show,
        users::tokens,
        well_known::jwks,
        well_known::metadata,
        well_known::openid_configuration,
    ),
    components(schemas(ErrorBody))
)]
struct Api;

/// This document.
#[utoipa::path(
    tag = "openapi",
    responses(
        (status = 200, description = "The document.", content_type = "application/json",
            body = ref("#/components/schemas/OpenApi"), headers(("Cache-Control" = String, description = "Five minutes."))),
        (status = 304, description = "It is still that of the `If-None-Match`."),
    ),
)]
#[get("/openapi.json")]
pub fn openapi(app: &State<Arc<App>>) -> Result<Document, Wire> {
    let document = document(&app.config).map_err(Wire::internal)?;
    Ok(Document(document.to_string()))
}

/// The whole document.
///
/// # Errors
/// None, unless utoipa makes what is no JSON.
pub fn document(config: &Config) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(Api::openapi())?;
    document["info"] = json!({
        "title": "Doorward",
        "version": env!("CARGO_PKG_VERSION"),
        "description": INTRODUCTION,
        "license": { "name": "MIT or Apache 2.0", "identifier": env!("CARGO_PKG_LICENSE") },
    });
    document["servers"] = json!([{ "url": config.issuer }]);
    let groups = GROUPS.map(|(_, name, about)| json!({ "name": name, "description": about }));
    document["tags"] = json!(groups);
    for (path, operation) in operations(&mut document) {
        name(operation);
        if operation["requestBody"].is_object() {
            operation["requestBody"]["required"] = json!(true);
        }
        tell_who_may(operation);
        parameters::complete(&path, operation);
        answers::complete(operation);
    }
    let components = &mut document["components"];
    components["responses"] = answers::shared();
    components["securitySchemes"]["bearer"] = json!({
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "The `access_token` of an answer of `POST /login` or `POST /token`. Where `token_type` is `DPoP`, in \
                        the header `Authorization: DPoP` instead, with a proof of its key in the header `DPoP` (RFC 9449 §7.1).",
    });
    components["securitySchemes"]["client"] = json!({
        "type": "http", "scheme": "basic", "description": "Id and secret of a confidential client (RFC 6749 §2.3.1).",
    });
    let schemas = &mut components["schemas"];
    for (name, schema) in published().into_iter().chain(forms::schemas()) {
        schemas[name] = schema;
    }
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        if let Some(record) = name.strip_prefix("Listed_") {
            let path = format!("#/components/schemas/{record}");
            schema["properties"]["items"]["items"] = json!({ "$ref": path });
        }
        if schema["additionalProperties"] != json!(false) {
            require_what_can_be_null(schema);
        }
    }
    let shortest = json!(config.password_min_length);
    schemas["CreateRequest"]["properties"]["password"]["minLength"] = shortest.clone();
    schemas["PasswordRequest"]["properties"]["new_password"]["minLength"] = shortest;
    Ok(document)
}

const INTRODUCTION: &str = "\
Bodies are JSON in UTF-8, or a form where that is said, at most 16 KiB. JSON has no field that is not \
listed here; of a form, what is not known is passed over. Times are RFC 3339 in UTC, ids UUIDs. \
Every answer has an `X-Request-Id`; tell it to support. Lists are `{items, next_cursor}`: send \
`next_cursor` as `cursor` for what follows; null is the end. Errors are the object of RFC 6749 §5.2, \
with a stable `reason` beside it.";

/// Each operation with its path.
fn operations(document: &mut Value) -> impl Iterator<Item = (String, &mut Value)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths.flat_map(|(path, item)| members(item).map(move |operation| (path.clone(), operation)))
}

/// The values of an object.
fn members(object: &mut Value) -> impl Iterator<Item = &mut Value> {
    object.as_object_mut().into_iter().flat_map(Map::values_mut)
}

/// An id and a group of its own, where utoipa has the names of function and module.
fn name(operation: &mut Value) {
    let module = text(&operation["tags"][0]);
    let handler = text(&operation["operationId"]);
    if let Some((_, group, _)) = GROUPS
        .iter()
        .find(|(modules, ..)| modules.contains(&module.as_str()))
    {
        operation["tags"] = json!([group]);
    }
    if handler != module {
        operation["operationId"] = json!(format!("{module}_{handler}"));
    }
}

/// Who may call, in words, for tools that do not show OpenAPI 3.1's roles.
fn tell_who_may(operation: &mut Value) {
    let ways = operation["security"].as_array().cloned();
    let ways: Vec<String> = ways.unwrap_or_default().iter().map(who).collect();
    let who = match ways.join(" or ") {
        none if none.is_empty() => "Anyone may call it.".to_owned(),
        who => format!("For {who}."),
    };
    let description = text(&operation["description"]);
    operation["description"] = json!(format!("{description}\n\n{who}").trim_start());
}

/// Who comes that way.
fn who(way: &Value) -> String {
    let roles = way["bearer"].as_array().into_iter().flatten();
    let roles: Vec<String> = roles.map(|role| format!("`{}`", text(role))).collect();
    match roles.as_slice() {
        [] if way["bearer"].is_null() => "a confidential client".to_owned(),
        [] => "any user".to_owned(),
        [role] => format!("the role {role}"),
        roles => format!("the roles {}", roles.join(", ")),
    }
}

/// Of answers, a field that can be null is always there; utoipa takes it for one that may be left
/// out, as requests have it.
fn require_what_can_be_null(schema: &mut Value) {
    let parts = schema.get_mut("allOf").and_then(Value::as_array_mut);
    for part in parts.into_iter().flatten() {
        require_what_can_be_null(part);
    }
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    let mut required = schema["required"].as_array().cloned().unwrap_or_default();
    let nullable = properties.iter().filter(|(_, property)| {
        let types = property["type"].as_array();
        types.is_some_and(|types| types.contains(&json!("null")))
    });
    required.extend(nullable.map(|(name, _)| json!(name)));
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
}

/// What is published in the words of other specifications.
fn published() -> [(&'static str, Value); 2] {
    let key = json!({
        "type": "object",
        "required": ["kty", "kid", "alg", "use"],
        "properties": {
            "kty": { "type": "string", "description": "The type of the key." },
            "kid": { "type": "string", "description": "Which key it is; the `kid` in a token's header." },
            "alg": { "type": "string", "description": "What it signs with." },
            "use": { "const": "sig", "description": "Signatures." },
        },
    });
    let keys = json!({
        "type": "object",
        "description": "Public keys (RFC 7517 §5). Which other members a key has, its type says.",
        "required": ["keys"],
        "properties": { "keys": { "type": "array", "items": key, "description": "The keys, in use or about to be." } },
    });
    let openapi = json!({
        "type": "object",
        "description": "A document of OpenAPI 3.1.",
        "required": ["openapi", "info", "paths"],
    });
    [("JwkSet", keys), ("OpenApi", openapi)]
}

/// A text; empty where there is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
