//! `/users …`: create, show, list, change, delete. Links to set a password are in
//! `users/password_link.rs`, what becomes of the last administrator in `last_admin.rs`.

mod last_admin;
mod password_link;

use serde_json::{Value, json};

use crate::support::{PASSWORD, phone::Phone, spawn};

async fn rows(by: &Phone<'_>) -> i64 {
    by.server.scalar("SELECT count(*) FROM users").await
}

#[tokio::test]
async fn a_new_user_is_shown_as_created_and_can_sign_in() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let body = json!({
        "username": "Ana@Example.com", "password": PASSWORD, "email": "Ana@Example.COM",
        "roles": ["support", "auditor", "support"],
    });
    let record = administrator.post("/users", &body).await.expect(201);
    let expected = json!({
        "id": record.body["id"], "username": "ana@example.com", "email": "ana@example.com",
        "roles": ["auditor", "support"], "created_at": server.clock.now(), "last_used_at": null,
        "disabled_at": null, "disabled_until": null, "disabled_reason": null, "disabled": false,
    });
    assert_eq!(record.body, expected);
    assert_eq!(record.header("cache-control"), "no-store");
    let path = format!("/users/{}", record.str("id"));
    assert_eq!(administrator.get(&path).await.body, expected);

    let event = server.events().await.pop().unwrap();
    let details = json!({ "roles": ["auditor", "support"], "password_link": false });
    assert_eq!(
        (&event["action"], &event["subject_id"], &event["details"]),
        (&json!("user.created"), &record.body["id"], &details)
    );
    let body = json!({ "username": "ANA@EXAMPLE.COM", "password": PASSWORD });
    server.post("/login", &body).await.expect(200);
    let shown = administrator.get(&path).await;
    assert_eq!(shown.body["last_used_at"], json!(server.clock.now()));
}

#[tokio::test]
async fn what_cannot_be_a_users_is_refused_by_the_name_of_its_field() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let (long, longer) = ("x".repeat(65), format!("{}@example.com", "x".repeat(250)));
    for (field, values) in [
        (
            "username",
            vec![
                "",
                " ",
                "a b",
                "a\0",
                "a\n",
                ".",
                "-a",
                "me",
                "ROOT",
                "system",
                "0198c0de-0000-7000-8000-000000000000",
                "аdmin",
                "ana\u{200d}",
                "\u{202e}ana",
                &long,
            ],
        ),
        (
            "email",
            vec![
                "",
                "ana",
                "@example.com",
                "ana@",
                "a@b@c",
                "a b@c",
                "a@b\0",
                &longer,
            ],
        ),
    ] {
        for value in values {
            let mut body = json!({ "username": "ana", "password": PASSWORD });
            body[field] = json!(value);
            let answer = administrator.post("/users", &body).await;
            answer.refused(400, "invalid_request", "");
            let description = answer.str("error_description");
            let start = format!("{field}: ");
            assert!(description.starts_with(&start), "{value:?}: {description}");
        }
    }
    for roles in [
        json!(["root"]),
        json!(["Admin"]),
        json!(["admin\0"]),
        json!([""]),
    ] {
        let body = json!({ "username": "ana", "password": PASSWORD, "roles": roles });
        let answer = administrator.post("/users", &body).await;
        answer.refused(400, "invalid_request", "");
        assert!(answer.str("error_description").starts_with("roles: "));
    }
    for weak in ["", "x8#kQ2!vT9$wLm", "passwordpassword", "anaanaanaanaana"] {
        let body = json!({ "username": "ana", "password": weak });
        administrator
            .post("/users", &body)
            .await
            .refused(400, "invalid_request", "weak_password");
    }
    assert_eq!(rows(&administrator).await, 1);
    assert_eq!(server.actions().await.last().unwrap(), "user.signed_in");
}

