//! Whether a refresh can be served soon; asked before its body is read, so that a flood of those
//! that cannot costs little.

use std::sync::Arc;

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use crate::{api::error::Wire, app::App, domain::error::Error};

/// One more refresh can wait.
pub struct Served(());

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Served {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let Some(app) = request.rocket().state::<Arc<App>>() else {
            return Wire::internal("no application is managed").fail(request);
        };
        match app.rotations.is_open() {
            Ok(()) => Outcome::Success(Self(())),
            Err(busy) => Wire::from(Error::from(busy)).fail(request),
        }
    }
}
