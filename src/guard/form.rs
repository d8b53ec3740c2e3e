//! Forms of the panel. Their fields cannot be read before the form has proven that our own
//! page was its origin: its CSRF token is the session's, and the browser says nothing else
//! (Fetch Metadata, Origin).

use std::sync::Arc;

use aws_lc_rs::constant_time;
use rocket::{
    Data, Request,
    data::{FromData, Outcome},
    http::Status,
    request::{FromRequest, Outcome as RequestOutcome},
};

use super::{
    attempt,
    fields::{Fields, Unreadable},
    session::{self, Browser},
};
use crate::{
    api::error::Wire,
    app::App,
    crypto::opaque_token::{OpaqueToken, Purpose},
    domain::admin_session::Refused,
    telemetry,
};

/// The field with the CSRF token.
pub const FIELD: &str = "csrf";

/// The fields of a form of this session.
pub struct Checked(pub Fields);

/// The fields of a form that was shown before signing in.
pub struct CheckedBefore(pub Fields);

/// The fields of a form that stands on pages before signing in, and on those after.
pub struct CheckedAtAnyTime(pub Fields);

#[rocket::async_trait]
impl<'r> FromData<'r> for Checked {
    type Error = Unreadable;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match session::panelist(request).await {
            Ok(Some(panelist)) => check(request, data, Some(&panelist.csrf)).await.map(Self),
            Ok(None) => Outcome::Error((Status::Unauthorized, Unreadable)),
            Err(wire) => refuse(request, wire),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for CheckedBefore {
    type Error = Unreadable;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        let token = match Browser::from_request(request).await {
            RequestOutcome::Success(browser) => browser
                .sent()
                .and_then(|text| OpaqueToken::parse(Purpose::BeforeSession, text)),
            _ => None,
        };
        let csrf = token.map(|token| token.csrf());
        check(request, data, csrf.as_deref()).await.map(Self)
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for CheckedAtAnyTime {
    type Error = Unreadable;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match session::panelist(request).await {
            Ok(None) => CheckedBefore::from_data(request, data)
                .await
                .map(|CheckedBefore(fields)| Self(fields)),
            _ => Checked::from_data(request, data)
                .await
                .map(|Checked(fields)| Self(fields)),
        }
    }
}

fn refuse<'r, T>(request: &Request<'_>, wire: Wire) -> Outcome<'r, T, Unreadable> {
    Outcome::Error((wire.leave(request), Unreadable))
}

async fn check<'r>(
    request: &'r Request<'_>,
    data: Data<'r>,
    csrf: Option<&str>,
) -> Outcome<'r, Fields, Unreadable> {
    let Some(app) = request.rocket().state::<Arc<App>>() else {
        return refuse(request, Wire::internal("no application is managed"));
    };
    let fields = match Fields::from_data(request, data).await {
        Outcome::Success(fields) => fields,
        other => {
            return match attempt::keep(request, Refused::Unreadable).await {
                Ok(()) => other,
                Err(wire) => refuse(request, wire),
            };
        }
    };
    let typed = fields.secret(FIELD);
    let matches = csrf.is_some_and(|csrf| {
        constant_time::verify_slices_are_equal(csrf.as_bytes(), typed.expose().as_bytes()).is_ok()
    });
    if matches && from_our_own_page(app, request) {
        return Outcome::Success(fields);
    }
    tracing::warn!(
        request_id = %telemetry::request_id(request),
        route = request.route().map(|route| route.uri.to_string()),
        "a form that none of our pages sent was refused"
    );
    match attempt::keep(request, Refused::Foreign).await {
        Ok(()) => refuse(request, Wire::foreign_form()),
        Err(wire) => refuse(request, wire),
    }
}

fn from_our_own_page(app: &App, request: &Request<'_>) -> bool {
    let header = |name: &str| request.headers().get_one(name);
    let site = header("Sec-Fetch-Site").is_none_or(|site| ["same-origin", "none"].contains(&site));
    // In development the issuer is often not what stands in the browser's address bar.
    let own = |origin: &str| {
        origin == app.config.origin()
            || !app.config.is_https()
                && header("Host").is_some_and(|host| origin.strip_prefix("http://") == Some(host))
    };
    site && header("Origin").is_none_or(own)
}
