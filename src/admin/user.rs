//! `/admin/users/{id}`: one user with devices, time line and tokens, and what can be done to them.

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status, post};
use uuid::Uuid;

use super::{
    badge::Badge,
    chrome::Chrome,
    confirm,
    consequence::Owner,
    deeds::{Deeds, Refused, Standing},
    ends::Ends,
    fault::{Fault, Turn},
    format, outcome,
    page::Page,
    pager::{Pager, begins},
    sheets::{DeviceEntry, GrantSheet, disabled, entries},
    text::{Text, filters, say, told_as},
    time_line::TimeLineView,
    tried::TriedLine,
    users::{LinkPage, Profile},
};
use crate::{
    app::App,
    db::{
        cursor::{self, DEFAULT_LIMIT},
        devices::{Device, LastUse},
        users::User,
    },
    domain::{
        Caller,
        admin_session::Panelist,
        error::{Error, Thing},
        listing, set_password, time_line,
        users::{self, Changes},
    },
    guard::{
        form::Checked,
        session::{Administrator, Reader},
    },
    ids::{DeviceId, GrantId, UserId},
};

/// How many tokens are told of that are cut off and presented all the same.
const TRIED: i64 = 50;

/// One user.
#[derive(Template)]
#[template(path = "admin/user.html")]
pub struct UserPage {
    chrome: Chrome,
    id: UserId,
    username: String,
    email: String,
    roles: Text,
    created: Text,
    last_used: Text,
    badge: Badge,
    reason: String,
    /// What ends when, while the user is disabled.
    ends: Text,
    /// Tokens that are cut off and presented all the same.
    tried: Vec<TriedLine>,
    deeds: Deeds,
    profile: Profile,
    /// Only one device and its tokens are shown.
    one_device: bool,
    devices: Vec<DeviceEntry>,
    /// What can be done to all of them.
    all_devices: Deeds,
    more_devices: Pager,
    grants: Vec<GrantSheet>,
    more_grants: Pager,
    time_line: TimeLineView,
}

fn profile_of(user: &User) -> Profile {
    let has = |role: &str| user.roles.iter().any(|has| has == role);
    Profile {
        username: user.username.clone(),
        email: user.email.clone().unwrap_or_default(),
        admin: has("admin"),
        support: has("support"),
        auditor: has("auditor"),
        ..Profile::default()
    }
}

/// What was refused on the page just now.
#[derive(Default)]
pub struct Again {
    /// In one of the forms that disable, enable and end.
    pub refused: Refused,
    /// In the form that changes the user.
    pub profile: Option<Profile>,
}

/// Which part of a long page is asked for.
#[derive(Default)]
pub struct Part {
    device: Option<DeviceId>,
    devices: Option<LastUse>,
    tokens: Option<GrantId>,
    events: Option<Uuid>,
}

impl Part {
    /// One device alone, or the beginning of everything.
    pub fn of(device: Option<DeviceId>) -> Self {
        Self {
            device,
            ..Self::default()
        }
    }
}

