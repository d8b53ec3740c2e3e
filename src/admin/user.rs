//! `/admin/users/{id}`: one user with devices and tokens, and what can be done to them.

use std::sync::Arc;

use askama::Template;
use chrono::{DateTime, Utc};
use rocket::{State, get, http::Status, post};

use super::{
    chrome::Chrome,
    deeds::{Deeds, Refused, Standing},
    fault::{Fault, Turn},
    format,
    page::Page,
    users::{LinkPage, Profile},
};
use crate::{
    app::App,
    db::{cursor::MAX_LIMIT, devices::Device, refresh_tokens::Grant, users::User},
    domain::{
        Caller,
        admin_session::Panelist,
        error::{Error, Thing},
        listing, set_password,
        users::{self, Changes},
    },
    guard::{
        form::Checked,
        session::{Administrator, Reader},
    },
    ids::UserId,
};

/// How something stands, in words and in a colour.
pub struct Badge {
    /// The words.
    pub text: String,
    /// `good`, `off` or `gone`.
    pub tone: &'static str,
}

impl Badge {
    /// Disabled or not.
    pub fn of(disabled: bool, until: Option<DateTime<Utc>>) -> Self {
        let (text, tone) = match (disabled, until) {
            (false, _) => ("active".to_owned(), "good"),
            (true, None) => ("disabled".to_owned(), "off"),
            (true, Some(until)) => (format!("disabled until {}", format::time(until)), "off"),
        };
        Self { text, tone }
    }

    fn gone(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tone: "gone",
        }
    }
}

/// One user.
#[derive(Template)]
#[template(path = "admin/user.html")]
pub struct UserPage {
    chrome: Chrome,
    id: UserId,
    username: String,
    email: String,
    roles: String,
    created: String,
    last_used: String,
    badge: Badge,
    reason: String,
    deeds: Deeds,
    profile: Profile,
    devices: Vec<DeviceLine>,
    more_devices: bool,
    grants: Vec<GrantLine>,
    more_grants: bool,
}

struct DeviceLine {
    name: String,
    kind: String,
    last_used: String,
    created: String,
    badge: Badge,
    reason: String,
    deeds: Deeds,
}

struct GrantLine {
    id: String,
    device: String,
    client: String,
    created: String,
    last_used: String,
    expires: String,
    badge: Badge,
    reason: String,
    deeds: Deeds,
}

impl DeviceLine {
    fn new(by: &Panelist, device: Device, of_staff: bool) -> Self {
        let standing = Standing {
            disabled: device.disabled,
            disabled_by: device.disabled_by_kind.as_deref(),
            live: device.signed_in,
            of_staff,
        };
        let badge = if device.disabled || device.signed_in {
            Badge::of(device.disabled, device.disabled_until)
        } else {
            Badge::gone("signed out")
        };
        Self {
            deeds: Deeds::new(by, "device", device.id, &standing),
            badge,
            reason: device
                .disabled_reason
                .filter(|_| device.disabled)
                .unwrap_or_default(),
            name: device.name,
            kind: device.kind,
            last_used: format::time(device.last_used_at),
            created: format::time(device.created_at),
        }
    }
}

