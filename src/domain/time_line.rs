//! What happened to a user, and what the user was refused, in one row of time; what ends when; and who goes on
//! trying what is cut off.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::error::Error;
use crate::{
    app::App,
    db::{
        audit_events::lookup::{self, Happened},
        cursor::Page,
        devices,
        disabling::Subject,
        refresh_tokens::uses::{self, Uses},
        refusals::{
            self, Refusal,
            tries::{self, Try},
        },
    },
    ids::{DeviceId, UserId},
};

/// One of either.
#[derive(Debug)]
pub enum Entry {
    /// Something was done.
    Happened(Happened),
    /// Something was refused.
    Refused(Refusal),
}

impl Entry {
    /// Entries sort by it.
    fn id(&self) -> Uuid {
        match self {
            Self::Happened(event) => event.id,
            Self::Refused(refusal) => refusal.id,
        }
    }

    /// On which device, or to which, if to one.
    pub fn device(&self) -> Option<DeviceId> {
        match self {
            Self::Happened(event) => event.device_id,
            Self::Refused(refusal) => refusal.device_id.map(DeviceId),
        }
    }
}

/// A part of a user's time line.
#[derive(Debug)]
pub struct TimeLine {
    /// The newest first.
    pub page: Page<Entry>,
    /// What the devices in it are called; those that are gone are not in here.
    pub devices: HashMap<DeviceId, String>,
}

/// A user's time line, perhaps of one device only. Two statements, a walk along one index each.
///
/// # Errors
/// Those of the database.
pub async fn of_user(
    app: &App,
    user: UserId,
    device: Option<DeviceId>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<TimeLine, Error> {
    let mut db = app.db().await?;
    // One more than is shown tells that there is more, whichever it is.
    let happened = lookup::list_of_user(&mut db, user, device, before, limit + 1).await?;
    let refused = refusals::list_of_user(&mut db, user, device, before, limit + 1).await?;
    let happened = happened.into_iter().map(Entry::Happened);
    let refused = refused.items.into_iter().map(Entry::Refused);
    let mut entries: Vec<Entry> = happened.chain(refused).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.id()));
    let page = Page::cut(entries, limit, |entry| entry.id().to_string());
    let mut on: Vec<DeviceId> = page.items.iter().filter_map(Entry::device).collect();
    on.sort();
    on.dedup();
    Ok(TimeLine {
        devices: devices::names(&mut db, &on).await?,
        page,
    })
}

/// How some devices refreshed, in no order.
///
/// # Errors
/// Those of the database.
pub async fn uses(app: &App, devices: &[DeviceId]) -> Result<Vec<Uses>, Error> {
    Ok(uses::list_of_devices(&mut *app.db().await?, devices).await?)
}

/// When the last access token of each of these expires, for a server that looks at nothing but `exp`.
///
/// # Errors
/// Those of the database.
pub async fn access_until(
    app: &App,
    subjects: &[Subject],
) -> Result<HashMap<Uuid, DateTime<Utc>>, Error> {
    if subjects.is_empty() {
        return Ok(HashMap::new());
    }
    let ttl = app.config.access_token_ttl;
    Ok(uses::access_until(&mut *app.db().await?, subjects, ttl).await?)
}

/// Whose refresh tokens are presented although they are cut off, of one user or of all; the latest first.
///
/// # Errors
/// Those of the database.
pub async fn tries(app: &App, user: Option<UserId>, limit: i64) -> Result<Vec<Try>, Error> {
    let (mut db, now) = (app.db().await?, app.clock.now());
    Ok(match user {
        Some(user) => tries::of_user(&mut db, user, limit, now).await?,
        None => tries::latest(&mut db, limit, now).await?,
    })
}
