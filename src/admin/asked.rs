//! What the address of a list asks for, and the same again as parameters of its links. A word that no list of
//! choices has is passed over; what was typed and cannot be read is a fault beside its field.

use chrono::{DateTime, Utc};
use rocket::{
    FromForm,
    http::{RawStr, Status},
};

use super::{
    format,
    language::LANGUAGES,
    pager::{LAST, begins, no_such_page},
    text::say,
};
use crate::{api::error::Wire, db::cursor::At};

/// The parameters of all lists; each reads its own.
#[derive(FromForm, Clone, Copy, Default)]
pub struct Asked<'r> {
    pub query: Option<&'r str>,
    pub status: Option<&'r str>,
    pub role: Option<&'r str>,
    pub kind: Option<&'r str>,
    pub not_since: Option<&'r str>,
    pub client: Option<&'r str>,
    pub reason: Option<&'r str>,
    pub actor: Option<&'r str>,
    pub subject: Option<&'r str>,
    pub action: Option<&'r str>,
    pub address: Option<&'r str>,
    pub since: Option<&'r str>,
    pub until: Option<&'r str>,
    pub sort: Option<&'r str>,
    pub cursor: Option<&'r str>,
    pub before: Option<&'r str>,
}

impl Asked<'_> {
    /// Which page of the list.
    ///
    /// # Errors
    /// 400 for what is none of our cursors, and for two of them.
    pub fn at<P>(&self, parse: impl Fn(&str) -> Option<P>) -> Result<At<P>, Wire> {
        match (self.cursor, self.before) {
            (Some(_), Some(_)) => Err(no_such_page()),
            (None, Some(LAST)) => Ok(At::Last),
            (None, before @ Some(_)) => Ok(begins(before, parse)?.map_or(At::First, At::Before)),
            (cursor, None) => Ok(At::after(begins(cursor, parse)?)),
        }
    }
}

/// A list as it is asked for.
pub struct Question<F> {
    /// Which rows, in which order, which page.
    pub filter: F,
    /// The same but for the page, for links.
    pub asked: Parameters,
    /// What cannot be read.
    pub faults: Faults,
}

impl<F> Question<F> {
    /// 422 when there is something to be mended in the form.
    pub fn status(&self) -> Status {
        if self.faults.is_empty() {
            Status::Ok
        } else {
            Status::UnprocessableEntity
        }
    }
}

/// The parameters that say something.
#[derive(Default)]
pub struct Parameters(Vec<(&'static str, String)>);

impl Parameters {
    /// Takes one as typed, without the blanks around it.
    pub fn take(&mut self, name: &'static str, typed: Option<&str>) -> String {
        let text = typed.unwrap_or_default().trim().to_owned();
        if !text.is_empty() {
            self.0.push((name, text.clone()));
        }
        text
    }

    /// Takes one that is a word out of a list.
    pub fn choose<T: Clone>(
        &mut self,
        name: &'static str,
        typed: Option<&str>,
        known: &[(&'static str, T)],
    ) -> Option<T> {
        let (word, meant) = known.iter().find(|(word, _)| Some(*word) == typed)?;
        self.0.push((name, (*word).to_owned()));
        Some(meant.clone())
    }

    /// Takes a time, in UTC.
    pub fn time(
        &mut self,
        name: &'static str,
        typed: Option<&str>,
        faults: &mut Faults,
    ) -> Option<DateTime<Utc>> {
        format::typed_time(&self.take(name, typed)).unwrap_or_else(|()| {
            faults.push(name, "told-time");
            None
        })
    }

    /// The value of one; empty where nothing is asked.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(it, _)| *it == name);
        found.map_or("", |(_, value)| value)
    }

    /// The address of a path with these parameters, `more` in place of those of the same name.
    pub fn link(&self, path: &str, more: &[(&str, &str)]) -> String {
        let kept = self.0.iter().map(|(name, value)| (*name, value.as_str()));
        let kept = kept.filter(|(name, _)| more.iter().all(|(it, _)| it != name));
        let all = kept.chain(more.iter().copied());
        let all: Vec<String> = all
            .map(|(name, value)| format!("{name}={}", RawStr::new(value).percent_encode()))
            .collect();
        if all.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", all.join("&"))
        }
    }

    /// Whether a list with them shows less than all; an order does not matter.
    pub fn narrow(&self) -> bool {
        self.0.iter().any(|(name, _)| *name != "sort")
    }

    /// What the audit log is told of them: no text that was looked for, which is a name.
    pub fn told(&self) -> Vec<String> {
        let told = self.0.iter().map(|(name, value)| match *name {
            "query" => "query".to_owned(),
            name => format!("{name}={value}"),
        });
        told.collect()
    }
}

/// Fields, and the messages that say what is wrong with each.
#[derive(Default)]
pub struct Faults(Vec<(&'static str, &'static str)>);

impl Faults {
    /// One more.
    pub fn push(&mut self, field: &'static str, fault: &'static str) {
        self.0.push((field, fault));
    }

    /// What is wrong with a field; empty where nothing is.
    pub fn of(&self, field: &str) -> &'static str {
        let found = self.0.iter().find(|(it, _)| *it == field);
        found.map_or("", |(_, fault)| fault)
    }

    /// Whether all can be read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses what has no form to mend it in, in the words of the API.
    ///
    /// # Errors
    /// 400 with the first fault.
    pub fn refuse(&self) -> Result<(), Wire> {
        match self.0.first() {
            Some((field, fault)) => {
                let fault = say(fault).html(&LANGUAGES[0]);
                Err(Wire::invalid_request(format!("{field}: {fault}")))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_stays_in_the_links() {
        let mut asked = Parameters::default();
        assert_eq!(asked.take("query", Some(" a&b ü ")), "a&b ü");
        assert_eq!(
            asked.choose("status", Some("all"), &[("active", false)]),
            None
        );
        assert_eq!(asked.choose("sort", Some("name"), &[("name", 1)]), Some(1));
        assert_eq!(
            asked.link("/admin/users", &[("cursor", "xyz")]),
            "/admin/users?query=a%26b%20%C3%BC&sort=name&cursor=xyz"
        );
        assert_eq!(
            asked.link("/admin/users", &[("sort", "-name")]),
            "/admin/users?query=a%26b%20%C3%BC&sort=-name"
        );
        assert_eq!(
            Parameters::default().link("/admin/devices", &[]),
            "/admin/devices"
        );
        assert_eq!(asked.told(), ["query", "sort=name"]);
    }

    #[test]
    fn a_page_follows_a_place_or_leads_up_to_it() {
        let at = |cursor, before| {
            let asked = Asked {
                cursor,
                before,
                ..Asked::default()
            };
            asked.at(|text| (text == "here").then_some(1)).ok()
        };
        assert_eq!(at(None, None), Some(At::First));
        assert_eq!(at(Some("here"), None), Some(At::After(1)));
        assert_eq!(at(None, Some("here")), Some(At::Before(1)));
        assert_eq!(at(None, Some("end")), Some(At::Last));
        assert_eq!(at(Some("there"), None), None);
        assert_eq!(at(None, Some("there")), None);
        assert_eq!(at(Some("here"), Some("here")), None);
    }
}
