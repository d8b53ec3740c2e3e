//! Username and password: the one way in for whatever is signed in to. One comparison,
//! one throttle, and a second look under a lock before anything is granted.

use super::{
    Caller,
    error::Error,
    password,
    sign_in::Refusal,
    throttle::{Attempt, Subject},
    username::Username,
};
use crate::{
    app::App,
    crypto::{
        password::{Comparison, Place},
        secret::Secret,
    },
    db::{
        change::Change,
        connection::Connection,
        refresh_tokens::granting::Proven,
        refusals::{self, Refused},
        users::{self, LockedUser},
    },
    ids::{DeviceId, UserId},
};

/// Who typed the right password, and how often it was tried before.
pub struct Verified {
    /// The user.
    pub user: UserId,
    hash: String,
    upgraded_hash: Option<String>,
    attempt: Attempt,
}

/// Compares username and password. One hash, whoever it is. `proven` is the device that
/// a device token proves; if it is this user's, its own allowance is drawn on.
///
/// # Errors
/// [`Refusal::BadCredentials`]; [`Error::Throttled`] before any hash.
pub async fn verify(
    app: &App,
    mut db: Connection,
    place: Place,
    username: &str,
    typed: &Secret<String>,
    proven: Option<DeviceId>,
    caller: &Caller,
) -> Result<Verified, Error> {
    let name = Username::parse(username).ok();
    let counted_as = name.as_ref().map_or(username, Username::as_str);
    let found = match &name {
        Some(name) => {
            users::find_for_sign_in(&mut db, name.as_str(), proven, app.clock.now()).await?
        }
        None => None,
    };
    let known_device = found.as_ref().and_then(|user| user.known_device);
    let subject = known_device.map_or(Subject::Account(counted_as), Subject::Device);
    let attempt = Attempt::begin(app, &mut db, subject, caller).await?;
    // The connection goes back before hashing: a hash takes some 30 ms of one core, and
    // a few of them would otherwise hold every connection while refreshes wait.
    db.hand_on();

    let (user, stored) = found.map(|user| (user.id, user.password_hash)).unzip();
    let stored = stored.flatten();
    let compared = compare(app, place, &attempt, typed, stored.as_deref()).await?;
    if let (Some(user), Some(hash), true) = (user, stored, compared.matches) {
        let upgraded_hash = if compared.outdated {
            rehash(app, typed).await
        } else {
            None
        };
        return Ok(Verified {
            user,
            hash,
            upgraded_hash,
            attempt,
        });
    }
    let refused = Refused {
        user,
        device: proven,
        grant: None,
    };
    Err(refuse(app, Refusal::BadCredentials, refused, caller).await)
}

/// Compares one password; an attempt that came to no comparison is withdrawn.
///
/// # Errors
/// [`Error::Internal`] for a stored hash that is none.
pub async fn compare(
    app: &App,
    place: Place,
    attempt: &Attempt,
    typed: &Secret<String>,
    stored: Option<&str>,
) -> Result<Comparison, Error> {
    // What can be nobody's password costs a hash all the same.
    let prepared = password::prepare(typed);
    let nothing = Secret::new(String::new());
    match app
        .hasher
        .compare(place, prepared.as_ref().unwrap_or(&nothing), stored)
        .await
    {
        Ok(compared) => Ok(Comparison {
            matches: compared.matches && prepared.is_some(),
            ..compared
        }),
        Err(error) => {
            attempt.withdrawn(app, &mut *app.db().await?).await?;
            Err(error.into())
        }
    }
}

/// The password under the parameters of today. A full queue puts it off to the next sign-in.
async fn rehash(app: &App, typed: &Secret<String>) -> Option<String> {
    app.hasher.hash(&password::prepare(typed)?).await.ok()
}

/// Keeps a refusal, so that support can tell why.
pub async fn refuse(app: &App, refusal: Refusal, refused: Refused, caller: &Caller) -> Error {
    let kept = async {
        let (id, now) = (app.clock.id(), app.clock.now());
        refusals::insert(
            &mut *app.db().await?,
            id,
            now,
            refused,
            refusal.as_str(),
            caller,
        )
        .await
    };
    match kept.await {
        Ok(_) => Error::SignIn(refusal),
        Err(error) => error.into(),
    }
}

impl Verified {
    /// For a statement that looks again and forgets the failures before by itself. `None` where there is a
    /// hash under the parameters of today to keep as well.
    pub fn proven(&self) -> Option<Proven<'_>> {
        let (forgotten, given_back) = self.attempt.keys();
        self.upgraded_hash.is_none().then_some(Proven {
            password_hash: &self.hash,
            forgotten,
            given_back,
        })
    }

    /// Locks the user's row and looks again: a password that was changed, or a user who was
    /// disabled, while we were hashing must win.
    ///
    /// # Errors
    /// The inner ones are [`Refusal::BadCredentials`] and [`Refusal::UserDisabled`].
    pub async fn lock(
        &self,
        change: &mut Change<'_>,
    ) -> Result<Result<LockedUser, Refusal>, Error> {
        Ok(match users::lock(change, self.user).await? {
            Some(user) if user.password_hash.as_deref() != Some(self.hash.as_str()) => {
                Err(Refusal::BadCredentials)
            }
            None => Err(Refusal::BadCredentials),
            Some(user) if user.disabled => Err(Refusal::UserDisabled),
            Some(user) => Ok(user),
        })
    }

    /// Within the same change: forgets the failures before, and keeps a hash under the
    /// parameters of today. True if there was one to keep.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn succeed(&self, app: &App, change: &mut Change<'_>) -> Result<bool, Error> {
        if let Some(hash) = &self.upgraded_hash {
            users::set_password_hash(change, self.user, hash).await?;
        }
        self.attempt.succeeded(app, change.db()).await?;
        Ok(self.upgraded_hash.is_some())
    }

    /// The password was right and something else speaks against it: that is no guess.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn withdraw(&self, app: &App) -> Result<(), Error> {
        self.attempt.withdrawn(app, &mut *app.db().await?).await
    }
}
