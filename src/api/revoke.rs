//! `POST /revoke` (RFC 7009).

use std::sync::Arc;

use rocket::{Responder, State, post};

use super::error::Wire;
use crate::{
    app::App,
    db::audit_events::Caller,
    domain::{
        self,
        clients::{self, Credentials},
    },
    guard::{client::Basic, fields::Fields},
};

/// 200 without a body: whatever it was, it is worth nothing now (RFC 7009 §2.2). It bears a type all
/// the same, without which some libraries take a success for a failure.
#[derive(Responder)]
#[response(status = 200, content_type = "json")]
pub struct Revoked(());

/// Takes a token back (RFC 7009).
///
/// A refresh token ends its sign-in, an access token ends alone. What is no token is no error. Who names
/// no client is `first-party`.
#[utoipa::path(
    request_body(content = ref("#/components/schemas/RevocationForm"), content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It is worth nothing now."),
        (status = 400, description = "`invalid_grant`: `wrong_client`, for another client's token, which stays good. Or a form that cannot be read."),
        (status = 401, description = "`invalid_client`: `bad_client`, `client_disabled`."),
        (status = 429),
    ),
)]
#[post("/revoke", data = "<form>")]
pub async fn revoke(
    app: &State<Arc<App>>,
    caller: Caller,
    basic: Basic,
    form: Fields,
) -> Result<Revoked, Wire> {
    let named = basic.or_of_form(&form)?;
    let named = named.unwrap_or_else(Credentials::first_party);
    let client = clients::authenticate(app, &named, &caller).await?;
    match form.secret("token") {
        none if none.expose().is_empty() => Err(Wire::missing("token")),
        token => {
            domain::revoke::revoke(app, &client, token.expose(), &caller).await?;
            Ok(Revoked(()))
        }
    }
}
