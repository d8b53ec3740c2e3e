//! Why something was refused: what is kept of a request, what a token is, and the story of the
//! sign-in behind it. For those with a role only; whoever presents a token is told less. To look at a
//! token is not to present it: nothing of it changes. It is told in the audit log, since a token that
//! works has been in somebody's hands.

use std::sync::Arc;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Caller,
    admin_session::Panelist,
    error::Error,
    refresh::{self, Graces, Presented, Verdict},
    standing,
};
use crate::{
    app::App,
    crypto::{
        access_token::{Claims, Rejection, Subject},
        refresh_token::{Alien, PREFIX, RefreshToken},
        secret::Secret,
        verified::VerifiedToken,
    },
    db::{
        audit_events::{self, Action, Event, StoredEvent, lookup},
        devices::{self, Device},
        disabling::{self, Suspension},
        oauth_clients,
        refresh_tokens::{
            self, Grant, Standing,
            trail::{self, Trail},
        },
        refusals::{self, Refusal},
        revoked_access_tokens,
        users::{self, User},
    },
    ids::{ClientId, DeviceId, GrantId, UserId},
};

/// So many refusals, and events of each subject, are told.
const TOLD: i64 = 10;

/// Whom and what it is about, as all of it stands now.
#[derive(Debug, Default)]
pub struct Case {
    /// The user, while there is such a user.
    pub user: Option<User>,
    /// The device.
    pub device: Option<Device>,
    /// The client, where it is known.
    pub client: Option<ClientId>,
    /// The sign-in.
    pub sign_in: Option<SignIn>,
    /// What of it is disabled.
    pub suspensions: Vec<Suspension>,
    /// What the sign-in was refused, newest first.
    pub refusals: Vec<Refusal>,
    /// What was done to the token and the device, newest first.
    pub events: Vec<StoredEvent>,
}

/// A grant in all that its row tells.
#[derive(Debug)]
pub struct SignIn {
    /// The grant.
    pub grant: Grant,
    /// How it stands.
    pub standing: Standing,
    /// What its rotations left.
    pub trail: Trail,
    /// Why its current token would be refused now.
    pub refused_now: Option<refresh::Refusal>,
}

/// What is known of a request.
#[derive(Debug)]
pub struct OfRequest {
    /// What was refused in it.
    pub refusal: Option<Refusal>,
    /// What was done in it.
    pub events: Vec<StoredEvent>,
    /// Whom the refusal is about.
    pub case: Case,
}

/// Which of a grant's tokens one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// The one that is good for the next refresh.
    Current,
    /// The one before.
    Predecessor,
    /// So many generations older.
    Older(i32),
    /// Of a history that this database does not know.
    Ahead,
}

/// Why an access token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessRefusal {
    /// By itself: its time, or its audience.
    Rejected(Rejection),
    /// By what has become of its user, device, grant or client.
    Standing(standing::Refusal),
}

/// What a token is.
#[derive(Debug)]
pub enum Token {
    /// Nothing that this server made, as far as it can tell.
    Unknown,
    /// No refresh token of this server's.
    Alien(Alien),
    /// No access token of this server's.
    Rejected(Rejection),
    /// A refresh token of this server's, whose sign-in is not there any more.
    Gone,
    /// A refresh token.
    Refresh {
        /// Which one.
        age: Age,
        /// What presenting it would lead to.
        verdict: Verdict,
    },
    /// An access token.
    Access {
        /// What it says.
        claims: Arc<VerifiedToken>,
        /// Why it is refused, if it is.
        refusal: Option<AccessRefusal>,
    },
}

/// What was refused in a request.
///
/// # Errors
/// Those of the database.
pub async fn of_request(app: &App, request: Uuid) -> Result<OfRequest, Error> {
    let mut db = app.db().await?;
    let refusal = refusals::list_of_request(&mut db, request).await?.pop();
    let events = lookup::list_of_request(&mut db, request).await?;
    let case = match &refusal {
        Some(refusal) => {
            let device = refusal.device_id.map(DeviceId);
            let grant = refusal.grant_id.map(GrantId);
            about(app, &mut db, (grant, device, refusal.user_id), None).await?
        }
        None => Case::default(),
    };
    Ok(OfRequest {
        refusal,
        events,
        case,
    })
}

