//! Username and password, for a grant on a device.

use super::{
    Actor, ActorKind, Caller,
    clients::{self, Credentials},
    credentials::{self, Verified},
    error::Error,
    granted::{Granted, Narrowed},
    texts,
};
use crate::{
    app::App,
    crypto::{device_token, password::Place, refresh_token::RefreshToken, secret::Secret},
    db::{
        audit_events::{Action, Event},
        change::Change,
        connection::Connection,
        devices, disabling,
        ended::{self, Ended},
        oauth_clients::Client,
        refresh_tokens::{
            Holder,
            granting::{self, Kept, NewDevice},
        },
        refusals::Refused,
        rollups::Kind,
    },
    ids::{ClientId, DeviceId, GrantId, Thumbprint, UserId},
};

/// How many devices of a user are remembered that are signed out: whoever signs in again and
/// again on new devices must not fill the tables.
const SIGNED_OUT_DEVICES: i64 = 200;

/// Why a sign-in was refused. All but the first are told only to who knows the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such user, no password set, or another password.
    BadCredentials,
    /// The user is disabled.
    UserDisabled,
    /// The device that its token proves is disabled.
    DeviceDisabled,
}

impl Refusal {
    /// The stable `reason` of answers and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadCredentials => "bad_credentials",
            Self::UserDisabled => "user_disabled",
            Self::DeviceDisabled => "device_disabled",
        }
    }
}

/// What an app sends.
pub struct SignIn<'a> {
    /// As typed.
    pub username: &'a str,
    /// As typed.
    pub password: &'a Secret<String>,
    /// Proves that this device has signed in before.
    pub device_token: Option<&'a str>,
    /// What to call the device.
    pub device_name: Option<&'a str>,
    /// What kind of device it is.
    pub device_kind: Option<&'a str>,
    /// The app.
    pub client: &'a Credentials,
    /// What it asks for, if not for all that it may have.
    pub scope: Option<&'a str>,
    /// The key that it proves to hold, to which it will have its tokens bound.
    pub key: Option<Thumbprint>,
}

/// The device part of a sign-in, parsed.
struct Claim {
    proven: Option<DeviceId>,
    name: Option<String>,
    kind: Option<String>,
}

/// Who asks, and for what.
struct Asked {
    client: Client,
    scope: String,
    key: Option<Thumbprint>,
}

/// Signs a user in on a device. One hash; the device's former grant is replaced.
///
/// # Errors
/// The [`Refusal`]s, those of the client ([`clients::Refusal`]); [`Error::Throttled`]
/// before any hash, and [`Error::Overloaded`] before anything.
pub async fn sign_in(app: &App, request: &SignIn<'_>, caller: &Caller) -> Result<Granted, Error> {
    let place = app.hasher.place_for_app()?;
    let mut db = app.db().await?;
    let counted = |client: Option<&ClientId>, error: &Error| {
        app.counts.refused(Kind::SignInRefused, client, error);
    };
    let client = clients::authenticate_on(app, &mut db, request.client, caller)
        .await
        .inspect_err(|error| counted(None, error))?;
    let id = client.client_id.clone();
    let granted = with_client(app, db, place, client, request, caller)
        .await
        .inspect_err(|error| counted(Some(&id), error))?;
    app.counts.count(Kind::SignedIn, Some(&id));
    Ok(granted)
}

/// Signs a user in for a client that has said or proven who it is.
async fn with_client(
    app: &App,
    db: Connection,
    place: Place,
    client: Client,
    request: &SignIn<'_>,
    caller: &Caller,
) -> Result<Granted, Error> {
    clients::may_use(&client, clients::REFRESH_TOKEN)?;
    let scope = clients::granted_scope(&client, request.scope)?;
    let claim = Claim {
        proven: request
            .device_token
            .and_then(|token| device_token::parse(token, &app.keys)),
        name: request.device_name.map(texts::device_name).transpose()?,
        kind: request.device_kind.map(texts::device_kind).transpose()?,
    };
    let verified = credentials::verify(
        app,
        db,
        place,
        request.username,
        request.password,
        claim.proven,
        caller,
    )
    .await?;
    let key = request.key.clone();
    let asked = Asked { client, scope, key };
    match grant(app, &verified, &claim, asked, caller).await? {
        Ok(granted) => Ok(granted),
        Err(refusal) => {
            if refusal != Refusal::BadCredentials {
                verified.withdraw(app).await?;
            }
            let refused = Refused {
                user: Some(verified.user),
                device: claim.proven,
                grant: None,
            };
            Err(credentials::refuse(app, refusal, refused, caller).await)
        }
    }
}

/// Makes the grant: with one statement if the device is new and nothing else has to change, else with a
/// transaction.
async fn grant(
    app: &App,
    verified: &Verified,
    claim: &Claim,
    asked: Asked,
    caller: &Caller,
) -> Result<Result<Granted, Refusal>, Error> {
    let actor = Actor {
        kind: ActorKind::User,
        user: Some(verified.user),
        caller: caller.clone(),
    };
    let narrowed = Narrowed {
        key: asked.key.clone(),
        ..Narrowed::default()
    };
    let mut holder = new_holder(app, verified.user, asked);
    let token = RefreshToken::first(holder.grant);
    let is_granted = claim.proven.is_none()
        && grant_alone(app, verified, claim, &mut holder, token.hash(), &actor).await?;
    if !is_granted
        && let Err(refusal) =
            grant_in_change(app, verified, claim, &mut holder, token.hash(), &actor).await?
    {
        return Ok(Err(refusal));
    }
    let now = holder.created_at;
    Granted::sign(app, holder, &token, narrowed, now).map(Ok)
}

