//! The examples, run as their reader runs them, against a Doorward. What is asked of every API
//! that takes its access tokens stands here.

mod axum;
mod browser;
mod express;
mod fastapi;
mod feed;
mod shell;
mod status_lists;

use std::time::{Duration, Instant};

use doorward::{config::Config, domain::keys};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{
    Server,
    child::Serving,
    forge::Forger,
    front::{Front, behind},
    phone::Phone,
    spawn_on, wait,
};

const AUDIENCE: &str = "orders";

const JWKS: &str = "GET /.well-known/jwks.json";

/// An example of an API, and the Doorward whose tokens it takes.
struct Api {
    front: Front,
    server: Server,
    serving: Serving,
    client: Client,
    began: Instant,
}

impl Api {
    /// `ttl` is for how long it may keep a status list.
    async fn start(command: &mut Command, ttl: Duration) -> Self {
        let (front, server) = Self::doorward(ttl).await;
        Self::beside(front, server, command).await
    }

    async fn doorward(ttl: Duration) -> (Front, Server) {
        let front = Front::open().await;
        let server = behind(&front, |config| {
            AUDIENCE.clone_into(&mut config.audience);
            config.status_list_ttl = ttl;
        })
        .await;
        (front, server)
    }

    async fn beside(front: Front, server: Server, command: &mut Command) -> Self {
        let began = Instant::now();
        command
            .env("DOORWARD_ISSUER", &front.url)
            .env("DOORWARD_AUDIENCE", AUDIENCE)
            .env("PORT", "0");
        let serving = Serving::start(command).await;
        Self {
            front,
            server,
            serving,
            client: Client::new(),
            began,
        }
    }

    /// Status and body of `/test_jwt` for this header.
    async fn answer(&self, authorization: Option<&str>) -> (u16, Value) {
        let url = format!("{}/test_jwt", self.serving.url);
        let mut request = self.client.get(url);
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        // RFC 6750 §3.
        let challenge = answer.headers().get("www-authenticate");
        let challenge = challenge.map_or("", |value| value.to_str().unwrap());
        assert_eq!(status == 401, challenge.starts_with("Bearer"), "{status}");
        (status, answer.json().await.unwrap_or_default())
    }

    async fn status(&self, token: &str) -> u16 {
        self.answer(Some(&format!("Bearer {token}"))).await.0
    }

    async fn takes(&self, phone: &Phone<'_>) {
        let token = format!("Bearer {}", phone.access_token);
        let (status, body) = self.answer(Some(&token)).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["sub"], json!(phone.user));
        assert_eq!(body["username"], "ana");
        assert_eq!(body["device_id"], phone.device_id.as_str());
    }

    /// A token of the same keys, meant for others.
    async fn elsewhere(&self, configure: impl FnOnce(&mut Config)) -> String {
        let (database, clock) = (self.server.database.share(), self.server.clock.clone());
        let elsewhere = spawn_on(database, clock, configure).await;
        let name = format!("user-of-{}", elsewhere.url.rsplit(':').next().unwrap());
        let phone = elsewhere.user(&name).await.sign_in("phone").await;
        phone.access_token
    }

    /// All that an API has to do.
    async fn holds(&self) {
        let mut phone = self.server.user("ana").await.sign_in("phone").await;
        self.takes(&phone).await;
        let forger = Forger::of(&self.server, &phone).await;
        for (name, token) in [forger.good(), forger.good_types()].concat() {
            assert_eq!(self.status(&token).await, 200, "{name}");
        }
        for header in [None, Some("Bearer"), Some("Basic YW5hOm1lYWRvdw==")] {
            assert_eq!(self.answer(header).await.0, 401, "{header:?}");
        }
        for (name, token) in [forger.bad(), forger.bad_for_the_careful()].concat() {
            assert_eq!(self.status(&token).await, 401, "{name}");
        }
        let issuer = self.front.url.clone();
        let other_audience = self.elsewhere(|config| config.issuer = issuer).await;
        let other_issuer = self.elsewhere(|config| AUDIENCE.clone_into(&mut config.audience));
        for token in [other_audience, other_issuer.await] {
            assert_eq!(self.status(&token).await, 401);
        }

        // A key that was published while it waited is taken at once, and so is the one before.
        let (app, operator) = (&self.server.app, self.server.operator());
        keys::rotate(app, &operator).await.unwrap();
        self.takes(&phone).await;
        phone.refresh().await.expect(200);
        self.takes(&phone).await;

        // One that was never seen is asked for, however many there are that nobody has.
        keys::rotate(app, &operator).await.unwrap();
        phone.refresh().await.expect(200);
        for n in 0..30 {
            assert_eq!(self.status(&forger.of_key(&format!("x{n}"))).await, 401);
        }
        wait::until("the new key is known", async || {
            assert_eq!(self.status(&forger.of_key("y")).await, 401);
            (self.status(&phone.access_token).await == 200).then_some(())
        })
        .await;
        let fetches = usize::try_from(self.began.elapsed().as_secs() / 5).unwrap() + 2;
        assert!(self.front.asked(JWKS) <= fetches);

        // Doorward is not asked about tokens, so nobody notices when it is away.
        self.front.cut();
        self.takes(&phone).await;
    }
}
