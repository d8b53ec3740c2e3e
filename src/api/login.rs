//! `POST /login`.

use std::sync::Arc;

use rocket::{State, post};
use serde::{Deserialize, Serialize};

use super::{
    answer::{Answer, Reply},
    body::{Body, Object},
};
use crate::{
    app::App,
    crypto::secret::Secret,
    db::audit_events::Caller,
    domain::{
        clients::Credentials,
        granted::Granted,
        sign_in::{self, SignIn},
    },
    guard::client::Basic,
    ids::DeviceId,
};

/// What an app sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    username: String,
    password: Secret<String>,
    device: Option<Object<Device>>,
    client_id: Option<String>,
    scope: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Device {
    token: Option<Secret<String>>,
    name: Option<String>,
    kind: Option<String>,
}

/// The token answer (RFC 6749 §5.1), with what a device's app needs.
#[derive(Serialize)]
pub struct TokenAnswer {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    refresh_token: String,
    refresh_expires_in: i64,
    device_id: DeviceId,
    device_token: String,
    scope: String,
}

impl From<Granted> for TokenAnswer {
    fn from(granted: Granted) -> Self {
        Self {
            access_token: granted.access_token.expose().clone(),
            token_type: "Bearer",
            expires_in: granted.expires_in,
            refresh_token: granted.refresh_token.expose().clone(),
            refresh_expires_in: granted.refresh_expires_in,
            device_id: granted.device_id,
            device_token: granted.device_token.expose().clone(),
            scope: granted.scope,
        }
    }
}

/// Signs a user in on a device.
#[post("/login", data = "<body>")]
pub async fn login(
    app: &State<Arc<App>>,
    caller: Caller,
    basic: Basic,
    body: Body<LoginRequest>,
) -> Answer<TokenAnswer> {
    let Body(request) = body;
    let named = basic.or_of_body(request.client_id)?;
    let client = named.unwrap_or_else(Credentials::first_party);
    let device = request
        .device
        .map_or_else(Device::default, |Object(device)| device);
    let sign_in = SignIn {
        username: &request.username,
        password: &request.password,
        device_token: device.token.as_ref().map(|token| token.expose().as_str()),
        device_name: device.name.as_deref(),
        device_kind: device.kind.as_deref(),
        client: &client,
        scope: request.scope.as_deref(),
    };
    Ok(Reply::ok(
        sign_in::sign_in(app, &sign_in, &caller).await?.into(),
    ))
}