#[tokio::test]
async fn a_name_is_taken_however_it_is_typed() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let ben = server.user("ben").await;
    let administrator = server.administrator().await;
    for taken in ["ana", "ANA", "ａｎａ"] {
        administrator
            .post("/users", &json!({ "username": taken }))
            .await
            .refused(409, "conflict", "username_taken");
        administrator
            .patch(&format!("/users/{}", ben.id), &json!({ "username": taken }))
            .await
            .refused(409, "conflict", "username_taken");
    }
    assert_eq!(rows(&administrator).await, 3);
    let links: i64 = server.scalar("SELECT count(*) FROM password_links").await;
    assert_eq!(links, 0, "no half of a creation is left");
    let events = server.actions().await.len();
    let path = format!("/users/{}", ana.id);
    administrator
        .patch(&path, &json!({ "username": "ANA" }))
        .await
        .expect(200);
    assert_eq!(server.actions().await.len(), events, "the same name");
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_takes_the_email_away() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let administrator = server.administrator().await;
    let path = format!("/users/{}", ana.id);
    let email = json!("ana@example.com");
    let steps = [
        (json!({ "email": email }), json!(["ana", email, []])),
        (
            json!({ "roles": ["auditor"] }),
            json!(["ana", email, ["auditor"]]),
        ),
        (
            json!({ "username": "Anna" }),
            json!(["anna", email, ["auditor"]]),
        ),
        (json!({}), json!(["anna", email, ["auditor"]])),
        (
            json!({ "username": null, "roles": null }),
            json!(["anna", email, ["auditor"]]),
        ),
        (json!({ "email": null }), json!(["anna", null, ["auditor"]])),
        (json!({ "roles": [] }), json!(["anna", null, []])),
    ];
    for (change, expected) in steps {
        let record = administrator.patch(&path, &change).await.expect(200);
        let told = json!([
            record.body["username"],
            record.body["email"],
            record.body["roles"]
        ]);
        assert_eq!(told, expected, "{change}");
    }
    let events = server.events().await;
    let changes: Vec<&Value> = events
        .iter()
        .filter(|event| event["action"] == "user.changed")
        .map(|event| &event["details"])
        .collect();
    let (no, yes) = (false, true);
    let expected = [
        json!({ "username_changed": no, "email_changed": yes }),
        json!({ "username_changed": no, "email_changed": no, "roles_before": [], "roles": ["auditor"] }),
        json!({ "username_changed": yes, "email_changed": no }),
        json!({ "username_changed": no, "email_changed": yes }),
        json!({ "username_changed": no, "email_changed": no, "roles_before": ["auditor"], "roles": [] }),
    ];
    assert_eq!(changes, expected.iter().collect::<Vec<_>>());
    administrator
        .patch(&path, &json!({ "password": PASSWORD }))
        .await
        .refused(400, "invalid_request", "");
}

#[tokio::test]
async fn there_is_no_such_user_on_any_of_the_paths() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let nobody = server.clock.id().to_string();
    for (id, reason) in [(nobody.as_str(), "no_such_user"), ("junk", "no_such_path")] {
        let path = format!("/users/{id}");
        for part in ["", "/devices", "/tokens", "/refusals"] {
            administrator
                .get(&format!("{path}{part}"))
                .await
                .refused(404, "not_found", reason);
        }
        for verb in ["disable", "enable", "end", "password-link"] {
            administrator
                .post(&format!("{path}/{verb}"), &json!({}))
                .await
                .refused(404, "not_found", reason);
        }
        administrator
            .patch(&path, &json!({ "roles": [] }))
            .await
            .refused(404, "not_found", reason);
        administrator
            .delete(&path)
            .await
            .refused(404, "not_found", reason);
    }
}

