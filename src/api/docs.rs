//! `GET /docs`: the OpenAPI document as a page, printed on the server. It needs no script.

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, response::content::RawHtml};
use serde_json::{Map, Value};

use super::{
    error::Wire,
    openapi::{self, text},
};
use crate::app::App;

/// The page.
#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage {
    introduction: Vec<Run>,
    groups: Vec<Group>,
}

/// Operations that belong together.
struct Group {
    id: String,
    name: String,
    about: Vec<Run>,
    operations: Vec<Operation>,
}

/// One operation, printed.
struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    about: Vec<Run>,
    parameters: Vec<Field>,
    bodies: Vec<Body>,
    answers: Vec<Answer>,
    /// A line for the shell.
    curl: String,
}

/// One of the ways to send an operation's body.
struct Body {
    format: String,
    fields: Vec<Field>,
}

/// A parameter or a field.
struct Field {
    name: String,
    kind: String,
    required: bool,
    about: Vec<Run>,
}

/// What can be answered.
struct Answer {
    status: String,
    about: Vec<Run>,
    fields: Vec<Field>,
}

/// A piece of a text: words, or code.
struct Run {
    text: String,
    code: bool,
}

/// The page.
#[get("/docs")]
pub fn docs(app: &State<Arc<App>>) -> Result<RawHtml<String>, Wire> {
    let document = openapi::document(&app.config).map_err(Wire::internal)?;
    let page = DocsPage::of(&document);
    page.render().map(RawHtml).map_err(Wire::internal)
}

impl DocsPage {
    fn of(document: &Value) -> Self {
        let tags = document["tags"].as_array().into_iter().flatten();
        Self {
            introduction: runs(&document["info"]["description"]),
            groups: tags.map(|tag| Group::of(document, tag)).collect(),
        }
    }
}

impl Group {
    fn of(document: &Value, tag: &Value) -> Self {
        let name = text(&tag["name"]);
        let mut operations = Vec::new();
        for (path, item) in members(&document["paths"]) {
            for (method, operation) in members(item) {
                if operation["tags"][0] == tag["name"] {
                    operations.push(Operation::of(document, path, method, operation));
                }
            }
        }
        Self {
            id: name.to_lowercase().replace(' ', "-"),
            name,
            about: runs(&tag["description"]),
            operations,
        }
    }
}

impl Operation {
    fn of(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let answers = members(&operation["responses"]);
        let content = members(&operation["requestBody"]["content"]);
        Self {
            id: text(&operation["operationId"]),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            about: runs(&operation["description"]),
            parameters: parameters
                .map(|it| Field {
                    name: text(&it["name"]),
                    kind: kind(document, &it["schema"]),
                    required: it["required"] == true,
                    about: runs(&it["description"]),
                })
                .collect(),
            bodies: content
                .map(|(format, body)| Body {
                    format: format.clone(),
                    fields: fields(document, &body["schema"]),
                })
                .collect(),
            answers: answers
                .map(|(status, answer)| {
                    let answer = resolved(document, answer);
                    let schema = &answer["content"]["application/json"]["schema"];
                    // Errors all look the same: the introduction shows them once.
                    let told = status.starts_with('2');
                    Answer {
                        status: status.clone(),
                        about: runs(&answer["description"]),
                        fields: if told {
                            fields(document, schema)
                        } else {
                            Vec::new()
                        },
                    }
                })
                .collect(),
            curl: curl(document, path, method, operation),
        }
    }
}

/// What somebody would type; `$…` are the reader's own.
fn curl(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let server = text(&document["servers"][0]["url"]);
    let content = &operation["requestBody"]["content"];
    let way = &operation["security"][0];
    let mut command = vec!["curl -s".to_owned()];
    if way["client"].is_array() {
        command.push("-u \"$CLIENT_ID:$CLIENT_SECRET\"".to_owned());
    } else if way["bearer"].is_array() {
        command.push("-H \"Authorization: Bearer $ACCESS_TOKEN\"".to_owned());
    }
    if ["delete", "patch"].contains(&method) || method == "post" && content.is_null() {
        command.push(format!("-X {}", method.to_uppercase()));
    }
    command.push(format!("\"{server}{}\"", path.replace("{id}", "$ID")));
    let mut lines = vec![command.join(" ")];
    let json = resolved(document, &content["application/json"]["schema"]);
    let form = resolved(
        document,
        &content["application/x-www-form-urlencoded"]["schema"],
    );
    if json["examples"][0].is_object() {
        lines.push("-H 'Content-Type: application/json'".to_owned());
        lines.push(format!("-d '{}'", json["examples"][0]));
    } else {
        let example = members(&form["examples"][0]);
        lines.extend(example.map(|(name, value)| format!("-d {name}={}", text(value))));
    }
    lines.join(" \\\n  ")
}

