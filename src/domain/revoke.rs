//! Revocation by whoever holds a token (RFC 7009): a refresh token ends its grant, an access
//! token ends alone.

use super::{
    Actor, Caller,
    error::Error,
    refresh::{self, Refusal::WrongClient, refuse},
};
use crate::{
    app::App,
    crypto::{
        access_token::{Claims, Subject as Whom},
        refresh_token::RefreshToken,
    },
    db::{
        audit_events::{Action, Event},
        disabling::Subject,
        ended::{self, Ended},
        oauth_clients::Client,
        refresh_tokens,
        refusals::Refused,
        revoked_access_tokens,
    },
};

/// Takes a token back. What is none of ours, or is worth nothing any more, is no error
/// (RFC 7009 §2.2).
///
/// # Errors
/// [`WrongClient`] for another client's token, which stays what it is (§2.1).
pub async fn revoke(app: &App, client: &Client, token: &str, caller: &Caller) -> Result<(), Error> {
    if let Some(token) = RefreshToken::parse(token, &app.keys) {
        return refresh_token(app, client, &token, caller).await;
    }
    let now = app.clock.now();
    match app.keyring().verify_for_any(token, now) {
        Ok(claims) => access_token(app, client, &claims, caller).await,
        Err(_) => Ok(()),
    }
}

/// Ends the grant, whatever the token's generation: who holds an old one may end what came of it.
async fn refresh_token(
    app: &App,
    client: &Client,
    token: &RefreshToken,
    caller: &Caller,
) -> Result<(), Error> {
    let mut db = app.db().await?;
    let found = refresh_tokens::find_standing(&mut db, token.grant, app.clock.now()).await?;
    drop(db);
    let known =
        found.filter(|standing| !refresh::is_ahead(standing, token.generation, token.hash()));
    let Some(standing) = known else {
        return Ok(());
    };
    let holder = &standing.holder;
    if holder.client_id != client.client_id {
        return refuse(
            app,
            &mut *app.db().await?,
            WrongClient,
            holder.into(),
            caller,
        )
        .await;
    }
    let actor = Actor::anonymous(caller);
    let mut change = app.change(&actor).await?;
    if !ended::end(&mut change, holder.grant, Ended::Revoked).await? {
        return Ok(());
    }
    let subject = Subject::Grant(holder.grant);
    let event = Event::on(Action::TokenRevoked, subject, holder.user_id)
        .with("device_id", holder.device_id.to_string())
        .with("client_id", holder.client_id.as_str());
    Ok(change.commit(event).await?)
}

/// Takes this one access token out; its refresh token goes on.
async fn access_token(
    app: &App,
    client: &Client,
    claims: &Claims,
    caller: &Caller,
) -> Result<(), Error> {
    if claims.client_id != client.client_id {
        let refused = match &claims.subject {
            Whom::User(user) => Refused {
                user: Some(user.sub),
                device: Some(user.device_id),
                grant: Some(user.sid),
            },
            Whom::Client { .. } => Refused::default(),
        };
        return refuse(app, &mut *app.db().await?, WrongClient, refused, caller).await;
    }
    let actor = Actor::anonymous(caller);
    let mut change = app.change(&actor).await?;
    if !revoked_access_tokens::insert(&mut change, claims.jti, claims.expires_at()).await? {
        return Ok(());
    }
    let event = match &claims.subject {
        Whom::User(user) => {
            let subject = Subject::Grant(user.sid);
            Event::on(Action::AccessTokenRevoked, subject, user.sub)
                .with("client_id", claims.client_id.as_str())
        }
        Whom::Client { .. } => Event::on_client(Action::AccessTokenRevoked, client.id),
    };
    Ok(change
        .commit(event.with("jti", claims.jti.to_string()))
        .await?)
}
