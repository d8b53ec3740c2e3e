//! The live feed: who listens hears of every cut-off once, in order, within a moment, signed; and whoever was away, or
//! reads slowly, misses nothing.

mod listeners;
mod resume;
mod told;

use std::time::Duration;

use doorward::domain::clients::NewClient;
use jsonwebtoken::{DecodingKey, Validation, jwk::JwkSet};
use serde_json::Value;

use crate::support::{
    Server,
    client::{Client, texts},
    reply::Reply,
};

/// A message of the feed.
#[derive(Debug, Clone, PartialEq)]
struct Message {
    id: i64,
    /// Empty for the one that only tells where the feed is.
    token: String,
}

impl Message {
    /// The event of a message.
    fn event(&self) -> Value {
        crate::support::phone::claims(&self.token)
    }

    /// The end of the event's type.
    fn kind(&self) -> String {
        let event = self.event();
        let uri = event["events"].as_object().unwrap().keys().next().unwrap();
        uri.rsplit('/').next().unwrap().to_owned()
    }
}

/// Somebody who listens.
struct Listener {
    answer: reqwest::Response,
    heard: String,
    /// The last `id`.
    last: i64,
}

/// Asks for the feed.
fn asking(server: &Server, token: &str, last: Option<i64>) -> reqwest::RequestBuilder {
    let mut request = server.request("GET", "/events").bearer_auth(token);
    if let Some(last) = last {
        request = request.header("Last-Event-ID", last);
    }
    request
}

impl Listener {
    async fn open(server: &Server, token: &str, last: Option<i64>) -> Self {
        let answer = asking(server, token, last).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let mut listener = Self {
            answer,
            heard: String::new(),
            last: -1,
        };
        let first = listener.next().await.unwrap();
        assert_eq!(first.token, "");
        listener
    }

    /// The next message; `None` at the end.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((message, rest)) = self.heard.split_once("\n\n") {
                let lines = message.lines().collect::<Vec<_>>();
                let field = |name| lines.iter().find_map(|line| line.strip_prefix(name));
                let id = field("id:").map(|id| id.trim().parse().unwrap());
                let token = field("data:").unwrap_or_default().trim().to_owned();
                let rest = rest.to_owned();
                self.heard = rest;
                if let Some(id) = id {
                    self.last = id;
                    return Some(Message { id, token });
                }
                continue;
            }
            let piece = tokio::time::timeout(Duration::from_secs(30), self.answer.chunk());
            let piece = piece.await.unwrap().ok().flatten()?;
            self.heard.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    /// So many messages.
    async fn hear(&mut self, many: usize) -> Vec<Message> {
        let mut messages = Vec::new();
        while messages.len() < many {
            messages.push(self.next().await.unwrap());
        }
        messages
    }
}

/// A gateway that may listen.
async fn gateway(server: &Server) -> Client<'_> {
    let (scopes, grants) = (texts(&["events"]), texts(&["client_credentials"]));
    let new = NewClient {
        client_id: "gateway",
        grant_types: &grants,
        scopes: &scopes,
        ..NewClient::default()
    };
    server.add_client(&new).await
}

/// Verifies a message as a stranger would who only knows the JWKS, and looks at what is the same in all.
async fn verified(server: &Server, message: &Message) -> Value {
    let keys: JwkSet =
        serde_json::from_str(&server.get("/.well-known/jwks.json").await.text).unwrap();
    let header = jsonwebtoken::decode_header(&message.token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("secevent+jwt"));
    let key = keys.find(header.kid.as_deref().unwrap()).unwrap();
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.set_issuer(&["http://doorward.test"]);
    validation.set_audience(&[&server.app.config.audience]);
    let read = jsonwebtoken::decode::<Value>(
        &message.token,
        &DecodingKey::from_jwk(key).unwrap(),
        &validation,
    );
    let event = read.unwrap().claims;
    assert!(event["sub"].is_null() && event["exp"].is_null(), "{event}");
    assert_eq!(event["events"].as_object().unwrap().len(), 1);
    event
}

/// Asks for the feed and is refused.
async fn refused(server: &Server, token: &str, last: Option<i64>) -> Reply {
    Reply::of(asking(server, token, last)).await
}
