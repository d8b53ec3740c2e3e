//! Username and password, for a grant on a device.

use super::{
    Actor, ActorKind, Caller,
    error::Error,
    granted::Granted,
    password, texts,
    throttle::{Attempt, Subject},
    username::Username,
};
use crate::{
    app::App,
    crypto::{device_token, refresh_token::RefreshToken, secret::Secret},
    db::{
        audit_events::{Action, Event},
        change::Change,
        devices, disabling,
        ended::{self, Ended},
        refresh_tokens::{self, Holder},
        refusals::{self, Refused},
        users,
    },
    ids::{DeviceId, GrantId, UserId},
};

/// The built-in public client (RFC 6749 §2.1) of first-party apps.
pub const FIRST_PARTY: &str = "first-party";

/// Why a sign-in was refused. All but the first are told only to who knows the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such user, no password set, or another password.
    BadCredentials,
    /// The user is disabled.
    UserDisabled,
    /// The device that its token proves is disabled.
    DeviceDisabled,
    /// There is no such client.
    UnknownClient,
}

/// What an app sends.
#[derive(Debug)]
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
    pub client_id: Option<&'a str>,
}

/// The device part of a sign-in, parsed.
struct Claim {
    proven: Option<DeviceId>,
    name: Option<String>,
    kind: Option<String>,
}

/// Someone who knows the password.
struct Known<'a> {
    user: UserId,
    verified_hash: &'a str,
    upgraded_hash: Option<String>,
    claim: Claim,
    attempt: Attempt,
}

/// Signs a user in on a device. One hash; the device's former grant is replaced.
///
/// # Errors
/// The [`Refusal`]s; [`Error::Throttled`] and [`Error::Overloaded`] before any hash.
pub async fn sign_in(app: &App, request: &SignIn<'_>, caller: &Caller) -> Result<Granted, Error> {
    if request
        .client_id
        .is_some_and(|client| client != FIRST_PARTY)
    {
        return Err(Error::SignIn(Refusal::UnknownClient));
    }
    let claim = Claim {
        proven: request
            .device_token
            .and_then(|token| device_token::parse(token, &app.keys)),
        name: request.device_name.map(texts::device_name).transpose()?,
        kind: request.device_kind.map(texts::device_kind).transpose()?,
    };
    let name = Username::parse(request.username).ok();
    let counted_as = name.as_ref().map_or(request.username, Username::as_str);

    let mut db = app.db().await?;
    let found = match &name {
        Some(name) => {
            users::find_for_sign_in(&mut db, name.as_str(), claim.proven, app.clock.now()).await?
        }
        None => None,
    };
    let subject = found
        .as_ref()
        .and_then(|user| user.known_device)
        .map_or(Subject::Account(counted_as), Subject::Device);
    let attempt = Attempt::begin(app, &mut db, subject, caller).await?;
    // The connection goes back before hashing: a hash takes some 30 ms of one core, and
    // a few of them would otherwise hold every connection while refreshes wait.
    drop(db);

    let stored = found
        .as_ref()
        .and_then(|user| user.password_hash.as_deref());
    let refused = Refused {
        user: found.as_ref().map(|user| user.id),
        device: claim.proven,
        grant: None,
    };
    let typed = password::prepare(request.password);
    let compared = match app
        .hasher
        .compare(
            typed.as_ref().unwrap_or(&Secret::new(String::new())),
            stored,
        )
        .await
    {
        Ok(compared) => compared,
        Err(error) => {
            attempt.withdrawn(app, &mut *app.db().await?).await?;
            return Err(error.into());
        }
    };
    let (Some(user), Some(verified_hash), Some(typed), true) =
        (&found, stored, typed, compared.matches)
    else {
        return refuse(app, Refusal::BadCredentials, refused, caller).await;
    };
    let upgraded_hash = if compared.outdated {
        app.hasher.hash(&typed).await.ok()
    } else {
        None
    };
    let known = Known {
        user: user.id,
        verified_hash,
        upgraded_hash,
        claim,
        attempt,
    };
    match grant(app, known, caller).await? {
        Ok(granted) => Ok(granted),
        Err(refusal) => refuse(app, refusal, refused, caller).await,
    }
}

