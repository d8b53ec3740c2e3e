//! A browser without script: keeps its cookie, finds the CSRF token of the page that it
//! was shown, posts forms.

use super::{PASSWORD, Server, reply::Reply};

/// A browser, perhaps signed in.
#[derive(Clone)]
pub struct Browser<'a> {
    pub server: &'a Server,
    /// The cookie as sent, with its name.
    pub cookie: String,
    pub csrf: String,
}

impl<'a> Browser<'a> {
    /// A browser that has never been here.
    pub fn new(server: &'a Server) -> Self {
        Self {
            server,
            cookie: String::new(),
            csrf: String::new(),
        }
    }

    fn keep(&mut self, reply: &Reply) {
        if reply.header("content-type").starts_with("text/html") {
            assert_eq!(reply.header("cache-control"), "no-store");
        }
        for cookie in reply.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let pair = cookie.split(';').next().unwrap();
            pair.clone_into(&mut self.cookie);
        }
        if let Some((_, after)) = reply.text.split_once("name=\"csrf\" value=\"") {
            let token = after.split('"').next().unwrap();
            token.clone_into(&mut self.csrf);
        }
    }

    /// A request with the cookie, to be filled and sent.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let request = self.server.request(method, path);
        if self.cookie.is_empty() {
            return request;
        }
        request.header("Cookie", &self.cookie)
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        let reply = Reply::of(self.request("GET", path)).await;
        self.keep(&reply);
        reply
    }

    /// Posts a form with the CSRF token of the last page.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut form = vec![("csrf", self.csrf.as_str())];
        form.extend(fields);
        let reply = Reply::of(self.request("POST", path).form(&form)).await;
        self.keep(&reply);
        reply
    }

    /// Opens the sign-in and signs in; the answer to the form.
    pub async fn try_sign_in(&mut self, name: &str, password: &str) -> Reply {
        self.get("/admin/login").await;
        self.post(
            "/admin/login",
            &[("username", name), ("password", password)],
        )
        .await
    }
}

impl Server {
    /// A browser in which a user with roles is signed in.
    pub async fn browser(&self, name: &str, roles: &[&str]) -> Browser<'_> {
        self.user_with_roles(name, roles).await;
        let mut browser = Browser::new(self);
        let answer = browser.try_sign_in(name, PASSWORD).await.expect(303);
        assert_eq!(answer.header("location"), "/admin");
        browser.get("/admin").await.expect(200);
        browser
    }
}
