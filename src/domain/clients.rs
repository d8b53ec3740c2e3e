//! Clients (RFC 6749 §2): who they are, what they may ask for; to add, disable and enable them.

use std::time::Duration;

use aws_lc_rs::constant_time;
use sqlx::PgConnection;

use super::{
    Actor, Caller,
    disable::Disabling,
    error::{Conflict, Error, Thing},
    texts, throttle,
};
use crate::{
    app::App,
    crypto::{
        opaque_token::{OpaqueToken, Purpose},
        secret::Secret,
    },
    db::{
        audit_events::{Action, Event},
        oauth_clients::{self, Client},
        refusals::{self, Refused},
        rollups::Kind,
    },
    ids::ClientId,
};

/// The grant of RFC 6749 §6; who has it may sign users in.
pub const REFRESH_TOKEN: &str = "refresh_token";

/// The grant of RFC 6749 §4.4.
pub const CLIENT_CREDENTIALS: &str = "client_credentials";

/// Uses closer together than this are noted once.
const NOTED_EVERY: Duration = Duration::from_mins(1);

/// Why a client does not get what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such client, or not proven to be it.
    BadClient,
    /// The client is disabled.
    ClientDisabled,
    /// The client was not given this grant type.
    GrantNotAllowed,
    /// A scope that the client does not have, or that is none.
    ScopeNotAllowed,
    /// An audience that the client does not have (RFC 8707 §2).
    AudienceNotAllowed,
}

impl Refusal {
    /// The stable `reason` of answers and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadClient => "bad_client",
            Self::ClientDisabled => "client_disabled",
            Self::GrantNotAllowed => "grant_not_allowed",
            Self::ScopeNotAllowed => "scope_not_allowed",
            Self::AudienceNotAllowed => "audience_not_allowed",
        }
    }
}

/// How a client says who it is (RFC 6749 §2.3.1, §3.2.1).
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Its name.
    pub client_id: String,
    /// Its secret; none for a public client.
    pub secret: Option<Secret<String>>,
}

impl Credentials {
    /// Those of the built-in client, which everybody may be.
    pub fn first_party() -> Self {
        Self {
            client_id: ClientId::first_party().to_string(),
            secret: None,
        }
    }
}

/// The client that somebody is. One statement.
///
/// # Errors
/// [`Refusal::BadClient`], for all that is not proven alike; [`Refusal::ClientDisabled`];
/// [`Error::Throttled`] after many wrong ones from one address.
pub async fn authenticate(
    app: &App,
    credentials: &Credentials,
    caller: &Caller,
) -> Result<Client, Error> {
    authenticate_on(app, &mut *app.db().await?, credentials, caller).await
}

/// The same, for a client that comes with a refresh token: its refusal is one of the refresh.
///
/// # Errors
/// As [`authenticate`].
pub async fn authenticate_for_refresh(
    app: &App,
    credentials: &Credentials,
    caller: &Caller,
) -> Result<Client, Error> {
    authenticate(app, credentials, caller)
        .await
        .inspect_err(|error| app.counts.refused(Kind::RefreshRefused, None, error))
}

/// The same, for whoever has more to ask on the same connection.
///
/// # Errors
/// As [`authenticate`].
pub async fn authenticate_on(
    app: &App,
    db: &mut PgConnection,
    credentials: &Credentials,
    caller: &Caller,
) -> Result<Client, Error> {
    let now = app.clock.now();
    let found = match credentials.client_id.parse::<ClientId>() {
        Ok(client) => oauth_clients::find(db, &client, now).await?,
        Err(_) => None,
    };
    let Some(client) = found.filter(|client| proves(credentials, client)) else {
        // Whoever goes on guessing is not worth a row each time.
        throttle::count_wrong_client(app, db, caller).await?;
        let (refusal, nobody) = (Refusal::BadClient, Refused::default());
        refusals::insert(db, app.clock.id(), now, nobody, refusal.as_str(), caller).await?;
        return Err(Error::Client(refusal));
    };
    if client.disabled {
        return Err(Error::Client(Refusal::ClientDisabled));
    }
    let noted_since = now - NOTED_EVERY;
    if client.secret_hash.is_some() && client.last_used_at.is_none_or(|at| at <= noted_since) {
        oauth_clients::set_used(db, &client.client_id, noted_since, now).await?;
    }
    Ok(client)
}

