//! A client (RFC 6749 §2) that comes with forms.

use doorward::{
    crypto::secret::Secret,
    domain::clients::{self, NewClient},
    ids::ClientId,
};

use super::{PASSWORD, Server, User, phone::Phone, reply::Reply};

/// A client, with what it was told when it was added.
pub struct Client<'a> {
    pub server: &'a Server,
    pub id: ClientId,
    /// Empty for a public client.
    pub secret: String,
}

/// Texts as the domain takes them.
pub fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

impl Server {
    /// A client with the scopes `read` and `write`: a public one may sign users in, a
    /// confidential one may do everything.
    pub async fn client(&self, id: &str, public: bool) -> Client<'_> {
        let (scopes, grants) = (
            texts(&["read", "write"]),
            texts(&["refresh_token", "client_credentials"]),
        );
        let new = NewClient {
            client_id: id,
            public,
            grant_types: &grants[..if public { 1 } else { 2 }],
            scopes: &scopes,
            ..NewClient::default()
        };
        self.add_client(&new).await
    }

    pub async fn add_client(&self, new: &NewClient<'_>) -> Client<'_> {
        let (client, secret) = clients::add(&self.app, &self.operator(), new)
            .await
            .unwrap();
        let secret = secret.as_ref().map(Secret::expose).cloned();
        Client {
            server: self,
            id: client.client_id,
            secret: secret.unwrap_or_default(),
        }
    }

    /// Posts a form.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        Reply::of(self.request("POST", path).form(fields)).await
    }
}

impl<'a> Client<'a> {
    /// Posts a form, with HTTP Basic if it has a secret, else with its id.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = self.server.request("POST", path);
        if self.secret.is_empty() {
            let own = [("client_id", self.id.as_str())];
            return Reply::of(request.form(&[fields, &own].concat())).await;
        }
        Reply::of(
            request
                .basic_auth(self.id.as_str(), Some(&self.secret))
                .form(fields),
        )
        .await
    }

    /// An access token for itself.
    pub async fn own_token(&self) -> String {
        let fields = [("grant_type", "client_credentials")];
        let answer = self.post("/token", &fields).await.expect(200);
        answer.str("access_token").to_owned()
    }

    /// Signs a user in.
    pub async fn sign_in(&self, user: &User<'a>) -> Phone<'a> {
        let mut body = serde_json::json!({
            "username": user.name, "password": PASSWORD, "device": { "name": "phone", "kind": "phone" },
        });
        let mut request = self.server.request("POST", "/login");
        if self.secret.is_empty() {
            body["client_id"] = self.id.as_str().into();
        } else {
            request = request.basic_auth(self.id.as_str(), Some(&self.secret));
        }
        let answer = Reply::of(request.json(&body)).await.expect(200);
        Phone::from_answer(self.server, user.id, &answer)
    }

    pub async fn refresh(&self, refresh_token: &str) -> Reply {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
        ];
        self.post("/token", &fields).await
    }

    /// What it is told about a token.
    pub async fn introspect(&self, token: &str) -> serde_json::Value {
        let answer = self
            .post("/introspect", &[("token", token)])
            .await
            .expect(200);
        assert_eq!(answer.header("cache-control"), "no-store");
        answer.body
    }
}
