//! Disable, enable and end as forms: for users, devices and tokens alike. Buttons stand
//! only where the role allows what they do; the domain refuses anyway.

use super::format;
use crate::{
    domain::{admin_session::Panelist, disable::Disabling, error::Error},
    guard::fields::Fields,
};

/// What somebody typed into a form that was refused, to be shown again.
#[derive(Default)]
pub struct Refused {
    /// Which form: the path that it posts to.
    pub form: String,
    /// The field that the fault is beside; empty for the form as a whole.
    pub field: &'static str,
    /// What is wrong.
    pub fault: String,
    /// As typed.
    pub reason: String,
    /// As typed.
    pub until: String,
}

/// The forms of one subject.
#[expect(clippy::struct_excessive_bools, reason = "each is a form or not")]
pub struct Deeds {
    /// For ids within the page.
    pub id: String,
    /// What the forms post to, without the last word.
    pub path: String,
    /// `user`, `device`, `token` or `client`.
    pub what: &'static str,
    /// It can be disabled, or disabled otherwise.
    pub disable: bool,
    /// It is disabled and can be enabled.
    pub enable: bool,
    /// It holds something that can be ended.
    pub end: bool,
    /// A device can be disabled together with the user's password.
    pub new_password: bool,
    /// What was refused just now, in one of these forms.
    pub refused: Refused,
}

/// How a subject stands.
pub struct Standing<'a> {
    /// Disabled now.
    pub disabled: bool,
    /// In what capacity whoever disabled it did so.
    pub disabled_by: Option<&'a str>,
    /// Something of it can be ended.
    pub live: bool,
    /// Its user has a role.
    pub of_staff: bool,
}

impl Deeds {
    /// The forms that `by` may use on a subject.
    pub fn new(
        by: &Panelist,
        what: &'static str,
        id: impl std::fmt::Display,
        standing: &Standing<'_>,
    ) -> Self {
        let admin = by.has("admin");
        let reaches = admin || by.has("support") && what != "user" && !standing.of_staff;
        let own = !standing.disabled || standing.disabled_by == Some("support");
        let sets = reaches && (admin || own);
        Self {
            id: format!("{what}-{id}"),
            path: format!("/admin/{what}s/{id}"),
            what,
            disable: sets && (what != "token" || standing.live),
            enable: sets && standing.disabled,
            end: reaches && standing.live,
            new_password: admin && what == "device",
            refused: Refused::default(),
        }
    }

    /// Whether there is any form.
    pub fn any(&self) -> bool {
        self.disable || self.enable || self.end
    }

    /// Puts what was refused back into the form that it was typed into.
    pub fn put_back(&mut self, refused: &mut Refused) {
        let own = refused.form.strip_prefix(self.path.as_str());
        if own.is_some_and(|rest| rest.starts_with('/')) {
            self.refused = std::mem::take(refused);
        }
    }

    /// Whether the form for a verb was refused just now.
    pub fn was_refused(&self, verb: &str) -> bool {
        !self.refused.fault.is_empty() && self.refused.form.ends_with(&format!("/{verb}"))
    }
}

/// Reads why and until when.
///
/// # Errors
/// A time that is none.
pub fn disabling(fields: &Fields) -> Result<Disabling, Error> {
    let until = format::typed_time(fields.text("until")).map_err(|()| Error::Invalid {
        field: "until",
        message: "write a time such as 2026-11-23T22:41",
    })?;
    Ok(Disabling {
        reason: Some(fields.text("reason").to_owned()),
        until,
    })
}

impl Refused {
    /// What was typed into `form`, if the error is one to be mended there.
    ///
    /// # Errors
    /// The error itself, for a page of its own.
    pub fn of(form: String, error: Error, fields: &Fields) -> Result<Self, Error> {
        let (field, fault) = match error {
            Error::Invalid { field, message } => (field, message.to_owned()),
            Error::Conflict(conflict) => ("", conflict.to_string()),
            error => return Err(error),
        };
        Ok(Self {
            form,
            field,
            fault: format::sentence(&fault),
            reason: fields.text("reason").to_owned(),
            until: fields.text("until").to_owned(),
        })
    }
}
