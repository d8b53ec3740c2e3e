//! `/admin/live`: open pages hear that something has changed, on whichever server it was done, for as long as their
//! session lasts.

use std::time::{Duration, Instant};

use doorward::{
    db::news::Topic,
    domain::{live::OF_A_SESSION, rollups},
};
use serde_json::json;

use crate::support::{
    PASSWORD, Server, browser::Browser, reply::Reply, spawn, spawn_on, spawn_with, wait,
};

/// What a browser has heard of a stream so far.
struct Stream {
    answer: reqwest::Response,
    heard: String,
}

impl Stream {
    async fn open(browser: &Browser<'_>) -> Self {
        let request = browser.request("GET", "/admin/live");
        let request = request.header("Accept", "text/event-stream");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let heard = String::new();
        Self { answer, heard }
    }

    /// Reads on, from one heartbeat to the next at the most; false at the end.
    async fn reads(&mut self) -> bool {
        let piece = tokio::time::timeout(Duration::from_secs(30), self.answer.chunk());
        let piece = piece.await.unwrap().unwrap();
        let text = piece.as_deref().map(String::from_utf8_lossy);
        self.heard.push_str(text.as_deref().unwrap_or_default());
        piece.is_some()
    }

    /// The messages until now.
    fn messages(&self) -> Vec<&str> {
        let lines = self.heard.lines();
        lines
            .filter_map(|line| line.strip_prefix("data:"))
            .collect()
    }

    /// Reads on until it was told of this.
    async fn hears_of(&mut self, topic: &str) {
        while !self.messages().iter().any(|it| it.contains(topic)) {
            assert!(self.reads().await, "{topic} in {}", self.heard);
        }
    }

    /// Reads to the end.
    async fn ends(mut self) {
        while self.reads().await {}
    }
}

/// Waits until all that was done is told, and no news any more.
async fn quiet(server: &Server) {
    rollups::write(&server.app).await.unwrap();
    wait::until("all is sealed", async || {
        let waiting = "SELECT count(*) FROM audit_unsealed";
        (server.scalar::<i64>(waiting).await == 0).then_some(())
    })
    .await;
    wait::until("it is no news", async || {
        let mut listener = server.app.news.listen();
        let news = tokio::time::timeout(Duration::from_millis(10), listener.next());
        news.await.err()
    })
    .await;
}

#[tokio::test]
async fn what_another_server_did_is_told_to_every_role_and_nothing_of_whom() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    let phone = server.user("ana").await.sign_in("phone").await;
    let mut browsers = Vec::new();
    for role in ["admin", "support", "auditor"] {
        browsers.push(server.browser(role, &[role]).await);
    }
    let administrator = other.administrator().await;
    rollups::write(&other.app).await.unwrap();
    quiet(&server).await;

    let mut streams = Vec::new();
    for browser in &browsers {
        let stream = Stream::open(browser).await;
        let header = |name| stream.answer.headers()[name].to_str().unwrap();
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-accel-buffering"), "no");
        streams.push(stream);
    }
    let disable = format!("/devices/{}/disable", phone.device_id);
    administrator.post(&disable, &json!({})).await.expect(200);
    for stream in &mut streams {
        stream.hears_of("devices").await;
        assert_eq!(stream.messages(), ["audit devices tokens"]);
        assert!(stream.heard.starts_with("retry:"), "{}", stream.heard);
    }
    let guess = json!({ "username": "ana", "password": "a wild guess" });
    other.post("/login", &guess).await.expect(401);
    for stream in &mut streams {
        stream.hears_of("refusals").await;
        let known: Vec<&str> = Topic::ALL.map(Topic::as_str).to_vec();
        let words = stream.messages().join(" ");
        assert!(
            words.split(' ').all(|word| known.contains(&word)),
            "{words}"
        );
    }
}

#[tokio::test]
async fn however_much_happens_it_is_told_once_a_second() {
    let server = spawn().await;
    let browser = server.browser("boss", &["admin"]).await;
    quiet(&server).await;
    let mut stream = Stream::open(&browser).await;
    let began = Instant::now();
    for topic in [Topic::Users, Topic::Tokens, Topic::Refusals] {
        server.app.news.tell([topic]);
        stream.hears_of(topic.as_str()).await;
    }
    assert!(
        began.elapsed() >= Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_with_the_server() {
    let server = spawn().await;
    let other = spawn_on(server.database.share(), server.clock.clone(), |_| {}).await;
    let mut out = server.browser("out", &["auditor"]).await;
    let disabled = server.browser("disabled", &["support"]).await;
    let (first, second) = (Stream::open(&out).await, Stream::open(&disabled).await);
    out.post("/admin/logout", &[]).await.expect(303);
    first.ends().await;
    let user = doorward::domain::listing::user_named(&server.app, "disabled").await;
    let disable = format!("/users/{}/disable", user.unwrap().id);
    let administrator = other.administrator().await;
    administrator.post(&disable, &json!({})).await.expect(200);
    second.ends().await;

    // Nobody is there: what the page does by itself is no use of the session.
    let mut boss = server.browser("boss", &["admin"]).await;
    let left_alone = Stream::open(&boss).await;
    server.advance(10 * 60);
    let look = boss
        .request("GET", "/admin/users")
        .header("X-By-Itself", "1");
    Reply::of(look).await.expect(200);
    drop(Stream::open(&boss).await);
    server.advance(5 * 60 + 1);
    left_alone.ends().await;
    boss.get("/admin/users").await.expect(303);

    boss.try_sign_in("boss", PASSWORD).await.expect(303);
    let last = Stream::open(&boss).await;
    server.stop();
    last.ends().await;
}

#[tokio::test]
async fn streams_are_bounded_and_hold_no_connection() {
    let server = spawn_with(|config| config.database_connections = 2).await;
    let mut browser = server.browser("boss", &["admin"]).await;
    let mut streams = Vec::new();
    for _ in 0..OF_A_SESSION {
        streams.push(Stream::open(&browser).await);
    }
    let too_many = browser.get("/admin/live").await.expect(503);
    assert!(!too_many.header("retry-after").is_empty());
    browser.get("/admin/users").await.expect(200);
    drop(streams);
    wait::until("those that have gone are missed", async || {
        let request = browser.request("GET", "/admin/live");
        let answer = request.send().await.unwrap();
        (answer.status() == 200).then_some(())
    })
    .await;
}
