//! The access token of a request (RFC 6750 §2.1), verified in memory and held against what was
//! cut off lately: no query (invariant I6).

use std::sync::Arc;

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use crate::{
    api::error::Wire,
    app::App,
    crypto::{access_token::Rejection, verified::VerifiedToken},
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
        match token(request).and_then(|token| app.keyring().verify(token, now).map_err(Wire::from))
        {
            Ok(claims) => match standing::heard_of(app, &claims, now) {
                None => Outcome::Success(Self(claims)),
                Some(refusal) => Wire::from(Error::Standing(refusal)).fail(request),
            },
            Err(wire) => wire.fail(request),
        }
    }
}

fn token<'r>(request: &'r Request<'_>) -> Result<&'r str, Wire> {
    let mut headers = request.headers().get("Authorization");
    let first = headers.next().ok_or_else(Wire::missing_token)?;
    if headers.next().is_some() {
        return Err(Wire::invalid_request("Send one Authorization header."));
    }
    let (scheme, token) = first.split_once(' ').unwrap_or((first, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Wire::missing_token());
    }
    match token.trim() {
        "" => Err(Wire::from(Rejection::Malformed)),
        token => Ok(token),
    }
}
