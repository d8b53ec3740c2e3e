//! `/admin/setup`: the first administrator, by the code that the start printed. Once there
//! is one, it leads to the sign-in.

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status, post};

use super::{
    fault::{Fault, LOGIN_PATH, Turn},
    login::before_csrf,
    page::Page,
    text::{Text, filters, say, told_as, weak},
};
use crate::{
    app::App,
    domain::{
        Caller,
        error::{Error, Thing},
        listing,
        password::MAX_LENGTH,
        setup,
    },
    guard::{form::CheckedBefore, session::Browser},
};

/// The form, with what was wrong with the last try.
#[derive(Template)]
#[template(path = "admin/setup.html")]
pub struct SetupPage {
    title: &'static str,
    csrf: String,
    code: String,
    username: String,
    min_length: usize,
    max_length: usize,
    /// The field that the fault is beside.
    field: &'static str,
    fault: Text,
}

type Answer = Result<Turn<SetupPage>, Fault>;

fn page(app: &App, browser: &Browser<'_>, code: &str, username: &str) -> SetupPage {
    SetupPage {
        title: "setup-title",
        csrf: before_csrf(browser),
        code: code.to_owned(),
        username: username.to_owned(),
        min_length: app.config.password_min_length,
        max_length: MAX_LENGTH,
        field: "",
        fault: Text::default(),
    }
}

/// The form.
#[get("/admin/setup")]
pub async fn show(app: &State<Arc<App>>, browser: Browser<'_>) -> Answer {
    if listing::any_administrator(app).await? {
        return Ok(Turn::To(LOGIN_PATH.to_owned()));
    }
    Ok(Turn::Page(Page::new(
        Status::Ok,
        page(app, &browser, "", ""),
    )))
}

/// Makes the first administrator and signs the browser in.
#[post("/admin/setup", data = "<form>")]
pub async fn create(
    app: &State<Arc<App>>,
    browser: Browser<'_>,
    caller: Caller,
    form: CheckedBefore,
) -> Answer {
    if listing::any_administrator(app).await? {
        return Ok(Turn::To(LOGIN_PATH.to_owned()));
    }
    let CheckedBefore(fields) = form;
    let (code, username) = (fields.text("code"), fields.text("username"));
    let password = fields.secret("password");
    let (field, fault) = if password == fields.secret("again") {
        match setup::create_first(app, code, username, &password, &caller).await {
            Ok(token) => {
                browser.hand_over(&token);
                return Ok(Turn::To("/admin?done=setup".to_owned()));
            }
            Err(Error::NotFound(Thing::SetupCode)) => ("code", say("setup-code-wrong")),
            Err(Error::WeakPassword(weakness)) => ("password", weak(&weakness)),
            Err(Error::Invalid { message, .. }) => ("username", told_as(message)),
            Err(Error::Conflict(conflict)) => ("username", told_as(&conflict.to_string())),
            Err(error) => return Err(error.into()),
        }
    } else {
        ("again", say("password-not-same"))
    };
    let page = SetupPage {
        field,
        fault,
        ..page(app, &browser, code, username)
    };
    Ok(Turn::Page(Page::new(Status::UnprocessableEntity, page)))
}
