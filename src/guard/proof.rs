//! The header `DPoP` (RFC 9449 §4.1).

use std::sync::Arc;

use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};

use crate::{
    api::error::Wire,
    app::App,
    crypto::dpop::Rejection,
    domain::proof::{self, Sent},
    ids::Thumbprint,
};

/// The name of the header.
pub const HEADER: &str = "DPoP";

/// The key that whoever asks for tokens proves to hold; none where no proof is sent.
pub struct Proven(pub Option<Thumbprint>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Proven {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let Some(app) = request.rocket().state::<Arc<App>>() else {
            return Wire::internal("no application is managed").fail(request);
        };
        match check(app, request, None) {
            Ok(key) => Outcome::Success(Self(Some(key))),
            Err(Rejection::Missing) => Outcome::Success(Self(None)),
            Err(rejection) => Wire::bad_proof(Status::BadRequest, rejection).fail(request),
        }
    }
}

/// The key that a request proves to come from, with the access token that it came with, if one did.
///
/// # Errors
/// The [`Rejection`]; [`Rejection::Missing`] where no proof is sent.
pub fn check(
    app: &App,
    request: &Request<'_>,
    token: Option<&str>,
) -> Result<Thumbprint, Rejection> {
    let mut headers = request.headers().get(HEADER);
    let proof = headers.next().ok_or(Rejection::Missing)?;
    if headers.next().is_some() {
        return Err(Rejection::Malformed);
    }
    let sent = Sent {
        proof,
        method: request.method().as_str(),
        path: request.uri().path().as_str(),
        token,
    };
    proof::check(app, &sent)
}
