//! Words with times in them. On a page each time is an element that says it exactly on a closer look, and that script
//! puts into the zone of whoever reads; in the words it stands in UTC.

use std::fmt::{self, Display, Formatter};

use askama::filters::{Html, HtmlSafe, escape};
use chrono::{DateTime, SecondsFormat, Utc};

/// Words, perhaps with times in them.
#[derive(Debug, Default)]
pub struct Words {
    text: String,
    // In the order of the text, each with how it stands there.
    times: Vec<(String, DateTime<Utc>)>,
}

impl Words {
    /// A time that is told so.
    pub(super) fn time(text: String, time: DateTime<Utc>) -> Self {
        Self {
            times: vec![(text.clone(), time)],
            text,
        }
    }

    /// The same within other words.
    pub fn within(self, say: impl FnOnce(&str) -> String) -> Self {
        let text = say(&self.text);
        Self { text, ..self }
    }

    /// With other words after them.
    pub fn and(mut self, other: impl Into<Self>) -> Self {
        let other = other.into();
        self.text.push_str(&other.text);
        self.times.extend(other.times);
        self
    }
}

impl<T: Into<String>> From<T> for Words {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            times: Vec::new(),
        }
    }
}

impl PartialEq<&str> for Words {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

impl Display for Words {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let mut rest = self.text.as_str();
        for (told, time) in &self.times {
            if let Some((before, after)) = rest.split_once(told) {
                let datetime = time.to_rfc3339_opts(SecondsFormat::Millis, true);
                let exact = time.format("%Y-%m-%d %H:%M:%S%.3f UTC");
                let Ok(before) = escape(before, Html);
                write!(
                    to,
                    r#"{before}<time datetime="{datetime}" title="{exact}">{told}</time>"#
                )?;
                rest = after;
            }
        }
        let Ok(rest) = escape(rest, Html);
        write!(to, "{rest}")
    }
}

// Times are digits, and all else is escaped above.
impl HtmlSafe for Words {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_elements_and_all_else_is_text() {
        let at =
            |seconds: i64| DateTime::from_timestamp(1_795_473_679 + seconds, 250_999_000).unwrap();
        let time = |text: &str, seconds: i64| Words::time(text.to_owned(), at(seconds));
        let words = time("22:41 UTC", 0)
            .within(|time| format!("<i>from {time}"))
            .and(time("22:41 UTC", 1).within(|time| format!(" to {time}")))
            .and(" & on");
        assert_eq!(words, "<i>from 22:41 UTC to 22:41 UTC & on");
        assert!(words != "" && Words::default() == "");
        assert_eq!(
            words.to_string(),
            "&#60;i&#62;from <time datetime=\"2026-11-23T22:41:19.250Z\" title=\"2026-11-23 22:41:19.250 UTC\">22:41 UTC</time> \
             to <time datetime=\"2026-11-23T22:41:20.250Z\" title=\"2026-11-23 22:41:20.250 UTC\">22:41 UTC</time> &#38; on"
        );
    }
}
