//! Postgres goes away and comes back: what is answered meanwhile, and that nobody is signed out.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{
    PASSWORD, Server, clock, database::Database, phone::Phone, proxy::Proxy, reply::Reply,
    spawn_through, wait,
};

async fn spawn_behind_a_proxy() -> (Server, Proxy) {
    let database = Database::create().await;
    let proxy = Proxy::to(&database.options());
    let through = proxy.options(&database.options());
    (
        spawn_through(database, through, clock(), |_| {}).await,
        proxy,
    )
}

/// Put off, soon, and without a word of what is behind.
fn put_off(answer: &Reply, asked: Instant, within: Duration) {
    answer.refused(503, "temporarily_unavailable", "");
    assert!(asked.elapsed() < within, "after {:?}", asked.elapsed());
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    for word in ["sql", "postgres", "socket", "pool", "/tmp"] {
        assert!(
            !answer.text.to_lowercase().contains(word),
            "{}",
            answer.text
        );
    }
}

/// What needs the database, each once.
async fn ask_all(server: &Server, phone: &Phone<'_>, within: Duration) {
    let login = json!({ "username": "ana", "password": PASSWORD });
    let asked = Instant::now();
    put_off(&server.post("/login", &login).await, asked, within);
    let asked = Instant::now();
    put_off(&phone.present(&phone.refresh_token).await, asked, within);
    let asked = Instant::now();
    put_off(&phone.get("/me").await, asked, within);
    let asked = Instant::now();
    put_off(&server.get("/health/ready").await, asked, within);
}

async fn what_needs_no_database_goes_on(server: &Server, phone: &Phone<'_>) {
    phone.get("/test_jwt").await.expect(200);
    server.get("/.well-known/jwks.json").await.expect(200);
    server.get("/health/live").await.expect(200);
}

#[tokio::test]
async fn without_a_database_tokens_are_verified_and_the_rest_is_put_off() {
    let (server, proxy) = spawn_behind_a_proxy().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;

    proxy.cut();
    what_needs_no_database_goes_on(&server, &phone).await;
    // A second and a half on an idle machine; the rest is a busy one's.
    ask_all(&server, &phone, Duration::from_secs(4)).await;
    what_needs_no_database_goes_on(&server, &phone).await;

    proxy.heal();
    // A connection that broke is noticed at its next use at the latest.
    let login = json!({ "username": "ana", "password": PASSWORD });
    wait::until("signing in works again", async || {
        let answer = server.post("/login", &login).await;
        assert!([200, 503].contains(&answer.status), "{}", answer.text);
        (answer.status == 200).then_some(())
    })
    .await;
    wait::until("the server is ready again", async || {
        (server.get("/health/ready").await.status == 200).then_some(())
    })
    .await;
    phone = still_signed_in(&server, &phone).await;
    phone.refresh().await.expect(200);
}

/// The phone after a refresh that had to be tried until the database was back.
async fn still_signed_in<'a>(server: &'a Server, phone: &Phone<'a>) -> Phone<'a> {
    let answer = wait::until("refreshing works again", async || {
        let answer = phone.present(&phone.refresh_token).await;
        assert!([200, 503].contains(&answer.status), "{}", answer.text);
        (answer.status == 200).then_some(answer)
    })
    .await;
    Phone::from_answer(server, phone.user, &answer)
}

#[tokio::test]
async fn a_database_that_never_answers_holds_nobody_for_ever() {
    let (server, proxy) = spawn_behind_a_proxy().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    phone.refresh().await.expect(200);

    proxy.freeze();
    what_needs_no_database_goes_on(&server, &phone).await;
    ask_all(&server, &phone, Duration::from_secs(10)).await;

    proxy.heal();
    // What was frozen on its way may have rotated the token meanwhile: its holder is not signed out.
    phone = still_signed_in(&server, &phone).await;
    phone.refresh().await.expect(200);
}

#[tokio::test]
async fn a_connection_that_breaks_during_a_refresh_signs_nobody_out() {
    let (server, proxy) = spawn_behind_a_proxy().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    for _ in 0..30 {
        let (held, other) = (phone.refresh_token.clone(), phone.clone());
        let asking = tokio::spawn({
            let request = server
                .request("POST", "/token")
                .json(&json!({ "refresh_token": held }));
            async move { Reply::of(request).await }
        });
        tokio::task::yield_now().await;
        proxy.cut();
        let first = asking.await.unwrap();
        assert!([200, 503].contains(&first.status), "{}", first.text);
        proxy.heal();
        // Whatever became of the first try, the client still holds the old token.
        let answer = wait::until("refreshing works again", async || {
            let answer = other.present(&held).await;
            assert!([200, 503].contains(&answer.status), "{}", answer.text);
            (answer.status == 200).then_some(answer)
        })
        .await;
        phone = Phone::from_answer(&server, phone.user, &answer);
    }
    phone.refresh().await.expect(200);
}
