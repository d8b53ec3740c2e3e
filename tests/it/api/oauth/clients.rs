//! Clients that prove who they are, or fail to; that are disabled, and enabled again.

use doorward::{
    domain::{clients, disable::Disabling},
    ids::ClientId,
};

use crate::support::{Server, reply::Reply, spawn, spawn_on, wait};

const OWN: (&str, &str) = ("grant_type", "client_credentials");

async fn with(server: &Server, authorization: &str, fields: &[(&str, &str)]) -> Reply {
    let request = server
        .request("POST", "/token")
        .header("Authorization", authorization);
    Reply::of(request.form(fields)).await
}

fn basic(text: &str) -> String {
    use base64::Engine;
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(text)
    )
}

#[tokio::test]
async fn the_secret_comes_by_header_or_by_form_and_not_by_both() {
    let server = spawn().await;
    let backend = server.client("backend", false).await;
    let secret = backend.secret.as_str();
    assert!(secret.starts_with("dwc_") && secret.len() == 47, "{secret}");
    let (id, key) = (("client_id", "backend"), ("client_secret", secret));
    let header = basic(&format!("backend:{secret}"));

    with(&server, &header, &[OWN]).await.expect(200);
    with(&server, &header.replace("Basic", "bAsIc "), &[OWN])
        .await
        .expect(200);
    with(&server, &header, &[OWN, id]).await.expect(200);
    server.form("/token", &[OWN, id, key]).await.expect(200);
    // Both are encoded like fields of a form before they are joined (RFC 6749 §2.3.1).
    let encoded = format!("b%61ckend:{}", secret.replace('_', "%5F"));
    with(&server, &basic(&encoded), &[OWN]).await.expect(200);

    for form in [
        &[OWN, key][..],
        &[OWN, id, key],
        &[OWN, ("client_id", "other")],
    ] {
        let answer = with(&server, &header, form).await;
        answer.refused(400, "invalid_request", "");
    }
    let twice = server
        .request("POST", "/token")
        .header("Authorization", &header);
    let twice = Reply::of(twice.header("Authorization", &header).form(&[OWN])).await;
    twice.refused(400, "invalid_request", "");
}

#[tokio::test]
async fn unknown_and_wrong_are_told_alike() {
    let server = spawn().await;
    let backend = server.client("backend", false).await;
    server.client("phone-app", true).await;
    let other = server.client("other", false).await;
    let mut told = Vec::new();
    for header in [
        basic("backend:wrong"),
        basic(&format!("backend:{}", other.secret)),
        basic("backend:"),
        basic("nobody:wrong"),
        basic(&format!("phone-app:{}", backend.secret)),
        basic("nothing"),
        basic("\u{0}:x"),
        "Basic".to_owned(),
        "Basic !!!".to_owned(),
        "Bearer x".to_owned(),
    ] {
        let answer = with(&server, &header, &[OWN]).await;
        answer.refused(401, "invalid_client", "bad_client");
        assert_eq!(
            answer.header("www-authenticate"),
            "Basic realm=\"doorward\""
        );
        told.push(answer.text);
    }
    for form in [
        &[OWN][..],
        &[OWN, ("client_id", "backend")],
        &[OWN, ("client_id", "nobody")],
        &[OWN, ("client_id", "backend"), ("client_secret", "x")],
    ] {
        let answer = server.form("/token", form).await;
        answer.refused(401, "invalid_client", "bad_client");
        told.push(answer.text);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn guessing_a_secret_is_slowed_and_its_owner_never_waits() {
    let server = spawn().await;
    let backend = server.client("backend", false).await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let answer = with(&server, &basic("backend:wrong"), &[OWN]).await;
        statuses.push(answer.status);
        if answer.status == 429 {
            answer.refused(429, "slow_down", "throttled");
        }
    }
    let first = statuses.iter().position(|&status| status == 429);
    assert_eq!(first, Some(20), "{statuses:?}");
    backend.own_token().await;
}

#[tokio::test]
async fn a_disabled_client_gets_nothing_and_what_it_got_is_refused_everywhere() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    let backend = server.client("backend", false).await;
    let phone = backend.sign_in(&server.user("ana").await).await;
    let own = backend.own_token().await;
    let (operator, id) = (server.operator(), backend.id.clone());
    let disabling = Disabling {
        reason: Some("leaked".to_owned()),
        until: None,
    };
    clients::disable(&server.app, &operator, &id, &disabling)
        .await
        .unwrap();

    let shown = async |at: &Server, token: &str| {
        Reply::of(at.request("GET", "/test_jwt").bearer_auth(token)).await
    };
    for token in [&phone.access_token, &own] {
        let answer = shown(&server, token).await;
        answer.refused(401, "invalid_token", "client_disabled");
        let answer = wait::until("the other server has heard", async || {
            Some(shown(&other, token).await).filter(|answer| answer.status != 200)
        })
        .await;
        answer.refused(401, "invalid_token", "client_disabled");
    }
    let later = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    shown(&later, &own)
        .await
        .refused(401, "invalid_token", "client_disabled");
    for answer in [
        backend.post("/token", &[OWN]).await,
        backend.refresh(&phone.refresh_token).await,
    ] {
        answer.refused(401, "invalid_client", "client_disabled");
    }

    // Nothing was used up: the same token works again.
    clients::enable(&server.app, &operator, &id, None)
        .await
        .unwrap();
    shown(&server, &own).await.expect(200);
    backend.refresh(&phone.refresh_token).await.expect(200);
    let actions = server.actions().await;
    let own = actions
        .iter()
        .filter(|action| action.starts_with("client."));
    assert!(own.eq(["client.added", "client.disabled", "client.enabled"].iter()));
}

/// The built-in client is asked for nothing, and can be switched off like any other.
#[tokio::test]
async fn the_built_in_client_can_be_disabled_too() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let mut phone = ana.sign_in("phone").await;
    let (operator, id) = (server.operator(), ClientId::first_party());
    clients::disable(&server.app, &operator, &id, &Disabling::default())
        .await
        .unwrap();
    phone
        .refresh()
        .await
        .refused(401, "invalid_client", "client_disabled");
    let body = serde_json::json!({ "username": "ana", "password": crate::support::PASSWORD });
    let answer = server.post("/login", &body).await;
    answer.refused(401, "invalid_client", "client_disabled");
    clients::enable(&server.app, &operator, &id, None)
        .await
        .unwrap();
    phone.refresh().await.expect(200);
}

#[tokio::test]
async fn another_secret_takes_the_place_of_the_one_before() {
    let server = spawn().await;
    let backend = server.client("backend", false).await;
    let new = clients::make_secret(&server.app, &server.operator(), &backend.id)
        .await
        .unwrap();
    let answer = backend.post("/token", &[OWN]).await;
    answer.refused(401, "invalid_client", "bad_client");
    let header = basic(&format!("backend:{}", new.expose()));
    with(&server, &header, &[OWN]).await.expect(200);
    let public = server.client("phone-app", true).await;
    let refused = clients::make_secret(&server.app, &server.operator(), &public.id).await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "a public client has no secret"
    );
    // At rest there is only a hash.
    let row: String = server
        .scalar("SELECT to_jsonb(c)::text FROM oauth_clients c WHERE client_id = 'backend'")
        .await;
    assert!(!row.contains("dwc_"), "{row}");
    let used: bool = server
        .scalar("SELECT last_used_at IS NOT NULL FROM oauth_clients WHERE client_id = 'backend'")
        .await;
    assert!(used);
}
