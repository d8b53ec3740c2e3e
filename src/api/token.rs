//! `POST /token` as JSON: the refresh of a device's app.

use std::sync::Arc;

use rocket::{State, post};
use serde::Deserialize;

use super::{
    answer::{Answer, Reply},
    body::Body,
    login::TokenAnswer,
};
use crate::{app::App, crypto::secret::Secret, db::audit_events::Caller, domain};

/// What an app sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    refresh_token: Secret<String>,
    username: Option<String>,
}

/// Exchanges a refresh token for a new pair (RFC 6749 §6).
#[post("/token", data = "<body>")]
pub async fn refresh(
    app: &State<Arc<App>>,
    caller: Caller,
    body: Body<RefreshRequest>,
) -> Answer<TokenAnswer> {
    let Body(request) = body;
    let username = request.username.as_deref();
    let granted =
        domain::refresh::refresh(app, request.refresh_token.expose(), username, &caller).await?;
    Ok(Reply::ok(granted.into()))
}
