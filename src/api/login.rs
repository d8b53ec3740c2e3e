//! `POST /login`.

use std::sync::Arc;

use rocket::{State, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    guard::{client::Basic, proof::Proven},
    ids::DeviceId,
};

/// Who signs in, and on what.
#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({
    "username": "zoe", "password": "meadow pilot canyon 47", "device": { "name": "blue phone", "kind": "phone" },
})))]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// In any case: `Zoe` is `zoe`.
    username: String,
    /// The user's.
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
    /// Without it, a device without a name is added.
    #[schema(value_type = Option<Device>)]
    device: Option<Object<Device>>,
    /// The app; `first-party` if it is left out.
    client_id: Option<String>,
    /// Less than the client may have, with spaces between.
    scope: Option<String>,
}

/// The device that is signed in on.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = LoginDevice)]
#[serde(deny_unknown_fields)]
struct Device {
    /// The `device_token` of an earlier answer: the same device, whose former sign-in is replaced.
    #[schema(value_type = Option<String>)]
    token: Option<Secret<String>>,
    /// One line.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    name: Option<String>,
    /// One word, such as `phone` or `browser`.
    #[schema(pattern = "^[a-z0-9_-]{1,32}$")]
    kind: Option<String>,
}

/// The token answer (RFC 6749 §5.1), with what a device's app needs.
#[derive(Serialize, ToSchema)]
pub struct TokenAnswer {
    /// A JWT of RFC 9068, for the header `Authorization`.
    access_token: String,
    /// How it goes there: `Bearer`; or `DPoP`, for who sent a proof.
    token_type: &'static str,
    /// In seconds.
    expires_in: i64,
    /// Good for one refresh. Store it before you use the access token.
    refresh_token: String,
    /// In seconds, if it is not used.
    refresh_expires_in: i64,
    /// The device that was signed in on.
    #[schema(value_type = Uuid)]
    device_id: DeviceId,
    /// Send it as `device.token` at the next sign-in.
    device_token: String,
    /// What was granted, with spaces between.
    scope: String,
}

impl From<Granted> for TokenAnswer {
    fn from(granted: Granted) -> Self {
        Self {
            access_token: granted.access_token.expose().clone(),
            token_type: token_type(granted.is_bound),
            expires_in: granted.expires_in,
            refresh_token: granted.refresh_token.expose().clone(),
            refresh_expires_in: granted.refresh_expires_in,
            device_id: granted.device_id,
            device_token: granted.device_token.expose().clone(),
            scope: granted.scope,
        }
    }
}

/// How an access token is presented: RFC 6750, or RFC 9449.
pub fn token_type(is_bound: bool) -> &'static str {
    if is_bound { "DPoP" } else { "Bearer" }
}

/// Signs a user in on a device.
///
/// Who sends a proof of a key gets tokens that are worth nothing without it.
#[utoipa::path(
    params(("DPoP" = Option<String>, Header)),
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Signed in.", body = TokenAnswer),
        (status = 400, description = "`invalid_request`: what was sent cannot be read; the field is named. `invalid_scope`, `unauthorized_client`. `invalid_dpop_proof`: `proof_malformed`, `proof_algorithm`, `proof_key`, `proof_signature`, `proof_of_another_request`, `proof_out_of_time`, `proof_replayed`. `use_dpop_nonce`: `proof_nonce`."),
        (status = 401, description = "`bad_credentials`: the username or the password is wrong. `invalid_client`: `bad_client`, `client_disabled`."),
        (status = 403, description = "`user_disabled`, `device_disabled`: told only to who knows the password."),
        (status = 429),
    ),
)]
#[post("/login", data = "<body>")]
pub async fn login(
    app: &State<Arc<App>>,
    caller: Caller,
    basic: Basic,
    proven: Proven,
    body: Body<LoginRequest>,
) -> Answer<TokenAnswer> {
    let Body(request) = body;
    let named = basic.or(request.client_id, None)?;
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
        key: proven.0,
    };
    Ok(Reply::tokens(
        sign_in::sign_in(app, &sign_in, &caller).await?.into(),
    ))
}
