//! `/devices/{id}/…` and `/tokens/{id}/…`: disable, enable and end, by administrators and
//! support; and the lists of both at `/users/{id}/…`.

use serde_json::{Value, json};

use crate::support::{phone::Phone, reply::Reply, spawn};

async fn act(by: &Phone<'_>, path: &str, verb: &str, body: Value) -> Reply {
    by.post(&format!("{path}/{verb}"), &body).await
}

#[tokio::test]
async fn a_device_is_shown_as_it_is_after_each_act() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let administrator = server.administrator().await;
    let (path, now) = (format!("/devices/{}", phone.device_id), server.clock.now());
    let mut expected = json!({
        "id": phone.device_id, "user_id": ana.id, "name": "phone", "kind": "phone",
        "created_at": now, "last_used_at": now, "signed_in": true, "disabled_at": null,
        "disabled_until": null, "disabled_reason": null, "disabled": false,
    });
    let list = format!("/users/{}/devices", ana.id);
    assert_eq!(
        administrator.get(&list).await.body["items"],
        json!([expected])
    );

    server.advance(10);
    let (since, until) = (server.clock.now(), now + chrono::TimeDelta::hours(1));
    let body = json!({ "reason": "stolen", "until": until });
    let record = act(&administrator, &path, "disable", body)
        .await
        .expect(200);
    assert_eq!(record.header("cache-control"), "no-store");
    expected["disabled_at"] = json!(since);
    expected["disabled_until"] = json!(until);
    expected["disabled_reason"] = json!("stolen");
    expected["disabled"] = json!(true);
    assert_eq!(record.body, expected);

    // The rule is applied now: nobody enabled it, and its time is over.
    server.advance(3590);
    let mut administrator = administrator;
    administrator.refresh().await.expect(200);
    let list = administrator.get(&list).await.expect(200);
    expected["disabled"] = json!(false);
    assert_eq!(list.body["items"], json!([expected]));

    let record = act(&administrator, &path, "disable", json!({})).await;
    assert_eq!(record.expect(200).body["disabled_until"], Value::Null);
    let record = act(&administrator, &path, "enable", json!({})).await;
    let record = record.expect(200).body;
    for name in ["disabled_at", "disabled_until", "disabled_reason"] {
        assert_eq!(record[name], Value::Null, "{name}");
    }
    let record = act(&administrator, &path, "end", json!({ "reason": "sold" })).await;
    assert_eq!(record.expect(200).body["signed_in"], Value::Bool(false));
}

#[tokio::test]
async fn ending_a_device_or_a_token_is_final_and_touches_nothing_else() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let administrator = server.administrator().await;
    let mut tablet = ana.sign_in("tablet").await;
    for what in ["devices", "tokens"] {
        let mut phone = ana.sign_in(what).await;
        let id = if what == "devices" {
            phone.device_id.clone()
        } else {
            phone.grant_id()
        };
        let path = format!("/{what}/{id}");
        act(&administrator, &path, "end", json!({}))
            .await
            .expect(200);
        phone
            .refresh()
            .await
            .refused(400, "invalid_grant", "token_ended");
        let events = server.actions().await.len();
        act(&administrator, &path, "end", json!({}))
            .await
            .expect(200);
        assert_eq!(server.actions().await.len(), events, "nothing happened");
        tablet.refresh().await.expect(200);

        if what == "tokens" {
            for verb in ["disable", "enable"] {
                act(&administrator, &path, verb, json!({})).await.refused(
                    409,
                    "conflict",
                    "already_ended",
                );
            }
        } else {
            // The device itself has not ended: it can be disabled, and its user sign in on it.
            act(&administrator, &path, "disable", json!({}))
                .await
                .expect(200);
        }
    }
}

