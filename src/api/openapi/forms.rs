//! The forms of OAuth, in the words of their specifications. Further fields are passed over (RFC 6749
//! §3.2), as each of them demands.

use serde_json::{Value, json};

/// The schemas of the forms.
pub fn schemas() -> [(&'static str, Value); 3] {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let client_id = "The client, where it does not come with HTTP Basic.";
    let client_secret =
        "The secret of a confidential client, where it does not come with HTTP Basic.";
    let hint = "What kind of token it is. It is told from the token itself.";
    let grant = json!({
        "type": "object",
        "description": "A grant: RFC 6749 §4.4 and §6, RFC 8707 §2.",
        "required": ["grant_type"],
        "properties": {
            "grant_type": { "enum": ["refresh_token", "client_credentials"], "description": "What is asked for by." },
            "refresh_token": text("With `refresh_token`: the latest that the app has."),
            "scope": text("Less than may be had, with spaces between."),
            "resource": text("One of the client's audiences; the first by default."),
            "client_id": text(client_id),
            "client_secret": text(client_secret),
        },
        "dependentRequired": { "client_secret": ["client_id"] },
        "additionalProperties": { "type": "string" },
        "examples": [{ "grant_type": "client_credentials" }],
    });
    let of_token = |about: &str, whose: &str| {
        json!({
            "type": "object",
            "description": about,
            "required": ["token"],
            "properties": {
                "token": { "type": "string", "minLength": 1, "description": whose },
                "token_type_hint": text(hint),
                "client_id": text(client_id),
                "client_secret": text(client_secret),
            },
            "dependentRequired": { "client_secret": ["client_id"] },
        "additionalProperties": { "type": "string" },
            "examples": [{ "token": super::EXAMPLE_TOKEN }],
        })
    };
    [
        ("GrantForm", grant),
        (
            "RevocationForm",
            of_token(
                "A revocation: RFC 7009 §2.1.",
                "A refresh token or an access token of the client.",
            ),
        ),
        (
            "IntrospectionForm",
            of_token(
                "An introspection: RFC 7662 §2.1.",
                "A refresh token or an access token.",
            ),
        ),
    ]
}
