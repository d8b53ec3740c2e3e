//! `POST /introspect` (RFC 7662).

use std::sync::Arc;

use rocket::{State, post};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    answer::{Answer, Reply},
    error::Wire,
    login::token_type,
};
use crate::{
    app::App,
    crypto::access_token::{Claims, Subject},
    db::{audit_events::Caller, refresh_tokens::Holder},
    domain::{
        self,
        clients::{self, Refusal},
        error::Error,
        introspect::{Active, Asker},
    },
    guard::{client::Basic, fields::Fields, role::AdminIfBearer},
    ids::{ClientId, DeviceId, GrantId, Thumbprint},
};

/// What a token is worth. One that is worth nothing is `{"active": false}` and no more (§2.2).
#[derive(Default, Serialize, ToSchema)]
pub struct Introspection {
    /// It is worth something, and the caller's business.
    active: bool,
    /// `Bearer`, `DPoP` or `refresh_token`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// Who issued it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    /// The user's id, or the client's.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    /// For whom an access token is.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    /// The client that it was given to.
    #[schema(value_type = Option<String>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<ClientId>,
    /// What was granted.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// When it expires, in seconds since 1970.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    /// When it was issued; of a refresh token, the sign-in.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    /// From when on it is valid.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    /// An access token's own id.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<Uuid>,
    /// The sign-in: the id of the refresh token.
    #[schema(value_type = Option<Uuid>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<GrantId>,
    /// The device.
    #[schema(value_type = Option<Uuid>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<DeviceId>,
    /// The user's name.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// What whoever presents it has to prove (RFC 9449 §6.2); nothing where it is left out.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<KeyConfirmation>,
}

/// To hold a key.
#[derive(Serialize, ToSchema)]
struct KeyConfirmation {
    /// Which (RFC 7638).
    #[schema(value_type = String)]
    jkt: Thumbprint,
}

impl From<Thumbprint> for KeyConfirmation {
    fn from(jkt: Thumbprint) -> Self {
        Self { jkt }
    }
}

impl Introspection {
    fn of_access_token(claims: Claims) -> Self {
        let common = Self {
            active: true,
            token_type: Some(token_type(claims.cnf.is_some())),
            iss: Some(claims.iss),
            aud: Some(claims.aud),
            client_id: Some(claims.client_id),
            scope: Some(claims.scope),
            exp: Some(claims.exp),
            iat: Some(claims.iat),
            nbf: Some(claims.nbf),
            jti: Some(claims.jti),
            cnf: claims.cnf.map(|cnf| cnf.jkt.into()),
            ..Self::default()
        };
        match claims.subject {
            Subject::User(user) => Self {
                sub: Some(user.sub.to_string()),
                sid: Some(user.sid),
                device_id: Some(user.device_id),
                username: Some(user.username),
                ..common
            },
            Subject::Client { sub } => Self {
                sub: Some(sub.to_string()),
                ..common
            },
        }
    }

    fn of_refresh_token(holder: Holder, issuer: &str) -> Self {
        Self {
            active: true,
            token_type: Some("refresh_token"),
            iss: Some(issuer.to_owned()),
            sub: Some(holder.user_id.to_string()),
            client_id: Some(holder.client_id),
            scope: Some(holder.scope),
            exp: Some(holder.expires_at.timestamp()),
            iat: Some(holder.created_at.timestamp()),
            sid: Some(holder.grant),
            device_id: Some(holder.device_id),
            username: Some(holder.username),
            cnf: holder.key_thumbprint.map(KeyConfirmation::from),
            ..Self::default()
        }
    }
}

/// Tells a confidential client, or an administrator, what a token is worth at this moment (RFC 7662).
///
/// A client is told about its own tokens, and about access tokens for its audiences. All else is
/// `{"active": false}`.
#[utoipa::path(
    request_body(content = ref("#/components/schemas/IntrospectionForm"), content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What it is worth.", body = Introspection),
        (status = 401, description = "`invalid_client`: `bad_client`, `client_disabled`. Or the access token is not good."),
        (status = 403),
        (status = 429),
    ),
    security(("client" = []), ("bearer" = ["admin"])),
)]
#[post("/introspect", data = "<form>")]
pub async fn introspect(
    app: &State<Arc<App>>,
    caller: Caller,
    administrator: AdminIfBearer,
    basic: Basic,
    form: Fields,
) -> Answer<Introspection> {
    let asker = if administrator.0.is_some() {
        Asker::Administrator
    } else {
        let named = basic.or_of_form(&form)?;
        let named = named.ok_or(Error::Client(Refusal::BadClient))?;
        let client = clients::authenticate(app, &named, &caller).await?;
        // Whoever could say to be a public client could try tokens out here (§4).
        if client.secret_hash.is_none() {
            return Err(Error::Client(Refusal::BadClient).into());
        }
        Asker::Client(Box::new(client))
    };
    let token = form.secret("token");
    if token.expose().is_empty() {
        return Err(Wire::missing("token"));
    }
    let active = domain::introspect::introspect(app, &asker, token.expose()).await?;
    Ok(Reply::ok(match active {
        None => Introspection::default(),
        Some(Active::AccessToken(claims)) => Introspection::of_access_token(Claims::clone(&claims)),
        Some(Active::RefreshToken(holder)) => {
            Introspection::of_refresh_token(*holder, &app.config.issuer)
        }
    }))
}
