//! Audiences whose access tokens only they can read: signed, then encrypted to a public key that an operator
//! registers (RFC 7519 §11.2).

use serde_json::Value;

use super::{
    Actor,
    error::{Error, Thing},
    keys, texts,
};
use crate::{
    app::App,
    crypto::jwe::{Recipient, Unfit},
    db::{
        audience_keys::{self, AudienceKey},
        audit_events::{Action, Event},
    },
};

/// All, by audience.
///
/// # Errors
/// Those of the database.
pub async fn list(app: &App) -> Result<Vec<AudienceKey>, Error> {
    Ok(audience_keys::list(&mut *app.db().await?).await?)
}

/// Has the access tokens for an audience encrypted to a public JWK (RFC 7517) from now on, in place of the one
/// before; other servers on the same database follow within a second.
///
/// # Errors
/// [`Error::Invalid`] for what is no audience of others, or no key to encrypt to.
pub async fn set(app: &App, actor: &Actor, audience: &str, jwk: &Value) -> Result<(), Error> {
    let named = texts::audiences(&[audience.to_owned()])?;
    let audience = named.first().filter(|it| **it != app.config.audience);
    let audience = audience.ok_or(Error::Invalid {
        field: "audience",
        message: "name the audience of another server: what is for this one must be readable here",
    })?;
    let recipient = Recipient::from_jwk(jwk).map_err(unfit)?;
    let mut change = app.change(actor).await?;
    let (kid, alg) = (recipient.kid.as_str(), recipient.alg());
    audience_keys::set(&mut change, audience, (kid, alg), &recipient.jwk).await?;
    let event = Event::on_server(Action::AudienceKeySet)
        .with("audience", audience.as_str())
        .with("kid", kid)
        .with("alg", alg);
    change.commit(event).await?;
    keys::take_over(app).await;
    Ok(())
}

/// Has the access tokens for an audience signed only, from now on.
///
/// # Errors
/// Not found.
pub async fn remove(app: &App, actor: &Actor, audience: &str) -> Result<(), Error> {
    let mut change = app.change(actor).await?;
    let Some(kid) = audience_keys::delete(&mut change, audience).await? else {
        return Err(Error::NotFound(Thing::AudienceKey));
    };
    let event = Event::on_server(Action::AudienceKeyRemoved)
        .with("audience", audience)
        .with("kid", kid);
    change.commit(event).await?;
    keys::take_over(app).await;
    Ok(())
}

fn unfit(why: Unfit) -> Error {
    Error::Invalid {
        field: "jwk",
        message: why.said(),
    }
}
