//! What people read stands in the catalogues (`locales/`): all of them have the same messages, and each message is used.

use std::collections::{BTreeMap, BTreeSet};

use doorward::db::audit_events::Action;
use fluent_syntax::{
    ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser::parse,
};

use super::{
    kept,
    source::{Source, files},
    words::{expressions, quoted},
};

const LANGUAGES: [&str; 2] = ["en", "de"];

/// Elements that a message can have, as they are written.
const ELEMENTS: [&str; 9] = [
    "<bdi>",
    "</bdi>",
    "<strong>",
    "</strong>",
    "<code>",
    "</code>",
    "</a>",
    "<span class=\"badge off\">",
    "</span>",
];

/// How an element with an address in it begins.
const OPEN: &str = "<a href=\"";

/// Variables that hold what people typed, where they stand in a sentence; others may write from right to left.
const TYPED: [&str; 2] = ["username", "device-name"];

/// A message: what stands in it, and which others it is made with.
#[derive(Default)]
struct Message {
    variables: BTreeSet<String>,
    elements: BTreeSet<String>,
    others: BTreeSet<String>,
    /// With a sign for each variable.
    texts: Vec<String>,
}

impl Message {
    fn read(&mut self, pattern: &Pattern<String>) {
        let mut whole = String::new();
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => whole.push_str(value),
                PatternElement::Placeable { expression } => self.put(expression, &mut whole),
            }
        }
        self.texts.push(whole);
    }

    fn put(&mut self, expression: &Expression<String>, whole: &mut String) {
        match expression {
            Expression::Inline(inline) => self.put_inline(inline, whole),
            Expression::Select { selector, variants } => {
                self.put_inline(selector, &mut String::new());
                for variant in variants {
                    self.read(&variant.value);
                }
            }
        }
    }

    fn put_inline(&mut self, inline: &InlineExpression<String>, whole: &mut String) {
        match inline {
            InlineExpression::VariableReference { id } => {
                whole.extend(["{", id.name.as_str(), "}"]);
                self.variables.insert(id.name.clone());
            }
            InlineExpression::MessageReference {
                id,
                attribute: None,
            } => {
                self.others.insert(id.name.clone());
            }
            InlineExpression::Placeable { expression } => self.put(expression, whole),
            InlineExpression::StringLiteral { value } => whole.push_str(value),
            InlineExpression::FunctionReference {
                arguments: CallArguments { positional, .. },
                ..
            } => panic!("a function of {}", positional.len()),
            _ => panic!("more than a message needs"),
        }
    }
}

/// A language's messages by id, with what is wrong with how they are written.
fn catalogue(language: &str, broken: &mut Vec<String>) -> BTreeMap<String, Message> {
    let mut messages = BTreeMap::new();
    for file in files(&format!("locales/{language}"), "ftl") {
        let resource = match parse(file.text.clone()) {
            Ok(resource) => resource,
            Err((resource, faults)) => {
                broken.extend(faults.iter().map(|fault| format!("{}: {fault}", file.path)));
                resource
            }
        };
        for entry in resource.body {
            let Entry::Message(read) = entry else {
                continue;
            };
            let mut message = Message::default();
            message.read(read.value.as_ref().unwrap());
            for text in message.texts.clone() {
                message
                    .elements
                    .extend(elements(&text, &file, &read.id.name, broken));
            }
            if messages.insert(read.id.name.clone(), message).is_some() {
                broken.push(format!("{}: {} is there twice", file.path, read.id.name));
            }
        }
    }
    messages
}

/// The elements of a text. Any that has no place in a message, and any sign that would have to be escaped, is broken.
fn elements(text: &str, file: &Source, id: &str, broken: &mut Vec<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        words.push_str(before);
        let (inner, behind) = after.split_once('>').unwrap_or((after, ""));
        let element = format!("<{inner}>");
        let known = ELEMENTS.contains(&element.as_str()) || element.starts_with(OPEN);
        if !known || element.to_lowercase().contains("script") {
            broken.push(format!("{}: {id}: {element}", file.path));
        }
        found.push(element);
        rest = behind;
    }
    words.push_str(rest);
    let escaped = words
        .replace("&#39;", "")
        .replace("&#60;", "")
        .replace("&#62;", "");
    if escaped.contains(['<', '>', '&', '"']) {
        broken.push(format!(
            "{}: {id}: a sign that HTML takes for its own",
            file.path
        ));
    }
    for variable in TYPED {
        let sign = format!("{{{variable}}}");
        let mut places = text.match_indices(&sign).map(|(at, _)| at);
        if places.any(|at| !text[..at].ends_with("<bdi>")) {
            broken.push(format!("{}: {id}: {variable} is not set apart", file.path));
        }
    }
    found
}