#[tokio::test]
async fn tokens_are_listed_newest_first_with_their_history() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    let signed_in = server.clock.now();
    server.advance(60);
    phone.refresh().await.expect(200);
    let refreshed = server.clock.now();
    let tablet = ana.sign_in("tablet").await;
    tablet.post("/logout", &json!({})).await.expect(204);
    let administrator = server.administrator().await;

    let list = format!("/users/{}/tokens", ana.id);
    let list = administrator.get(&list).await.expect(200);
    assert_eq!(list.header("cache-control"), "no-store");
    let (newer, older) = (&list.body["items"][0], &list.body["items"][1]);
    assert_eq!(
        (
            &newer["ended_at"],
            &newer["ended_reason"],
            &newer["device_id"]
        ),
        (
            &json!(refreshed),
            &json!("logout"),
            &json!(tablet.device_id)
        )
    );
    let expected = json!({
        "id": phone.grant_id(), "user_id": ana.id, "device_id": phone.device_id,
        "client_id": "first-party", "created_at": signed_in, "last_used_at": refreshed,
        "expires_at": refreshed + chrono::TimeDelta::days(30), "generation": 1,
        "ended_at": null, "ended_reason": null, "disabled_at": null, "disabled_until": null,
        "disabled_reason": null, "disabled": false,
    });
    assert_eq!(*older, expected);
    assert_eq!(list.body["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_user_who_is_ended_is_signed_out_everywhere_and_may_come_back() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut phones = [ana.sign_in("phone").await, ana.sign_in("tablet").await];
    let mut bens = server.user("ben").await.sign_in("ben's phone").await;
    let administrator = server.administrator().await;
    let path = format!("/users/{}", ana.id);
    act(&administrator, &path, "end", json!({}))
        .await
        .expect(200);
    for phone in &mut phones {
        phone
            .refresh()
            .await
            .refused(400, "invalid_grant", "token_ended");
    }
    let event = server.events().await.pop().unwrap();
    assert_eq!(
        (&event["action"], &event["details"]["ended"]),
        (&json!("user.ended"), &json!(2))
    );
    bens.refresh().await.expect(200);
    ana.sign_in("phone").await.refresh().await.expect(200);
}

#[tokio::test]
async fn there_is_no_such_device_and_no_such_token() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let administrator = server.administrator().await;
    let nowhere = server.clock.id().to_string();
    for (what, other, reason) in [
        ("devices", phone.grant_id(), "no_such_device"),
        ("tokens", phone.device_id.clone(), "no_such_token"),
    ] {
        for verb in ["disable", "enable", "end"] {
            for id in [&nowhere, &other] {
                act(&administrator, &format!("/{what}/{id}"), verb, json!({}))
                    .await
                    .refused(404, "not_found", reason);
            }
            let path = format!("/{what}/junk");
            act(&administrator, &path, verb, json!({})).await.refused(
                404,
                "not_found",
                "no_such_path",
            );
        }
    }
}

#[tokio::test]
async fn reasons_are_one_line_and_ends_are_to_come_on_every_route() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let administrator = server.administrator().await;
    let before = server.actions().await.len();
    let long = "x".repeat(501);
    for path in [
        format!("/users/{}", ana.id),
        format!("/devices/{}", phone.device_id),
        format!("/tokens/{}", phone.grant_id()),
    ] {
        for verb in ["disable", "enable", "end"] {
            for reason in ["a\0b", "a\nb", "\u{1b}[31m", &long] {
                let answer = act(&administrator, &path, verb, json!({ "reason": reason })).await;
                answer.refused(400, "invalid_request", "");
                assert!(answer.str("error_description").starts_with("reason: "));
            }
        }
        let now = server.clock.now();
        for until in [json!(now), json!("2001-01-01T00:00:00Z"), json!("")] {
            let answer = act(&administrator, &path, "disable", json!({ "until": until })).await;
            answer.refused(400, "invalid_request", "");
            assert!(answer.str("error_description").starts_with("until: "));
        }
        for verb in ["enable", "end"] {
            act(&administrator, &path, verb, json!({ "until": null }))
                .await
                .refused(400, "invalid_request", "");
        }
    }
    assert_eq!(server.actions().await.len(), before);
    let longest = "é".repeat(500);
    for reason in [json!(longest), json!("  "), Value::Null] {
        let path = format!("/devices/{}", phone.device_id);
        let record = act(
            &administrator,
            &path,
            "disable",
            json!({ "reason": reason }),
        )
        .await;
        let expected = if reason == longest {
            reason
        } else {
            Value::Null
        };
        assert_eq!(record.expect(200).body["disabled_reason"], expected);
    }
}

#[tokio::test]
async fn a_time_with_an_offset_is_the_same_instant_in_utc() {
    let server = spawn().await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let administrator = server.administrator().await;
    let path = format!("/devices/{}", phone.device_id);
    for (until, shown) in [
        ("2031-01-01T02:00:00+02:00", "2031-01-01T00:00:00Z"),
        ("2031-01-01T00:00:00.123456Z", "2031-01-01T00:00:00.123456Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ] {
        let record = act(&administrator, &path, "disable", json!({ "until": until })).await;
        assert_eq!(record.expect(200).str("disabled_until"), shown);
    }
    // RFC 3339 ends with the year 9999.
    for until in ["+12345-01-01T00:00:00Z", "+262142-12-31T23:59:59Z"] {
        let answer = act(&administrator, &path, "disable", json!({ "until": until })).await;
        answer.refused(400, "invalid_request", "");
    }
}
