//! What is kept of refusals: the last twenty of each grant and reason, while all are counted.

use serde_json::{Value, json};

use crate::support::{reply::Reply, spawn};

#[tokio::test]
async fn refusals_are_counted_and_the_last_twenty_kept_under_the_ids_of_their_answers() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let administrator = server.administrator().await;
    let body = json!({ "refresh_token": phone.refresh_token, "username": "ben" });
    let mut request_ids = Vec::new();
    for _ in 0..25 {
        server.advance(1);
        let request = server
            .request("POST", "/token")
            .header("X-Forwarded-For", "198.51.100.9")
            .header("User-Agent", "phone/1")
            .json(&body);
        let answer = Reply::of(request).await;
        answer.refused(400, "invalid_grant", "wrong_user");
        request_ids.insert(0, answer.header("x-request-id").to_owned());
    }

    let path = format!("/users/{}/refusals", ana.id);
    let list = administrator.get(&path).await.expect(200);
    assert_eq!(list.body["next_cursor"], Value::Null);
    let items = list.body["items"].as_array().unwrap();
    let shown: Vec<&str> = items
        .iter()
        .map(|item| item["request_id"].as_str().unwrap())
        .collect();
    assert_eq!(shown, request_ids[..20]);
    let expected = json!({
        "id": items[0]["id"], "created_at": server.clock.now(), "reason": "wrong_user",
        "device_id": phone.device_id, "token_id": phone.grant_id(), "address": "198.51.100.9",
        "user_agent": "phone/1", "request_id": request_ids[0], "count": 25,
    });
    assert_eq!(items[0], expected);
    let rows: i64 = server.scalar("SELECT count(*) FROM refusals").await;
    assert_eq!(rows, 20);
}

#[tokio::test]
async fn each_reason_and_grant_has_its_own_twenty_and_a_list_shows_one_users() {
    let server = spawn().await;
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let mut bens = ben.sign_in("ben's phone").await;
    let administrator = server.administrator().await;
    server
        .execute("UPDATE devices SET disabled_at = created_at WHERE name <> 'desk'")
        .await;
    for _ in 0..2 {
        for phone in [&mut phone, &mut tablet, &mut bens] {
            let answer = phone.refresh().await;
            answer.refused(400, "invalid_grant", "device_disabled");
        }
    }
    phone.post("/logout", &json!({})).await.expect(401);
    let wrong = json!({ "username": "ana", "password": "wrong pilot canyon 47" });
    server.post("/login", &wrong).await.expect(401);

    let path = format!("/users/{}/refusals", ana.id);
    let list = administrator.get(&path).await.expect(200);
    let told: Vec<Value> = list.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| json!([item["reason"], item["token_id"], item["count"]]))
        .collect();
    let (of_phone, of_tablet) = (
        json!(["device_disabled", phone.grant_id(), 2]),
        json!(["device_disabled", tablet.grant_id(), 2]),
    );
    assert_eq!(
        told,
        [
            json!(["bad_credentials", null, 1]),
            of_tablet.clone(),
            of_phone.clone(),
            of_tablet,
            of_phone
        ]
    );
}
