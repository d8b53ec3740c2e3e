//! Disable, enable and end as forms: for users, devices and tokens alike. Buttons stand
//! only where the role allows what they do; the domain refuses anyway.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::{
    consequence::Owner,
    format,
    text::{Text, told_as},
};
use crate::{
    domain::{admin_session::Panelist, disable::Disabling, error::Error},
    guard::fields::Fields,
};

/// The reason of whoever takes an act back.
pub const UNDONE: &str = "undone";

/// What somebody typed into a form that was refused, to be shown again.
#[derive(Default)]
pub struct Refused {
    /// Which form: the path that it posts to.
    pub form: String,
    /// The field that the fault is beside; empty for the form as a whole.
    pub field: &'static str,
    /// What is wrong.
    pub fault: Text,
    /// As typed.
    pub reason: String,
    /// As chosen: how long.
    pub lasts: String,
    /// As typed.
    pub until: String,
    /// As chosen: the device that is left out.
    pub but: String,
}

/// The forms of one subject.
#[expect(clippy::struct_excessive_bools, reason = "each is a form or not")]
pub struct Deeds {
    /// For ids within the page.
    pub id: String,
    /// What the forms post to, without the last word.
    pub path: String,
    /// `user`, `device`, `token`, `client`, `devices` for all of a user, or `all` for what an act is about.
    pub what: &'static str,
    /// It can be disabled, or disabled otherwise.
    pub disable: bool,
    /// It is disabled and can be enabled.
    pub enable: bool,
    /// It holds something that can be ended.
    pub end: bool,
    /// A device can be disabled together with the user's password.
    pub new_password: bool,
    /// The form that disables or enables is unfolded: there is nothing else to choose from.
    pub open: bool,
    /// What disabling does.
    pub if_disabled: Vec<Text>,
    /// What enabling does, where it is not plain.
    pub if_enabled: Vec<Text>,
    /// What ending does.
    pub if_ended: Vec<Text>,
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
            open: false,
            if_disabled: Vec::new(),
            if_enabled: Vec::new(),
            if_ended: Vec::new(),
            refused: Refused::default(),
        }
    }

    /// The form that disables all devices of a user, or all but one.
    pub fn of_devices(by: &Panelist, owner: &Owner) -> Self {
        let standing = Standing {
            disabled: false,
            disabled_by: None,
            live: false,
            of_staff: owner.of_staff,
        };
        let of_one = Self::new(by, "device", owner.id, &standing);
        Self {
            id: format!("devices-{}", owner.id),
            path: format!("/admin/users/{}/devices", owner.id),
            what: "devices",
            disable: of_one.disable && owner.has_several(),
            if_disabled: owner.if_devices_are_disabled(),
            ..of_one
        }
    }

    /// With what they do.
    #[must_use]
    pub fn telling(self, if_disabled: Vec<Text>, if_ended: Vec<Text>) -> Self {
        Self {
            if_disabled,
            if_ended,
            ..self
        }
    }

    /// Whether there is any form.
    pub fn any(&self) -> bool {
        self.disable || self.enable || self.end
    }

    /// Puts what was refused back into the form that it was typed into.
    pub fn put_back(&mut self, refused: &mut Refused) {
        // Below the path of a user is that of all devices.
        let verb = refused.form.strip_prefix(self.path.as_str());
        let verb = verb.and_then(|rest| rest.strip_prefix('/'));
        if verb.is_some_and(|verb| !verb.contains('/')) {
            self.refused = std::mem::take(refused);
        }
    }

    /// Whether the form for a verb was refused just now.
    pub fn was_refused(&self, verb: &str) -> bool {
        !self.refused.fault.is_empty() && self.refused.form.ends_with(&format!("/{verb}"))
    }

    /// Whether this end was chosen in the form to disable that was refused just now.
    pub fn chosen(&self, lasts: &str) -> bool {
        self.was_refused("disable") && self.refused.lasts == lasts
    }
}

