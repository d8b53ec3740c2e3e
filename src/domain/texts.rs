//! Small texts that people and apps send: reasons, device names, e-mail, roles, and what clients have.
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
        let message = "write one word such as phone or browser: at most 32 lower-case letters, digits, - and _";
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
        message: "write an address such as ana@example.com, of at most 254 characters",
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

/// What a client is called.
///
/// # Errors
/// For nothing, more than 100 characters or control characters.
pub fn client_name(text: &str) -> Result<String, Error> {
    line(
        "name",
        text,
        100,
        "write one line of at most 100 characters",
    )
}

/// Whether a text is one scope (RFC 6749 §3.3), of at most 100 characters.
pub fn is_scope(text: &str) -> bool {
    let known = |c: u8| matches!(c, b'\x21' | b'\x23'..=b'\x5b' | b'\x5d'..=b'\x7e');
    (1..=100).contains(&text.len()) && text.bytes().all(known)
}

/// What a client may ask for, each once.
///
/// # Errors
/// For a text that is no scope, and for more than fifty.
pub fn scopes(texts: &[String]) -> Result<Vec<String>, Error> {
    let message = "write at most 50 scopes, each of at most 100 printable characters";
    several("scopes", texts, is_scope, message)
}

/// For whom a client's access tokens can be, each once.
///
/// # Errors
/// For a text that is no audience (RFC 7519 §4.1.3), and for more than fifty.
pub fn audiences(texts: &[String]) -> Result<Vec<String>, Error> {
    let fits =
        |text: &str| (1..=200).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic());
    let message = "write at most 50 audiences, each of at most 200 printable characters";
    several("audiences", texts, fits, message)
}

/// Where a browser may be sent back to (RFC 9700 §2.1, RFC 8252 §7), each once.
///
/// # Errors
/// For an address that a stranger could receive at, and for more than fifty.
pub fn redirect_uris(texts: &[String]) -> Result<Vec<String>, Error> {
    let message = "write https://…, http://127.0.0.1… or com.example.app:/…, without a fragment";
    several("redirect_uris", texts, is_redirect_uri, message)
}

fn is_redirect_uri(text: &str) -> bool {
    let plain = text.len() <= 500
        && text
            .bytes()
            .all(|c| c.is_ascii_graphic() && c != b'#' && c != b'\\');
    let Some((scheme, rest)) = text.split_once(':').filter(|_| plain) else {
        return false;
    };
    let host = rest.strip_prefix("//").unwrap_or_default();
    let host = host.split(['/', '?']).next().unwrap_or_default();
    let is_loopback = ["127.0.0.1", "[::1]"].iter().any(|loopback| {
        host.strip_prefix(loopback)
            .is_some_and(|port| port.is_empty() || port.starts_with(':'))
    });
    match scheme {
        "https" => !host.is_empty() && !host.contains('@'),
        "http" => is_loopback,
        // A private scheme is a domain name turned round (RFC 8252 §7.1).
        _ => {
            scheme.contains('.')
                && scheme
                    .bytes()
                    .all(|c| c.is_ascii_alphanumeric() || b".-+".contains(&c))
        }
    }
}

/// Texts that all fit, each once, in their order.
fn several(
    field: &'static str,
    texts: &[String],
    fits: impl Fn(&str) -> bool,
    message: &'static str,
) -> Result<Vec<String>, Error> {
    let mut once: Vec<String> = Vec::new();
    for text in texts {
        if !once.contains(text) {
            once.push(text.clone());
        }
    }
    if once.len() > 50 || !once.iter().all(|text| fits(text)) {
        return Err(Error::Invalid { field, message });
    }
    Ok(once)
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
    fn browsers_are_sent_back_only_where_no_stranger_listens() {
        let fits = |text: &str| redirect_uris(&[text.to_owned()]).is_ok();
        for good in [
            "https://app.example/cb?x=1",
            "http://127.0.0.1:5000/cb",
            "http://[::1]/cb",
            "com.example.app:/cb",
        ] {
            assert!(fits(good), "{good}");
        }
        for bad in [
            "",
            "http://app.example/cb",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.1@evil.example/",
            "https://app.example/#x",
            "https://user@app.example/",
            "https:///cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://app.example/ x",
            "https://app.example\\@evil.example",
        ] {
            assert!(!fits(bad), "{bad}");
        }
    }

    #[test]
    fn scopes_are_printable_and_each_once() {
        let texts =
            |texts: &[&str]| scopes(&texts.iter().map(|&it| it.to_owned()).collect::<Vec<_>>());
        assert_eq!(texts(&["a:b", "c", "a:b"]).unwrap(), ["a:b", "c"]);
        for bad in ["", "a b", "a\"b", "a\\b", "ä", "a\n"] {
            assert!(texts(&[bad]).is_err(), "{bad:?}");
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
