//! What a token is worth at this moment (RFC 7662): asked of the database, not of what was heard.

use std::sync::Arc;

use sqlx::PgConnection;

use super::{error::Error, refresh};
use crate::{
    app::App,
    crypto::{
        access_token::{Claims, Subject},
        refresh_token::RefreshToken,
        verified::VerifiedToken,
    },
    db::{
        oauth_clients::{self, Client},
        refresh_tokens::{self, Holder, Standing},
        revoked_access_tokens,
    },
};

/// Who asks.
#[derive(Debug)]
pub enum Asker {
    /// A client that has proven who it is: it is told about its own tokens, and about the access
    /// tokens that are for it.
    Client(Box<Client>),
    /// An administrator, who is told about every token.
    Administrator,
}

/// A token that is worth something.
#[derive(Debug)]
pub enum Active {
    /// The current refresh token of a grant.
    RefreshToken(Box<Holder>),
    /// An access token.
    AccessToken(Arc<VerifiedToken>),
}

/// What a token is worth; `None` for nothing, and for what is none of the asker's business.
/// At most three statements.
///
/// # Errors
/// Those of the database.
pub async fn introspect(app: &App, asker: &Asker, token: &str) -> Result<Option<Active>, Error> {
    let mut db = app.db().await?;
    if let Some(token) = RefreshToken::parse(token, &app.keys) {
        let holder = current(app, &mut db, &token).await?;
        db.hand_on();
        let holder = holder.filter(|holder| match asker {
            Asker::Client(client) => client.client_id == holder.client_id,
            Asker::Administrator => true,
        });
        return Ok(holder.map(|holder| Active::RefreshToken(Box::new(holder))));
    }
    let Ok(claims) = app.keyring().verify_for_any(token, app.clock.now()) else {
        return Ok(None);
    };
    let concerns = match asker {
        Asker::Client(client) => concerns(app, client, &claims),
        Asker::Administrator => true,
    };
    let active = concerns && is_good(app, &mut db, &claims).await?;
    db.hand_on();
    Ok(active.then_some(Active::AccessToken(claims)))
}

/// Whether an access token is the client's own, or for it as a resource server.
fn concerns(app: &App, client: &Client, claims: &Claims) -> bool {
    let is_for_it = match client.audiences.as_slice() {
        [] => claims.aud == app.config.audience,
        audiences => audiences.contains(&claims.aud),
    };
    is_for_it || claims.client_id == client.client_id
}

/// The holder of a refresh token that would be rotated if it were presented by its client.
async fn current(
    app: &App,
    db: &mut PgConnection,
    token: &RefreshToken,
) -> Result<Option<Holder>, Error> {
    let now = app.clock.now();
    let found = refresh_tokens::find_standing(db, token.grant, now).await?;
    let current = found.filter(|standing| {
        standing.generation == token.generation
            && !refresh::is_ahead(standing, token.generation, token.hash())
            && is_in_good_standing(standing)
            && standing.holder.expires_at > now
    });
    Ok(current.map(|standing| standing.holder))
}

async fn is_good(app: &App, db: &mut PgConnection, claims: &Claims) -> Result<bool, Error> {
    if revoked_access_tokens::exists(db, claims.jti).await? {
        return Ok(false);
    }
    let now = app.clock.now();
    Ok(match &claims.subject {
        Subject::User(user) => refresh_tokens::find_standing(db, user.sid, now)
            .await?
            .is_some_and(|standing| {
                is_in_good_standing(&standing) && standing.holder.roles == user.roles
            }),
        Subject::Client { sub } => oauth_clients::find(db, sub, now)
            .await?
            .is_some_and(|client| !client.disabled),
    })
}

fn is_in_good_standing(standing: &Standing) -> bool {
    !(standing.ended
        || standing.token_disabled
        || standing.device_disabled
        || standing.user_disabled
        || standing.client_disabled)
}