#[tokio::test]
async fn the_list_shows_users_by_name_and_is_searched_by_how_name_or_email_begins() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    for (name, email) in [
        ("carla", "x@example.com"),
        ("ana", "a_1@example.com"),
        ("anton", "b%@example.com"),
        ("ben", "carla@example.com"),
        ("zoë", "z@example.com"),
        ("ana_b", "y@example.com"),
    ] {
        let body = json!({ "username": name, "email": email });
        administrator.post("/users", &body).await.expect(201);
    }
    server
        .execute("UPDATE users SET disabled_at = created_at WHERE username IN ('ana', 'ben')")
        .await;
    server
        .execute("UPDATE users SET disabled_until = created_at WHERE username = 'ben'")
        .await;
    for (search, expected) in [
        ("", "ana ana_b anton ben carla root-of-trust zoë"),
        ("query=", "ana ana_b anton ben carla root-of-trust zoë"),
        ("query=AN", "ana ana_b anton"),
        ("query=ana", "ana ana_b"),
        ("query=carla", "carla ben"),
        ("query=Z", "zoë"),
        ("query=zo%C3%AB", "zoë"),
        // Neither is a pattern.
        ("query=%25", ""),
        ("query=a_", "ana"),
        ("query=b%25", "anton"),
        ("query=a%25", ""),
        ("query=%27%20OR%201=1--", ""),
        ("query=%F4%8F%BF%BF", ""),
        ("status=disabled", "ana"),
        ("status=active", "ana_b anton ben carla root-of-trust zoë"),
        ("query=an&status=active", "ana_b anton"),
        ("query=nobody", ""),
    ] {
        let list = administrator.get(&format!("/users?{search}")).await;
        let list = list.expect(200);
        let names: Vec<&str> = list.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["username"].as_str().unwrap())
            .collect();
        assert_eq!(names.join(" "), expected, "{search}");
    }
    // By the key that was found: zoë is found by name and z@ is hers too, but she is told once.
    for search in [
        "query=a",
        "query=carla",
        "query=z",
        "status=active",
        "query=b&status=disabled",
    ] {
        let whole = administrator.get(&format!("/users?{search}")).await;
        let pages = administrator.pages(&format!("/users?{search}"), 1).await;
        assert_eq!(json!(pages), whole.expect(200).body["items"], "{search}");
    }
    for wrong in ["status=all", "status=%00", "query=%00", "query=a%00b"] {
        administrator
            .get(&format!("/users?{wrong}"))
            .await
            .refused(400, "invalid_request", "");
    }
}

#[tokio::test]
async fn a_deleted_user_leaves_only_the_bare_id_in_the_audit_log() {
    let server = spawn().await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let mut phone = ana.sign_in("Ana's phone").await;
    let mut bens = ben.sign_in("ben's phone").await;
    let administrator = server.administrator().await;
    let path = format!("/users/{}", ana.id);
    let email = json!({ "email": "ana@example.com" });
    administrator.patch(&path, &email).await.expect(200);
    let link = format!("{path}/password-link");
    administrator.post(&link, &json!({})).await.expect(200);
    // What she did for others, too.
    let role = json!({ "roles": ["support"] });
    administrator.patch(&path, &role).await.expect(200);
    let desk = ana.sign_in("desk").await;
    for verb in ["disable", "enable"] {
        let path = format!("/devices/{}/{verb}", bens.device_id);
        desk.post(&path, &json!({})).await.expect(200);
    }
    let wrong = json!({ "refresh_token": phone.refresh_token, "username": "ben" });
    server.post("/token", &wrong).await.expect(400);
    let wrong = json!({ "username": "ana", "password": "wrong pilot canyon 47" });
    server.post("/login", &wrong).await.expect(401);

    assert_eq!(administrator.delete(&path).await.expect(204).text, "");
    administrator
        .get(&path)
        .await
        .refused(404, "not_found", "no_such_user");
    administrator
        .delete(&path)
        .await
        .refused(404, "not_found", "no_such_user");
    phone
        .get("/me")
        .await
        .refused(401, "invalid_token", "token_ended");
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "unknown_token");
    bens.refresh().await.expect(200);

    let left: Value = server
        .scalar(
            "SELECT jsonb_build_array((SELECT count(*) FROM users), (SELECT count(*) FROM devices), \
             (SELECT count(*) FROM refresh_tokens), (SELECT count(*) FROM password_links), \
             (SELECT count(*) FROM refusals WHERE user_id IS NOT NULL))",
        )
        .await;
    assert_eq!(
        left,
        json!([2, 2, 2, 0, 0]),
        "ben's and the administrator's"
    );
    let events = server.events().await;
    let of_ana = |event: &&Value| [&event["user_id"], &event["actor_id"]].contains(&&json!(ana.id));
    for event in events.iter().filter(of_ana) {
        let text = event.to_string();
        assert!(
            !text.contains("Ana's") && !text.contains("example.com"),
            "{text}"
        );
        if event["actor_id"] == json!(ana.id) {
            let kept = (&event["address"], &event["user_agent"]);
            assert_eq!(kept, (&Value::Null, &Value::Null), "{text}");
        }
    }
    assert_eq!(events.last().unwrap()["action"], "user.deleted");

    // The list still shows what was done, and to which id.
    let search = format!("/audit?subject={}", ana.id);
    let list = administrator.get(&search).await.expect(200);
    let newest = &list.body["items"][0];
    assert_eq!(
        (&newest["action"], &newest["subject"]["username"]),
        (&json!("user.deleted"), &Value::Null)
    );
}
