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

/// 200 without a body: whatever it was, it is worth nothing now (RFC 7009 §2.2).
#[derive(Responder)]
#[response(status = 200)]
pub struct Revoked(());

/// Takes a token back. Its kind is told by its form, so the hint (§2.1) is not needed.
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
