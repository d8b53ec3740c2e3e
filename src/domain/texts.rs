//! Small texts that people and apps send: reasons, device names, e-mail, roles.
//! Each is parsed once, here; past this file they are known to be good.

use chrono::{DateTime, Datelike, Utc};

use super::error::Error;

/// Trims, and refuses what is too long or holds control characters (Postgres' text takes no NUL).
fn line(
    field: &'static str,
    text: &str,
    max: usize,
    message: &'static str,
) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > max || text.chars().any(char::is_control) {
        return Err(Error::Invalid { field, message });
    }
    Ok(text.to_owned())
}

/// Why somebody does something: one line.
///
/// # Errors
/// For more than 500 characters or control characters.
pub fn reason(text: Option<&str>) -> Result<Option<String>, Error> {
    let given = text.filter(|text| !text.trim().is_empty());
    given
        .map(|text| {
            line(
                "reason",
                text,
                500,
                "write one line of at most 500 characters",
            )
        })
        .transpose()
}

/// What a device is called.
///
/// # Errors
/// For nothing, more than 100 characters or control characters.
pub fn device_name(text: &str) -> Result<String, Error> {
    line(
        "device.name",
        text,
        100,
        "write one line of at most 100 characters",
    )
}

/// What kind of device it is.
///
/// # Errors
/// For anything but one short word.
pub fn device_kind(text: &str) -> Result<String, Error> {
    let word = text
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'));
    if text.is_empty() || text.len() > 32 || !word {
        let message =
            "write one word such as phone or browser: lower-case letters, digits, - and _";
        return Err(Error::Invalid {
            field: "device.kind",
            message,
        });
    }
    Ok(text.to_owned())
}

/// An e-mail address, in lower case. Whether it exists, only a mail could tell.
///
/// # Errors
/// For what cannot be one.
pub fn email(text: &str) -> Result<String, Error> {
    let bad = Error::Invalid {
        field: "email",
        message: "write an address such as ana@example.com",
    };
    let address = text.trim().to_lowercase();
    let plain = address
        .chars()
        .all(|c| !c.is_whitespace() && !c.is_control());
    match address.split_once('@') {
        Some((local, domain))
            if plain
                && address.len() <= 254
                && !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@') =>
        {
            Ok(address)
        }
        _ => Err(bad),
    }
}

/// A set of roles, sorted.
///
/// # Errors
/// For a word that is no role.
pub fn roles(names: &[String]) -> Result<Vec<String>, Error> {
    if names
        .iter()
        .any(|name| !["admin", "support", "auditor"].contains(&name.as_str()))
    {
        return Err(Error::Invalid {
            field: "roles",
            message: "the roles are admin, support and auditor",
        });
    }
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    Ok(names)
}

/// The end of something that is disabled for a while.
///
/// # Errors
/// For what is over already, or beyond the years that RFC 3339 can write.
pub fn until(
    until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Error> {
    match until {
        Some(until) if until <= now => Err(Error::Invalid {
            field: "until",
            message: "this time is over; write one to come, or leave it out",
        }),
        Some(until) if until.year() > 9999 => Err(Error::Invalid {
            field: "until",
            message: "write a year of four digits, or leave it out",
        }),
        until => Ok(until),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_trimmed_bounded_and_free_of_control_characters() {
        assert_eq!(device_name(" Ana's phone ").unwrap(), "Ana's phone");
        for bad in ["", "  ", "a\0b", "a\r\nb", "a\u{1b}[31m", &"x".repeat(101)] {
            assert!(device_name(bad).is_err(), "{bad:?}");
        }
        assert_eq!(reason(Some("  ")).unwrap(), None);
        assert!(reason(Some("a\nb")).is_err());
    }

    #[test]
    fn an_address_has_two_sides_and_no_spaces() {
        assert_eq!(email("Ana@Example.com").unwrap(), "ana@example.com");
        for bad in ["", "ana", "@x", "ana@", "a b@c", "a@b@c", "a@b\0"] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn roles_are_known_and_each_once() {
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            roles(&names(&["support", "admin", "admin"])).unwrap(),
            ["admin", "support"]
        );
        assert!(roles(&names(&["root"])).is_err());
    }
}
