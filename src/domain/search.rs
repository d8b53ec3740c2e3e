//! One search for everything: an id leads to its thing; a name, an e-mail or an address to whom and
//! what it may mean. Every question is a walk along an index, and every answer is bounded.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{error::Error, listing, username};
use crate::{
    app::App,
    db::{
        audit_events::{self, StoredEvent, lookup},
        cursor::Page,
        devices::{self, Device},
        oauth_clients,
        refusals::{self, Refusal},
        users::{self, User},
    },
    ids::{ClientId, DeviceId, GrantId, UserId},
};

/// So many of each kind are found.
pub const SHOWN: i64 = 20;

/// The longest text that anything is found by, in characters: that of an e-mail.
pub const LONGEST: usize = 254;

/// How long ago *lately* begins.
const LATELY: TimeDelta = TimeDelta::days(30);

/// So many events and refusals of an address are looked at.
const LOOKED_AT: i64 = 100;

/// What an id is the id of.
#[derive(Debug, PartialEq, Eq)]
pub enum Identified {
    /// A user.
    User(UserId),
    /// A device, or a token on it, with whose it is.
    Device(UserId, DeviceId),
    /// A client.
    Client(ClientId),
    /// Something of the audit log alone: what it was is gone.
    Gone(Uuid),
}

/// What has this id. At most six statements.
///
/// # Errors
/// Those of the database.
pub async fn by_id(app: &App, id: Uuid) -> Result<Option<Identified>, Error> {
    let device = match listing::grant(app, GrantId(id)).await {
        Ok(grant) => grant.device_id,
        Err(Error::NotFound(_)) => DeviceId(id),
        Err(error) => return Err(error),
    };
    match listing::device(app, device).await {
        Ok(device) => return Ok(Some(Identified::Device(device.user_id, device.id))),
        Err(Error::NotFound(_)) => {}
        Err(error) => return Err(error),
    }
    match listing::user(app, UserId(id)).await {
        Ok(user) => return Ok(Some(Identified::User(user.id))),
        Err(Error::NotFound(_)) => {}
        Err(error) => return Err(error),
    }
    let mut db = app.db().await?;
    let clients = oauth_clients::list(&mut db, app.clock.now()).await?;
    if let Some(client) = clients.into_iter().find(|client| client.id == id) {
        return Ok(Some(Identified::Client(client.client_id)));
    }
    let filter = audit_events::Filter {
        subject: Some(id),
        ..audit_events::Filter::default()
    };
    let events = audit_events::list(&mut db, &filter, 1).await?.items;
    Ok((!events.is_empty()).then_some(Identified::Gone(id)))
}

/// What was done and refused in one request.
#[derive(Debug)]
pub struct OfRequest {
    /// What was done.
    pub events: Vec<StoredEvent>,
    /// What was refused.
    pub refusals: Vec<Refusal>,
    /// The names of those who were refused.
    pub names: HashMap<UserId, String>,
}

/// What was done in a request.
///
/// # Errors
/// Those of the database.
pub async fn events_of_request(app: &App, request: Uuid) -> Result<Vec<StoredEvent>, Error> {
    Ok(lookup::list_of_request(&mut *app.db().await?, request).await?)
}

/// What was done and refused in the request with this id, or the event with this id.
///
/// # Errors
/// Those of the database.
pub async fn by_request(app: &App, id: Uuid) -> Result<OfRequest, Error> {
    let mut db = app.db().await?;
    let events = lookup::list_of_request(&mut db, id).await?;
    let refusals = refusals::list_of_request(&mut db, id).await?;
    let refused: Vec<UserId> = refusals.iter().filter_map(|it| it.user_id).collect();
    let names = users::names(&mut db, &refused).await?;
    Ok(OfRequest {
        events,
        refusals,
        names,
    })
}

/// Devices with those they belong to.
#[derive(Debug, Default)]
pub struct Owned {
    /// The devices.
    pub devices: Vec<Device>,
    /// There are more than these.
    pub more: bool,
}

/// What begins with a text.
#[derive(Debug)]
pub struct Named {
    /// Users by name or e-mail.
    pub users: Page<User>,
    /// The devices of the user who is meant, if it is clear who: the only one, or the one of just this name.
    pub of_user: Option<(User, Owned)>,
    /// Other devices by name.
    pub devices: Owned,
    /// The client of just this id.
    pub client: Option<ClientId>,
}

