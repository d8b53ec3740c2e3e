//! `examples/browser`, in a real one.

use std::{fs, time::Duration};

use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    PASSWORD, Server,
    child::{Serving, place, python},
    chromium::Chromium,
    front::{Front, behind},
    wait,
};

const REFRESH: &str = "POST /token";

const KNOWN: &str = "The API knows you as ana.";

/// The page, the server that hands it out, and the Doorward that it talks to.
struct Page {
    front: Front,
    server: Server,
    chromium: Chromium,
    _serving: Serving,
    _files: TempDir,
}

impl Page {
    async fn open() -> Self {
        let front = Front::open().await;
        let files = tempfile::tempdir().unwrap();
        for name in ["index.html", "app.js", "session.js", "key.js"] {
            let text = fs::read_to_string(place("examples/browser").join(name)).unwrap();
            // As its README says; nowhere else does it say where Doorward is.
            let text = text.replace("http://127.0.0.1:8000", &front.url);
            fs::write(files.path().join(name), text).unwrap();
        }
        let mut http = python();
        http.args(["-u", "-m", "http.server", "--bind", "127.0.0.1", "0"]);
        let serving = Serving::start(http.current_dir(files.path())).await;
        let origin = serving.url.clone();
        let server = behind(&front, |config| {
            config.cors_origins = vec![origin];
            // The server's clock goes ahead of the browser's, and proofs may be off by a minute at the most.
            config.access_token_ttl = Duration::from_secs(10);
        })
        .await;
        server.user("ana").await;
        let chromium = Chromium::open_local(&serving.url).await;
        chromium.visit("/").await;
        Self {
            front,
            server,
            chromium,
            _serving: serving,
            _files: files,
        }
    }

    async fn sign_in(&self, password: &str) {
        self.chromium.fill("Username", "ana").await;
        self.chromium.fill("Password", password).await;
        self.chromium.click("Sign in").await;
    }

    /// Waits until the page says that.
    async fn says(&self, words: &str) {
        wait::until(words, async || {
            self.chromium.text().await.contains(words).then_some(())
        })
        .await;
    }

    async fn calls(&self, answer: &str) {
        self.chromium.click("Call the API").await;
        self.says(answer).await;
    }

    async fn rotations(&self) -> i32 {
        let sql = "SELECT generation FROM refresh_tokens WHERE ended_at IS NULL";
        self.server.scalar(sql).await
    }

    /// The refresh token that the page has stored.
    async fn refresh_token(&self) -> Option<String> {
        let script = "return JSON.parse(localStorage['doorward.tokens'] ?? '{}').refresh_token";
        let token = self.chromium.execute(script).await;
        token.as_str().map(str::to_owned)
    }

    /// The page has broken none of the rules that it has given itself.
    async fn was_quiet(&self) {
        for line in self.chromium.console().await {
            // Chromium tells of each answer that is an error, and of each that is lost.
            assert!(line.contains("Failed to load resource"), "{line}");
        }
    }
}

