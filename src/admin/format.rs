//! How things are printed and typed: times, sentences, lists. Pure functions.

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};

use super::text::{Text, say};

/// A time to the minute, such as "2026-11-23 22:41 UTC".
pub fn time(time: DateTime<Utc>) -> Text {
    Text::Time(time.format("%Y-%m-%d %H:%M UTC").to_string(), time)
}

/// A time to the second, such as "2026-11-23 22:41:19 UTC".
pub fn second(time: DateTime<Utc>) -> Text {
    Text::Time(time.format("%Y-%m-%d %H:%M:%S UTC").to_string(), time)
}

/// A time, or "never".
pub fn last(at: Option<DateTime<Utc>>) -> Text {
    at.map_or_else(|| say("time-never"), time)
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
pub fn roles(roles: &[String]) -> Text {
    if roles.is_empty() {
        say("panel-roles-none")
    } else {
        roles.join(", ").into()
    }
}

/// A part of a whole, in percent to a tenth. What is there is never told as nothing, nor what is missing
/// as all. It does not break at the end of a line.
pub fn share(part: i64, whole: i64) -> Text {
    if whole == 0 || part == 0 {
        return say("share-none");
    }
    if part == whole {
        return say("share-all");
    }
    match (part.saturating_mul(1000) + whole / 2) / whole {
        0 => say("share-almost-none"),
        1000 => say("share-almost-all"),
        tenths => say("share-part")
            .with("whole", tenths / 10)
            .with("tenth", tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::language::LANGUAGES;

    fn english(text: Text) -> String {
        text.html(&LANGUAGES[0])
    }

    #[test]
    fn times_are_told_to_the_minute_and_read_as_browsers_send_them() {
        let at = DateTime::from_timestamp(1_795_473_679, 0).unwrap();
        let exact = at + chrono::TimeDelta::microseconds(250_999);
        let element =
            "<time datetime=\"2026-11-23T22:41:19.250Z\" title=\"2026-11-23 22:41:19.250 UTC\">";
        let told = format!("{element}2026-11-23 22:41:19 UTC</time>");
        assert_eq!(english(second(exact)), told);
        let told = format!("{element}2026-11-23 22:41 UTC</time>");
        assert_eq!(english(time(exact)), told);
        assert_eq!(english(last(None)), "never");
        for text in ["2026-11-23T22:41", " 2026-11-23T22:41:00 "] {
            let typed = typed_time(text).unwrap().unwrap();
            assert_eq!(typed.to_string(), "2026-11-23 22:41:00 UTC");
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
            [0, 999, 1000, 1_234_567].map(|number: i64| english(number.into())),
            ["0", "999", "1,000", "1,234,567"]
        );
        let count = |number: i64| say("count-refreshes").with("number", number);
        assert_eq!(english(count(0)), "No refreshes");
        assert_eq!(english(count(1)), "1 refresh");
        assert_eq!(english(count(1200)), "1,200 refreshes");
        let german = count(1200).html(&LANGUAGES[1]);
        assert_eq!(german, "1.200 Erneuerungen");
        for (part, whole, told) in [
            (0, 0, "0 %"),
            (0, 9, "0 %"),
            (9, 9, "100 %"),
            (1, 3, "33.3 %"),
            (1, 10_000, "&#60; 0.1 %"),
            (9_999, 10_000, "&#62; 99.9 %"),
        ] {
            assert_eq!(english(share(part, whole)).replace('\u{a0}', " "), told);
        }
    }

    #[test]
    fn messages_become_sentences() {
        assert_eq!(sentence("write one line"), "Write one line.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence(""), ".");
        assert_eq!(english(roles(&[])), "no role");
        let both = roles(&["admin".into(), "support".into()]);
        assert_eq!(english(both), "admin, support");
    }
}