/// All that stands in a message, with those that it is made with.
fn whole(messages: &BTreeMap<String, Message>, id: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let Some(message) = messages.get(id) else {
        return Default::default();
    };
    let (mut variables, mut elements) = (message.variables.clone(), message.elements.clone());
    for other in &message.others {
        let (more, marked) = whole(messages, other);
        variables.extend(more);
        elements.extend(marked);
    }
    (variables, elements)
}

#[test]
fn every_catalogue_says_the_same() {
    let mut broken = Vec::new();
    let [english, german] = LANGUAGES.map(|language| catalogue(language, &mut broken));
    let ids: BTreeSet<&String> = english.keys().chain(german.keys()).collect();
    for id in ids {
        match (english.contains_key(id), german.contains_key(id)) {
            (true, true) if whole(&english, id) != whole(&german, id) => {
                broken.push(format!("{id}: not the same variables and elements"));
            }
            (true, true) => {}
            (_, has) => broken.push(format!("{id}: only in {}", LANGUAGES[usize::from(has)])),
        }
    }
    for (language, messages) in [("en", &english), ("de", &german)] {
        for other in messages.values().flat_map(|message| &message.others) {
            if !messages.contains_key(other) {
                broken.push(format!("{language}: there is no {other}"));
            }
        }
    }
    kept(broken);
}

fn is_id(text: &str) -> bool {
    text.contains('-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Messages that are found by a stored word: how their ids begin, and where the words stand.
const FAMILIES: [(&str, &str); 8] = [
    ("badge-ended-", "src/db/ended.rs"),
    ("ended-", "src/db/ended.rs"),
    ("fact-", "src"),
    ("refusal-", "src"),
    ("subject-", "src/db/audit_events/vocabulary.rs"),
    ("who-", "src/db/audit_events/vocabulary.rs"),
    ("why-disabled-", "src"),
    ("told-", "src"),
];

/// Words that look like the id of a message, and are none.
const NO_MESSAGES: [&str; 6] = [
    "device-name",
    "first-party",
    "keys-rotated",
    "password-changed",
    "user-changed",
    "user-deleted",
];

fn is_none(text: &str) -> bool {
    NO_MESSAGES.contains(&text)
        || FAMILIES
            .iter()
            .any(|(begin, _)| begin.trim_end_matches('-') == text)
}

#[test]
fn every_message_is_used_and_every_use_is_a_message() {
    let mut broken = Vec::new();
    let messages = catalogue("en", &mut broken);
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut words: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let begins: BTreeSet<&str> = messages
        .keys()
        .filter_map(|id| id.split('-').next())
        .collect();
    for file in files("src", "rs") {
        for (line, text) in file.literals() {
            let of_pages = file.path.starts_with("src/admin/") && is_id(&text);
            if of_pages && messages.contains_key(&text) {
                used.insert(text);
            } else if of_pages
                && !is_none(&text)
                && begins.contains(text.split('-').next().unwrap())
            {
                broken.push(file.at(line, &format!("there is no message {text}")));
            } else {
                words.entry(text).or_default().insert(file.path.clone());
            }
        }
    }
    for file in files("templates", "html") {
        for (index, line) in file.text.lines().enumerate() {
            for text in expressions(line).iter().flat_map(|it| quoted(it)) {
                if messages.contains_key(text) {
                    used.insert(text.to_owned());
                } else if is_id(text) && !is_none(text) {
                    broken.push(file.at(index + 1, &format!("there is no message {text}")));
                }
            }
        }
    }
    used.extend(messages.values().flat_map(|message| message.others.clone()));
    let happened = Action::ALL.map(|action| format!("happened-{}", action.as_str()));
    let happened: BTreeSet<String> = happened
        .iter()
        .map(|id| id.replace(['.', '_'], "-"))
        .collect();
    for id in happened.iter().filter(|id| !messages.contains_key(*id)) {
        broken.push(format!("there is no message {id}"));
    }
    used.extend(happened);
    for id in messages.keys().filter(|id| !used.contains(*id)) {
        let of_family = FAMILIES.iter().any(|(begin, place)| {
            let Some(word) = id.strip_prefix(begin) else {
                return false;
            };
            let word = [word.replace('-', "_"), word.replace('-', " ")];
            let known = words
                .iter()
                .filter(|(_, places)| places.iter().any(|it| it.starts_with(place)));
            let mut known = known.map(|(text, _)| text);
            *begin == "told-" || known.any(|text| word.contains(text))
        });
        if !of_family {
            broken.push(format!("{id} is said nowhere"));
        }
    }
    kept(broken);
}
