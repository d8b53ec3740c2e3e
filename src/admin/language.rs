//! The languages of the pages, each with its catalogue (`locales/`), which is parsed once. Which of them a page is
//! read in, [`chosen`] says; what is said in it, [`super::text`].

pub mod chosen;

use std::{
    collections::HashMap,
    sync::{LazyLock, OnceLock},
};

use fluent_bundle::{
    FluentArgs, FluentMessage, FluentResource, FluentValue, concurrent::FluentBundle,
};

type Catalogue = FluentBundle<FluentResource>;

/// What a page is written in.
pub struct Language {
    /// As in `lang` (RFC 5646).
    pub tag: &'static str,
    /// What stands between thousands.
    thousands: char,
    /// Has Fluent write numbers so, which takes no closure that knows the above.
    numbers: fn(&mut Catalogue),
    files: [&'static str; 8],
    catalogue: OnceLock<Catalogue>,
}

/// All of them. The first one is for whoever asks for none of them. Another one takes its files, an entry here, and a
/// button in `templates/parts/language.html`; in which direction it is written, its catalogue says.
pub static LANGUAGES: [Language; 2] = [
    Language {
        tag: "en",
        thousands: ',',
        numbers: |catalogue| catalogue.set_formatter(Some(|value, _| written(value, ','))),
        files: [
            include_str!("../../locales/en/access.ftl"),
            include_str!("../../locales/en/audit.ftl"),
            include_str!("../../locales/en/common.ftl"),
            include_str!("../../locales/en/lists.ftl"),
            include_str!("../../locales/en/overview.ftl"),
            include_str!("../../locales/en/told.ftl"),
            include_str!("../../locales/en/user.ftl"),
            include_str!("../../locales/en/why.ftl"),
        ],
        catalogue: OnceLock::new(),
    },
    Language {
        tag: "de",
        thousands: '.',
        numbers: |catalogue| catalogue.set_formatter(Some(|value, _| written(value, '.'))),
        files: [
            include_str!("../../locales/de/access.ftl"),
            include_str!("../../locales/de/audit.ftl"),
            include_str!("../../locales/de/common.ftl"),
            include_str!("../../locales/de/lists.ftl"),
            include_str!("../../locales/de/overview.ftl"),
            include_str!("../../locales/de/told.ftl"),
            include_str!("../../locales/de/user.ftl"),
            include_str!("../../locales/de/why.ftl"),
        ],
        catalogue: OnceLock::new(),
    },
];

/// A number in a message; nothing for what is no number.
fn written(value: &FluentValue<'_>, thousands: char) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(grouped(&number.as_string(), thousands)),
        _ => None,
    }
}

/// Digits with a sign between the thousands.
fn grouped(digits: &str, sign: char) -> String {
    let mut told = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            told.push(sign);
        }
        told.push(digit);
    }
    told
}

impl Language {
    /// Read once. What cannot be read of the files is missing, and a test finds it.
    fn catalogue(&self) -> &Catalogue {
        self.catalogue.get_or_init(|| {
            let mut catalogue =
                Catalogue::new_concurrent(vec![self.tag.parse().unwrap_or_default()]);
            // What people typed is set apart by <bdi>, where a message has any of it.
            catalogue.set_use_isolating(false);
            (self.numbers)(&mut catalogue);
            for file in self.files {
                let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(file.to_owned());
                catalogue.add_resource_overriding(resource);
            }
            catalogue
        })
    }

    /// A message, which is HTML of ours; `with` stands in it as it is. A message that there is not is told by its id.
    pub fn message(&self, id: &str, with: &FluentArgs<'_>) -> String {
        let message = self.catalogue().get_message(id);
        let Some(pattern) = message.as_ref().and_then(FluentMessage::value) else {
            debug_assert!(false, "there is no message {id}");
            return id.to_owned();
        };
        let mut faults = Vec::new();
        let told = self
            .catalogue()
            .format_pattern(pattern, Some(with), &mut faults);
        debug_assert!(faults.is_empty(), "{id}: {faults:?}");
        told.into_owned()
    }

    /// A number as it is written.
    pub fn number(&self, number: i64) -> String {
        grouped(&number.to_string(), self.thousands)
    }

    /// Whether there is such a message.
    pub fn has(&self, id: &str) -> bool {
        self.catalogue().has_message(id)
    }
}

/// The messages that say what the domain and the API say, by their English words.
static TOLD: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let english = include_str!("../../locales/en/told.ftl").lines();
    let messages = english.filter_map(|line| line.split_once(" = "));
    messages.map(|(id, words)| (words, id)).collect()
});

/// The message with these words in English, of those that the domain and the API say.
pub fn told(words: &str) -> Option<&'static str> {
    TOLD.get(words).copied()
}