/// What a reference leads to, or the thing itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let path = value["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix('#'));
    path.and_then(|path| document.pointer(path))
        .unwrap_or(value)
}

/// The fields of an object, of those that it is put together from, and of each that it may be.
fn fields(document: &Value, schema: &Value) -> Vec<Field> {
    let schema = resolved(document, schema);
    let mut found: Vec<Field> = Vec::new();
    for part in ["allOf", "oneOf", "anyOf"] {
        for part in schema[part].as_array().into_iter().flatten() {
            for field in fields(document, part) {
                if !found.iter().any(|known| known.name == field.name) {
                    found.push(field);
                }
            }
        }
    }
    let required = schema["required"].as_array().into_iter().flatten();
    let required: Vec<String> = required.map(text).collect();
    found.extend(members(&schema["properties"]).map(|(name, field)| Field {
        name: name.clone(),
        kind: kind(document, field),
        required: required.contains(name),
        about: runs(&described(field)["description"]),
    }));
    found
}

/// Where a field says what it is: it, or what it is if it is not null.
fn described(field: &Value) -> &Value {
    let mut choices = field["oneOf"].as_array().into_iter().flatten();
    if field["description"].is_string() {
        field
    } else {
        choices
            .find(|it| it["description"].is_string())
            .unwrap_or(field)
    }
}

/// What a value must be, in a word or two.
fn kind(document: &Value, schema: &Value) -> String {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next())
    {
        let choices = values(&resolved(document, schema)["enum"]);
        return if choices.is_empty() {
            name.to_owned()
        } else {
            choices
        };
    }
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let choices: Vec<String> = choices.map(|choice| kind(document, choice)).collect();
    if !choices.is_empty() {
        return choices.join(" or ");
    }
    // The other is that it can be empty.
    if schema["anyOf"].is_array() {
        return kind(document, &schema["anyOf"][0]);
    }
    if schema["enum"].is_array() {
        return values(&schema["enum"]);
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect::<Vec<_>>().join(" or "),
        one => text(one),
    };
    match (types.as_str(), schema["format"].as_str()) {
        ("array", _) => format!("list of {}", kind(document, &schema["items"])),
        (types, Some("uuid")) => types.replace("string", "id"),
        (types, Some("date-time")) => types.replace("string", "time"),
        (types, _) => types.to_owned(),
    }
}

/// The values that can be chosen from.
fn values(choices: &Value) -> String {
    let choices = choices.as_array().into_iter().flatten().map(text);
    let choices: Vec<String> = choices.filter(|choice| !choice.is_empty()).collect();
    choices.join(" or ")
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// A text in the little Markdown that this document has: code between back-ticks.
fn runs(text: &Value) -> Vec<Run> {
    let pieces = text.as_str().unwrap_or_default().split('`');
    let runs = pieces.enumerate().map(|(number, text)| Run {
        text: text.to_owned(),
        code: number % 2 == 1,
    });
    runs.filter(|run| !run.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn code_is_told_from_words() {
        let told = runs(&json!("For `admin` only."));
        let told: Vec<(&str, bool)> = told.iter().map(|it| (it.text.as_str(), it.code)).collect();
        assert_eq!(told, [("For ", false), ("admin", true), (" only.", false)]);
    }

    #[test]
    fn kinds_are_told_in_words() {
        let document =
            json!({ "components": { "schemas": { "Role": { "enum": ["admin", "auditor"] } } } });
        for (schema, told) in [
            (json!({ "type": ["string", "null"] }), "string or null"),
            (json!({ "type": "string", "format": "uuid" }), "id"),
            (
                json!({ "type": "array", "items": { "$ref": "#/components/schemas/Role" } }),
                "list of admin or auditor",
            ),
            (
                json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Device" }] }),
                "null or Device",
            ),
        ] {
            assert_eq!(kind(&document, &schema), told);
        }
    }
}
