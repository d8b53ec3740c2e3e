//! What is asked of an API that listens to the live feed.

use std::time::{Duration, Instant};

use chrono::Utc;
use doorward::{
    domain::{
        clients::{self, NewClient},
        disable::Disabling,
        keys,
    },
    ids::ClientId,
};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{AUDIENCE, Api, status_lists::LIST};
use crate::support::{
    PASSWORD, User, client::texts, forge::Forger, phone::Phone, reply::Reply, wait,
};

const FEED: &str = "GET /events";

/// An example fetches a list anew within two seconds after it was to be renewed.
const RENEWED: Duration = Duration::from_secs(4);

impl Api {
    /// One that may listen. It may keep a status list for longer than a test waits.
    pub async fn listening(command: &mut Command) -> Self {
        let (front, server) = Self::doorward(Duration::from_mins(1)).await;
        let listener = NewClient {
            client_id: "orders-feed",
            scopes: &texts(&["events"]),
            ..NewClient::default()
        };
        let secret = server.add_client(&listener).await.secret;
        command
            .env("DOORWARD_CLIENT_ID", listener.client_id)
            .env("DOORWARD_CLIENT_SECRET", secret);
        Self::beside(front, server, command).await
    }

    /// What was cut off is refused at once, and what is enabled again is taken.
    pub async fn heeds_the_feed(&self) {
        let listens = async || (self.front.answered(FEED) > 0).then_some(());
        wait::until("it listens", listens).await;
        let administrator = self.server.administrator().await;
        let ana = self.server.user("ana").await;
        self.hears_what_it_missed(&administrator, &ana).await;
        // No list tells of what comes now.
        let list = self.server.get("/status-lists/0").await.expect(200).text;
        self.front.say(LIST, Some(&list));
        self.learns_of_suspensions(&administrator, &ana).await;
        self.learns_of_ends(&administrator, &ana).await;
    }

    async fn hears_what_it_missed(&self, administrator: &Phone<'_>, ana: &User<'_>) {
        let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
        // It fetched the list anew when it began to listen. This one it keeps for longer than the test waits.
        let began = Instant::now();
        wait::until("the list is not from before", async || {
            self.takes(&phone).await;
            self.takes(&tablet).await;
            (began.elapsed() > RENEWED).then_some(())
        })
        .await;
        let disable = async |it: &Phone<'_>| {
            let path = format!("/devices/{}/disable", it.device_id);
            administrator.post(&path, &json!({})).await.expect(200);
        };
        self.front.cut();
        // It has never seen the key that signs now.
        let (app, operator) = (&self.server.app, self.server.operator());
        for _ in 0..2 {
            keys::rotate(app, &operator).await.unwrap();
        }
        disable(&phone).await;
        assert_ne!(self.status(&phone.access_token).await, 401, "it is deaf");
        self.front.lead_to(&self.server);
        self.comes_to(401, &phone, "it has heard").await;

