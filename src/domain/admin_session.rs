//! Signing in to the panel: a browser session, never a token. Roles and standing are read
//! at each request, so what is taken away is gone at once.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Actor, ActorKind, Caller, credentials, error::Error, sign_in::Refusal};
use crate::{
    app::App,
    crypto::{
        opaque_token::{OpaqueToken, Purpose},
        secret::Secret,
    },
    db::{
        admin_sessions::{self, Session},
        audit_events::{Action, Event},
        disabling::Subject,
        refusals,
        rollups::Kind,
    },
    ids::UserId,
};

/// Unused for so long, a session is over (NIST SP 800-63B-4 §2.3: an hour at the most).
const IDLE: Duration = Duration::from_mins(15);

/// However it is used, a session is over after a working day.
pub const LONGEST: Duration = Duration::from_hours(8);

/// For so long after the password was typed, what is grave is done without asking for it again (OWASP ASVS
/// 7.5.3). A browser that somebody left open is worth less for it.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// Uses closer together than this are recorded once.
const RECORDED_EVERY: Duration = Duration::from_mins(1);

/// Somebody with a role, signed in to the panel.
#[derive(Debug, Clone)]
pub struct Panelist {
    /// The session.
    pub session: Uuid,
    /// The user.
    pub user: UserId,
    /// The user's name.
    pub username: String,
    /// The roles of this moment; at least one.
    pub roles: Vec<String>,
    /// The CSRF token of this session's forms.
    pub csrf: String,
    /// When the password was last typed.
    pub authenticated_at: DateTime<Utc>,
}

impl Panelist {
    /// Whether the user has a role.
    pub fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|has| has == role)
    }

    /// Whether the password was typed so lately that it need not be asked for.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        now - self.authenticated_at < FRESH
    }

    /// Acting in the highest capacity that the roles give.
    pub fn actor(&self, caller: &Caller) -> Actor {
        let kind = ActorKind::of_roles(&self.roles);
        Actor {
            kind,
            user: Some(self.user),
            caller: caller.clone(),
        }
    }

    /// Acting on what is the user's own.
    pub fn as_owner(&self, caller: &Caller) -> Actor {
        Actor {
            kind: ActorKind::User,
            user: Some(self.user),
            caller: caller.clone(),
        }
    }
}

/// Signs in to the panel with a new session. One hash.
///
/// # Errors
/// Those of [`credentials::verify`]; [`Error::Forbidden`] for a user without a role.
pub async fn sign_in(
    app: &App,
    username: &str,
    password: &Secret<String>,
    caller: &Caller,
) -> Result<OpaqueToken, Error> {
    let token = begin(app, username, password, caller)
        .await
        .inspect_err(|error| app.counts.refused(Kind::SignInRefused, None, error))?;
    app.counts.count(Kind::SignedIn, None);
    Ok(token)
}

async fn begin(
    app: &App,
    username: &str,
    password: &Secret<String>,
    caller: &Caller,
) -> Result<OpaqueToken, Error> {
    let place = app.hasher.place()?;
    let verified = credentials::verify(
        app,
        app.db().await?,
        place,
        username,
        password,
        None,
        caller,
    )
    .await?;
    let actor = Actor {
        kind: ActorKind::User,
        user: Some(verified.user),
        caller: caller.clone(),
    };
    let mut change = app.change(&actor).await?;
    let user = match verified.lock(&mut change).await? {
        Ok(user) => user,
        Err(refusal) => {
            change.undo().await?;
            let refused = refusals::Refused {
                user: Some(verified.user),
                ..refusals::Refused::default()
            };
            return Err(credentials::refuse(app, refusal, refused, caller).await);
        }
    };
    if user.roles.is_empty() {
        change.undo().await?;
        verified.withdraw(app).await?;
        return Err(Error::Forbidden);
    }
    let token = insert(app, &mut change, verified.user).await?;
    verified.succeed(app, &mut change).await?;
    let event = Event::on(
        Action::PanelSignedIn,
        Subject::User(verified.user),
        verified.user,
    );
    change.commit(event).await?;
    Ok(token)
}

/// A new session within a change.
pub(super) async fn insert(
    app: &App,
    change: &mut crate::db::change::Change<'_>,
    user: UserId,
) -> Result<OpaqueToken, Error> {
    let token = OpaqueToken::generate(Purpose::AdminSession);
    let expires_at = change.now() + LONGEST;
    admin_sessions::insert(change, app.clock.id(), user, token.hash(), expires_at).await?;
    Ok(token)
}

/// Who a cookie stands for now; nobody if its time is over, or user or roles are gone. One
/// statement, and one a minute to record the use, unless it is a page's that looks by itself: nobody is there then.
///
/// # Errors
/// Those of the database.
pub async fn of_cookie(app: &App, cookie: &str, used: bool) -> Result<Option<Panelist>, Error> {
    let Some(token) = OpaqueToken::parse(Purpose::AdminSession, cookie) else {
        return Ok(None);
    };
    let now = app.clock.now();
    let mut db = app.db().await?;
    let found = admin_sessions::find(&mut db, token.hash(), now - IDLE, now).await?;
    let Some(found) = found.filter(|found| !found.disabled && !found.roles.is_empty()) else {
        return Ok(None);
    };
    if used && now - found.last_used_at >= TimeDelta::from_std(RECORDED_EVERY).unwrap_or_default() {
        admin_sessions::set_used(&mut db, found.id, now).await?;
    }
    db.hand_on();
    Ok(Some(Panelist {
        session: found.id,
        user: found.user_id,
        username: found.username,
        roles: found.roles,
        csrf: token.csrf(),
        authenticated_at: found.authenticated_at,
    }))
}

