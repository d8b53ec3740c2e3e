//! Asking for the password once more, before what is grave. The page that asks has all that was typed in its
//! form, which goes to where the first one went: what was asked for is done by the same handler, nothing is
//! kept in between, and there is no address to be led astray by.

use askama::Template;
use rocket::http::Status;

use super::{
    chrome::Chrome,
    fault::Fault,
    page::Page,
    text::{Text, filters, of_wire, say},
};
use crate::{
    api::error::Wire,
    app::App,
    db::users::User,
    domain::{
        Caller,
        admin_session::{self, Panelist},
        error::Error,
        sign_in::Refusal,
    },
    guard::{fields::Fields, form},
};

/// The field with the password.
const PASSWORD: &str = "confirm_password";

/// The question.
#[derive(Template)]
#[template(path = "admin/confirm.html")]
pub struct ConfirmPage {
    chrome: Chrome,
    /// What is about to be done.
    what: Text,
    /// The form's own fields, each as name and value.
    fields: Vec<(String, String)>,
    password: &'static str,
    fault: Text,
}

/// Lets through who has typed the password lately, or types it with this form. `what` is the message that says what
/// is about to be done.
///
/// # Errors
/// The page that asks for it, with what was wrong; those of the database.
pub async fn ask(
    app: &App,
    by: &Panelist,
    caller: &Caller,
    fields: &Fields,
    what: &'static str,
) -> Result<(), Fault> {
    if by.is_fresh(app.clock.now()) {
        return Ok(());
    }
    let (status, fault) = if fields.ticked(PASSWORD) {
        match admin_session::confirm(app, by, &fields.secret(PASSWORD), caller).await {
            Ok(()) => return Ok(()),
            Err(Error::SignIn(Refusal::BadCredentials)) => {
                (Status::Forbidden, say("password-not-yours"))
            }
            Err(error @ Error::Throttled { .. }) => {
                let wire = Wire::from(error);
                (wire.status(), of_wire(&wire))
            }
            Err(error) => return Err(error.into()),
        }
    } else {
        (Status::Forbidden, Text::default())
    };
    let own = [form::FIELD, PASSWORD];
    let page = ConfirmPage {
        chrome: Chrome::new(by, "", say("confirm-title"), None),
        what: say(what),
        fields: fields.all_but(&own),
        password: PASSWORD,
        fault,
    };
    Err(Fault::Asks(Box::new(Page::new(status, page))))
}

/// The same before a password's link is made: the link of somebody with a role is as good as the role.
///
/// # Errors
/// As [`ask`].
pub async fn ask_for_link(
    app: &App,
    by: &Panelist,
    caller: &Caller,
    fields: &Fields,
    user: &User,
) -> Result<(), Fault> {
    if user.roles.is_empty() {
        return Ok(());
    }
    let doing = "confirm-link";
    ask(app, by, caller, fields, doing).await
}