/// What is granted from now on, on a new device; name, roles and the place in the status lists are still to be read.
fn new_holder(app: &App, user: UserId, asked: Asked) -> Holder {
    let now = app.clock.now();
    let absolute_expires_at = now + app.config.refresh_token_max_ttl;
    let is_public = asked.client.secret_hash.is_none();
    Holder {
        grant: GrantId(app.clock.id()),
        user_id: user,
        username: String::new(),
        roles: Vec::new(),
        device_id: DeviceId(app.clock.id()),
        client_id: asked.client.client_id,
        audiences: asked.client.audiences,
        scope: asked.scope,
        created_at: now,
        expires_at: (now + app.config.refresh_token_idle_ttl).min(absolute_expires_at),
        absolute_expires_at,
        // A client with a secret proves at each refresh who it is, and may change its key (RFC 9449 §5).
        key_thumbprint: asked.key.filter(|_| is_public),
        status_index: None,
    }
}

fn new_device(claim: &Claim) -> NewDevice<'_> {
    NewDevice {
        name: claim.name.as_deref().unwrap_or("Unnamed device"),
        kind: claim.kind.as_deref().unwrap_or("unknown"),
    }
}

fn kept(app: &App) -> Kept {
    Kept {
        grants: i64::from(app.config.max_grants_per_user) - 1,
        signed_out_devices: SIGNED_OUT_DEVICES,
    }
}

/// What came of a sign-in beside the grant.
#[derive(Default)]
struct Beside {
    replaced: Option<GrantId>,
    ended_for_too_many: Vec<GrantId>,
    password_hash_upgraded: bool,
}

fn signed_in(holder: &Holder, on_new_device: bool, beside: &Beside) -> Event {
    let replaced = beside.replaced.iter();
    let ended: Vec<GrantId> = replaced
        .chain(&beside.ended_for_too_many)
        .copied()
        .collect();
    Event::on(
        Action::SignedIn,
        disabling::Subject::Grant(holder.grant),
        holder.user_id,
    )
    .with("device_id", holder.device_id.to_string())
    .with("client_id", holder.client_id.as_str())
    .with("new_device", on_new_device)
    .with("replaced", beside.replaced.map(|grant| grant.to_string()))
    .with("ended_for_too_many", beside.ended_for_too_many.len())
    .with_ended_sessions(&ended)
    .with("password_hash_upgraded", beside.password_hash_upgraded)
}

/// The short way. False: it takes the long one to do it, or to tell why not.
async fn grant_alone(
    app: &App,
    verified: &Verified,
    claim: &Claim,
    holder: &mut Holder,
    secret_hash: [u8; 32],
    actor: &Actor,
) -> Result<bool, Error> {
    let Some(proven) = verified.proven() else {
        return Ok(false);
    };
    let event = signed_in(holder, true, &Beside::default());
    let (device, event) = (new_device(claim), (app.clock.id(), actor, &event));
    let mut db = app.db().await?;
    let kept = kept(app);
    let is_granted =
        granting::insert_alone(&mut db, holder, device, secret_hash, proven, kept, event).await?;
    db.hand_on();
    Ok(is_granted)
}

/// The long way.
async fn grant_in_change(
    app: &App,
    verified: &Verified,
    claim: &Claim,
    holder: &mut Holder,
    secret_hash: [u8; 32],
    actor: &Actor,
) -> Result<Result<(), Refusal>, Error> {
    let mut change = app.change(actor).await?;
    let user = match verified.lock(&mut change).await? {
        Ok(user) => user,
        Err(refusal) => {
            change.undo().await?;
            return Ok(Err(refusal));
        }
    };
    let known = match known_device(&mut change, verified.user, claim).await? {
        Ok(known) => known,
        Err(refusal) => {
            change.undo().await?;
            return Ok(Err(refusal));
        }
    };
    (holder.username, holder.roles) = (user.username, user.roles);
    let mut beside = Beside::default();
    if let Some(device) = known {
        holder.device_id = device;
        beside.replaced = ended::end_of_device(&mut change, device, Ended::Replaced).await?;
    }
    let device = known.is_none().then(|| new_device(claim));
    beside.ended_for_too_many =
        granting::insert(&mut change, holder, device, secret_hash, kept(app)).await?;
    beside.password_hash_upgraded = verified.succeed(app, &mut change).await?;
    let event = signed_in(holder, known.is_none(), &beside);
    change.commit(event).await?;
    Ok(Ok(()))
}

/// The device that its token proves, if it is this user's. Another user's device, or one long purged, is
/// a new one for this user.
async fn known_device(
    change: &mut Change<'_>,
    user: UserId,
    claim: &Claim,
) -> Result<Result<Option<DeviceId>, Refusal>, Error> {
    let Some(device) = claim.proven else {
        return Ok(Ok(None));
    };
    match devices::lock_of_user(change, device, user).await? {
        Some(locked) if locked.disabled => Ok(Err(Refusal::DeviceDisabled)),
        Some(_) => {
            let (name, kind) = (claim.name.as_deref(), claim.kind.as_deref());
            devices::set_used(change, device, name, kind).await?;
            Ok(Ok(Some(device)))
        }
        None => Ok(Ok(None)),
    }
}
