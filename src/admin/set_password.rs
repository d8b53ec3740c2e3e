//! `/set-password/…`: where a user sets a password by a single-use link. The link's
//! secret is in the path, so nothing here is logged but the route, and the page sends
//! no referrer and loads nothing but our stylesheet.

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status, post};

use super::{
    page::Page,
    text::{Text, filters, say, weak},
};
use crate::{
    api::error::Wire,
    app::App,
    db::audit_events::Caller,
    domain::{
        error::Error,
        password::MAX_LENGTH,
        set_password::{use_link, user_of_link},
    },
    guard::fields::Fields,
};

/// The page, in each of its states.
#[derive(Template)]
#[template(path = "set_password.html")]
pub struct SetPasswordPage {
    title: &'static str,
    state: PageState,
}

enum PageState {
    /// The form, with what was wrong with the last try.
    Form {
        username: String,
        min_length: usize,
        max_length: usize,
        fault: Option<Text>,
    },
    /// Done.
    Saved,
    /// The link leads nowhere any more.
    Gone,
}

type Answer = Result<Page<SetPasswordPage>, Wire>;

fn page(status: Status, title: &'static str, state: PageState) -> Page<SetPasswordPage> {
    Page::new(status, SetPasswordPage { title, state })
}

async fn form(app: &App, secret: &str, fault: Option<Text>) -> Answer {
    match user_of_link(app, secret).await {
        Ok(user) => {
            let status = if fault.is_some() {
                Status::UnprocessableEntity
            } else {
                Status::Ok
            };
            let state = PageState::Form {
                username: user.username,
                min_length: app.config.password_min_length,
                max_length: MAX_LENGTH,
                fault,
            };
            Ok(page(status, "set-password-title", state))
        }
        Err(Error::NotFound(_)) => Ok(page(
            Status::NotFound,
            "set-password-gone-title",
            PageState::Gone,
        )),
        Err(error) => Err(error.into()),
    }
}

/// The form, with its rules.
#[get("/set-password/<secret>")]
pub async fn show(app: &State<Arc<App>>, secret: &str) -> Answer {
    form(app, secret, None).await
}

/// Saves the password and uses the link up.
#[post("/set-password/<secret>", data = "<fields>")]
pub async fn save(app: &State<Arc<App>>, caller: Caller, secret: &str, fields: Fields) -> Answer {
    let (password, again) = (fields.secret("password"), fields.secret("again"));
    if password != again {
        return form(app, secret, Some(say("password-not-same"))).await;
    }
    match use_link(app, secret, &password, &caller).await {
        Ok(()) => Ok(page(
            Status::Ok,
            "set-password-saved-title",
            PageState::Saved,
        )),
        Err(Error::WeakPassword(weakness)) => form(app, secret, Some(weak(&weakness))).await,
        Err(Error::NotFound(_)) => Ok(page(
            Status::NotFound,
            "set-password-gone-title",
            PageState::Gone,
        )),
        Err(error) => Err(error.into()),
    }
}