/// Why, as typed, or else as the button says that was pressed. In the panel nothing is done without.
///
/// # Errors
/// For nothing.
pub fn reason(fields: &Fields) -> Result<&str, Error> {
    let given = [fields.text("reason"), fields.text("usual")].map(str::trim);
    let given = given.into_iter().find(|text| !text.is_empty());
    given.ok_or(Error::Invalid {
        field: "reason",
        message: "say why: it stands in the audit log",
    })
}

/// Reads why and until when.
///
/// # Errors
/// No reason; a time that is none; two ends at once.
pub fn disabling(fields: &Fields, now: DateTime<Utc>) -> Result<Disabling, Error> {
    Ok(Disabling {
        reason: Some(reason(fields)?.to_owned()),
        until: until(fields.text("lasts"), fields.text("until"), now)?,
    })
}

/// The end that is chosen. A time that is typed needs no choice beside it, so that nobody has to
/// make two moves for one; beside another choice it could mean either.
fn until(lasts: &str, typed: &str, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Error> {
    let refused = |message| Error::Invalid {
        field: "until",
        message,
    };
    let typed =
        format::typed_time(typed).map_err(|()| refused("write a time such as 2026-11-23T22:41"))?;
    let midnight = || {
        let tomorrow = now.date_naive().succ_opt();
        tomorrow.map(|day| day.and_time(NaiveTime::MIN).and_utc())
    };
    let chosen = match lasts {
        "" | "enabled" => return Ok(typed),
        "time" if typed.is_some() => return Ok(typed),
        "time" => return Err(refused("write a time such as 2026-11-23T22:41")),
        "hour" => now.checked_add_signed(TimeDelta::hours(1)),
        "today" => midnight(),
        "week" => now.checked_add_signed(TimeDelta::days(7)),
        _ => None,
    };
    match (chosen, typed) {
        (Some(chosen), None) => Ok(Some(chosen)),
        (Some(_), Some(_)) => Err(refused("choose the time that is typed, or leave it out")),
        (None, _) => Err(refused("choose one of these")),
    }
}

impl Refused {
    /// What was typed into `form`, if the error is one to be mended there.
    ///
    /// # Errors
    /// The error itself, for a page of its own.
    pub fn of(form: String, error: Error, fields: &Fields) -> Result<Self, Error> {
        let (field, fault) = match error {
            Error::Invalid { field, message } => (field, told_as(message)),
            Error::Conflict(conflict) => ("", told_as(&conflict.to_string())),
            error => return Err(error),
        };
        Ok(Self {
            form,
            field,
            fault,
            reason: fields.text("reason").to_owned(),
            lasts: fields.text("lasts").to_owned(),
            until: fields.text("until").to_owned(),
            but: fields.text("but").to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_chosen_or_typed_and_never_guessed() {
        let at = |text: &str| format::typed_time(text).unwrap().unwrap();
        let (now, typed) = (at("2026-11-23T22:41"), "2026-12-01T08:00");
        for (lasts, typed, end) in [
            ("", "", None),
            ("enabled", " ", None),
            ("hour", "", Some("2026-11-23T23:41")),
            ("today", "", Some("2026-11-24T00:00")),
            ("week", "", Some("2026-11-30T22:41")),
            ("time", typed, Some(typed)),
            ("", typed, Some(typed)),
            ("enabled", typed, Some(typed)),
        ] {
            let until = until(lasts, typed, now).unwrap();
            assert_eq!(until, end.map(at), "{lasts:?} {typed:?}");
        }
        for (lasts, typed) in [
            ("time", ""),
            ("hour", typed),
            ("ever", ""),
            ("ever", typed),
            ("", "someday"),
            ("hour", "someday"),
        ] {
            assert!(until(lasts, typed, now).is_err(), "{lasts:?} {typed:?}");
        }
    }
}
