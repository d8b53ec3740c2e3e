//! The POSTs that disable, enable and end users, devices and tokens. Each leads back to the
//! page of the user: with the id of its request, of which [`super::outcome`] tells, or with what was
//! typed and what is wrong.

use std::sync::Arc;

use rocket::{Either, State, http::Status, post};
use uuid::Uuid;

use super::{
    chrome::Chrome,
    confirm,
    consequence::Owner,
    deeds::{Refused, disabling, reason},
    fault::{Fault, Turn},
    outcome,
    page::Page,
    text::say,
    user::{self, Again, Part, UserPage},
    users::LinkPage,
};
use crate::{
    app::App,
    db::disabling::Subject,
    domain::{
        Caller,
        admin_session::{self, Panelist},
        disable, end,
        error::{Error, Thing},
        listing,
    },
    guard::{
        fields::Fields,
        form::Checked,
        session::{Administrator, SupportDesk},
    },
    ids::{DeviceId, GrantId, UserId},
};

type Answer = Result<Turn<UserPage>, Fault>;

#[derive(Clone, Copy)]
enum Verb {
    Disable,
    Enable,
    End,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::End => "end",
        }
    }
}

/// Whose it is, and on which device, if on one.
async fn owner(app: &App, subject: Subject) -> Result<(UserId, Option<DeviceId>), Error> {
    Ok(match subject {
        Subject::User(id) => (id, None),
        Subject::Device(id) => (listing::device(app, id).await?.user_id, Some(id)),
        Subject::Grant(id) => {
            let grant = listing::grant(app, id).await?;
            (grant.user_id, Some(grant.device_id))
        }
    })
}

async fn act(
    app: &App,
    by: &Panelist,
    caller: &Caller,
    subject: Subject,
    verb: Verb,
    fields: &Fields,
) -> Answer {
    let whose = owner(app, subject).await?;
    let done = carry_out(app, by, caller, subject, verb, fields).await;
    let (what, id) = match subject {
        Subject::User(id) => ("user", id.0),
        Subject::Device(id) => ("device", id.0),
        Subject::Grant(id) => ("token", id.0),
    };
    let form = format!("/admin/{what}s/{id}/{}", verb.word());
    answer(app, by, caller, whose, form, done, fields).await
}

/// Leads to the page of the user, with what was done or with what was refused.
async fn answer(
    app: &App,
    by: &Panelist,
    caller: &Caller,
    (user, device): (UserId, Option<DeviceId>),
    form: String,
    done: Result<(), Error>,
    fields: &Fields,
) -> Answer {
    match done {
        // Whoever disables themselves is out: their own page leads to the sign-in.
        Ok(()) => Ok(Turn::To(format!(
            "/admin/users/{user}?done={}",
            caller.request_id
        ))),
        Err(Error::Forbidden) => {
            admin_session::refuse(app, admin_session::Refused::Role, Some(by.user), caller).await?;
            Err(Error::Forbidden.into())
        }
        Err(error) => again(app, by, (user, device), form, error, fields).await,
    }
}

async fn carry_out(
    app: &App,
    by: &Panelist,
    caller: &Caller,
    subject: Subject,
    verb: Verb,
    fields: &Fields,
) -> Result<(), Error> {
    let actor = by.actor(caller);
    match verb {
        Verb::Disable => {
            let disabling = disabling(fields, app.clock.now())?;
            disable::disable(app, &actor, subject, &disabling).await
        }
        Verb::Enable => disable::enable(app, &actor, subject, Some(reason(fields)?)).await,
        Verb::End => end::end(app, &actor, subject, Some(reason(fields)?)).await,
    }
}

/// The page with what was refused: of a long list, the part that the form stands in.
async fn again(
    app: &App,
    by: &Panelist,
    (user, device): (UserId, Option<DeviceId>),
    form: String,
    error: Error,
    fields: &Fields,
) -> Answer {
    let again = Again {
        refused: Refused::of(form, error, fields)?,
        profile: None,
    };
    Ok(Turn::Page(
        user::page(app, by, user, &Part::of(device), None, again).await?,
    ))
}

/// Disables a user with all devices.
#[post("/admin/users/<id>/disable", data = "<form>")]
pub async fn disable_user(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    id: UserId,
    form: Checked,
) -> Answer {
    act(
        app,
        &by.0,
        &caller,
        Subject::User(id),
        Verb::Disable,
        &form.0,
    )
    .await
}

/// Enables a user again.
#[post("/admin/users/<id>/enable", data = "<form>")]
pub async fn enable_user(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    id: UserId,
    form: Checked,
) -> Answer {
    act(
        app,
        &by.0,
        &caller,
        Subject::User(id),
        Verb::Enable,
        &form.0,
    )
    .await
}

/// Signs a user out everywhere, for good.
#[post("/admin/users/<id>/end", data = "<form>")]
pub async fn end_user(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    id: UserId,
    form: Checked,
) -> Answer {
    act(app, &by.0, &caller, Subject::User(id), Verb::End, &form.0).await
}

/// Disables a device.
#[post("/admin/devices/<id>/disable", data = "<form>")]
pub async fn disable_device(
    app: &State<Arc<App>>,
    by: SupportDesk,
    caller: Caller,
    id: DeviceId,
    form: Checked,
) -> Answer {
    act(
        app,
        &by.0,
        &caller,
        Subject::Device(id),
        Verb::Disable,
        &form.0,
    )
    .await
}

