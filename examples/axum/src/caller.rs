//! Who calls: the claims of an access token, once everything about it has been checked. Doorward
//! is not asked about a token.

use std::sync::Arc;

use axum::{
    Json,
    extract::FromRequestParts,
    http::{
        StatusCode,
        header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use jsonwebtoken::{Validation, decode, decode_header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::keys::{Keys, Missing};

/// Whose tokens are taken, and for whom they have to be.
pub struct Doorward {
    issuer: String,
    audience: String,
    keys: Keys,
}

impl Doorward {
    /// The server that is found under this issuer.
    pub fn new(issuer: &str, audience: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            keys: Keys::at(format!("{issuer}/.well-known/jwks.json")),
        }
    }

    async fn check(&self, token: &str) -> Result<Caller, Refused> {
        let header = decode_header(token).map_err(|_| Refused::Token)?;
        // An issuer signs other things with the same keys, such as ID tokens (RFC 9068 §4).
        let typ = header.typ.unwrap_or_default().to_ascii_lowercase();
        if typ.strip_prefix("application/").unwrap_or(&typ) != "at+jwt" {
            return Err(Refused::Token);
        }
        let kid = header.kid.ok_or(Refused::Token)?;
        let key = self
            .keys
            .find(&kid)
            .await
            .map_err(|missing| match missing {
                Missing::Unknown => Refused::Token,
                Missing::Unreachable => Refused::Unavailable,
            })?;

        // The algorithm is the key's, never the token's: else a caller would sign with HS256 and
        // the public key.
        let mut checks = Validation::new(key.algorithm);
        // One Doorward may serve several APIs. Without these two, each would take the others' tokens.
        checks.set_issuer(&[&self.issuer]);
        checks.set_audience(&[&self.audience]);
        // What is not there is not checked, and a token without `exp` would live for ever.
        checks.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        checks.validate_nbf = true;
        // Seconds by which the two clocks may differ; the default is a minute, in which a token
        // that has expired lives on.
        checks.leeway = 5;
        let token = decode::<Claims>(token, &key.decoding, &checks).map_err(|_| Refused::Token)?;
        // Bound to a key (RFC 9449): without a proof of it, which this API does not read, it may be stolen.
        match token.claims.cnf {
            None => Ok(token.claims.caller),
            Some(_) => Err(Refused::Token),
        }
    }
}

/// What is read of a token.
#[derive(Deserialize)]
struct Claims {
    cnf: Option<Value>,
    #[serde(flatten)]
    caller: Caller,
}

/// What a handler wants to know of the caller; the token says more.
#[derive(Deserialize, Serialize)]
pub struct Caller {
    /// The user, or the client that acts for itself.
    pub sub: String,
    /// For people to read; it may change, `sub` does not.
    pub username: Option<String>,
    /// The user's roles.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The device that the user signed in on.
    pub device_id: Option<String>,
}

impl FromRequestParts<Arc<Doorward>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(
        request: &mut Parts,
        doorward: &Arc<Doorward>,
    ) -> Result<Self, Refused> {
        let sent = request.headers.get(AUTHORIZATION);
        let sent = sent.and_then(|value| value.to_str().ok());
        let (scheme, token) = sent
            .and_then(|value| value.split_once(' '))
            .ok_or(Refused::Token)?;
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(Refused::Token);
        }
        doorward.check(token.trim()).await
    }
}

/// Why there is no caller.
pub enum Refused {
    /// The app asks Doorward for a fresh access token once, and tries again.
    Token,
    /// Our trouble, not the caller's: an app that is told 401 would throw its token away.
    Unavailable,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Token => (
                StatusCode::UNAUTHORIZED,
                [(WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#)],
                Json(json!({ "error": "invalid_token" })),
            )
                .into_response(),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                [(RETRY_AFTER, "5")],
                Json(json!({ "error": "temporarily_unavailable" })),
            )
                .into_response(),
        }
    }
}