#[tokio::test]
async fn an_app_in_the_browser_stays_signed_in_until_it_signs_out() {
    let page = Page::open().await;
    page.sign_in("not the password").await;
    page.says("The username or the password is wrong.").await;
    page.sign_in(PASSWORD).await;
    page.says("You are signed in.").await;
    page.calls(KNOWN).await;
    assert_eq!(page.front.asked(REFRESH), 0);

    // Expired, and many calls at once: one refresh.
    page.server.advance(11);
    let many = "for (let n = 0; n < 5; n += 1) document.getElementById('call').click()";
    page.chromium.execute(many).await;
    page.says(KNOWN).await;
    wait::until("all five were made twice", async || {
        (page.front.asked("GET /test_jwt") == 1 + 5 + 5).then_some(())
    })
    .await;
    assert_eq!(page.front.asked(REFRESH), 1);

    // The sign-in outlives the page.
    page.chromium.visit("/").await;
    page.calls(KNOWN).await;

    // Suspended: nothing is thrown away.
    let administrator = page.server.administrator().await;
    let device: String = page
        .server
        .scalar("SELECT id::text FROM devices WHERE name = 'A browser'")
        .await;
    for (verb, answer) in [("disable", "This device is disabled."), ("enable", KNOWN)] {
        let path = format!("/devices/{device}/{verb}");
        let done = administrator.post(&path, &json!({})).await;
        done.expect(200);
        page.calls(answer).await;
    }

    // Signed out, at Doorward too; the device is remembered.
    page.server.advance(11);
    let last = page.refresh_token().await.unwrap();
    page.chromium.click("Sign out").await;
    page.says("You are signed out.").await;
    assert_eq!(page.refresh_token().await, None);
    let late = json!({ "refresh_token": last });
    let refused = page.server.post("/token", &late).await;
    refused.refused(400, "invalid_grant", "token_ended");
    page.sign_in(PASSWORD).await;
    page.says("You are signed in.").await;
    let devices = "SELECT count(*) FROM devices WHERE name = 'A browser'";
    assert_eq!(page.server.scalar::<i64>(devices).await, 1);
    page.was_quiet().await;
}

#[tokio::test]
async fn a_lost_answer_signs_no_tab_out() {
    let page = Page::open().await;
    page.sign_in(PASSWORD).await;
    page.says("You are signed in.").await;
    let [second, first] = page.chromium.open_tab().await;
    page.chromium.visit("/").await;
    page.calls(KNOWN).await;

    // While the first waits to show its token again, the second wants a fresh one too.
    page.server.advance(11);
    page.front.lose(REFRESH);
    page.chromium.click("Call the API").await;
    page.chromium.switch(&first).await;
    page.calls(KNOWN).await;
    page.chromium.switch(&second).await;
    page.says(KNOWN).await;
    assert!(page.front.has_lost());
    // The lost one, one more, and a third if the second tab had not yet heard what the first had
    // stored; all the same successor.
    assert!((2..=3).contains(&page.front.asked(REFRESH)));
    assert_eq!(page.rotations().await, 1);

    // Nobody is there: what is stored stays, and is good when somebody is there again.
    page.front.cut();
    page.calls("No answer. Try again later.").await;
    page.chromium.click("Sign out").await;
    page.says("No answer. Try again later.").await;
    page.front.lead_to(&page.server);
    page.server.advance(11);
    page.calls(KNOWN).await;

    // Signed out in one tab is signed out in all.
    page.chromium.click("Sign out").await;
    page.says("You are signed out.").await;
    page.chromium.switch(&first).await;
    assert!(page.chromium.text().await.contains("Username"));
    page.was_quiet().await;
}

#[tokio::test]
async fn tokens_that_are_taken_out_of_the_browser_are_worth_nothing_and_its_key_stays_in_it() {
    let page = Page::open().await;
    page.sign_in(PASSWORD).await;
    page.says("You are signed in.").await;
    let taken = json!({ "refresh_token": page.refresh_token().await });
    let refused = page.server.post("/token", &taken).await;
    refused.refused(400, "invalid_dpop_proof", "wrong_key");

    let script = "
        const [found] = arguments, opening = indexedDB.open('doorward.key', 1);
        opening.onsuccess = () => {
            const store = opening.result.transaction('doorward.key').objectStore('doorward.key');
            store.get('doorward.key').onsuccess = ({ target }) => {
                const { privateKey } = target.result;
                crypto.subtle.exportKey('jwk', privateKey).then(() => found('out'), ({ name }) => found(name));
            };
        };";
    assert_eq!(
        page.chromium.execute_async(script).await,
        "InvalidAccessError"
    );

    // The owner never notices.
    page.server.advance(11);
    page.calls(KNOWN).await;
    assert_eq!(page.rotations().await, 1);
    page.was_quiet().await;
}
