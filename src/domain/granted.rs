//! What a sign-in and a refresh answer: the pair of tokens.

use chrono::{DateTime, Utc};

use super::{error::Error, status_lists};
use crate::{
    app::App,
    crypto::{
        access_token::{Claims, Confirmation, Subject, UserClaims},
        device_token,
        refresh_token::RefreshToken,
        secret::Secret,
    },
    db::refresh_tokens::Holder,
    ids::{DeviceId, Thumbprint},
};

/// The answer of RFC 6749 §5.1, with what a device's app needs. Lifetimes in seconds.
#[derive(Debug)]
pub struct Granted {
    /// The signed access token.
    pub access_token: Secret<String>,
    /// Whether it is bound to a key.
    pub is_bound: bool,
    /// How long it lives.
    pub expires_in: i64,
    /// The opaque refresh token.
    pub refresh_token: Secret<String>,
    /// How long it lives, if it is not used.
    pub refresh_expires_in: i64,
    /// The device.
    pub device_id: DeviceId,
    /// What proves at the next sign-in that it is this device.
    pub device_token: Secret<String>,
    /// What was granted.
    pub scope: String,
}

/// What an access token is good for, where that is less than the grant.
#[derive(Debug, Default)]
pub struct Narrowed {
    /// These scopes only.
    pub scope: Option<String>,
    /// For this audience.
    pub audience: Option<String>,
    /// In the hands of whoever holds this key (RFC 9449 §6).
    pub key: Option<Thumbprint>,
}

impl Granted {
    /// Signs an access token for the holder of `token`. No statement: called after the commit.
    ///
    /// # Errors
    /// [`Error::Internal`] when the crypto library refuses.
    pub fn sign(
        app: &App,
        holder: Holder,
        token: &RefreshToken,
        narrowed: Narrowed,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        app.counts.active.saw(&holder);
        let issued = now.timestamp();
        // An access token does not outlive its grant.
        let expires = (now + app.config.access_token_ttl)
            .min(holder.absolute_expires_at)
            .timestamp();
        let keyring = app.keyring();
        let own = holder.audiences.into_iter().next();
        let audience = narrowed.audience.or(own);
        let claims = Claims {
            iss: keyring.issuer().to_owned(),
            aud: audience.unwrap_or_else(|| keyring.audience().to_owned()),
            exp: expires,
            iat: issued,
            nbf: issued,
            jti: app.clock.unordered_id(),
            client_id: holder.client_id,
            scope: narrowed.scope.unwrap_or(holder.scope),
            cnf: narrowed.key.map(Confirmation::from),
            subject: Subject::User(UserClaims {
                sub: holder.user_id,
                auth_time: holder.created_at.timestamp(),
                sid: holder.grant,
                device_id: holder.device_id,
                username: holder.username,
                roles: holder.roles,
                status: holder
                    .status_index
                    .and_then(|index| status_lists::claim(&app.config, index)),
            }),
        };
        Ok(Self {
            access_token: keyring.sign(&claims)?,
            is_bound: claims.cnf.is_some(),
            expires_in: expires - issued,
            refresh_token: token.encode(&app.keys),
            refresh_expires_in: (holder.expires_at - now).num_seconds(),
            device_id: holder.device_id,
            device_token: device_token::encode(holder.device_id, &app.keys),
            scope: claims.scope,
        })
    }
}
