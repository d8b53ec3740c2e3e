//! The access token of a request (RFC 6750 §2.1, RFC 9449 §7.1), verified in memory and held against what
//! was cut off lately: no query (invariant I6).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};

use super::proof;
use crate::{
    api::error::Wire,
    app::App,
    crypto::{
        access_token::{Confirmation, Rejection},
        dpop,
        verified::VerifiedToken,
    },
    domain::{error::Error, standing},
};

/// What a valid access token says, whose user, device and grant are not known to be cut off.
pub struct Bearer(pub Arc<VerifiedToken>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Bearer {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let Some(app) = request.rocket().state::<Arc<App>>() else {
            return Wire::internal("no application is managed").fail(request);
        };
        let now = app.clock.now();
        match verified(app, request, now) {
            Ok(claims) => match standing::heard_of(app, &claims, now) {
                None => Outcome::Success(Self(claims)),
                Some(refusal) => Wire::from(Error::Standing(refusal)).fail(request),
            },
            Err(wire) => wire.fail(request),
        }
    }
}

/// How an access token is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// By whoever has it (RFC 6750).
    Bearer,
    /// By whoever proves to hold the key that it is bound to (RFC 9449).
    DPoP,
}

impl Scheme {
    /// How a request presents its token, and the token; `None` for neither of the two.
    pub fn of(authorization: &str) -> Option<(Self, &str)> {
        let (scheme, token) = authorization.split_once(' ').unwrap_or((authorization, ""));
        if scheme.eq_ignore_ascii_case("bearer") {
            Some((Self::Bearer, token.trim()))
        } else if scheme.eq_ignore_ascii_case("dpop") {
            Some((Self::DPoP, token.trim()))
        } else {
            None
        }
    }
}

fn verified(
    app: &App,
    request: &Request<'_>,
    now: DateTime<Utc>,
) -> Result<Arc<VerifiedToken>, Wire> {
    let (scheme, token) = presented(request)?;
    let claims = app.keyring().verify(token, now)?;
    match (scheme, &claims.cnf) {
        (Scheme::Bearer, None) => Ok(claims),
        (Scheme::Bearer, Some(_)) => Err(Wire::bound_token()),
        (Scheme::DPoP, None) => Err(Wire::unbound_token()),
        (Scheme::DPoP, Some(Confirmation { jkt })) => {
            let rejection = match proof::check(app, request, Some(token)) {
                Ok(key) if key == *jkt => return Ok(claims),
                Ok(_) => dpop::Rejection::WrongKey,
                Err(rejection) => rejection,
            };
            Err(Wire::bad_proof(Status::Unauthorized, rejection))
        }
    }
}

fn presented<'r>(request: &'r Request<'_>) -> Result<(Scheme, &'r str), Wire> {
    let mut headers = request.headers().get("Authorization");
    let first = headers.next().ok_or_else(Wire::missing_token)?;
    if headers.next().is_some() {
        return Err(Wire::invalid_request("Send one Authorization header."));
    }
    match Scheme::of(first) {
        None => Err(Wire::missing_token()),
        Some((_, "")) => Err(Wire::from(Rejection::Malformed)),
        Some(presented) => Ok(presented),
    }
}
