//! Signing keys: published before they sign, followed by every server, gone when nothing that they
//! signed can be valid any more.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use doorward::{
    config::Config,
    crypto::{
        access_token::Claims,
        keyring::{Keyring, SigningAlg, SigningKey},
        secret::Secret,
        server_key::ServerKey,
    },
    domain::{keys, purge},
};
use serde_json::{Value, json};

use crate::support::{Server, phone::Phone, reply::Reply, spawn, spawn_on, spawn_with, wait};

/// The `kid`s that a server publishes.
async fn published(server: &Server) -> Vec<String> {
    let jwks = server.get("/.well-known/jwks.json").await.expect(200);
    let keys = jwks.body["keys"].as_array().unwrap();
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

/// The `kid` of the key in this state.
async fn kid(server: &Server, state: &str) -> String {
    let stored = keys::list(&server.app).await.unwrap();
    let mut found = stored.into_iter().filter(|key| key.state == state);
    found.next().unwrap().kid
}

async fn shown(at: &Server, access_token: &str) -> Reply {
    let request = at.request("GET", "/test_jwt");
    Reply::of(request.bearer_auth(access_token)).await
}

async fn replica(of: &Server) -> Server {
    spawn_on(of.database.share(), of.clock.clone(), |_| {}).await
}

/// Waits until a server publishes the key that is next.
async fn has_followed(server: &Server, next: &str) {
    wait::until("the server has followed", async || {
        published(server)
            .await
            .contains(&next.to_owned())
            .then_some(())
    })
    .await;
}

/// Everything that signs, as somebody has it who once had the database and its secret key: a token
/// that is good for ever, by each key that is stored now, with its `kid`.
async fn stolen(server: &Server, claims: &Claims) -> Vec<(String, String)> {
    let secret = ServerKey::new(&Secret::new([7; 32]));
    let stored = keys::list(&server.app).await.unwrap();
    let signed = stored.into_iter().map(|key| {
        let private = secret
            .signing_keys()
            .open(key.id.as_bytes(), &key.private_key_sealed)
            .unwrap_or_else(|_| panic!("another secret key"));
        let pair = SigningKey::from_pkcs8(SigningAlg::Es256, &private).unwrap();
        let ring = Keyring::new(&claims.iss, &claims.aud, vec![pair]).unwrap();
        (key.kid, ring.sign(claims).unwrap().expose().clone())
    });
    signed.collect()
}

fn kid_of(phone: &Phone<'_>) -> String {
    phone.header()["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_published_before_it_signs_and_until_its_last_token_has_expired() {
    let server = spawn().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let (first, second) = (kid(&server, "active").await, kid(&server, "next").await);
    assert_eq!(kid_of(&phone), first);
    assert_eq!(published(&server).await.len(), 2);
    assert!(published(&server).await.contains(&second));

    keys::rotate(&server.app, &server.operator()).await.unwrap();
    let old = phone.access_token.clone();
    phone.refresh().await.expect(200);
    assert_eq!(kid_of(&phone), second);
    assert_eq!(published(&server).await.len(), 3);
    shown(&server, &old).await.expect(200);
    let events = server.events().await;
    let event = events.last().unwrap();
    assert_eq!(event["action"], "signing_key.rotated");
    assert_eq!(event["details"]["kid"], json!(second));

    // Five minutes and what servers may be late.
    server.advance(300 + 60);
    server.app.load_keys().await.unwrap();
    assert!(!published(&server).await.contains(&first));
    let operator = server.operator();
    for (later, gone) in [(0, 0), (1, 1)] {
        server.advance(later);
        let purged = purge::purge(&server.app, &operator).await.unwrap();
        assert!(purged.contains(&("signing_keys", gone)));
    }
    phone.refresh().await.expect(200);
    shown(&server, &phone.access_token).await.expect(200);
}

#[tokio::test]
async fn ten_rotations_under_load_refuse_no_valid_token_and_take_no_retired_key() {
    let one = spawn().await;
    let servers = [replica(&one).await, replica(&one).await, one];
    let [two, three, one] = &servers;
    let ana = one.user("ana").await;
    let mut phones = Vec::new();
    for n in 0..3 {
        phones.push(ana.sign_in(&format!("phone {n}")).await);
    }
    let mut forever: Claims = serde_json::from_value(phones[0].claims()).unwrap();
    forever.exp += 86_400;
    let mut forged = stolen(one, &forever).await;
    let (done, tried) = (AtomicBool::new(false), AtomicUsize::new(0));
    let load = async {
        while !done.load(Ordering::Relaxed) {
            for phone in &mut phones {
                phone.refresh().await.expect(200);
                for at in [one, two, three] {
                    shown(at, &phone.access_token).await.expect(200);
                    tried.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    };
    let rotations = async {
        for n in 0..10 {
            one.advance(1);
            let by = &servers[n % 3];
            keys::rotate(&by.app, &by.operator()).await.unwrap();
            let next = kid(by, "next").await;
            for server in &servers {
                has_followed(server, &next).await;
            }
            let known: Vec<String> = forged.iter().map(|(kid, _)| kid.clone()).collect();
            let stored = stolen(one, &forever).await;
            forged.extend(stored.into_iter().filter(|(kid, _)| !known.contains(kid)));
        }
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(load, rotations);
    assert!(tried.load(Ordering::Relaxed) > 30);
    let rotated = one.actions().await;
    let rotated = rotated.iter().filter(|&it| it == "signing_key.rotated");
    assert_eq!(rotated.count(), 10);
    assert_eq!(forged.len(), 12);
    // A key is known until the last token that it signed has expired, and not a second longer.
    let (active, next) = (kid(one, "active").await, kid(one, "next").await);
    for (later, first_gone) in [(300 + 60 - 10, false), (1, true), (9, true)] {
        one.advance(later);
        for at in &servers {
            at.app.load_keys().await.unwrap();
            let first = shown(at, &forged[1].1).await;
            assert_eq!(first.status == 401, first_gone, "{later}");
        }
    }
    for at in &servers {
        for (kid, token) in &forged {
            let answer = shown(at, token).await;
            if [&active, &next].contains(&kid) {
                answer.expect(200);
            } else {
                answer.refused(401, "invalid_token", "unknown_key");
            }
        }
    }
}

#[tokio::test]
async fn a_key_that_is_taken_away_is_refused_everywhere_at_once() {
    let server = spawn().await;
    let other = replica(&server).await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let (active, next) = (kid(&server, "active").await, kid(&server, "next").await);
    keys::retire(&server.app, &server.operator(), &active)
        .await
        .unwrap();
    shown(&server, &phone.access_token)
        .await
        .refused(401, "invalid_token", "unknown_key");
    has_followed(&other, &kid(&server, "next").await).await;
    shown(&other, &phone.access_token)
        .await
        .refused(401, "invalid_token", "unknown_key");
    phone.refresh().await.expect(200);
    assert_eq!(kid_of(&phone), next, "the next one has taken its place");
    for at in [&server, &other] {
        shown(at, &phone.access_token).await.expect(200);
    }
    // The one that waits can be taken away too, and another waits.
    let waiting = kid(&server, "next").await;
    keys::retire(&server.app, &server.operator(), &waiting)
        .await
        .unwrap();
    assert_ne!(kid(&server, "next").await, waiting);
    shown(&server, &phone.access_token).await.expect(200);
    let unknown = keys::retire(&server.app, &server.operator(), &waiting).await;
    assert_eq!(
        unknown.unwrap_err().to_string(),
        "there is no such signing key"
    );
}

#[tokio::test]
async fn of_all_servers_that_find_it_due_one_rotates() {
    let quarterly = |config: &mut Config| {
        config.signing_key_rotation = Duration::from_hours(24 * 90);
    };
    let server = spawn_with(quarterly).await;
    let (database, clock) = (server.database.share(), server.clock.clone());
    let other = spawn_on(database, clock, quarterly).await;
    let first = kid(&server, "active").await;
    keys::rotate_when_due(&server.app).await.unwrap();
    assert_eq!(kid(&server, "active").await, first, "it is young");
    server.advance(90 * 86_400);
    let (a, b) = tokio::join!(
        keys::rotate_when_due(&server.app),
        keys::rotate_when_due(&other.app)
    );
    a.unwrap();
    b.unwrap();
    assert_ne!(kid(&server, "active").await, first);
    let rotated = server.actions().await;
    let rotated = rotated.iter().filter(|&it| it == "signing_key.rotated");
    assert_eq!(rotated.count(), 1);
}

/// The new secret key is known everywhere before it is used (`docs/operations.md`): then servers
/// with the old one and the new one run side by side.
#[tokio::test]
async fn keys_are_rotated_while_the_secret_key_is_changed() {
    let with = |current: u8, previous: u8| {
        move |config: &mut Config| {
            config.secret_key = Some(Secret::new([current; 32]));
            config.secret_key_previous = Some(Secret::new([previous; 32]));
        }
    };
    let old = spawn_with(with(7, 8)).await;
    let (database, clock) = (old.database.share(), old.clock.clone());
    let new = spawn_on(database, clock, with(8, 7)).await;
    let mut phone = old.user("ana").await.sign_in("phone").await;
    for by in [&old, &new] {
        keys::rotate(&by.app, &by.operator()).await.unwrap();
        for at in [&old, &new] {
            at.app.load_keys().await.unwrap();
        }
        phone.refresh().await.expect(200);
        shown(&new, &phone.access_token).await.expect(200);
    }
    // In the end the old one is forgotten.
    let (database, clock) = (old.database.share(), old.clock.clone());
    let only_new = spawn_on(database, clock, |config| {
        config.secret_key = Some(Secret::new([8; 32]));
    })
    .await;
    shown(&only_new, &phone.access_token).await.expect(200);
}

#[tokio::test]
async fn administrators_rotate_and_take_away_in_the_panel() {
    let server = spawn().await;
    let mut desk = server.browser("boss", &["admin"]).await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let (active, next) = (kid(&server, "active").await, kid(&server, "next").await);
    let page = desk.get("/admin/keys").await.expect(200);
    for kid in [&active, &next] {
        assert!(page.text.contains(kid.as_str()));
    }
    let done = desk.post("/admin/keys/rotate", &[]).await.expect(303);
    let page = desk.get(done.header("location")).await.expect(200);
    assert!(page.text.contains("The next key signs from now on."));
    assert_eq!(kid(&server, "active").await, next);
    shown(&server, &phone.access_token).await.expect(200);

    let retire = format!("/admin/keys/{active}/retire");
    desk.post(&retire, &[]).await.expect(303);
    shown(&server, &phone.access_token)
        .await
        .refused(401, "invalid_token", "unknown_key");
    desk.post(&retire, &[]).await.expect(404);

    let mut auditor = server.browser("auditor", &["auditor"]).await;
    let page = auditor.get("/admin/keys").await.expect(200);
    assert!(!page.text.contains("action=\"/admin/keys"));
    let private: Value = server
        .scalar("SELECT to_jsonb(encode(private_key_sealed, 'base64')) FROM signing_keys LIMIT 1")
        .await;
    assert!(!page.text.contains(private.as_str().unwrap()));
}
