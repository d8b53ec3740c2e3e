//! The documents under `/.well-known`. What the metadata lists works, and what it does not list
//! fails: the test is made from the document.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Server, reply::Reply, spawn, spawn_with};

const NAMES: [&str; 2] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
];

/// The ways to authenticate that the registries know (RFC 8414 §2).
const METHODS: [&str; 6] = [
    "client_secret_basic",
    "client_secret_post",
    "none",
    "client_secret_jwt",
    "private_key_jwt",
    "Bearer",
];

/// The grant types that clients ask for.
const GRANTS: [&str; 8] = [
    "refresh_token",
    "client_credentials",
    "password",
    "authorization_code",
    "implicit",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
];

fn listed(document: &Value, name: &str) -> BTreeSet<String> {
    let list = document[name]
        .as_array()
        .unwrap_or_else(|| panic!("{name}"));
    assert!(!list.is_empty(), "{name} is empty");
    list.iter()
        .map(|it| it.as_str().unwrap().to_owned())
        .collect()
}

/// The path of a published address.
fn path(document: &Value, name: &str) -> String {
    let url = document[name].as_str().unwrap_or_else(|| panic!("{name}"));
    url.strip_prefix("http://doorward.test").unwrap().to_owned()
}

/// Posts `form` in one way to authenticate.
async fn by(server: &Server, method: &str, path: &str, form: &[(&str, &str)]) -> Reply {
    let backend = server
        .client(&format!("c{}", server.clock.id().simple()), false)
        .await;
    let public = server
        .client(&format!("p{}", server.clock.id().simple()), true)
        .await;
    let (id, secret) = (backend.id.as_str(), backend.secret.as_str());
    let request = server.request("POST", path);
    let jwt = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let (request, own) = match method {
        "client_secret_basic" => (request.basic_auth(id, Some(secret)), vec![]),
        "client_secret_post" => (request, vec![("client_id", id), ("client_secret", secret)]),
        "none" => (request, vec![("client_id", public.id.as_str())]),
        "Bearer" => {
            let name = format!("root{}", server.clock.id().simple());
            let desk = server
                .user_with_roles(&name, &["admin"])
                .await
                .sign_in("desk")
                .await;
            (request.bearer_auth(&desk.access_token), vec![])
        }
        // Signed with whatever: the way itself is not offered.
        _ => (
            request,
            vec![
                ("client_id", id),
                ("client_assertion_type", jwt),
                ("client_assertion", "a.b.c"),
            ],
        ),
    };
    Reply::of(request.form(&[form, &own].concat())).await
}

