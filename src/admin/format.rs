//! How things are printed and typed: times, sentences, lists. Pure functions.

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};

/// A time to the minute, such as "2026-11-23 22:41 UTC".
pub fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A time, or "never".
pub fn last(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "never".to_owned(), time)
}

/// What a field of type datetime-local holds, in UTC; nothing for nothing.
///
/// # Errors
/// For what is no time of these centuries.
pub fn typed_time(text: &str) -> Result<Option<DateTime<Utc>>, ()> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text.trim(), form).ok())
        // Postgres' calendar is shorter than chrono's, and a time out of it fails the statement.
        .filter(|time| (1970..=9999).contains(&time.year()))
        .map(|time| Some(time.and_utc()))
        .ok_or(())
}

/// A message as a sentence: "write one line" is "Write one line."
pub fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let mut sentence: String = characters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    sentence.push_str(characters.as_str());
    if !sentence.ends_with(['.', '?', '!']) {
        sentence.push('.');
    }
    sentence
}

/// Why something is disabled, while it is.
pub fn reason(disabled: bool, reason: Option<String>) -> String {
    reason.filter(|_| disabled).unwrap_or_default()
}

/// Roles as a list, or what having none means.
pub fn roles(roles: &[String]) -> String {
    if roles.is_empty() {
        "no role".to_owned()
    } else {
        roles.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_to_the_minute_and_read_as_browsers_send_them() {
        let at = DateTime::from_timestamp(1_795_473_679, 0).unwrap();
        assert_eq!(time(at), "2026-11-23 22:41 UTC");
        assert_eq!(last(None), "never");
        for text in ["2026-11-23T22:41", " 2026-11-23T22:41:00 "] {
            assert_eq!(time(typed_time(text).unwrap().unwrap()), time(at));
        }
        assert_eq!(typed_time("  "), Ok(None));
        for bad in [
            "tomorrow",
            "2026-11-23",
            "2026-13-01T00:00",
            "\u{202e}",
            "-262143-01-01T00:00",
        ] {
            assert_eq!(typed_time(bad), Err(()), "{bad:?}");
        }
    }

    #[test]
    fn messages_become_sentences() {
        assert_eq!(sentence("write one line"), "Write one line.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence(""), ".");
        assert_eq!(roles(&[]), "no role");
        assert_eq!(roles(&["admin".into(), "support".into()]), "admin, support");
    }
}
