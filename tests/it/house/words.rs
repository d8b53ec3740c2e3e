//! No template and no page has words of its own, and what the domain says is in the catalogues too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::{kept, source::files};

/// In templates, words that are the same in every language.
const SAME: [&str; 4] = ["Doorward", "· Doorward", "English", "Deutsch"];

/// What stands between the braces of a template's line.
pub fn expressions(line: &str) -> Vec<&str> {
    let parts = line.split("{{").flat_map(|part| part.split("{%")).skip(1);
    parts
        .map(|part| part.split(['}', '%']).next().unwrap())
        .collect()
}

pub fn quoted(text: &str) -> Vec<&str> {
    text.split('"').skip(1).step_by(2).collect()
}

/// A line of a template without its expressions and comments; each leaves a sign.
fn bare(text: &str) -> String {
    let mut bare = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{']) {
        bare.push_str(&rest[..at]);
        let end = match rest.as_bytes().get(at + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => "{",
        };
        let inner = &rest[at + 1..];
        rest = inner.split_once(end).map_or("", |(_, after)| after);
        bare.push('\u{1}');
    }
    bare + rest
}

fn has_words(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() > 1
}

#[test]
fn no_template_has_words_of_its_own() {
    const READ: [&str; 9] = [
        "data-label",
        "data-lines",
        "data-lost",
        "data-out",
        "placeholder",
        "aria-label",
        "title",
        "alt",
        "label",
    ];
    let mut broken = Vec::new();
    let told = files("templates", "html");
    // The API's documentation is English.
    for file in told
        .iter()
        .filter(|file| file.path != "templates/docs.html")
    {
        let mut inside = false;
        for (index, line) in bare(&file.text).lines().enumerate() {
            let mut words = String::new();
            let mut element = String::new();
            for sign in line.chars() {
                match sign {
                    '<' => inside = true,
                    '>' => {
                        inside = false;
                        words.push('\u{1}');
                    }
                    sign if inside => element.push(sign),
                    sign => words.push(sign),
                }
            }
            let words = words.split('\u{1}').map(str::trim);
            let attributes = READ.iter().flat_map(|name| {
                let begin = format!(" {name}=\"");
                let found = element.split(begin.as_str()).skip(1);
                found
                    .map(|value| value.split('"').next().unwrap())
                    .collect::<Vec<_>>()
            });
            let options = element.split("option value=\"").skip(1);
            let options = options.map(|value| value.split('"').next().unwrap());
            for text in words.chain(attributes).chain(options) {
                let text = text.replace('\u{1}', "");
                // Which topics a page follows, in a block of its own.
                let topics = text.starts_with("data-live=");
                if has_words(&text) && !topics && !SAME.contains(&text.as_str()) {
                    broken.push(file.at(index + 1, &text));
                }
            }
        }
        for (index, line) in file.text.lines().enumerate() {
            for text in expressions(line).iter().flat_map(|it| quoted(it)) {
                if text.contains(' ') && has_words(text) {
                    broken.push(file.at(index + 1, text));
                }
            }
        }
    }
    kept(broken);
}

/// Begins like a sentence or a heading, or has more than two words.
fn is_prose(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').filter(|word| has_words(word)).collect();
    let begins = text.starts_with(|c: char| c.is_uppercase()) && text.contains(' ');
    words.len() > 2 || begins && words.len() > 1
}

/// Prose that no page shows: for the log, for files and for headers.
const NOT_SHOWN: [&str; 19] = [
    "\"cache\", \"cookies\", \"storage\"",
    "Mac OS X",
    "Windows NT",
    "there is no message {id}",
    "last used from ",
    "name or e-mail begins as typed",
    "no sign-in since ",
    "not used for ",
    "text/csv; charset=utf-8; header=present",
    "Samsung Internet",
    "This export is not complete. Repeat it.",
    "an export broke off",
    "askama's macro writes them so",
    "the end of an export is not in the audit log",
    "each is a form or not",
    "each is so or not",
    "each is a part of the address",
    "a box is ticked or not",
    "Accept-Language, Cookie",
];

#[test]
fn no_page_has_words_of_its_own() {
    let mut broken = Vec::new();
    let said =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("locales/en/told.ftl"));
    let said = said.unwrap();
    let sentences: BTreeSet<&str> = said
        .lines()
        .filter_map(|line| Some(line.split_once(" = ")?.1))
        .collect();
    for file in files("src/admin", "rs") {
        for (line, text) in file.literals() {
            let text = text.trim_end_matches(['\r', '\n', 'r', 'n']);
            let sentence = as_sentence(text);
            // A time as it is written has no words.
            if is_prose(text)
                && !text.starts_with('%')
                && !sentences.contains(sentence.as_str())
                && !NOT_SHOWN.iter().any(|other| other.starts_with(text))
            {
                broken.push(file.at(line, text));
            }
        }
    }
    kept(broken);
}

fn as_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let text: String = first.chain(letters).collect();
    if text.ends_with(['.', '?', '!']) {
        text
    } else {
        text + "."
    }
}

/// What only apps are told, never a page.
const FOR_APPS: [&str; 0] = [];

/// The pages tell in other languages what the domain and the API say: they know it by its English words.
#[test]
fn what_the_domain_says_is_in_the_catalogues() {
    let mut broken = Vec::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales/en/told.ftl");
    let said = fs::read_to_string(path).unwrap();
    let mut unsaid: BTreeMap<&str, &str> = said
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(id, words)| (words, id))
        .collect();
    let known = unsaid.clone();
    for file in files("src", "rs") {
        for (line, text) in file.literals() {
            let sentence = as_sentence(&text);
            unsaid.remove(sentence.as_str());
            unsaid.retain(|_, id| *id != text);
            let told = file.is_in(&["src/domain/texts.rs", "src/domain/username.rs"])
                && text.contains(' ');
            if told && !known.contains_key(sentence.as_str()) && !FOR_APPS.contains(&text.as_str())
            {
                broken.push(file.at(line, &text));
            }
        }
    }
    broken.extend(unsaid.values().map(|id| format!("{id} is said nowhere")));
    kept(broken);
}