#[tokio::test]
async fn what_is_listed_works_and_what_is_not_fails() {
    let server = spawn().await;
    let document = server.get(NAMES[0]).await.expect(200).body;

    // Every address is there.
    let members: Vec<&String> = document.as_object().unwrap().keys().collect();
    for name in &members {
        if *name == "status_list_aggregation_endpoint" {
            let all = server.get(&path(&document, name)).await.expect(200).body;
            for uri in all["status_lists"].as_array().unwrap() {
                let list = uri.as_str().unwrap().strip_prefix("http://doorward.test");
                server.get(list.unwrap()).await.expect(200);
            }
        } else if name.ends_with("_endpoint") {
            let answer = server.get(&path(&document, name)).await;
            answer.refused(405, "invalid_request", "method_not_allowed");
        } else if *name == "jwks_uri" || *name == "service_documentation" {
            server.get(&path(&document, name)).await.expect(200);
        } else {
            assert!(
                *name == "issuer" || name.ends_with("_supported"),
                "{name} is not tested"
            );
        }
    }

    let token = path(&document, "token_endpoint");
    let grants = listed(&document, "grant_types_supported");
    assert!(grants.iter().all(|grant| GRANTS.contains(&grant.as_str())));
    for grant in GRANTS {
        let backend = server
            .client(&format!("g{}", server.clock.id().simple()), false)
            .await;
        let user = server
            .user(&format!("u{}", server.clock.id().simple()))
            .await;
        let phone = backend.sign_in(&user).await;
        let form = [
            ("grant_type", grant),
            ("refresh_token", phone.refresh_token.as_str()),
            ("username", &user.name),
            ("password", crate::support::PASSWORD),
            ("code", "x"),
            ("device_code", "x"),
        ];
        let answer = backend.post(&token, &form).await;
        if grants.contains(grant) {
            answer.expect(200);
        } else {
            answer.refused(400, "unsupported_grant_type", "");
        }
    }

    for (endpoint, form) in [
        ("token", &[("grant_type", "client_credentials")][..]),
        ("revocation", &[("token", "x")]),
        ("introspection", &[("token", "x")]),
    ] {
        let list = listed(
            &document,
            &format!("{endpoint}_endpoint_auth_methods_supported"),
        );
        assert!(
            list.iter().all(|method| METHODS.contains(&method.as_str())),
            "{list:?}"
        );
        let path = path(&document, &format!("{endpoint}_endpoint"));
        for method in METHODS {
            let answer = by(&server, method, &path, form).await;
            // Who proves nothing gets nothing for itself, but is heard.
            let heard = answer.status == 200 || answer.body["error"] == "unauthorized_client";
            // Where nobody need be named, a token that is no client's is passed over.
            let passed_over = endpoint == "revocation" && method == "Bearer";
            assert_eq!(
                heard,
                list.contains(method) || passed_over,
                "{endpoint} {method}: {}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn the_document_is_one_by_all_its_names_and_says_who_issues() {
    let server = spawn().await;
    let forged = server
        .request("GET", NAMES[0])
        .header("Host", "evil.test")
        .header("X-Forwarded-Host", "evil.test")
        .header("X-Forwarded-Proto", "https");
    let document = Reply::of(forged).await.expect(200);
    assert_eq!(document.body["issuer"], "http://doorward.test");
    assert_eq!(document.header("content-type"), "application/json");
    assert_eq!(document.header("access-control-allow-origin"), "*");
    for name in NAMES {
        assert_eq!(server.get(name).await.expect(200).text, document.text);
    }
    let phone = server.user("ana").await.sign_in("phone").await;
    assert_eq!(phone.claims()["iss"], document.body["issuer"]);
    server
        .get(&format!("{}/t1", NAMES[0]))
        .await
        .refused(404, "not_found", "no_such_path");
}

#[tokio::test]
async fn an_issuer_with_a_path_is_found_behind_the_name() {
    let server = spawn_with(|config| {
        "https://auth.example/t1/x".clone_into(&mut config.issuer);
    })
    .await;
    let document = server.get(&format!("{}/t1/x", NAMES[0])).await.expect(200);
    assert_eq!(document.body["issuer"], "https://auth.example/t1/x");
    assert_eq!(
        document.body["token_endpoint"],
        "https://auth.example/t1/x/token"
    );
    for other in ["/t1", "/t1/x/y", "/..", "/%2e%2e/x"] {
        server
            .get(&format!("{}{other}", NAMES[0]))
            .await
            .refused(404, "not_found", "no_such_path");
    }
}

#[tokio::test]
async fn whoever_has_a_document_is_told_that_it_is_still_the_same() {
    let server = spawn().await;
    for path in [NAMES[0], NAMES[1], "/.well-known/jwks.json"] {
        let answer = server.get(path).await.expect(200);
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        let tag = answer.header("etag").to_owned();
        assert!(
            tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10,
            "{tag}"
        );
        let asked = async |known: &str| {
            Reply::of(server.request("GET", path).header("If-None-Match", known)).await
        };
        for known in [&tag, &format!("W/{tag}"), &format!("\"x\", {tag}"), "*"] {
            let same = asked(known).await.expect(304);
            assert_eq!(
                (same.text.as_str(), same.header("etag")),
                ("", tag.as_str())
            );
        }
        asked("\"x\"").await.expect(200);
        let head = Reply::of(server.request("HEAD", path)).await.expect(200);
        assert_eq!(
            (head.text.as_str(), head.header("etag")),
            ("", tag.as_str())
        );
    }
    // Another key, another tag.
    let before = server
        .get("/.well-known/jwks.json")
        .await
        .header("etag")
        .to_owned();
    doorward::domain::keys::rotate(&server.app, &server.operator())
        .await
        .unwrap();
    let after = server
        .get("/.well-known/jwks.json")
        .await
        .header("etag")
        .to_owned();
    assert_ne!(before, after);
}