/// Enables a device again.
#[post("/admin/devices/<id>/enable", data = "<form>")]
pub async fn enable_device(
    app: &State<Arc<App>>,
    by: SupportDesk,
    caller: Caller,
    id: DeviceId,
    form: Checked,
) -> Answer {
    act(
        app,
        &by.0,
        &caller,
        Subject::Device(id),
        Verb::Enable,
        &form.0,
    )
    .await
}

/// Signs a device out for good.
#[post("/admin/devices/<id>/end", data = "<form>")]
pub async fn end_device(
    app: &State<Arc<App>>,
    by: SupportDesk,
    caller: Caller,
    id: DeviceId,
    form: Checked,
) -> Answer {
    act(app, &by.0, &caller, Subject::Device(id), Verb::End, &form.0).await
}

/// Disables all devices of a user, or all but one, in one act.
#[post("/admin/users/<id>/devices/disable", data = "<form>")]
pub async fn disable_devices(
    app: &State<Arc<App>>,
    by: SupportDesk,
    caller: Caller,
    id: UserId,
    form: Checked,
) -> Answer {
    let but = Some(form.0.text("but")).filter(|but| !but.is_empty());
    let but = but.map(str::parse).transpose();
    let but = but.map_err(|_| Error::NotFound(Thing::Device))?;
    let done = match disabling(&form.0, app.clock.now()) {
        Ok(disabling) => {
            disable::disable_devices(app, &by.0.actor(&caller), id, but, &disabling).await
        }
        Err(error) => Err(error),
    };
    let path = format!("/admin/users/{id}/devices/disable");
    answer(app, &by.0, &caller, (id, None), path, done, &form.0).await
}

/// Takes back what one request disabled of a user's devices.
#[post("/admin/users/<id>/devices/enable/<request>", data = "<form>")]
pub async fn enable_devices(
    app: &State<Arc<App>>,
    by: SupportDesk,
    caller: Caller,
    id: UserId,
    request: &str,
    form: Checked,
) -> Answer {
    let request = Uuid::parse_str(request).unwrap_or_default();
    let done = match reason(&form.0) {
        Ok(reason) => {
            let actor = by.0.actor(&caller);
            disable::enable_devices(app, &actor, id, request, Some(reason)).await
        }
        Err(error) => Err(error),
    };
    let path = format!("/admin/users/{id}/devices/enable/{request}");
    answer(app, &by.0, &caller, (id, None), path, done, &form.0).await
}

/// Disables a device that is lost, and makes a link for a new password: whoever has the
/// device may know the old one.
#[post("/admin/devices/<id>/lost", data = "<form>")]
pub async fn lost_device(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    id: DeviceId,
    form: Checked,
) -> Result<Either<Turn<UserPage>, Page<LinkPage>>, Fault> {
    let user = listing::device(app, id).await?.user_id;
    let owner = listing::user(app, user).await?;
    confirm::ask_for_link(app, &by.0, &caller, &form.0, &owner).await?;
    let actor = by.0.actor(&caller);
    let made = match disabling(&form.0, app.clock.now()) {
        Ok(disabling) => disable::disable_lost(app, &actor, id, &disabling).await,
        Err(error) => Err(error),
    };
    let link = match made {
        Ok(link) => link,
        Err(error) => {
            // The button stands in the form that disables.
            let form_path = format!("/admin/devices/{id}/disable");
            let whose = (user, Some(id));
            let page = again(app, &by.0, whose, form_path, error, &form.0).await?;
            return Ok(Either::Left(page));
        }
    };
    let user = listing::user(app, user).await?;
    let owner = Owner::new(&user, &listing::working_devices(app, user.id).await?);
    let subject = (&user, &owner, (false, false));
    let mut chrome = Chrome::new(&by.0, "users", say("link-title"), None);
    chrome.outcome = outcome::of_request(app, &by.0, subject, caller.request_id).await?;
    let what = "link-made";
    let page = LinkPage::new(chrome, what, user.id, &user.username, &link);
    Ok(Either::Right(Page::new(Status::Ok, page)))
}

/// Disables a token.
#[post("/admin/tokens/<id>/disable", data = "<form>")]
pub async fn disable_token(
    app: &State<Arc<App>>,
    by: SupportDesk,
    caller: Caller,
    id: GrantId,
    form: Checked,
) -> Answer {
    act(
        app,
        &by.0,
        &caller,
        Subject::Grant(id),
        Verb::Disable,
        &form.0,
    )
    .await
}

/// Enables a token again.
#[post("/admin/tokens/<id>/enable", data = "<form>")]
pub async fn enable_token(
    app: &State<Arc<App>>,
    by: SupportDesk,
    caller: Caller,
    id: GrantId,
    form: Checked,
) -> Answer {
    act(
        app,
        &by.0,
        &caller,
        Subject::Grant(id),
        Verb::Enable,
        &form.0,
    )
    .await
}

/// Ends a token for good.
#[post("/admin/tokens/<id>/end", data = "<form>")]
pub async fn end_token(
    app: &State<Arc<App>>,
    by: SupportDesk,
    caller: Caller,
    id: GrantId,
    form: Checked,
) -> Answer {
    act(app, &by.0, &caller, Subject::Grant(id), Verb::End, &form.0).await
}
