//! An app on a device: signs in, refreshes, shows its access token around.

use doorward::ids::UserId;
use serde_json::{Value, json};

use super::{Server, reply::Reply};

/// A device that is signed in, with what its app has stored.
#[derive(Clone)]
pub struct Phone<'a> {
    pub server: &'a Server,
    pub user: UserId,
    pub device_id: String,
    pub device_token: String,
    pub access_token: String,
    pub refresh_token: String,
}

impl<'a> Phone<'a> {
    /// What the app stores of a token answer.
    pub fn from_answer(server: &'a Server, user: UserId, answer: &Reply) -> Self {
        Self {
            server,
            user,
            device_id: answer.str("device_id").to_owned(),
            device_token: answer.str("device_token").to_owned(),
            access_token: answer.str("access_token").to_owned(),
            refresh_token: answer.str("refresh_token").to_owned(),
        }
    }

    /// Presents a refresh token without storing the answer.
    pub async fn present(&self, refresh_token: &str) -> Reply {
        self.server
            .post("/token", &json!({ "refresh_token": refresh_token }))
            .await
    }

    /// Stores a new pair.
    pub fn store(&mut self, answer: &Reply) {
        *self = Self::from_answer(self.server, self.user, answer);
    }

    /// Refreshes; a new pair is stored.
    pub async fn refresh(&mut self) -> Reply {
        let answer = self.present(&self.refresh_token).await;
        if answer.status == 200 {
            self.store(&answer);
        }
        answer
    }

    /// A request with the access token.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.server
            .request(method, path)
            .bearer_auth(&self.access_token)
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request("GET", path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.request("POST", path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.request("PATCH", path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        Reply::of(self.request("DELETE", path)).await
    }

    /// All items of a list, read by pages of so many.
    pub async fn pages(&self, path: &str, limit: usize) -> Vec<Value> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let first = format!("{path}{separator}limit={limit}");
        let (mut items, mut next) = (Vec::new(), first.clone());
        loop {
            let page = self.get(&next).await.expect(200);
            assert_eq!(super::reply::fields(&page.body), ["items", "next_cursor"]);
            let found = page.body["items"].as_array().unwrap();
            items.extend(found.iter().cloned());
            match page.body["next_cursor"].as_str() {
                Some(cursor) => {
                    assert_eq!(found.len(), limit, "a page that is not the last is full");
                    next = format!("{first}&cursor={cursor}");
                }
                None => return items,
            }
        }
    }

    /// The id of the grant, as the access token's `sid` says it.
    pub fn grant_id(&self) -> String {
        self.claims()["sid"].as_str().unwrap().to_owned()
    }

    /// The header of the access token.
    pub fn header(&self) -> Value {
        part(&self.access_token, 0)
    }

    /// The claims of the access token, unverified.
    pub fn claims(&self) -> Value {
        claims(&self.access_token)
    }
}

/// The claims of an access token, unverified.
pub fn claims(access_token: &str) -> Value {
    part(access_token, 1)
}

fn part(access_token: &str, number: usize) -> Value {
    use base64::Engine;
    let part = access_token.split('.').nth(number).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(part)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
