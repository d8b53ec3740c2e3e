//! What was tried in the panel and refused leaves a trace, wherever it was refused: this is the one place that
//! sees to it. Guards call it before they answer.

use std::sync::Arc;

use rocket::{
    Request,
    http::Method,
    request::{FromRequest, Outcome},
};

use super::session;
use crate::{
    api::error::Wire,
    app::App,
    domain::{
        Caller,
        admin_session::{self, Refused},
    },
};

/// Keeps that a form was refused, by whose session it is or was. A page that is only looked at changes nothing.
///
/// # Errors
/// Those of the database: then that is what is answered.
pub async fn keep(request: &Request<'_>, why: Refused) -> Result<(), Wire> {
    if request.method() == Method::Get || request.method() == Method::Head {
        return Ok(());
    }
    let (Some(app), Outcome::Success(caller)) = (
        request.rocket().state::<Arc<App>>(),
        Caller::from_request(request).await,
    ) else {
        return Err(Wire::internal("no application is managed"));
    };
    let user = match session::panelist(request).await? {
        Some(panelist) => Some(panelist.user),
        None => match session::sent(app, request.cookies()) {
            Some(cookie) => admin_session::user_of_former(app, cookie).await?,
            None => None,
        },
    };
    Ok(admin_session::refuse(app, why, user, &caller).await?)
}
