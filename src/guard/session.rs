//! Who is signed in to the panel, and in which role, as parameters. Session, standing and
//! roles are the database's word of this moment. Nobody signed in is a 401, which the
//! catcher of the pages turns into the way to the sign-in.

use std::sync::Arc;

use rocket::{
    Request, State,
    http::{Cookie, CookieJar, SameSite, Status},
    request::{FromRequest, Outcome},
};

use super::attempt;
use crate::{
    api::error::Wire,
    app::App,
    crypto::opaque_token::OpaqueToken,
    domain::{
        admin_session::{self, Panelist, Refused},
        error::Error,
    },
};

/// Anyone with a role.
pub struct Reader(pub Panelist);

/// Support, or an administrator.
pub struct SupportDesk(pub Panelist);

/// An administrator.
pub struct Administrator(pub Panelist);

/// Over TLS the prefix binds the cookie to this host, path / and Secure (RFC 6265bis §4.1.3.2).
fn name(app: &App) -> &'static str {
    if app.config.is_https() {
        "__Host-doorward"
    } else {
        "doorward"
    }
}

fn cookie(app: &App, value: String) -> Cookie<'static> {
    Cookie::build((name(app), value))
        .path("/")
        .http_only(true)
        .secure(app.config.is_https())
        .same_site(SameSite::Strict)
        .build()
}

/// The browser's token as sent.
pub(super) fn sent<'a>(app: &App, jar: &'a CookieJar<'_>) -> Option<&'a str> {
    jar.get(name(app)).map(Cookie::value)
}

/// Whether a page asks by itself, with nobody there: an open page must not keep a session that is left alone.
fn is_by_itself(request: &Request<'_>) -> bool {
    let headers = request.headers();
    headers.contains("X-By-Itself") || headers.get_one("Accept") == Some("text/event-stream")
}

/// Who is signed in; looked up once per request.
///
/// # Errors
/// Those of the database.
pub async fn panelist(request: &Request<'_>) -> Result<Option<Panelist>, Wire> {
    let found = request.local_cache_async(async {
        let Some(app) = request.rocket().state::<Arc<App>>() else {
            return Err(Wire::internal("no application is managed"));
        };
        match sent(app, request.cookies()) {
            Some(cookie) => {
                let used = !is_by_itself(request);
                Ok(admin_session::of_cookie(app, cookie, used).await?)
            }
            None => Ok(None),
        }
    });
    found.await.clone()
}

async fn with_role(request: &Request<'_>, roles: &[&str]) -> Outcome<Panelist, ()> {
    match panelist(request).await {
        Ok(Some(panelist)) if roles.is_empty() || roles.iter().any(|role| panelist.has(role)) => {
            Outcome::Success(panelist)
        }
        Ok(Some(_)) => {
            let wire = attempt::keep(request, Refused::Role).await;
            wire.err().unwrap_or(Error::Forbidden.into()).fail(request)
        }
        Ok(None) => match attempt::keep(request, Refused::NoSession).await {
            Ok(()) => Outcome::Error((Status::Unauthorized, ())),
            Err(wire) => wire.fail(request),
        },
        Err(wire) => wire.fail(request),
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Reader {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        with_role(request, &[]).await.map(Self)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SupportDesk {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        with_role(request, &["admin", "support"]).await.map(Self)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Administrator {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        with_role(request, &["admin"]).await.map(Self)
    }
}

/// The browser's cookies together with how they are made.
pub struct Browser<'r> {
    app: &'r App,
    jar: &'r CookieJar<'r>,
}

impl Browser<'_> {
    /// The token as sent.
    pub fn sent(&self) -> Option<&str> {
        sent(self.app, self.jar)
    }

    /// A token in place of any before.
    pub fn hand_over(&self, token: &OpaqueToken) {
        self.jar
            .add(cookie(self.app, token.encode().expose().clone()));
    }

    /// No token any more.
    pub fn take_away(&self) {
        self.jar.remove(cookie(self.app, String::new()));
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Browser<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match request.guard::<&State<Arc<App>>>().await {
            Outcome::Success(app) => Outcome::Success(Self {
                app: app.inner().as_ref(),
                jar: request.cookies(),
            }),
            _ => Wire::internal("no application is managed").fail(request),
        }
    }
}
