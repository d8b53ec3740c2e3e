//! `POST /introspect` (RFC 7662).

use std::sync::Arc;

use rocket::{State, post};
use serde::Serialize;
use uuid::Uuid;

use super::{
    answer::{Answer, Reply},
    error::Wire,
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
    ids::{ClientId, DeviceId, GrantId},
};

/// What a token is worth. One that is worth nothing is `{"active": false}` and no more (§2.2).
#[derive(Default, Serialize)]
pub struct Introspection {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<ClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<GrantId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<DeviceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
}

impl Introspection {
    fn of_access_token(claims: Claims) -> Self {
        let common = Self {
            active: true,
            token_type: Some("Bearer"),
            iss: Some(claims.iss),
            aud: Some(claims.aud),
            client_id: Some(claims.client_id),
            scope: Some(claims.scope),
            exp: Some(claims.exp),
            iat: Some(claims.iat),
            nbf: Some(claims.nbf),
            jti: Some(claims.jti),
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
            ..Self::default()
        }
    }
}

/// Tells a resource server, or an administrator, what a token is worth at this moment.
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
        Some(Active::AccessToken(claims)) => Introspection::of_access_token(*claims),
        Some(Active::RefreshToken(holder)) => {
            Introspection::of_refresh_token(*holder, &app.config.issuer)
        }
    }))
}
