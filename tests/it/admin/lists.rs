//! The lists of everybody's devices, tokens and refusals, and the way from each to the user.

use crate::support::{browser::Browser, spawn};
use serde_json::json;

/// The paths that a page links to, without those that all pages have.
fn links(page: &str) -> Vec<String> {
    let (_, main) = page.split_once("<main").unwrap();
    main.split("href=\"")
        .skip(1)
        .map(|part| part.split('"').next().unwrap().replace("&#38;", "&"))
        .collect()
}

#[tokio::test]
async fn devices_and_tokens_of_all_users_lead_to_their_users() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    for path in ["/admin/devices", "/admin/tokens"] {
        let page = desk.get(path).await.expect(200);
        assert!(page.text.contains("Nobody has signed in"), "{}", page.text);
    }
    let (ana, ben) = (server.user("ana").await, server.user("ben").await);
    let (phone, tablet) = (ana.sign_in("phone").await, ben.sign_in("tablet").await);
    for path in ["/admin/devices", "/admin/tokens"] {
        let page = desk.get(path).await.expect(200);
        let (first, second) = (page.text.find("tablet"), page.text.find("phone"));
        assert!(first.is_some() && first < second, "the newest first");
        let disabled = desk.get(&format!("{path}?status=disabled")).await;
        assert!(disabled.text.contains("is like that."), "{}", disabled.text);

        let of_phone = format!("/admin/users/{}?device={}", ana.id, phone.device_id);
        assert!(links(&page.text).contains(&of_phone));
        let page = desk.get(&of_phone).await.expect(200);
        assert!(page.text.contains("One device") && page.text.contains("phone"));
    }
    // A device of somebody else is not this user's.
    let wrong = format!("/admin/users/{}?device={}", ana.id, tablet.device_id);
    desk.get(&wrong).await.expect(404);
    let wrong = format!("/admin/users/{}?device=x", ana.id);
    desk.get(&wrong).await.expect(404);

    for (table, path) in [
        ("devices", "/admin/devices"),
        ("refresh_tokens", "/admin/tokens"),
    ] {
        let sql = format!(
            "UPDATE {table} SET disabled_at = created_at, disabled_reason = 'gone' WHERE user_id = $1"
        );
        let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(ana.id);
        done.execute(&server.rows).await.unwrap();
        let page = desk
            .get(&format!("{path}?status=disabled"))
            .await
            .expect(200);
        assert!(page.text.contains("gone") && !page.text.contains("tablet"));
    }
}

#[tokio::test]
async fn any_id_leads_to_the_user_concerned() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let user = format!("/admin/users/{}", ana.id);
    let device = format!("{user}?device={}", phone.device_id);
    for (id, path) in [
        (ana.id.to_string(), &user),
        (phone.device_id.clone(), &device),
        (phone.grant_id(), &device),
    ] {
        let found = desk.get(&format!("/admin/users?query=%20{id}")).await;
        assert_eq!(
            (found.status, found.header("location")),
            (303, path.as_str())
        );
    }
    let nobody = desk
        .get(&format!("/admin/users?query={}", uuid::Uuid::max()))
        .await;
    assert!(nobody.expect(200).text.contains("No user is like that."));
}

/// Goes through a list from its beginning; the rows of its pages.
async fn through(desk: &mut Browser<'_>, path: &str, rel: &str) -> usize {
    let (mut path, mut rows) = (path.to_owned(), 0);
    loop {
        let page = desk.get(&path).await.expect(200);
        rows += page.text.matches(rel).count();
        let Some((before, _)) = page.text.split_once("\" rel=\"next\"") else {
            return rows;
        };
        let next = before.rsplit("href=\"").next().unwrap();
        path = next.replace("&#38;", "&");
    }
}

#[tokio::test]
async fn long_lists_go_on_and_lose_nothing() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    let ana = server.user("ana").await;
    for sql in [
        "INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at)
         SELECT gen_random_uuid(), $1, 'device ' || n, 'phone', $2, $2 FROM generate_series(1, 120) AS n",
        "INSERT INTO refresh_tokens (id, user_id, device_id, client_id, created_at, absolute_expires_at, expires_at,
                                     last_used_at, secret_hash)
         SELECT gen_random_uuid(), $1, id, 'first-party', $2, $2 + '90 days'::interval, $2 + '30 days'::interval, $2,
                sha256(uuid_send(id)) FROM devices",
    ] {
        let made = sqlx::query(sql).bind(ana.id).bind(server.clock.now());
        made.execute(&server.rows).await.unwrap();
    }
    let sql = "WITH counted AS (
                   INSERT INTO refusal_counts (subject_id, reason, refused, created_at, last_at)
                   SELECT id, 'token_ended', 1, $1, $1 FROM refresh_tokens RETURNING subject_id)
               INSERT INTO refusals (id, subject_id, reason, slot, created_at, request_id)
               SELECT gen_random_uuid(), subject_id, 'token_ended', 1, $1, subject_id FROM counted";
    let made = sqlx::query(sql).bind(server.clock.now());
    made.execute(&server.rows).await.unwrap();
    assert_eq!(
        through(&mut desk, "/admin/devices", "data-label=\"Device\"").await,
        120
    );
    assert_eq!(
        through(&mut desk, "/admin/tokens", "data-label=\"Device\"").await,
        120
    );
    assert_eq!(
        through(&mut desk, "/admin/refusals", "data-label=\"Why\"").await,
        120
    );

    // On the page of the user each of the two lists goes on by itself.
    let user = format!("/admin/users/{}", ana.id);
    let page = desk.get(&user).await.expect(200);
    let more: Vec<String> = links(&page.text)
        .into_iter()
        .filter(|link| link.contains("?devices=") || link.contains("?tokens="))
        .collect();
    assert_eq!(more.len(), 2, "{more:?}");
    for link in more {
        let page = desk.get(&link).await.expect(200);
        assert_eq!(page.text.matches("<article").count(), 100);
        assert!(links(&page.text).contains(&user), "back to the first page");
    }
    desk.get(&format!("{user}?devices=%25")).await.expect(400);
    desk.get("/admin/devices?cursor=%25").await.expect(400);
}

#[tokio::test]
async fn what_was_refused_is_told_with_whom_and_how_often() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["auditor"]).await;
    let page = desk.get("/admin/refusals").await.expect(200);
    assert!(page.text.contains("Nothing has been refused."));
    let ana = server.user("ana").await;
    let body = json!({ "username": "ana", "password": "<b>wrong</b>" });
    for _ in 0..2 {
        server.post("/login", &body).await.expect(401);
    }
    desk.post(&format!("/admin/users/{}/disable", ana.id), &[])
        .await
        .expect(403);
    let page = desk.get("/admin/refusals").await.expect(200);
    for words in [
        "wrong username or password",
        "2 times",
        "beyond the role",
        ">ana<",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let page = desk.get(&format!("/admin/users/{}", ana.id)).await;
    assert!(page.text.contains("wrong username or password") && page.text.contains("2 times"));
    assert!(
        !page.text.contains("beyond the role"),
        "that was somebody else"
    );
}