/// The page of a user; with what was refused, its status is 422.
pub async fn page(
    app: &App,
    by: &Panelist,
    id: UserId,
    part: &Part,
    done: Option<&str>,
    again: Again,
) -> Result<Page<UserPage>, Fault> {
    let user = listing::user(app, id).await?;
    let devices = devices(app, &user, part).await?;
    let grants = listing::grants(app, id, part.device, part.tokens, DEFAULT_LIMIT).await?;
    let line = time_line::of_user(app, id, part.device, part.events, DEFAULT_LIMIT).await?;
    let on: Vec<DeviceId> = grants.items.iter().map(|grant| grant.device_id).collect();
    let names = listing::device_names(app, &on).await?;
    let now = app.clock.now();
    let Again {
        mut refused,
        profile,
    } = again;
    let bad = !refused.fault.is_empty() || profile.is_some();
    let owner = Owner::new(&user, &listing::working_devices(app, id).await?);

    let standing = Standing {
        disabled: user.disabled,
        disabled_by: None,
        live: user.last_used_at.is_some(),
        of_staff: owner.of_staff,
    };
    let mut deeds =
        Deeds::new(by, "user", id, &standing).telling(owner.if_disabled(), owner.if_ended());
    let mut chrome = Chrome::new(by, "users", user.username.clone().into(), done);
    if let Some(Ok(request)) = done.map(Uuid::parse_str) {
        let subject = (&user, &owner, (deeds.disable, deeds.enable));
        chrome.outcome = outcome::of_request(app, by, subject, request).await?;
    }
    deeds.put_back(&mut refused);
    let mut all_devices = Deeds::of_devices(by, &owner);
    all_devices.put_back(&mut refused);
    let path = format!("/admin/users/{id}");
    let device = part.device.map(|id| id.to_string()).unwrap_or_default();
    let pager = |cursor: &str, later: bool, next: Option<String>| {
        Pager::new(&path, &[("device", device.as_str())], cursor, later, next)
    };
    let more_devices = pager("devices", part.devices.is_some(), devices.next_cursor);
    let more_grants = pager("tokens", part.tokens.is_some(), grants.next_cursor);
    let older = line.page.next_cursor.clone();
    let time_line = TimeLineView::new(id, line, pager("events", part.events.is_some(), older));
    let ends = Ends::of(app, &disabled(&user, &devices.items, &grants.items)).await?;
    let tried = time_line::tries(app, Some(id), TRIED).await?.into_iter();
    let device_entries = entries(app, by, devices.items, &owner, (&ends, &mut refused)).await?;
    let grant_sheets = grants.items.into_iter().map(|grant| {
        let device = names.get(&grant.device_id).cloned().unwrap_or_default();
        let told = ends.tell(grant.id.0, grant.disabled, grant.disabled_at);
        let mut sheet = GrantSheet::new(by, grant, device, &owner, now);
        sheet.ends = told;
        sheet.deeds.put_back(&mut refused);
        sheet
    });
    let grant_sheets = grant_sheets.collect();
    let page = UserPage {
        chrome,
        id,
        email: user.email.clone().unwrap_or_default(),
        roles: format::roles(&user.roles),
        created: format::time(user.created_at),
        last_used: format::last(user.last_used_at),
        badge: Badge::of_user(&user),
        reason: format::reason(user.disabled, user.disabled_reason.clone()),
        ends: ends.tell(id.0, user.disabled, user.disabled_at),
        tried: tried.map(TriedLine::from).collect(),
        deeds,
        profile: profile.unwrap_or_else(|| profile_of(&user)),
        username: user.username,
        one_device: part.device.is_some(),
        devices: device_entries,
        all_devices,
        more_devices,
        grants: grant_sheets,
        more_grants,
        time_line,
    };
    let status = if bad {
        Status::UnprocessableEntity
    } else {
        Status::Ok
    };
    Ok(Page::new(status, page))
}

/// The devices that a part of the page shows.
async fn devices(app: &App, user: &User, part: &Part) -> Result<cursor::Page<Device>, Error> {
    let Some(id) = part.device else {
        return listing::devices(app, user.id, part.devices, DEFAULT_LIMIT).await;
    };
    let device = listing::device(app, id).await?;
    if device.user_id != user.id {
        return Err(Error::NotFound(Thing::Device));
    }
    Ok(cursor::Page {
        items: vec![device],
        next_cursor: None,
        previous_cursor: None,
    })
}

