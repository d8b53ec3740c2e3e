//! `/admin/account`: one's own password and sessions.

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status, post};
use uuid::Uuid;

use super::{
    agent,
    chrome::Chrome,
    fault::{Fault, LOGIN_PATH, Turn},
    format,
    page::Page,
    text::{Text, filters, of_wire, say, weak},
};
use crate::{
    api::error::Wire,
    app::App,
    domain::{
        Caller,
        admin_session::{self, Panelist},
        error::{Error, Thing},
        set_password::{self, Owner},
        sign_in::Refusal,
        throttle::Subject,
    },
    guard::{form::Checked, session::Reader},
};

/// The form for another password, and the sessions.
#[derive(Template)]
#[template(path = "admin/account.html")]
pub struct AccountPage {
    chrome: Chrome,
    min_length: usize,
    field: &'static str,
    fault: Text,
    sessions: Vec<SessionLine>,
}

struct SessionLine {
    id: Uuid,
    own: bool,
    created: Text,
    last_used: Text,
    address: String,
    user_agent: Text,
}

async fn page(
    app: &App,
    by: &Panelist,
    done: Option<&str>,
    (status, field, fault): (Status, &'static str, Text),
) -> Result<Page<AccountPage>, Fault> {
    let sessions = admin_session::own(app, by).await?;
    let lines = sessions.into_iter().map(|session| SessionLine {
        id: session.id,
        own: session.id == by.session,
        created: format::time(session.created_at),
        last_used: format::time(session.last_used_at),
        address: session.address.unwrap_or_default(),
        user_agent: agent::words(&session.user_agent),
    });
    let page = AccountPage {
        chrome: Chrome::new(by, "account", say("account-title"), done),
        min_length: app.config.password_min_length,
        field,
        fault,
        sessions: lines.collect(),
    };
    Ok(Page::new(status, page))
}

/// The page.
#[get("/admin/account?<done>")]
pub async fn show(
    app: &State<Arc<App>>,
    by: Reader,
    done: Option<&str>,
) -> Result<Page<AccountPage>, Fault> {
    page(app, &by.0, done, (Status::Ok, "", Text::default())).await
}

/// Changes one's own password; every other session and grant of one's own ends.
#[post("/admin/account/password", data = "<form>")]
pub async fn change_password(
    app: &State<Arc<App>>,
    by: Reader,
    caller: Caller,
    form: Checked,
) -> Result<Turn<AccountPage>, Fault> {
    let fields = &form.0;
    let new = fields.secret("password");
    let refused = if new == fields.secret("again") {
        let owner = Owner {
            user: by.0.user,
            guesser: Subject::Account(&by.0.username),
            grant: None,
            session: Some(by.0.session),
        };
        let current = fields.secret("current");
        match set_password::change_own(app, &owner, &current, &new, &caller).await {
            Ok(()) => return Ok(Turn::To("/admin/account?done=password-changed".to_owned())),
            Err(Error::SignIn(Refusal::BadCredentials)) => (
                Status::UnprocessableEntity,
                "current",
                say("password-not-yours"),
            ),
            Err(Error::WeakPassword(weakness)) => {
                (Status::UnprocessableEntity, "password", weak(&weakness))
            }
            Err(error @ Error::Throttled { .. }) => {
                let wire = Wire::from(error);
                (wire.status(), "current", of_wire(&wire))
            }
            Err(error) => return Err(error.into()),
        }
    } else {
        let fault = say("password-not-same");
        (Status::UnprocessableEntity, "again", fault)
    };
    Ok(Turn::Page(page(app, &by.0, None, refused).await?))
}

/// Ends one of one's own sessions.
#[post("/admin/account/sessions/<id>/end", data = "<_form>")]
pub async fn end_session(
    app: &State<Arc<App>>,
    by: Reader,
    caller: Caller,
    id: &str,
    _form: Checked,
) -> Result<Turn<AccountPage>, Fault> {
    let id = Uuid::parse_str(id).map_err(|_| Error::NotFound(Thing::Token))?;
    admin_session::end(app, &by.0, id, &caller).await?;
    let to = if id == by.0.session {
        LOGIN_PATH
    } else {
        "/admin/account?done=session-ended"
    };
    Ok(Turn::To(to.to_owned()))
}
