//! `POST /token`: as JSON the refresh of a device's app, as a form the grants of RFC 6749.

use std::sync::Arc;

use rocket::{State, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    answer::{Answer, Reply},
    body::Body,
    error::Wire,
    login::{TokenAnswer, token_type},
    openapi::EXAMPLE_TOKEN,
};
use crate::{
    app::App,
    crypto::secret::Secret,
    db::{audit_events::Caller, oauth_clients::Client},
    domain::{
        self,
        client_credentials::{self, ClientGranted},
        clients::{self, CLIENT_CREDENTIALS, REFRESH_TOKEN, Refusal},
        error::Error,
        refresh::Asked,
    },
    guard::{client::Basic, fields::Fields, proof::Proven, served::Served},
    ids::{ClientId, Thumbprint},
};

/// The refresh token that is exchanged.
#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({ "refresh_token": EXAMPLE_TOKEN })))]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    /// The latest that the app has.
    #[schema(value_type = String, pattern = "^dwr_[A-Za-z0-9_-]{96}$")]
    refresh_token: Secret<String>,
    /// If it is sent, it must be the user's; if it is not, the token is not used up.
    username: Option<String>,
    /// The client that it was given to; `first-party` if it is left out.
    client_id: Option<String>,
    /// Less than was granted, with spaces between.
    scope: Option<String>,
}

/// Exchanges a refresh token for a new pair (RFC 6749 §6).
#[post("/token", data = "<body>", rank = 2)]
pub async fn refresh(
    app: &State<Arc<App>>,
    _served: Served,
    caller: Caller,
    basic: Basic,
    proven: Proven,
    body: Body<RefreshRequest>,
) -> Answer<TokenAnswer> {
    let Body(request) = body;
    // The built-in client proves nothing, so nothing is asked: the statement that rotates knows it.
    let client = match basic.or(request.client_id, None)? {
        Some(named) => {
            clients::authenticate_for_refresh(app, &named, &caller)
                .await?
                .client_id
        }
        None => ClientId::first_party(),
    };
    let asked = Asked {
        client: &client,
        username: request.username.as_deref(),
        scope: request.scope.as_deref(),
        audience: None,
        key: proven.0,
    };
    let granted =
        domain::refresh::refresh(app, request.refresh_token.expose(), &asked, &caller).await?;
    Ok(Reply::tokens(granted.into()))
}

/// What a client gets for itself (RFC 6749 §4.4.3): no refresh token.
#[derive(Serialize, ToSchema)]
pub struct ClientAnswer {
    /// A JWT of RFC 9068, for the header `Authorization`.
    access_token: String,
    /// How it goes there: `Bearer`; or `DPoP`, for who sent a proof.
    token_type: &'static str,
    /// In seconds.
    expires_in: i64,
    /// What was granted, with spaces between.
    scope: String,
}

impl From<ClientGranted> for ClientAnswer {
    fn from(granted: ClientGranted) -> Self {
        Self {
            access_token: granted.access_token.expose().clone(),
            token_type: token_type(granted.is_bound),
            expires_in: granted.expires_in,
            scope: granted.scope,
        }
    }
}

/// The answer to a grant.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum GrantAnswer {
    /// To a user's app.
    User(TokenAnswer),
    /// To a client for itself.
    Client(ClientAnswer),
}

/// Exchanges a refresh token for a new pair, or gives a client a token for itself (RFC 6749 §3.2).
///
/// An app's refresh may come as JSON; OAuth clients send a form. A refresh token that is bound to a key comes with a
/// proof of that key; without, it is refused and not used up.
#[utoipa::path(
    params(("DPoP" = Option<String>, Header)),
    request_body(content(
        (RefreshRequest = "application/json"),
        (ref("#/components/schemas/GrantForm") = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "A new pair; to a client for itself an access token only.", body = GrantAnswer),
        (status = 400, description = "`invalid_grant`: `unknown_token`, `token_ended`, `token_reused`, `token_disabled`, `device_disabled`, `user_disabled`, `token_expired`, `wrong_client`, `wrong_user`. `invalid_scope`, `invalid_target`, `unauthorized_client`, `unsupported_grant_type`. `invalid_dpop_proof`: `wrong_key`, or as of `POST /login`. `use_dpop_nonce`. Or a body that cannot be read."),
        (status = 401, description = "`invalid_client`: `bad_client`, `client_disabled`."),
        (status = 429),
    ),
)]
#[post(
    "/token",
    format = "application/x-www-form-urlencoded",
    data = "<form>",
    rank = 1
)]
pub async fn grant(
    app: &State<Arc<App>>,
    caller: Caller,
    basic: Basic,
    proven: Proven,
    form: Fields,
) -> Answer<GrantAnswer> {
    let grant_type = match form.text("grant_type") {
        "" => return Err(Wire::missing("grant_type")),
        known @ (REFRESH_TOKEN | CLIENT_CREDENTIALS) => known,
        _ => return Err(Wire::unsupported_grant_type()),
    };
    let named = basic.or_of_form(&form)?;
    let named = named.ok_or(Error::Client(Refusal::BadClient))?;
    let answer = if grant_type == CLIENT_CREDENTIALS {
        let client = clients::authenticate(app, &named, &caller).await?;
        let (scope, resource) = (form.text("scope"), form.text("resource"));
        let granted =
            client_credentials::grant(app, &client, Some(scope), Some(resource), proven.0)?;
        GrantAnswer::Client(granted.into())
    } else {
        let client = clients::authenticate_for_refresh(app, &named, &caller).await?;
        GrantAnswer::User(refresh_by_form(app, &client, &form, proven.0, &caller).await?)
    };
    Ok(Reply::tokens(answer))
}

async fn refresh_by_form(
    app: &App,
    client: &Client,
    form: &Fields,
    key: Option<Thumbprint>,
    caller: &Caller,
) -> Result<TokenAnswer, Wire> {
    clients::may_use(client, REFRESH_TOKEN)?;
    let audience = match form.text("resource") {
        "" => None,
        resource => Some(clients::granted_audience(app, client, Some(resource))?),
    };
    let asked = Asked {
        client: &client.client_id,
        username: None,
        scope: Some(form.text("scope")),
        audience,
        key,
    };
    match form.secret("refresh_token") {
        none if none.expose().is_empty() => Err(Wire::missing("refresh_token")),
        token => Ok(
            domain::refresh::refresh(app, token.expose(), &asked, caller)
                .await?
                .into(),
        ),
    }
}
