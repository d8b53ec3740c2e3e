//! What all lists have alike: `limit`, `cursor`, and no item lost or doubled.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{Server, phone::Phone, spawn};

/// A user with seven devices, each signed in, and seven refusals; and the administrator.
async fn seven_of_each(server: &Server) -> (Phone<'_>, Phone<'_>) {
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone 0").await;
    let wrong =
        |phone: &Phone<'_>| json!({ "refresh_token": phone.refresh_token, "username": "ben" });
    server.post("/token", &wrong(&phone)).await.expect(400);
    for n in 1..7 {
        // Some are used at the same moment: their order must be certain all the same.
        server.advance(n % 2);
        phone = ana.sign_in(&format!("phone {n}")).await;
        server.post("/token", &wrong(&phone)).await.expect(400);
    }
    for n in 0..5 {
        server.user(&format!("user-{n}")).await;
    }
    (phone, server.administrator().await)
}

fn lists(user: &str) -> [String; 6] {
    [
        "/users".to_owned(),
        format!("/users/{user}/devices"),
        format!("/users/{user}/tokens"),
        format!("/users/{user}/refusals"),
        format!("/audit?subject={user}"),
        "/me/devices".to_owned(),
    ]
}

#[tokio::test]
async fn however_long_the_pages_no_item_is_lost_or_doubled() {
    let server = spawn().await;
    let (phone, administrator) = seven_of_each(&server).await;
    for path in lists(&phone.user.to_string()) {
        let by = if path == "/me/devices" {
            &phone
        } else {
            &administrator
        };
        let whole = by.pages(&path, 200).await;
        assert!(whole.len() >= 7, "{path}: {}", whole.len());
        for limit in [1, 2, 3, 7, 8] {
            assert_eq!(by.pages(&path, limit).await, whole, "{path} by {limit}");
        }
        let unlimited = by.get(&path).await.expect(200);
        assert_eq!(unlimited.body["items"], Value::Array(whole), "{path}");
    }
}

#[tokio::test]
async fn what_comes_and_goes_between_two_pages_moves_nothing_else() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    for name in ["b", "d", "f", "h"] {
        let body = json!({ "username": name });
        administrator.post("/users", &body).await.expect(201);
    }
    let first = administrator.get("/users?limit=2").await.expect(200);
    let gone = first.body["items"][1]["id"].as_str().unwrap();
    administrator
        .delete(&format!("/users/{gone}"))
        .await
        .expect(204);
    for name in ["a", "e"] {
        let body = json!({ "username": name });
        administrator.post("/users", &body).await.expect(201);
    }
    let path = format!("/users?limit=9&cursor={}", first.str("next_cursor"));
    let second = administrator.get(&path).await.expect(200);
    let names: Vec<&Value> = second.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| &user["username"])
        .collect();
    assert_eq!(names, ["e", "f", "h", "root-of-trust"]);
}

#[tokio::test]
async fn a_page_has_from_one_to_two_hundred_items() {
    let server = spawn().await;
    let (phone, administrator) = seven_of_each(&server).await;
    for path in lists(&phone.user.to_string()) {
        let by = if path == "/me/devices" {
            &phone
        } else {
            &administrator
        };
        let separator = if path.contains('?') { '&' } else { '?' };
        for limit in [
            "0",
            "-1",
            "201",
            "abc",
            "",
            "1.5",
            "1e1",
            "%00",
            "%FF",
            "9223372036854775808",
            "18446744073709551617",
        ] {
            let answer = by.get(&format!("{path}{separator}limit={limit}")).await;
            answer.refused(400, "invalid_request", "");
            let description = answer.str("error_description");
            assert!(
                description.starts_with("limit: "),
                "{path} {limit}: {description}"
            );
        }
    }
}

#[tokio::test]
async fn a_cursor_that_no_page_gave_is_refused() {
    let server = spawn().await;
    let (phone, administrator) = seven_of_each(&server).await;
    let id = server.clock.id();
    let encoded = |key: &str| URL_SAFE_NO_PAD.encode(key);
    let mut cursors = vec![
        "%25".to_owned(),
        "%00".to_owned(),
        "%FF".to_owned(),
        "a b".to_owned(),
        encoded("a\0b"),
    ];
    // The keys of a list of users are names: any text is one.
    let texts = [
        encoded("ana"),
        encoded(&id.to_string()[1..]),
        encoded(&format!("x {id}")),
        encoded(&format!("9223372036854775808 {id}")),
        encoded(&format!("9223372036854775807 {id}")),
        encoded(&format!("-9223372036854775808 {id}")),
        encoded(&format!("-211813488000000001 {id}")),
    ];
    for path in lists(&phone.user.to_string()) {
        if path != "/users" {
            cursors.extend_from_slice(&texts);
        }
        let by = if path == "/me/devices" {
            &phone
        } else {
            &administrator
        };
        let separator = if path.contains('?') { '&' } else { '?' };
        for cursor in &cursors {
            let answer = by.get(&format!("{path}{separator}cursor={cursor}")).await;
            answer.refused(400, "invalid_request", "");
            let description = answer.str("error_description");
            assert!(
                description.starts_with("cursor: "),
                "{path} {cursor}: {description}"
            );
        }
    }
}