/// One user, perhaps with one device only.
#[get("/admin/users/<id>?<done>&<device>&<devices>&<tokens>&<events>")]
#[expect(clippy::too_many_arguments, reason = "each is a part of the address")]
pub async fn show(
    app: &State<Arc<App>>,
    by: Reader,
    id: UserId,
    done: Option<&str>,
    device: Option<&str>,
    devices: Option<&str>,
    tokens: Option<&str>,
    events: Option<&str>,
) -> Result<Page<UserPage>, Fault> {
    let part = Part {
        device: match device.map(str::parse) {
            Some(Ok(device)) => Some(device),
            Some(Err(_)) => return Err(Error::NotFound(Thing::Device).into()),
            None => None,
        },
        devices: begins(devices, LastUse::parse)?,
        tokens: begins(tokens, cursor::id)?.map(GrantId),
        events: begins(events, cursor::id)?,
    };
    page(app, &by.0, id, &part, done, Again::default()).await
}

/// Changes name, e-mail and roles.
#[post("/admin/users/<id>/change", data = "<form>")]
pub async fn change(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    id: UserId,
    form: Checked,
) -> Result<Turn<UserPage>, Fault> {
    let profile = Profile::typed(&form.0);
    let roles = profile.roles();
    if users::would_change_roles(app, id, &roles).await? {
        confirm::ask(app, &by.0, &caller, &form.0, "confirm-change-roles").await?;
    }
    let changes = Changes {
        username: Some(&profile.username),
        email: Some(profile.email()),
        roles: Some(&roles),
    };
    match users::change(app, &by.0.actor(&caller), id, &changes).await {
        Ok(()) => Ok(Turn::To(format!("/admin/users/{id}?done=user-changed"))),
        Err(error) => {
            let again = Again {
                profile: Some(profile.refused(error)?),
                ..Again::default()
            };
            Ok(Turn::Page(
                page(app, &by.0, id, &Part::default(), None, again).await?,
            ))
        }
    }
}

/// Makes a single-use link to set a new password.
#[post("/admin/users/<id>/password-link", data = "<form>")]
pub async fn password_link(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    id: UserId,
    form: Checked,
) -> Result<Page<LinkPage>, Fault> {
    let user = listing::user(app, id).await?;
    confirm::ask_for_link(app, &by.0, &caller, &form.0, &user).await?;
    let link = set_password::make_link(app, &by.0.actor(&caller), id).await?;
    let chrome = Chrome::new(&by.0, "users", say("link-title"), None);
    let page = LinkPage::new(chrome, "link-made", id, &user.username, &link);
    Ok(Page::new(Status::Ok, page))
}

/// Asks before a user is deleted.
#[derive(Template)]
#[template(path = "admin/delete_user.html")]
pub struct DeleteUserPage {
    chrome: Chrome,
    id: UserId,
    username: String,
    fault: Text,
}

/// Asks before a user is deleted.
#[get("/admin/users/<id>/delete")]
pub async fn ask_delete(
    app: &State<Arc<App>>,
    by: Administrator,
    id: UserId,
) -> Result<Page<DeleteUserPage>, Fault> {
    let user = listing::user(app, id).await?;
    let page = DeleteUserPage {
        chrome: Chrome::new(&by.0, "users", say("delete-user-title"), None),
        id,
        username: user.username,
        fault: Text::default(),
    };
    Ok(Page::new(Status::Ok, page))
}

/// Deletes a user.
#[post("/admin/users/<id>/delete", data = "<form>")]
pub async fn delete(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    id: UserId,
    form: Checked,
) -> Result<Turn<DeleteUserPage>, Fault> {
    let user = listing::user(app, id).await?;
    confirm::ask(app, &by.0, &caller, &form.0, "confirm-delete-user").await?;
    match users::delete(app, &by.0.actor(&caller), id).await {
        Ok(()) | Err(Error::NotFound(Thing::User)) => {
            Ok(Turn::To("/admin/users?done=user-deleted".to_owned()))
        }
        Err(Error::Conflict(conflict)) => {
            let page = DeleteUserPage {
                chrome: Chrome::new(&by.0, "users", say("delete-user-title"), None),
                id,
                username: user.username,
                fault: told_as(&conflict.to_string()),
            };
            Ok(Turn::Page(Page::new(Status::Conflict, page)))
        }
        Err(error) => Err(error.into()),
    }
}