/// What begins with a text.
///
/// # Errors
/// Those of the database.
pub async fn by_name(app: &App, text: &str) -> Result<Named, Error> {
    let now = app.clock.now();
    let prefix = username::beginning(text);
    let filter = users::Filter {
        prefix: prefix.clone(),
        ..users::Filter::default()
    };
    let mut db = app.db().await?;
    let users = users::list(&mut db, &filter, SHOWN, now).await?;
    let meant = match users.items.as_slice() {
        [only] => Some(only),
        some => some.iter().find(|user| user.username == prefix),
    };
    let of_user = match meant {
        Some(user) => {
            let page = devices::list_of_user(&mut db, user.id, None, SHOWN, now).await?;
            Some((user.clone(), Owned::from(page)))
        }
        None => None,
    };
    // Postgres' text takes no NUL.
    let named = devices::list_named(&mut db, &text.replace('\0', ""), SHOWN, now).await?;
    let mut named = Owned::from(named);
    if let Some((user, _)) = &of_user {
        named.devices.retain(|device| device.user_id != user.id);
    }
    let client = match text.parse::<ClientId>() {
        Ok(client) => oauth_clients::find(&mut db, &client, now).await?,
        Err(_) => None,
    };
    Ok(Named {
        users,
        of_user,
        devices: named,
        client: client.map(|client| client.client_id),
    })
}

impl From<Page<Device>> for Owned {
    fn from(page: Page<Device>) -> Self {
        Self {
            more: page.next_cursor.is_some(),
            devices: page.items,
        }
    }
}

/// Whose devices these are, and which devices of the owners work.
///
/// # Errors
/// Those of the database.
pub async fn owners(
    app: &App,
    devices: &[Device],
) -> Result<(Vec<User>, Vec<(UserId, DeviceId)>), Error> {
    let now = app.clock.now();
    let ids: HashSet<UserId> = devices.iter().map(|device| device.user_id).collect();
    let ids: Vec<UserId> = ids.into_iter().collect();
    let mut db = app.db().await?;
    let users = users::list_of_ids(&mut db, &ids, now).await?;
    Ok((users, devices::list_working(&mut db, &ids, now).await?))
}

/// Somebody who came from an address.
#[derive(Debug)]
pub struct Visitor {
    /// Who.
    pub user: User,
    /// On which device, where it is known.
    pub device: Option<Device>,
    /// The last time.
    pub last_at: DateTime<Utc>,
    /// What was done then, or why it was refused.
    pub what: String,
    /// It was refused.
    pub refused: bool,
}

/// Who came from an address lately, the latest first, and whether there may be more; by the audit log
/// and the refusals, so that a mere refresh is not seen.
///
/// # Errors
/// Those of the database.
pub async fn by_address(app: &App, address: IpAddr) -> Result<(Vec<Visitor>, bool), Error> {
    let now = app.clock.now();
    let address = address.to_canonical().to_string();
    let mut db = app.db().await?;
    let since = now - LATELY;
    let came = lookup::list_from_address(&mut db, &address, since, LOOKED_AT).await?;
    let refused = refusals::list_from_address(&mut db, &address, LOOKED_AT).await?;
    let full = usize::try_from(LOOKED_AT).unwrap_or_default();
    let mut more = came.len() == full || refused.len() == full;

    let came = came.into_iter().filter_map(|it| {
        let device = it.device_id.and_then(|id| id.parse::<DeviceId>().ok());
        Some((it.created_at, it.user_id?, device, it.action, false))
    });
    let refused = refused.into_iter().filter(|it| it.created_at >= since);
    let refused =
        refused.filter_map(|it| Some((it.created_at, it.user_id?, it.device_id, it.reason, true)));
    let mut visits: Vec<_> = came.chain(refused).collect();
    visits.sort_by_key(|visit| std::cmp::Reverse(visit.0));
    let mut seen = HashSet::new();
    visits.retain(|(_, user, device, _, _)| seen.insert((*user, *device)));
    let shown = usize::try_from(SHOWN).unwrap_or_default();
    more |= visits.len() > shown;
    visits.truncate(shown);

    let users: Vec<UserId> = visits.iter().map(|visit| visit.1).collect();
    let users = users::list_of_ids(&mut db, &users, now).await?;
    let on: Vec<DeviceId> = visits.iter().filter_map(|visit| visit.2).collect();
    let on = devices::list_of_ids(&mut db, &on, now).await?;
    let users: HashMap<_, _> = users.into_iter().map(|user| (user.id, user)).collect();
    let on: HashMap<_, _> = on.into_iter().map(|device| (device.id, device)).collect();
    let visitors = visits
        .into_iter()
        .filter_map(|(last_at, user, device, what, refused)| {
            Some(Visitor {
                user: users.get(&user)?.clone(),
                device: device.and_then(|device| on.get(&device)).cloned(),
                last_at,
                what,
                refused,
            })
        });
    Ok((visitors.collect(), more))
}