fn proves(credentials: &Credentials, client: &Client) -> bool {
    match (&client.secret_hash, &credentials.secret) {
        (None, None) => true,
        (Some(hash), Some(secret)) => OpaqueToken::parse(Purpose::ClientSecret, secret.expose())
            .is_some_and(|secret| {
                constant_time::verify_slices_are_equal(&secret.hash(), hash).is_ok()
            }),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// Whether a client may use a grant type.
///
/// # Errors
/// [`Refusal::GrantNotAllowed`].
pub fn may_use(client: &Client, grant_type: &str) -> Result<(), Error> {
    let allowed = client.grant_types.iter().any(|may| may == grant_type);
    allowed
        .then_some(())
        .ok_or(Error::Client(Refusal::GrantNotAllowed))
}

/// The scopes of a request, each once; none if it names none (RFC 6749 §3.3).
///
/// # Errors
/// [`Refusal::ScopeNotAllowed`] for what is no scope.
pub fn asked_scopes(scope: Option<&str>) -> Result<Option<Vec<String>>, Error> {
    let Some(text) = scope.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let mut scopes: Vec<String> = Vec::new();
    for scope in text.split(' ') {
        if !texts::is_scope(scope) {
            return Err(Error::Client(Refusal::ScopeNotAllowed));
        }
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    Ok(Some(scopes))
}

/// What a client is granted: what it asks for, or all that it may have.
///
/// # Errors
/// [`Refusal::ScopeNotAllowed`].
pub fn granted_scope(client: &Client, scope: Option<&str>) -> Result<String, Error> {
    let asked = asked_scopes(scope)?;
    let granted = asked.as_ref().unwrap_or(&client.scopes);
    if granted.iter().all(|scope| client.scopes.contains(scope)) {
        Ok(granted.join(" "))
    } else {
        Err(Error::Client(Refusal::ScopeNotAllowed))
    }
}

/// For whom an access token is to be: the `resource` that is named (RFC 8707 §2), the first of
/// the client's audiences, or the configured one.
///
/// # Errors
/// [`Refusal::AudienceNotAllowed`].
pub fn granted_audience(
    app: &App,
    client: &Client,
    resource: Option<&str>,
) -> Result<String, Error> {
    let default = std::slice::from_ref(&app.config.audience);
    let audiences = match client.audiences.as_slice() {
        [] => default,
        own => own,
    };
    let granted = match resource.filter(|text| !text.is_empty()) {
        Some(resource) => audiences.iter().find(|audience| *audience == resource),
        None => audiences.first(),
    };
    granted
        .cloned()
        .ok_or(Error::Client(Refusal::AudienceNotAllowed))
}

/// A client to be.
#[derive(Debug, Default)]
pub struct NewClient<'a> {
    /// Its public name.
    pub client_id: &'a str,
    /// What people call it; without one, its public name.
    pub name: Option<&'a str>,
    /// It cannot keep a secret: an app on a device or in a browser (RFC 6749 §2.1).
    pub public: bool,
    /// Without any: `refresh_token` for a public client, `client_credentials` for another.
    pub grant_types: &'a [String],
    /// What it may ask for.
    pub scopes: &'a [String],
    /// For whom its access tokens can be.
    pub audiences: &'a [String],
    /// Where an authorization endpoint may send a browser back to.
    pub redirect_uris: &'a [String],
}

/// Adds a client. The secret of a confidential one is told this once.
///
/// # Errors
/// What is wrong with a value; a taken name.
pub async fn add(
    app: &App,
    actor: &Actor,
    new: &NewClient<'_>,
) -> Result<(Client, Option<Secret<String>>), Error> {
    let client_id: ClientId = new.client_id.parse().map_err(|_| Error::Invalid {
        field: "client_id",
        message: "write 3 to 64 of a-z, 0-9, dot, dash and underscore, a letter first, and no UUID",
    })?;
    let name = match new.name {
        Some(name) => texts::client_name(name)?,
        None => client_id.to_string(),
    };
    let secret = (!new.public).then(|| OpaqueToken::generate(Purpose::ClientSecret));
    let mut change = app.change(actor).await?;
    let client = Client {
        id: app.clock.id(),
        client_id,
        name,
        kind: if new.public { "public" } else { "confidential" }.to_owned(),
        secret_hash: secret.as_ref().map(|secret| secret.hash().to_vec()),
        grant_types: grant_types(new)?,
        scopes: texts::scopes(new.scopes)?,
        audiences: texts::audiences(new.audiences)?,
        redirect_uris: texts::redirect_uris(new.redirect_uris)?,
        created_at: change.now(),
        last_used_at: None,
        disabled_at: None,
        disabled_until: None,
        disabled_reason: None,
        disabled: false,
    };
    oauth_clients::insert(&mut change, &client).await?;
    let event = Event::on_client(Action::ClientAdded, client.id)
        .with("client_id", client.client_id.as_str())
        .with("kind", client.kind.as_str())
        .with("grant_types", client.grant_types.clone())
        .with("scopes", client.scopes.clone())
        .with("audiences", client.audiences.clone());
    change.commit(event).await?;
    Ok((client, secret.map(|secret| secret.encode())))
}

fn grant_types(new: &NewClient<'_>) -> Result<Vec<String>, Error> {
    let mut grant_types = match new.grant_types {
        [] if new.public => vec![REFRESH_TOKEN.to_owned()],
        [] => vec![CLIENT_CREDENTIALS.to_owned()],
        named => named.to_vec(),
    };
    grant_types.sort();
    grant_types.dedup();
    let known = [CLIENT_CREDENTIALS, REFRESH_TOKEN];
    let message = if !grant_types.iter().all(|it| known.contains(&it.as_str())) {
        "the grant types are refresh_token and client_credentials"
    } else if new.public && grant_types.iter().any(|it| it == CLIENT_CREDENTIALS) {
        "a public client cannot have client_credentials: it has no credentials"
    } else {
        return Ok(grant_types);
    };
    Err(Error::Invalid {
        field: "grant_types",
        message,
    })
}

/// Gives a confidential client another secret. The one before is worth nothing from then on.
///
/// # Errors
/// Not found; [`Conflict::NoSecret`] for a public client.
pub async fn make_secret(
    app: &App,
    actor: &Actor,
    client: &ClientId,
) -> Result<Secret<String>, Error> {
    let secret = OpaqueToken::generate(Purpose::ClientSecret);
    let mut change = app.change(actor).await?;
    let locked = oauth_clients::lock(&mut change, client).await?;
    let (id, _) = locked.ok_or(Error::NotFound(Thing::Client))?;
    if !oauth_clients::set_secret_hash(&mut change, client, secret.hash()).await? {
        return Err(Error::Conflict(Conflict::NoSecret));
    }
    let event = Event::on_client(Action::ClientSecretMade, id).with("client_id", client.as_str());
    change.commit(event).await?;
    Ok(secret.encode())
}

/// Suspends a client: it gets nothing more, and what it got is refused.
///
/// # Errors
/// Not found; what is wrong with reason or time.
pub async fn disable(
    app: &App,
    actor: &Actor,
    client: &ClientId,
    disabling: &Disabling,
) -> Result<(), Error> {
    let mut change = app.change(actor).await?;
    let reason = texts::reason(disabling.reason.as_deref())?;
    let until = texts::until(disabling.until, change.now())?;
    let locked = oauth_clients::lock(&mut change, client).await?;
    let (id, _) = locked.ok_or(Error::NotFound(Thing::Client))?;
    oauth_clients::set_disabled(&mut change, client, until, reason.as_deref()).await?;
    let event = Event::on_client(Action::ClientDisabled, id)
        .because(reason.as_deref())
        .with("client_id", client.as_str())
        .with("until", until.map(|until| until.to_rfc3339()));
    Ok(change.commit(event).await?)
}

/// Ends a suspension. Enabling what is not disabled changes nothing and is no error.
///
/// # Errors
/// Not found.
pub async fn enable(
    app: &App,
    actor: &Actor,
    client: &ClientId,
    reason: Option<&str>,
) -> Result<(), Error> {
    let reason = texts::reason(reason)?;
    let mut change = app.change(actor).await?;
    let locked = oauth_clients::lock(&mut change, client).await?;
    let (id, disabled) = locked.ok_or(Error::NotFound(Thing::Client))?;
    if !disabled {
        return Ok(());
    }
    oauth_clients::set_enabled(&mut change, client).await?;
    let event = Event::on_client(Action::ClientEnabled, id)
        .because(reason.as_deref())
        .with("client_id", client.as_str());
    Ok(change.commit(event).await?)
}

/// One client.
///
/// # Errors
/// Not found.
pub async fn find(app: &App, client: &ClientId) -> Result<Client, Error> {
    oauth_clients::find(&mut *app.db().await?, client, app.clock.now())
        .await?
        .ok_or(Error::NotFound(Thing::Client))
}

/// All clients by name.
///
/// # Errors
/// Those of the database.
pub async fn list(app: &App) -> Result<Vec<Client>, Error> {
    Ok(oauth_clients::list(&mut *app.db().await?, app.clock.now()).await?)
}
