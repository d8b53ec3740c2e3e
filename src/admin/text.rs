//! What pages say, before it is known in which language: a message of the catalogues with what stands in it.

use std::borrow::Cow;

use askama::filters::{Escaper, Html};
use chrono::{DateTime, SecondsFormat, Utc};
use fluent_bundle::FluentValue;

use super::{
    format::sentence,
    language::{LANGUAGES, Language, told},
};
use crate::{
    api::error::Wire,
    domain::password::{MAX_LENGTH, Weakness},
};

/// What is said.
#[derive(Clone)]
pub enum Text {
    /// The same in every language: a time, a code word, what somebody typed.
    Word(String),
    /// A time, as it is told in UTC. On a page it says it exactly on a closer look, and script puts it into the zone of
    /// whoever reads.
    Time(String, DateTime<Utc>),
    /// A number.
    Number(i64),
    /// A message, with what stands in it.
    Message(Cow<'static, str>, Vec<(&'static str, Text)>),
    /// One after the other, with this between.
    Several(Vec<Text>, &'static str),
}

impl Default for Text {
    fn default() -> Self {
        Self::Word(String::new())
    }
}

/// A message of the catalogues.
pub fn say(id: &'static str) -> Text {
    Text::Message(id.into(), Vec::new())
}

/// The message of a family for a stored word, such as `happened-user-created`; the word itself for one that is not
/// known here.
pub fn word_of(family: &str, word: &str) -> Text {
    let id = format!("{family}-{}", word.replace(['.', '_'], "-"));
    if LANGUAGES[0].has(&id) {
        Text::Message(id.into(), Vec::new())
    } else {
        Text::Word(word.replace('_', " "))
    }
}

/// What the domain says, as a sentence, by its English words; those as they are, if they are in no catalogue.
pub fn told_as(words: &str) -> Text {
    let words = sentence(words);
    told(&words).map_or(Text::Word(words), say)
}

/// What is wrong with a password.
pub fn weak(weakness: &Weakness) -> Text {
    match weakness {
        Weakness::TooShort(least) => say("password-too-short").with("least", *least),
        Weakness::TooLong => say("password-too-long").with("most", MAX_LENGTH),
        Weakness::NoText => say("password-no-text"),
        Weakness::Guessable => say("password-guessable"),
    }
}

/// What the API says of a refusal.
pub fn of_wire(wire: &Wire) -> Text {
    if let Some(id) = told(wire.description()) {
        return say(id);
    }
    if let Some(seconds) = wire.retry_after() {
        return say("fault-throttled").with("seconds", seconds);
    }
    if let Some(methods) = wire.allow() {
        return say("fault-methods").with("methods", methods);
    }
    // A field, and what is wrong with it.
    match wire.description().split_once(": ") {
        Some((field, fault)) => {
            let fault = told_as(fault);
            say("fault-field").with("field", field).with("fault", fault)
        }
        None => Text::Word(wire.description().to_owned()),
    }
}

impl Text {
    /// With this in the place of a variable.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl Into<Self>) -> Self {
        match self {
            Self::Message(id, mut with) => {
                with.push((name, value.into()));
                Self::Message(id, with)
            }
            other => other,
        }
    }

    /// With from where, if that is known.
    #[must_use]
    pub fn seen_from(self, address: Option<&str>) -> Self {
        let from = if address.is_some() {
            "known"
        } else {
            "unknown"
        };
        let address = address.unwrap_or_default();
        self.with("from", from).with("address", address)
    }

    /// Several with commas between.
    pub fn listed(texts: Vec<Self>) -> Self {
        if texts.is_empty() {
            return Self::default();
        }
        Self::Several(texts, ", ")
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Word(word) if word.is_empty())
    }

    /// In a language, as HTML: of the catalogues as it is, all else escaped.
    pub fn html(&self, language: &Language) -> String {
        match self {
            Self::Word(word) => escaped(word),
            Self::Time(told, time) => {
                let datetime = time.to_rfc3339_opts(SecondsFormat::Millis, true);
                let exact = time.format("%Y-%m-%d %H:%M:%S%.3f UTC");
                format!(r#"<time datetime="{datetime}" title="{exact}">{told}</time>"#)
            }
            Self::Number(number) => language.number(*number),
            Self::Message(id, with) => {
                let with = with.iter().map(|(name, value)| match value {
                    // Which form of a word, and how it is written, the message says.
                    Self::Number(number) => (*name, FluentValue::from(*number)),
                    other => (*name, FluentValue::from(other.html(language))),
                });
                language.message(id, &with.collect())
            }
            Self::Several(texts, between) => {
                let told: Vec<String> = texts.iter().map(|text| text.html(language)).collect();
                told.join(between)
            }
        }
    }
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    // Writing to a string cannot fail.
    let _ = Html.write_escaped_str(&mut html, text);
    html
}

impl From<&str> for Text {
    fn from(word: &str) -> Self {
        Self::Word(word.to_owned())
    }
}

impl From<&String> for Text {
    fn from(word: &String) -> Self {
        Self::Word(word.clone())
    }
}

impl From<String> for Text {
    fn from(word: String) -> Self {
        Self::Word(word)
    }
}

impl From<i32> for Text {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<i64> for Text {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Text {
    fn from(number: u64) -> Self {
        Self::Number(number.try_into().unwrap_or(i64::MAX))
    }
}

impl From<usize> for Text {
    fn from(number: usize) -> Self {
        Self::Number(number.try_into().unwrap_or(i64::MAX))
    }
}

/// What can stand in the place of a variable in a template.
pub trait Stands {
    /// As a text.
    fn text(&self) -> Text;
}

impl Stands for str {
    fn text(&self) -> Text {
        self.into()
    }
}

impl Stands for String {
    fn text(&self) -> Text {
        self.into()
    }
}

impl Stands for usize {
    fn text(&self) -> Text {
        (*self).into()
    }
}

impl Stands for Text {
    fn text(&self) -> Text {
        self.clone()
    }
}

impl<T: Stands + ?Sized> Stands for &T {
    fn text(&self) -> Text {
        (*self).text()
    }
}

/// What a template can have said: the id of a message, or a text.
pub trait Said {
    /// As a text.
    fn text(&self) -> Text;
}

impl Said for &'static str {
    fn text(&self) -> Text {
        say(self)
    }
}

impl Said for Text {
    fn text(&self) -> Text {
        self.clone()
    }
}

impl<T: Said> Said for &T {
    fn text(&self) -> Text {
        (*self).text()
    }
}

/// The filters of the templates.
#[expect(
    clippy::inline_always,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "askama's macro writes them so"
)]
pub mod filters {
    use askama::{Result, Values, filters::Safe, get_value};

    use super::{Language, Said, Stands, Text};

    /// What is said, in the language of the reader.
    #[askama::filter_fn]
    pub fn t<T: Said>(text: T, reader: &dyn Values) -> Result<Safe<String>> {
        let language = get_value::<Language>(reader, "language")?;
        Ok(Safe(text.text().html(language)))
    }

    /// What is said, with this in the place of a variable.
    #[askama::filter_fn]
    pub fn with<T: Said, V: Stands>(
        text: T,
        _: &dyn Values,
        name: &'static str,
        value: V,
    ) -> Result<Text> {
        Ok(text.text().with(name, value.text()))
    }
}
