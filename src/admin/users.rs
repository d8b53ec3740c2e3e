//! `/admin/users`: make a new user; find one ([`list`]).

pub mod list;

use std::sync::Arc;

use askama::Template;
use rocket::{Either, State, get, http::Status, post};

use super::{
    chrome::Chrome,
    confirm,
    fault::{Fault, Turn},
    format,
    page::Page,
    text::{Text, filters, say, told_as},
};
use crate::{
    app::App,
    domain::{
        Caller,
        error::{Conflict, Error},
        listing,
        set_password::Link,
        users::{self, NewUser},
    },
    guard::{fields::Fields, form::Checked, session::Administrator},
    ids::UserId,
};

/// The form for a new user.
#[derive(Template)]
#[template(path = "admin/new_user.html")]
pub struct NewUserPage {
    chrome: Chrome,
    profile: Profile,
}

/// Name, e-mail and roles as typed, with what is wrong.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "a box is ticked or not")]
pub struct Profile {
    /// As typed.
    pub username: String,
    /// As typed.
    pub email: String,
    /// Ticked.
    pub admin: bool,
    /// Ticked.
    pub support: bool,
    /// Ticked.
    pub auditor: bool,
    /// The field that the fault is beside; empty for the form as a whole.
    pub field: &'static str,
    /// What is wrong.
    pub fault: Text,
    /// Shown unfolded.
    pub open: bool,
}

impl Profile {
    /// As the form has it.
    pub fn typed(fields: &Fields) -> Self {
        Self {
            username: fields.text("username").to_owned(),
            email: fields.text("email").to_owned(),
            admin: fields.ticked("role_admin"),
            support: fields.ticked("role_support"),
            auditor: fields.ticked("role_auditor"),
            open: true,
            ..Self::default()
        }
    }

    /// The set of roles that is ticked.
    pub fn roles(&self) -> Vec<String> {
        [
            ("admin", self.admin),
            ("support", self.support),
            ("auditor", self.auditor),
        ]
        .into_iter()
        .filter(|(_, ticked)| *ticked)
        .map(|(role, _)| role.to_owned())
        .collect()
    }

    /// With the fault, if the error is one to be mended in the form.
    ///
    /// # Errors
    /// The error itself, for a page of its own.
    pub fn refused(self, error: Error) -> Result<Self, Error> {
        let (field, fault) = match error {
            Error::Invalid { field, message } => (field, told_as(message)),
            Error::Conflict(taken @ Conflict::UsernameTaken) => {
                ("username", told_as(&taken.to_string()))
            }
            Error::Conflict(conflict) => ("", told_as(&conflict.to_string())),
            error => return Err(error),
        };
        Ok(Self {
            field,
            fault,
            ..self
        })
    }

    /// Nothing for nothing typed.
    pub fn email(&self) -> Option<&str> {
        Some(self.email.trim()).filter(|email| !email.is_empty())
    }
}

/// A single-use link, shown on the page that answers the POST and never again.
#[derive(Template)]
#[template(path = "admin/link.html")]
pub struct LinkPage {
    chrome: Chrome,
    user: UserId,
    username: String,
    what: &'static str,
    url: String,
    expires: Text,
}

impl LinkPage {
    /// The link for a user, after `what` was done.
    pub fn new(
        chrome: Chrome,
        what: &'static str,
        user: UserId,
        username: &str,
        link: &Link,
    ) -> Self {
        Self {
            chrome,
            user,
            username: username.to_owned(),
            what,
            url: link.url.expose().clone(),
            expires: format::time(link.expires_at),
        }
    }
}

/// The form for a new user.
#[get("/admin/users/new")]
pub fn new(by: Administrator) -> Page<NewUserPage> {
    let page = NewUserPage {
        chrome: Chrome::new(&by.0, "users", say("new-user-title"), None),
        profile: Profile::default(),
    };
    Page::new(Status::Ok, page)
}

/// Creates a user, who sets the password by a link.
#[post("/admin/users", data = "<form>")]
pub async fn create(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    form: Checked,
) -> Result<Either<Page<NewUserPage>, Turn<LinkPage>>, Fault> {
    let profile = Profile::typed(&form.0);
    let roles = profile.roles();
    if !roles.is_empty() {
        let what = "confirm-user-with-role";
        confirm::ask(app, &by.0, &caller, &form.0, what).await?;
    }
    let new = NewUser {
        username: &profile.username,
        password: None,
        email: profile.email(),
        roles: &roles,
    };
    match users::create(app, &by.0.actor(&caller), &new).await {
        Ok((id, Some(link))) => {
            let user = listing::user(app, id).await?;
            let chrome = Chrome::new(&by.0, "users", say("link-title"), None);
            let page = LinkPage::new(chrome, "link-user-created", id, &user.username, &link);
            Ok(Either::Right(Turn::Page(Page::new(Status::Created, page))))
        }
        Ok((id, None)) => Ok(Either::Right(Turn::To(format!("/admin/users/{id}")))),
        Err(error) => {
            let page = NewUserPage {
                chrome: Chrome::new(&by.0, "users", say("new-user-title"), None),
                profile: profile.refused(error)?,
            };
            Ok(Either::Left(Page::new(Status::UnprocessableEntity, page)))
        }
    }
}
