//! How things are printed and typed: times, sentences, lists. Pure functions.

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};

use super::words::Words;

/// A time to the minute, such as "2026-11-23 22:41 UTC".
pub fn time(time: DateTime<Utc>) -> Words {
    Words::time(time.format("%Y-%m-%d %H:%M UTC").to_string(), time)
}

/// A time to the second, such as "2026-11-23 22:41:19 UTC".
pub fn second(time: DateTime<Utc>) -> Words {
    Words::time(time.format("%Y-%m-%d %H:%M:%S UTC").to_string(), time)
}

/// A time, or "never".
pub fn last(at: Option<DateTime<Utc>>) -> Words {
    at.map_or_else(|| "never".into(), time)
}

/// A time as a field of a form holds it, to the last digit.
pub fn field_time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.f").to_string()
}

/// What a field of type datetime-local holds, in UTC; nothing for nothing.
///
/// # Errors
/// For what is no time of these centuries.
pub fn typed_time(text: &str) -> Result<Option<DateTime<Utc>>, ()> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"]
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

/// A number, with commas between the thousands.
pub fn number(number: i64) -> String {
    let digits = number.to_string();
    let mut told = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

/// How many there are of what is called so, one and many: "No users", "1 user", "2 users".
pub fn count(many: i64, [one, more]: [&str; 2]) -> String {
    match many {
        0 => format!("No {more}"),
        1 => format!("1 {one}"),
        many => format!("{} {more}", number(many)),
    }
}

/// A part of a whole, in percent to a tenth. What is there is never told as nothing, nor what is missing
/// as all. It does not break at the end of a line.
pub fn share(part: i64, whole: i64) -> String {
    if whole == 0 || part == 0 {
        return "0\u{a0}%".to_owned();
    }
    if part == whole {
        return "100\u{a0}%".to_owned();
    }
    match (part.saturating_mul(1000) + whole / 2) / whole {
        0 => "<\u{a0}0.1\u{a0}%".to_owned(),
        1000 => ">\u{a0}99.9\u{a0}%".to_owned(),
        tenths => format!("{}.{}\u{a0}%", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_to_the_minute_and_read_as_browsers_send_them() {
        let at = DateTime::from_timestamp(1_795_473_679, 0).unwrap();
        assert_eq!(time(at), "2026-11-23 22:41 UTC");
        assert_eq!(second(at), "2026-11-23 22:41:19 UTC");
        assert_eq!(last(None), "never");
        for text in ["2026-11-23T22:41", " 2026-11-23T22:41:00 "] {
            let typed = typed_time(text).unwrap().unwrap();
            assert_eq!(time(typed), "2026-11-23 22:41 UTC");
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
    fn numbers_are_told_as_people_write_them() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(number),
            ["0", "999", "1,000", "1,234,567"]
        );
        let called = ["user", "users"];
        assert_eq!(count(0, called), "No users");
        assert_eq!(count(1, called), "1 user");
        assert_eq!(count(1200, called), "1,200 users");
        for (part, whole, told) in [
            (0, 0, "0 %"),
            (0, 9, "0 %"),
            (9, 9, "100 %"),
            (1, 3, "33.3 %"),
            (1, 10_000, "< 0.1 %"),
            (9_999, 10_000, "> 99.9 %"),
        ] {
            assert_eq!(share(part, whole).replace('\u{a0}', " "), told);
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
