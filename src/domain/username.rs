//! Usernames, prepared by the PRECIS UsernameCaseMapped profile (RFC 8265 §3.3).

use precis_profiles::{UsernameCaseMapped, precis_core::profile::PrecisFastInvocation};
use unicode_security::{RestrictionLevel, RestrictionLevelDetection};
use uuid::Uuid;

use super::error::Error;

/// The longest name, in code points after preparation. The schema's check knows it too.
const MAX_LENGTH: usize = 64;

/// Names that would be taken for something else.
const RESERVED: [&str; 5] = ["me", "root", "system", "doorward", "anonymous"];

/// A prepared name: `Ana`, `ANA` and full-width `Ａｎａ` are all `ana`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Prepares what somebody typed, to look a user up.
    ///
    /// # Errors
    /// What is wrong with it, for who chooses a name. A sign-in says nothing of it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        // Longer than any name can be, whatever preparation makes of it: no work for it.
        let short = if text.len() <= MAX_LENGTH * 16 {
            UsernameCaseMapped::enforce(text).ok()
        } else {
            None
        };
        match short {
            Some(name) if (1..=MAX_LENGTH).contains(&name.chars().count()) => {
                Ok(Self(name.into_owned()))
            }
            _ => Err(invalid(
                "use 1 to 64 letters, digits and signs, without spaces",
            )),
        }
    }

    /// Prepares the name of a new user, which must also not be mistaken for another.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn choose(text: &str) -> Result<Self, Error> {
        let name = Self::parse(text)?;
        if !name.0.starts_with(char::is_alphanumeric) {
            return Err(invalid("begin with a letter or a digit"));
        }
        if RESERVED.contains(&name.0.as_str()) || Uuid::try_parse(&name.0).is_ok() {
            return Err(invalid("this name is reserved; choose another"));
        }
        // A Cyrillic a among Latin letters looks the same (UTS 39 §5.2). ASCII signs, which
        // identifiers lack and addresses have, look like nothing else.
        let letters: String = name
            .0
            .chars()
            .filter(|c| c.is_alphanumeric() || !c.is_ascii())
            .collect();
        if !letters
            .as_str()
            .check_restriction_level(RestrictionLevel::HighlyRestrictive)
        {
            return Err(invalid("use letters of one script only"));
        }
        Ok(name)
    }

    /// The prepared name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The beginning of a name or an e-mail as somebody typed it, in the form that both are stored in.
pub fn beginning(text: &str) -> String {
    let text = text.trim();
    Username::parse(text).map_or_else(
        // Cannot begin a name, but perhaps an e-mail. Postgres' text takes no NUL.
        |_| text.replace('\0', "").to_lowercase(),
        |name| name.0,
    )
}

fn invalid(message: &'static str) -> Error {
    Error::Invalid {
        field: "username",
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_name_however_it_is_typed() {
        for (typed, name) in [
            ("Ana", "ana"),
            ("ａｎａ", "ana"),
            ("JÜRGEN", "jürgen"),
            ("ju\u{308}rgen", "jürgen"),
            ("ana@example.com", "ana@example.com"),
            ("σίσυφος", "σίσυφος"),
        ] {
            assert_eq!(Username::choose(typed).unwrap().as_str(), name, "{typed}");
        }
    }

    #[test]
    fn a_search_looks_for_what_is_stored() {
        for (typed, looked_for) in [
            (" Ａｎａ", "ana"),
            ("JU\u{308}R", "jür"),
            ("ANA@Ex", "ana@ex"),
            ("", ""),
            ("A\0 b", "a b"),
        ] {
            assert_eq!(beginning(typed), looked_for, "{typed:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        for typed in [
            "",
            " ana",
            "ana ",
            "a b",
            "a\0b",
            "a\nb",
            "ana\u{200d}",
            "\u{202e}ana",
            "ana\u{e0041}",
            &"a".repeat(65),
            &"a".repeat(1_000_000),
            &format!("a{}", "\u{301}".repeat(1000)),
        ] {
            assert!(Username::parse(typed).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn what_would_be_mistaken_for_another_is_not_given_away() {
        for typed in [
            "\u{430}dmin",
            "admin\u{3bf}",
            "ME",
            "root",
            ".",
            "..",
            "-x",
            "0198c0de-0000-7000-8000-000000000000",
        ] {
            assert!(Username::choose(typed).is_err(), "{typed}");
        }
    }
}
