//! The OpenAPI document: it lists what is mounted, says of everything what it is, and is public.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Server, reply::Reply, spawn, spawn_with};

/// Each operation of a document, as `GET /users/<id>`, with what is said of it.
pub fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let path = path.replace('{', "<").replace('}', ">");
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| {
                (format!("{} {path}", method.to_uppercase()), operation)
            })
        })
        .collect()
}

async fn document(server: &Server) -> Value {
    server.get("/openapi.json").await.expect(200).body
}

/// The pages are not of the API, and neither is what every path answers to.
#[tokio::test]
async fn every_route_of_the_api_is_in_the_document_and_no_other() {
    let server = spawn().await;
    let document = document(&server).await;
    let told = operations(&document);
    let told: BTreeSet<&str> = told.iter().map(|(route, _)| route.as_str()).collect();
    let pages = [" /admin", " /static/", " /set-password/", " /docs"];
    let mounted: BTreeSet<&str> = server
        .routes
        .iter()
        .map(String::as_str)
        .filter(|route| !pages.iter().any(|page| route.contains(page)))
        .filter(|&route| route != "OPTIONS /<_..>")
        // The same document, for an issuer that has a path.
        .filter(|route| !route.ends_with("/oauth-authorization-server/<path..>"))
        .collect();
    assert_eq!(told, mounted);
}

/// Every object that says something, with its place in the document.
fn walk<'a>(place: &str, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    found.push((place.to_owned(), value));
    if let Some(fields) = value.as_object() {
        for (name, field) in fields.iter().filter(|(name, _)| *name != "examples") {
            walk(&format!("{place}/{name}"), field, found);
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        walk(&format!("{place}/{index}"), item, found);
    }
}

/// In its own words, or, where it may be null or something else, in those of the latter.
fn is_described(value: &Value) -> bool {
    let mut choices = value["oneOf"].as_array().into_iter().flatten();
    let is_told = |value: &Value| !value["description"].as_str().is_none_or(str::is_empty);
    is_told(value) || choices.any(is_told)
}

#[tokio::test]
async fn everything_in_the_document_is_described_and_can_be_found() {
    let server = spawn().await;
    let document = document(&server).await;
    let mut found = Vec::new();
    walk("#", &document, &mut found);
    let mut faults = Vec::new();
    for (place, value) in &found {
        if let Some(path) = value["$ref"].as_str() {
            let target = document.pointer(path.trim_start_matches('#'));
            if target.is_none() {
                faults.push(format!("{place}: {path} leads nowhere"));
            }
            continue;
        }
        let parent = place.rsplit('/').nth(1).unwrap_or_default();
        let described = [
            "parameters",
            "properties",
            "responses",
            "headers",
            "schemas",
        ];
        if described.contains(&parent) && !is_described(value) {
            faults.push(format!("{place}: not described"));
        }
    }
    let mut ids = BTreeSet::new();
    for (route, operation) in operations(&document) {
        if operation["summary"].as_str().is_none_or(str::is_empty) {
            faults.push(format!("{route}: no summary"));
        }
        if !ids.insert(operation["operationId"].as_str().unwrap()) {
            faults.push(format!("{route}: its operationId is another's"));
        }
        let groups = document["tags"].as_array().unwrap();
        if !groups
            .iter()
            .any(|group| group["name"] == operation["tags"][0])
        {
            faults.push(format!("{route}: in no group"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What the body of a request may be, `deny_unknown_fields` included.
#[tokio::test]
async fn bodies_have_examples_and_no_other_fields() {
    let server = spawn().await;
    let document = document(&server).await;
    for (route, operation) in operations(&document) {
        if operation["requestBody"].is_null() {
            continue;
        }
        // Forms take what they do not know, as OAuth demands.
        let content = &operation["requestBody"]["content"];
        let Some(path) = content["application/json"]["schema"]["$ref"].as_str() else {
            assert!(
                content["application/x-www-form-urlencoded"].is_object(),
                "{route}"
            );
            continue;
        };
        let schema = document.pointer(&path[1..]).unwrap();
        assert_eq!(schema["additionalProperties"], json!(false), "{route}");
        let example = schema["examples"][0].as_object().unwrap();
        for name in example.keys() {
            assert!(schema["properties"][name].is_object(), "{route}: {name}");
        }
    }
}

#[tokio::test]
async fn the_document_is_public_and_tells_what_is_configured() {
    let server = spawn_with(|config| config.password_min_length = 20).await;
    let answer = server.get("/openapi.json").await.expect(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let document = answer.body;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(
        document["servers"],
        json!([{ "url": "http://doorward.test" }])
    );
    let schemas = &document["components"]["schemas"];
    for password in [
        "/CreateRequest/properties/password",
        "/PasswordRequest/properties/new_password",
    ] {
        let shortest = &schemas.pointer(password).unwrap()["minLength"];
        assert_eq!(shortest, 20, "{password}");
    }
}

/// What a reader would copy. Ids and tokens are the reader's own.
async fn try_example(route: &str, example: &Value, by_form: bool) {
    let server = spawn().await;
    let zoe = server.user("zoe").await;
    let phone = zoe.sign_in("phone").await;
    let (method, path) = route.split_once(' ').unwrap();
    let id = match path.split('/').nth(1).unwrap() {
        "users" => zoe.id.to_string(),
        "devices" => phone.device_id.clone(),
        _ => phone.grant_id(),
    };
    let path = path.replace("<id>", &id);
    let mut example = example.clone();
    for (name, own) in [
        ("refresh_token", phone.refresh_token.clone()),
        ("refresh_token_id", phone.grant_id()),
        ("token", phone.refresh_token.clone()),
    ] {
        if !example[name].is_null() {
            example[name] = own.into();
        }
    }
    let answer = if by_form {
        let client = server.client("ledger-api", false).await;
        let fields = example.as_object().unwrap().iter();
        let fields = fields.map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
        let fields: Vec<(&str, &str)> = fields.collect();
        if path == "/revoke" {
            server.form(&path, &fields).await
        } else {
            client.post(&path, &fields).await
        }
    } else if path.starts_with("/me") {
        Reply::of(phone.request(method, &path).json(&example)).await
    } else {
        let desk = server.administrator().await;
        Reply::of(desk.request(method, &path).json(&example)).await
    };
    assert!(
        (200..300).contains(&answer.status),
        "{route}: {}",
        answer.text
    );
}

#[tokio::test]
async fn each_example_works() {
    let server = spawn().await;
    let document = document(&server).await;
    let mut tried = 0;
    for (route, operation) in operations(&document) {
        let content = operation["requestBody"]["content"].as_object();
        for (format, body) in content.into_iter().flatten() {
            let path = body["schema"]["$ref"].as_str().unwrap();
            let schema = document.pointer(&path[1..]).unwrap();
            try_example(&route, &schema["examples"][0], format != "application/json").await;
            tried += 1;
        }
    }
    assert!(tried > 15, "{tried}");
}