impl GrantLine {
    fn new(
        by: &Panelist,
        grant: Grant,
        device: Option<&Device>,
        of_staff: bool,
        now: DateTime<Utc>,
    ) -> Self {
        let live = grant.ended_at.is_none() && grant.expires_at > now;
        let standing = Standing {
            disabled: grant.disabled,
            disabled_by: grant.disabled_by_kind.as_deref(),
            live,
            of_staff,
        };
        let ended = grant.ended_reason.map(|how| how.replace('_', " "));
        let badge = match ended {
            Some(how) if how.starts_with("ended") => Badge::gone(how),
            Some(how) => Badge::gone(format!("ended: {how}")),
            None if !live => Badge::gone("expired"),
            None => Badge::of(grant.disabled, grant.disabled_until),
        };
        Self {
            id: grant.id.to_string(),
            deeds: Deeds::new(by, "token", grant.id, &standing),
            device: device.map(|device| device.name.clone()).unwrap_or_default(),
            client: grant.client_id,
            created: format::time(grant.created_at),
            last_used: format::time(grant.last_used_at),
            expires: format::time(grant.expires_at),
            badge,
            reason: grant
                .disabled_reason
                .filter(|_| grant.disabled)
                .unwrap_or_default(),
        }
    }
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

/// The page of a user; with what was refused, its status is 422.
pub async fn page(
    app: &App,
    by: &Panelist,
    id: UserId,
    done: Option<&str>,
    again: Again,
) -> Result<Page<UserPage>, Fault> {
    let user = listing::user(app, id).await?;
    let devices = listing::devices(app, id, None, MAX_LIMIT).await?;
    let grants = listing::grants(app, id, None, MAX_LIMIT).await?;
    let now = app.clock.now();
    let Again {
        mut refused,
        profile,
    } = again;
    let bad = !refused.fault.is_empty() || profile.is_some();
    let of_staff = !user.roles.is_empty();

    let mut lines = Vec::new();
    for grant in grants.items {
        let device = devices.items.iter().find(|d| d.id == grant.device_id);
        let mut line = GrantLine::new(by, grant, device, of_staff, now);
        line.deeds.put_back(&mut refused);
        lines.push(line);
    }
    let signed_in = devices.items.iter().any(|device| device.signed_in);
    let device_lines = devices.items.into_iter().map(|device| {
        let mut line = DeviceLine::new(by, device, of_staff);
        line.deeds.put_back(&mut refused);
        line
    });
    let device_lines = device_lines.collect();
    let standing = Standing {
        disabled: user.disabled,
        disabled_by: None,
        live: signed_in,
        of_staff,
    };
    let mut deeds = Deeds::new(by, "user", id, &standing);
    deeds.put_back(&mut refused);
    let page = UserPage {
        chrome: Chrome::new(by, "users", user.username.clone(), done),
        id,
        email: user.email.clone().unwrap_or_default(),
        roles: format::roles(&user.roles),
        created: format::time(user.created_at),
        last_used: format::last(user.last_used_at),
        badge: Badge::of(user.disabled, user.disabled_until),
        reason: user
            .disabled_reason
            .clone()
            .filter(|_| user.disabled)
            .unwrap_or_default(),
        deeds,
        profile: profile.unwrap_or_else(|| profile_of(&user)),
        username: user.username,
        devices: device_lines,
        more_devices: devices.next_cursor.is_some(),
        grants: lines,
        more_grants: grants.next_cursor.is_some(),
    };
    let status = if bad {
        Status::UnprocessableEntity
    } else {
        Status::Ok
    };
    Ok(Page::new(status, page))
}

/// One user.
#[get("/admin/users/<id>?<done>")]
pub async fn show(
    app: &State<Arc<App>>,
    by: Reader,
    id: UserId,
    done: Option<&str>,
) -> Result<Page<UserPage>, Fault> {
    page(app, &by.0, id, done, Again::default()).await
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
            Ok(Turn::Page(page(app, &by.0, id, None, again).await?))
        }
    }
}

/// Makes a single-use link to set a new password.
#[post("/admin/users/<id>/password-link", data = "<_form>")]
pub async fn password_link(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    id: UserId,
    _form: Checked,
) -> Result<Page<LinkPage>, Fault> {
    let user = listing::user(app, id).await?;
    let link = set_password::make_link(app, &by.0.actor(&caller), id).await?;
    let chrome = Chrome::new(&by.0, "users", "Hand over this link", None);
    let page = LinkPage::new(chrome, "The link is made.", id, &user.username, &link);
    Ok(Page::new(Status::Ok, page))
}

/// Asks before a user is deleted.
#[derive(Template)]
#[template(path = "admin/delete_user.html")]
pub struct DeleteUserPage {
    chrome: Chrome,
    id: UserId,
    username: String,
    fault: String,
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
        chrome: Chrome::new(&by.0, "users", "Delete this user?", None),
        id,
        username: user.username,
        fault: String::new(),
    };
    Ok(Page::new(Status::Ok, page))
}

/// Deletes a user.
#[post("/admin/users/<id>/delete", data = "<_form>")]
pub async fn delete(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    id: UserId,
    _form: Checked,
) -> Result<Turn<DeleteUserPage>, Fault> {
    let user = listing::user(app, id).await?;
    match users::delete(app, &by.0.actor(&caller), id).await {
        Ok(()) | Err(Error::NotFound(Thing::User)) => {
            Ok(Turn::To("/admin/users?done=user-deleted".to_owned()))
        }
        Err(Error::Conflict(conflict)) => {
            let page = DeleteUserPage {
                chrome: Chrome::new(&by.0, "users", "Delete this user?", None),
                id,
                username: user.username,
                fault: format::sentence(&conflict.to_string()),
            };
            Ok(Turn::Page(Page::new(Status::Conflict, page)))
        }
        Err(error) => Err(error.into()),
    }
}