/// Which of these sessions still stand for somebody with a role. One statement.
///
/// # Errors
/// Those of the database.
pub(super) async fn still_good(app: &App, sessions: &[Uuid]) -> Result<Vec<Uuid>, Error> {
    let now = app.clock.now();
    Ok(admin_sessions::find_good(&mut *app.db().await?, sessions, now - IDLE, now).await?)
}

/// Takes the password once more, for what is grave. One hash, under the throttle of the sign-in. A wrong one is
/// told in the audit log, which the throttle bounds, and ends nothing.
///
/// # Errors
/// Those of [`credentials::verify`], all of them for a session that is no more.
pub async fn confirm(
    app: &App,
    panelist: &Panelist,
    password: &Secret<String>,
    caller: &Caller,
) -> Result<(), Error> {
    let confirmed = confirmed(app, panelist, password, caller).await;
    if let Err(Error::SignIn(_)) = &confirmed {
        let actor = panelist.as_owner(caller);
        let event = of_panel(Action::PanelConfirmationRefused, panelist);
        app.change(&actor).await?.commit(event).await?;
    }
    confirmed
}

async fn confirmed(
    app: &App,
    panelist: &Panelist,
    password: &Secret<String>,
    caller: &Caller,
) -> Result<(), Error> {
    let place = app.hasher.place()?;
    let (db, name) = (app.db().await?, &panelist.username);
    let verified = credentials::verify(app, db, place, name, password, None, caller).await?;
    let actor = panelist.as_owner(caller);
    let mut change = app.change(&actor).await?;
    if let Err(refusal) = verified.lock(&mut change).await? {
        change.undo().await?;
        return Err(Error::SignIn(refusal));
    }
    // The name may be another user's by now.
    if verified.user != panelist.user
        || !admin_sessions::set_authenticated(&mut change, panelist.session).await?
    {
        change.undo().await?;
        return Err(Error::SignIn(Refusal::BadCredentials));
    }
    verified.succeed(app, &mut change).await?;
    Ok(change
        .commit(of_panel(Action::PanelConfirmed, panelist))
        .await?)
}

fn of_panel(action: Action, panelist: &Panelist) -> Event {
    Event::on(action, Subject::User(panelist.user), panelist.user)
}

/// The caller's own sessions, the last used first.
///
/// # Errors
/// Those of the database.
pub async fn own(app: &App, panelist: &Panelist) -> Result<Vec<Session>, Error> {
    let now = app.clock.now();
    Ok(admin_sessions::list_of_user(&mut *app.db().await?, panelist.user, now - IDLE, now).await?)
}

/// Ends one of the caller's own sessions. One that is over is no error.
///
/// # Errors
/// Those of the database.
pub async fn end(
    app: &App,
    panelist: &Panelist,
    session: Uuid,
    caller: &Caller,
) -> Result<(), Error> {
    let actor = panelist.as_owner(caller);
    let mut change = app.change(&actor).await?;
    if !admin_sessions::end(&mut change, session, panelist.user).await? {
        return Ok(());
    }
    let own = session == panelist.session;
    let event = of_panel(Action::PanelSignedOut, panelist).with("own", own);
    Ok(change.commit(event).await?)
}

/// Why a form of the panel was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// None of our pages of this session sent it.
    Foreign,
    /// Nobody is signed in with that cookie, or with none.
    NoSession,
    /// It asks for more than the role allows.
    Role,
    /// It is no form, too long, or has a field twice.
    Unreadable,
}

impl Refused {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Foreign => "csrf",
            Self::NoSession => "no_session",
            Self::Role => "role_required",
            Self::Unreadable => "bad_form",
        }
    }
}

/// Whose session a cookie was, for as long as that is kept.
///
/// # Errors
/// Those of the database.
pub async fn user_of_former(app: &App, cookie: &str) -> Result<Option<UserId>, Error> {
    let Some(token) = OpaqueToken::parse(Purpose::AdminSession, cookie) else {
        return Ok(None);
    };
    Ok(admin_sessions::find_user(&mut *app.db().await?, token.hash()).await?)
}

/// Counts that a form was refused, and keeps it with whose session it was, so that an attack shows. Of nobody
/// known it is counted in memory alone: whoever has no session must not make us write.
///
/// # Errors
/// Those of the database.
pub async fn refuse(
    app: &App,
    why: Refused,
    user: Option<UserId>,
    caller: &Caller,
) -> Result<(), Error> {
    app.counts.form_refused(why.as_str());
    if user.is_none() {
        return Ok(());
    }
    let (id, now) = (app.clock.id(), app.clock.now());
    let refused = refusals::Refused {
        user,
        ..refusals::Refused::default()
    };
    refusals::insert(
        &mut *app.db().await?,
        id,
        now,
        refused,
        why.as_str(),
        caller,
    )
    .await?;
    Ok(())
}