async fn refuse(
    app: &App,
    refusal: Refusal,
    refused: Refused,
    caller: &Caller,
) -> Result<Granted, Error> {
    let reason = match refusal {
        Refusal::BadCredentials => "bad_credentials",
        Refusal::UserDisabled => "user_disabled",
        Refusal::DeviceDisabled => "device_disabled",
        Refusal::UnknownClient => "unknown_client",
    };
    refusals::insert(
        &mut *app.db().await?,
        app.clock.id(),
        app.clock.now(),
        refused,
        reason,
        caller,
    )
    .await?;
    Err(Error::SignIn(refusal))
}

/// The transaction that makes the grant. Standing and password hash are read again under
/// a lock: a password changed, or a user disabled, while we were hashing must win.
async fn grant(
    app: &App,
    known: Known<'_>,
    caller: &Caller,
) -> Result<Result<Granted, Refusal>, Error> {
    let actor = Actor {
        kind: ActorKind::User,
        user: Some(known.user),
        caller: caller.clone(),
    };
    let mut change = app.change(&actor).await?;
    let user = match users::lock(&mut change, known.user).await? {
        Some(user) if user.password_hash.as_deref() == Some(known.verified_hash) => user,
        _ => return Ok(Err(Refusal::BadCredentials)),
    };
    if user.disabled {
        return Ok(Err(Refusal::UserDisabled));
    }
    let (device, new_device) =
        match claim_device(app, &mut change, known.user, &known.claim).await? {
            Ok(claimed) => claimed,
            Err(refusal) => return Ok(Err(refusal)),
        };

    let now = change.now();
    let absolute_expires_at = now + app.config.refresh_token_max_ttl;
    let holder = Holder {
        grant: GrantId(app.clock.id()),
        user_id: known.user,
        username: user.username,
        roles: user.roles,
        device_id: device,
        client_id: FIRST_PARTY.to_owned(),
        scope: String::new(),
        created_at: now,
        expires_at: (now + app.config.refresh_token_idle_ttl).min(absolute_expires_at),
        absolute_expires_at,
    };
    let token = RefreshToken::first(holder.grant);
    let replaced = ended::end_of_device(&mut change, device, Ended::Replaced).await?;
    let keep = i64::from(app.config.max_grants_per_user) - 1;
    let surplus = ended::end_surplus_of_user(&mut change, known.user, keep).await?;
    refresh_tokens::insert(&mut change, &holder, token.hash(), &caller.user_agent).await?;
    if let Some(hash) = &known.upgraded_hash {
        users::set_password_hash(&mut change, known.user, hash).await?;
    }
    known.attempt.succeeded(app, change.db()).await?;
    let event = Event::on(
        Action::SignedIn,
        disabling::Subject::Grant(holder.grant),
        known.user,
    )
    .with("device_id", device.to_string())
    .with("new_device", new_device)
    .with("replaced", replaced.map(|grant| grant.to_string()))
    .with("ended_for_too_many", surplus)
    .with("password_hash_upgraded", known.upgraded_hash.is_some());
    change.commit(event).await?;
    Granted::sign(app, holder, &token, now).map(Ok)
}

/// The device that its token proves, if it is this user's, or a new one; and whether it is new.
async fn claim_device(
    app: &App,
    change: &mut Change<'_>,
    user: UserId,
    claim: &Claim,
) -> Result<Result<(DeviceId, bool), Refusal>, Error> {
    if let Some(device) = claim.proven {
        match devices::lock_of_user(change, device, user).await? {
            Some(locked) if locked.disabled => return Ok(Err(Refusal::DeviceDisabled)),
            Some(_) => {
                devices::set_used(change, device, claim.name.as_deref(), claim.kind.as_deref())
                    .await?;
                return Ok(Ok((device, false)));
            }
            // Another user's device, or one long purged: for this user it is a new one.
            None => {}
        }
    }
    let device = DeviceId(app.clock.id());
    let name = claim.name.as_deref().unwrap_or("Unnamed device");
    devices::insert(
        change,
        device,
        user,
        name,
        claim.kind.as_deref().unwrap_or("unknown"),
    )
    .await?;
    Ok(Ok((device, true)))
}
