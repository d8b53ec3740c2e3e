//! What is asked of an API that looks into the status lists.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::{Value, json};

use super::Api;
use crate::support::{
    forge::Forger,
    phone::{Phone, claims},
    wait,
};

pub const LIST: &str = "GET /status-lists/0";

impl Api {
    /// Asks until the answer has this status: a list is kept for a second, and an event is not there at once.
    pub async fn comes_to(&self, status: u16, phone: &Phone<'_>, when: &str) {
        wait::until(when, async || {
            (self.status(&phone.access_token).await == status).then_some(())
        })
        .await;
    }

    /// What was cut off is refused though the token is good by itself, and nobody is let in by what is no list.
    pub async fn heeds_status_lists(&self) {
        let administrator = self.server.administrator().await;
        let ana = self.server.user("ana").await;
        let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
        self.takes(&phone).await;
        for (verb, status) in [("disable", 401), ("enable", 200), ("end", 401)] {
            let path = format!("/devices/{}/{verb}", phone.device_id);
            administrator.post(&path, &json!({})).await.expect(200);
            self.server.advance(1);
            self.comes_to(status, &phone, verb).await;
            self.takes(&tablet).await;
        }
        self.asks_for_lists_seldom(&tablet).await;

        let forger = Forger::of(&self.server, &tablet).await;
        self.refuses_strange_claims(&forger, &tablet).await;
        let list = self.server.get("/status-lists/0").await.expect(200).text;
        assert_eq!(self.status(&list).await, 401, "a list as an access token");
        for (name, status, list) in no_lists(&forger, &list, &tablet) {
            self.front.say(LIST, Some(&list));
            self.comes_to(status, &tablet, name).await;
            self.front.say(LIST, None);
            self.comes_to(200, &tablet, "the list is there again").await;
        }

        self.front.cut();
        self.comes_to(503, &tablet, "there is no list").await;
    }

    async fn asks_for_lists_seldom(&self, phone: &Phone<'_>) {
        let (before, began) = (self.front.asked(LIST), std::time::Instant::now());
        for _ in 0..100 {
            self.takes(phone).await;
        }
        let asked = self.front.asked(LIST) - before;
        let seconds = usize::try_from(began.elapsed().as_secs()).unwrap();
        assert!(asked <= seconds + 2, "{asked} times in {seconds} s");
    }

    async fn refuses_strange_claims(&self, forger: &Forger, phone: &Phone<'_>) {
        let own = phone.claims()["status"]["status_list"].clone();
        let uri = own["uri"].as_str().unwrap();
        let beyond = json!({ "idx": 1 << 20, "uri": uri });
        let before = json!({ "idx": -1, "uri": uri });
        let half = json!({ "idx": 0.5, "uri": uri });
        let elsewhere = json!({ "idx": own["idx"], "uri": "https://lists.example/status-lists/0" });
        let nowhere = json!({ "idx": own["idx"] });
        for place in [beyond, before, half, elsewhere, nowhere, json!("0")] {
            let claim = json!({ "status_list": place });
            let token = forger.with_claim("status", claim);
            assert_eq!(self.status(&token).await, 401, "{place}");
        }
        let token = forger.with_claim("status", json!({}));
        assert_eq!(self.status(&token).await, 401);
        // Of a sign-in from before there were lists.
        let token = forger.with_claim("status", Value::Null);
        assert_eq!(self.status(&token).await, 200);
    }
}

/// What lets nobody in, all but one signed with the right key, and what comes of it.
fn no_lists(forger: &Forger, list: &str, phone: &Phone<'_>) -> Vec<(&'static str, u16, String)> {
    let (header, good) = (forger.header_of("statuslist+jwt"), claims(list));
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        forger.sign(&header, &claims)
    };
    let of_bytes = |bytes: &[u8]| {
        let places = URL_SAFE_NO_PAD.encode(compress_to_vec_zlib(bytes, 9));
        with("status_list", json!({ "bits": 2, "lst": places }))
    };
    let (message, _) = list.rsplit_once('.').unwrap();
    let short = ("a list that is too short", 401, of_bytes(&[]));
    let others = [
        ("an access token as a list", phone.access_token.clone()),
        ("another list", with("sub", json!("x"))),
        ("a list that has ended", with("exp", json!(1_000_000_000))),
        ("a list without a time", with("ttl", json!(0))),
        (
            "of three bits",
            with("status_list", json!({ "bits": 3, "lst": "eJwDAAAAAAE" })),
        ),
        ("a list that fills the memory", of_bytes(&vec![0; 2 << 20])),
        (
            "of another type",
            forger.sign(&forger.header_of("JWT"), &good),
        ),
        ("a forged list", format!("{message}.{}", "A".repeat(86))),
        ("no list", "x".to_owned()),
    ];
    let others = others.into_iter().map(|(name, list)| (name, 503, list));
    others.chain([short]).collect()
}