/// What a token is, and what it is about. One that is known is told in the audit log first.
///
/// # Errors
/// Those of the database; then nothing is told.
pub async fn of_token(
    app: &App,
    by: &Panelist,
    text: Secret<String>,
    caller: &Caller,
) -> Result<(Token, Case), Error> {
    // What follows has no token any more, only what it said.
    if text.expose().starts_with(PREFIX) {
        let read = RefreshToken::read(text.expose(), &app.keys);
        let read = read.map(|token| (token.grant, token.generation, token.hash()));
        drop(text);
        return match read {
            Ok(read) => of_refresh_token(app, by, read, caller).await,
            Err(alien) => Ok((Token::Alien(alien), Case::default())),
        };
    }
    if text.expose().split('.').count() == 3 {
        let read = app.keyring().read(text.expose());
        drop(text);
        return match read {
            Ok(claims) => of_claims(app, by, claims, caller).await,
            Err(rejection) => Ok((Token::Rejected(rejection), Case::default())),
        };
    }
    Ok((Token::Unknown, Case::default()))
}

async fn of_refresh_token(
    app: &App,
    by: &Panelist,
    (grant, generation, secret_hash): (GrantId, i32, [u8; 32]),
    caller: &Caller,
) -> Result<(Token, Case), Error> {
    let now = app.clock.now();
    let found = refresh_tokens::find_standing(&mut *app.db().await?, grant, now).await?;
    let Some(standing) = found else {
        return Ok((Token::Gone, Case::default()));
    };
    let subject = disabling::Subject::Grant(grant);
    let event = Event::on(Action::TokenExamined, subject, standing.holder.user_id);
    tell(app, by, event.with("kind", "refresh_token"), caller).await?;
    let age = match standing.generation - generation {
        _ if refresh::is_ahead(&standing, generation, secret_hash) => Age::Ahead,
        0 => Age::Current,
        1 => Age::Predecessor,
        older => Age::Older(older),
    };
    let verdict = presented_by_its_client(app, &standing, generation, secret_hash);
    let holder = standing.holder;
    let ids = (Some(grant), Some(holder.device_id), Some(holder.user_id));
    let case = about(app, &mut *app.db().await?, ids, None).await?;
    Ok((Token::Refresh { age, verdict }, case))
}

/// What a refresh would come to: the rules are those of the refresh itself.
fn presented_by_its_client(
    app: &App,
    standing: &Standing,
    generation: i32,
    secret_hash: [u8; 32],
) -> Verdict {
    let presented = Presented {
        generation,
        secret_hash,
        client: &standing.holder.client_id,
        username: None,
        scope: None,
        key: standing.holder.key_thumbprint.as_ref(),
    };
    refresh::verdict(standing, &presented, Graces::of(app), app.clock.now())
}

async fn of_claims(
    app: &App,
    by: &Panelist,
    claims: Arc<VerifiedToken>,
    caller: &Caller,
) -> Result<(Token, Case), Error> {
    let now = app.clock.now();
    let (event, ids) = match &claims.subject {
        Subject::User(user) => {
            let subject = disabling::Subject::Grant(user.sid);
            let event = Event::on(Action::TokenExamined, subject, user.sub);
            (
                event,
                (Some(user.sid), Some(user.device_id), Some(user.sub)),
            )
        }
        Subject::Client { sub } => {
            let client = oauth_clients::find(&mut *app.db().await?, sub, now).await?;
            let Some(client) = client else {
                return Ok((Token::Gone, Case::default()));
            };
            let event = Event::on_client(Action::TokenExamined, client.id);
            (event, (None, None, None))
        }
    };
    tell(app, by, event.with("kind", "access_token"), caller).await?;
    let mut db = app.db().await?;
    let case = about(app, &mut db, ids, Some(&claims.client_id)).await?;
    let revoked = revoked_access_tokens::exists(&mut db, claims.jti).await?;
    drop(db);
    let refusal = match by_itself(app, &claims) {
        Some(rejection) => Some(AccessRefusal::Rejected(rejection)),
        None if revoked => Some(AccessRefusal::Standing(standing::Refusal::TokenRevoked)),
        None => by_standing(app, &claims, &case)
            .await?
            .map(AccessRefusal::Standing),
    };
    Ok((Token::Access { claims, refusal }, case))
}