        // Away for too long: what it missed is no longer told, and in the lists.
        self.front.cut();
        let newest = async || {
            let sql = "SELECT max(number) FROM security_events";
            self.server.scalar::<i64>(sql).await
        };
        let heard = newest().await;
        disable(&tablet).await;
        let told = async || (newest().await > heard).then_some(());
        wait::until("it would be told", told).await;
        let purge =
            "DELETE FROM security_events WHERE number < (SELECT max(number) FROM security_events)";
        assert!(self.server.execute(purge).await > 0);
        // A list is made anew once a second.
        self.server.advance(1);
        self.front.lead_to(&self.server);
        self.comes_to(401, &tablet, "it begins anew").await;
        self.comes_to(401, &phone, "it begins anew").await;
    }

    async fn learns_of_suspensions(&self, administrator: &Phone<'_>, ana: &User<'_>) {
        let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
        self.takes(&phone).await;
        for (path, other) in [
            (format!("/devices/{}", phone.device_id), 200),
            (format!("/tokens/{}", phone.grant_id()), 200),
            (format!("/users/{}", ana.id), 401),
        ] {
            for (verb, status, other) in [("disable", 401, other), ("enable", 200, 200)] {
                let path = format!("{path}/{verb}");
                administrator.post(&path, &json!({})).await.expect(200);
                self.comes_to(status, &phone, &path).await;
                assert_eq!(self.status(&tablet.access_token).await, other, "{path}");
            }
        }
        let until = (Utc::now() + Duration::from_secs(2)).to_rfc3339();
        let path = format!("/devices/{}/disable", phone.device_id);
        let until = json!({ "until": until });
        administrator.post(&path, &until).await.expect(200);
        self.comes_to(401, &phone, "it is suspended").await;
        self.comes_to(200, &phone, "the suspension is over").await;

        let (app, operator) = (&self.server.app, self.server.operator());
        let (client, disabling) = (ClientId::first_party(), Disabling::default());
        let disabled = clients::disable(app, &operator, &client, &disabling);
        disabled.await.unwrap();
        self.comes_to(401, &phone, "the client is disabled").await;
        let enabled = clients::enable(app, &operator, &client, None);
        enabled.await.unwrap();
        self.comes_to(200, &phone, "the client is enabled").await;
    }

    async fn learns_of_ends(&self, administrator: &Phone<'_>, ana: &User<'_>) {
        let mut phone = ana.sign_in("phone").await;
        let own = [
            ("token", phone.access_token.as_str()),
            ("client_id", "first-party"),
        ];
        self.server.form("/revoke", &own).await.expect(200);
        self.comes_to(401, &phone, "the token is revoked").await;
        phone.refresh().await.expect(200);
        self.takes(&phone).await;

        let path = format!("/users/{}", ana.id);
        let roles = json!({ "roles": ["auditor"] });
        administrator.patch(&path, &roles).await.expect(200);
        self.comes_to(401, &phone, "the roles are others").await;
        phone.refresh().await.expect(200);
        self.takes(&phone).await;

        let path = format!("/devices/{}/end", phone.device_id);
        administrator.post(&path, &json!({})).await.expect(200);
        self.comes_to(401, &phone, "the device is signed out").await;
        self.server.advance(1);
        let again = json!({
            "username": ana.name, "password": PASSWORD, "device": { "token": phone.device_token },
        });
        phone.store(&self.server.post("/login", &again).await.expect(200));
        self.comes_to(200, &phone, "it is signed in again").await;

        for verb in ["disable", "end", "enable"] {
            let path = format!("/users/{}/{verb}", ana.id);
            administrator.post(&path, &json!({})).await.expect(200);
        }
        let ben = self.server.user("ben").await;
        let his = ben.sign_in("phone").await;
        assert_eq!(self.status(&his.access_token).await, 200);
        let deleted: Reply = administrator.delete(&format!("/users/{}", ben.id)).await;
        deleted.expect(204);
        self.comes_to(401, &his, "the user is deleted").await;
        // It has heard of all before, too.
        let status = self.status(&phone.access_token).await;
        assert_eq!(status, 401, "enabling revives nothing that has ended");
    }

    /// What is not signed by Doorward, as an event for whom it is, cuts nobody off.
    pub async fn believes_doorward_only(&self) {
        let ana = self.server.user("ana").await;
        let (phone, tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
        self.takes(&phone).await;
        self.takes(&tablet).await;
        let forger = Forger::of(&self.server, &phone).await;
        let header = forger.header_of("secevent+jwt");
        let good = |it: &Phone<'_>| self.event("session-revoked", it);
        let with = |name: &str, value: Value| {
            let mut claims = good(&phone);
            claims[name] = value;
            forger.sign(&header, &claims)
        };
        let genuine = forger.sign(&header, &good(&phone));
        let (message, _) = genuine.rsplit_once('.').unwrap();
        let told = [
            "x".to_owned(),
            "x.y.z".to_owned(),
            format!("{message}."),
            format!("{message}.{}", "A".repeat(86)),
            forger.sign(&forger.header_of("at+jwt"), &good(&phone)),
            forger.sign(&forger.header_of("JWT"), &good(&phone)),
            with("iss", json!("https://doorward.example")),
            with("aud", json!("other")),
            with("events", json!({ "https://example.com/unheard-of": {} })),
            forger.sign(&header, &good(&tablet)),
        ];
        let told = told.iter().zip(1_000_000..);
        let told = told.map(|(event, id)| format!("id: {id}\ndata: {event}\n\n"));
        let told = told.collect::<Vec<_>>().concat();
        self.front.say(FEED, Some(&format!("retry: 50\n\n{told}")));
        self.front.cut();
        self.front.lead_to(&self.server);
        self.comes_to(401, &tablet, "it has heard of the tablet")
            .await;
        self.takes(&phone).await;
        for event in [genuine, forger.sign(&header, &phone.claims())] {
            let status = self.status(&event).await;
            assert_eq!(status, 401, "an event as an access token");
        }

        // No id of this Doorward's: it begins anew, and forgets what another has said.
        self.front.say(FEED, None);
        self.comes_to(200, &tablet, "it begins anew").await;
    }

    /// The claims of an event about the device of this phone.
    fn event(&self, kind: &str, phone: &Phone<'_>) -> Value {
        let now = phone.claims()["iat"].clone();
        let kind = format!("https://schemas.openid.net/secevent/caep/event-type/{kind}");
        json!({
            "iss": self.front.url, "aud": AUDIENCE, "iat": now, "jti": "x", "txn": "x",
            "sub_id": {
                "format": "complex",
                "user": { "format": "iss_sub", "iss": self.front.url, "sub": phone.user },
                "device": { "format": "opaque", "id": phone.device_id },
            },
            "events": { kind: { "event_timestamp": now, "initiating_entity": "admin" } },
        })
    }
}
