//! The first administrator, made in the browser by the one-time code that the start printed.

use std::time::Duration;

use super::{
    Actor, ActorKind, Caller, admin_session,
    error::{Error, Thing},
    password,
    username::Username,
};
use crate::{
    app::App,
    crypto::{opaque_token::OpaqueToken, secret::Secret, setup_code},
    db::{
        audit_events::{Action, Event},
        disabling::Subject,
        setup_codes, users,
    },
    ids::UserId,
};

/// How long a code can be used.
const CODE_TTL: Duration = Duration::from_hours(1);

/// The path of the page that takes the code.
pub const SETUP_PATH: &str = "/admin/setup";

/// Makes a new code, which voids the one before; none once there is an administrator.
///
/// # Errors
/// Those of the database.
pub async fn make_code(app: &App) -> Result<Option<Secret<String>>, Error> {
    let caller = Caller {
        address: None,
        user_agent: "doorward".to_owned(),
        request_id: app.clock.id(),
    };
    let actor = Actor {
        kind: ActorKind::System,
        user: None,
        caller,
    };
    let mut change = app.change(&actor).await?;
    if users::any_administrator(change.db()).await? {
        return Ok(None);
    }
    let code = setup_code::generate();
    let hash = setup_code::hash(code.expose()).ok_or(Error::NotFound(Thing::SetupCode))?;
    let expires_at = change.now() + CODE_TTL;
    setup_codes::replace(&mut change, app.clock.id(), hash, expires_at).await?;
    change
        .commit(Event::on_server(Action::SetupCodeMade))
        .await?;
    Ok(Some(code))
}

/// Uses the code up, makes the first administrator and signs the browser in. Costs one hash.
///
/// # Errors
/// Not found, for a code that is wrong, used or over an hour old, also once there is an
/// administrator; what is wrong with name or password, and then the code can still be used.
pub async fn create_first(
    app: &App,
    code: &str,
    username: &str,
    typed: &Secret<String>,
    caller: &Caller,
) -> Result<OpaqueToken, Error> {
    let code = setup_code::hash(code).ok_or(Error::NotFound(Thing::SetupCode))?;
    // Before anything that costs: nobody without the code has a password hashed here.
    if !setup_codes::is_open(&mut *app.db().await?, code, app.clock.now()).await? {
        return Err(Error::NotFound(Thing::SetupCode));
    }
    let username = Username::choose(username)?;
    let password = password::choose(app, typed, &[username.as_str()]).await?;
    let hash = app.hasher.hash(&password).await?;
    let id = UserId(app.clock.id());
    let actor = Actor::anonymous(caller);
    let mut change = app.change(&actor).await?;
    let good = setup_codes::delete(&mut change, code).await?;
    if !good || users::any_administrator(change.db()).await? {
        return Err(Error::NotFound(Thing::SetupCode));
    }
    users::insert(
        &mut change,
        id,
        username.as_str(),
        None,
        Some(&hash),
        &["admin".to_owned()],
    )
    .await?;
    let token = admin_session::insert(app, &mut change, id).await?;
    change
        .commit(Event::on(Action::UserCreated, Subject::User(id), id).with("by", "setup code"))
        .await?;
    Ok(token)
}
