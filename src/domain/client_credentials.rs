//! An access token for a client itself (RFC 6749 §4.4): no user, no device, no refresh token.

use super::{
    clients::{self, CLIENT_CREDENTIALS},
    error::Error,
};
use crate::{
    app::App,
    crypto::{
        access_token::{Claims, Confirmation, Subject},
        secret::Secret,
    },
    db::oauth_clients::Client,
    ids::Thumbprint,
};

/// The answer of RFC 6749 §4.4.3. The lifetime is in seconds.
#[derive(Debug)]
pub struct ClientGranted {
    /// The signed access token.
    pub access_token: Secret<String>,
    /// Whether it is bound to a key.
    pub is_bound: bool,
    /// How long it lives.
    pub expires_in: i64,
    /// What was granted.
    pub scope: String,
}

/// Signs an access token for a client that has proven who it is, bound to the key that it proves to hold, if it
/// does. No statement.
///
/// # Errors
/// The refusals of [`clients::may_use`], [`clients::granted_scope`] and [`clients::granted_audience`].
pub fn grant(
    app: &App,
    client: &Client,
    scope: Option<&str>,
    resource: Option<&str>,
    key: Option<Thumbprint>,
) -> Result<ClientGranted, Error> {
    clients::may_use(client, CLIENT_CREDENTIALS)?;
    let scope = clients::granted_scope(client, scope)?;
    let keyring = app.keyring();
    let now = app.clock.now();
    let claims = Claims {
        iss: keyring.issuer().to_owned(),
        aud: clients::granted_audience(app, client, resource)?,
        exp: (now + app.config.access_token_ttl).timestamp(),
        iat: now.timestamp(),
        nbf: now.timestamp(),
        jti: app.clock.unordered_id(),
        client_id: client.client_id.clone(),
        scope,
        cnf: key.map(Confirmation::from),
        subject: Subject::Client {
            sub: client.client_id.clone(),
        },
    };
    Ok(ClientGranted {
        access_token: keyring.sign(&claims)?,
        is_bound: claims.cnf.is_some(),
        expires_in: claims.exp - claims.iat,
        scope: claims.scope,
    })
}