fn by_itself(app: &App, claims: &Claims) -> Option<Rejection> {
    let now = app.clock.now().timestamp();
    if claims.exp <= now {
        Some(Rejection::Expired)
    } else if claims.aud != app.config.audience {
        Some(Rejection::WrongAudience)
    } else {
        None
    }
}

async fn by_standing(
    app: &App,
    claims: &Claims,
    case: &Case,
) -> Result<Option<standing::Refusal>, Error> {
    let Subject::User(user) = &claims.subject else {
        let disabled = case.suspensions.iter().any(|it| it.what == "client");
        return Ok(disabled.then_some(standing::Refusal::ClientDisabled));
    };
    match standing::of_bearer(app, claims).await {
        Ok(principal) if principal.roles != user.roles => Ok(Some(standing::Refusal::RolesChanged)),
        Ok(_) => Ok(None),
        Err(Error::Standing(refusal)) => Ok(Some(refusal)),
        Err(error) => Err(error),
    }
}

async fn tell(app: &App, by: &Panelist, event: Event, caller: &Caller) -> Result<(), Error> {
    let actor = by.actor(caller);
    Ok(app.change(&actor).await?.commit(event).await?)
}

/// All about a grant, a device and a user, of which each may be unknown. At most eight statements.
async fn about(
    app: &App,
    db: &mut PgConnection,
    (grant, device, user): (Option<GrantId>, Option<DeviceId>, Option<UserId>),
    client: Option<&ClientId>,
) -> Result<Case, Error> {
    let now = app.clock.now();
    let sign_in = match grant {
        Some(grant) => sign_in(app, db, grant).await?,
        None => None,
    };
    let client = sign_in
        .as_ref()
        .map(|it| &it.grant.client_id)
        .or(client)
        .cloned();
    let ids = (grant, device, user);
    let mut case = Case {
        suspensions: disabling::list_in_force(db, ids, client.as_ref(), now).await?,
        client,
        sign_in,
        ..Case::default()
    };
    if let Some(user) = user {
        case.user = users::find(db, user, now).await?;
    }
    if let Some(device) = device {
        case.device = devices::find(db, device, now).await?;
    }
    if let Some(grant) = grant {
        case.refusals = refusals::list_of_grant(db, grant, TOLD).await?;
    }
    for subject in [grant.map(|it| it.0), device.map(|it| it.0)] {
        let Some(subject) = subject else { continue };
        let filter = audit_events::Filter {
            subject: Some(subject),
            ..audit_events::Filter::default()
        };
        let events = audit_events::list(db, &filter, TOLD).await?.items;
        case.events.extend(events);
    }
    case.events.sort_by_key(|event| std::cmp::Reverse(event.id));
    Ok(case)
}

async fn sign_in(
    app: &App,
    db: &mut PgConnection,
    grant: GrantId,
) -> Result<Option<SignIn>, Error> {
    let now = app.clock.now();
    let (Some(standing), Some(trail), Some(grant)) = (
        refresh_tokens::find_standing(db, grant, now).await?,
        trail::find(db, grant).await?,
        refresh_tokens::find(db, grant, now).await?,
    ) else {
        return Ok(None);
    };
    let hash = <[u8; 32]>::try_from(standing.secret_hash.as_slice()).unwrap_or_default();
    let refused_now = match presented_by_its_client(app, &standing, standing.generation, hash) {
        Verdict::Refused(refusal) => Some(refusal),
        _ => None,
    };
    Ok(Some(SignIn {
        grant,
        standing,
        trail,
        refused_now,
    }))
}
