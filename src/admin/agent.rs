//! What a user agent says that it is, in a few words. It is only said: anybody can send anything. Names that
//! are not known here are told as they came, and none is guessed. Pure functions.

use super::text::{Text, say};

/// Browsers by the word that only they send, those first that send the words of others as well.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

/// Systems likewise. Which Windows and which macOS no browser tells any more.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows NT", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// Programs that begin with their own name, which says less than who made them.
const SYSTEM_OF_PROGRAM: [(&str, &str); 2] = [("CFNetwork/", "Apple"), ("Dalvik/", "Android")];

/// In a few words, such as "Firefox 131 on Windows" or "okhttp 4.12.0"; as it came where it is none of these.
pub fn words(agent: &str) -> Text {
    if agent.trim().is_empty() {
        return say("agent-not-said");
    }
    let told = if agent.starts_with("Mozilla/") {
        browser(agent)
    } else {
        program(agent)
    };
    told.unwrap_or_else(|| agent.into())
}

fn browser(agent: &str) -> Option<Text> {
    let (word, name) = BROWSERS.iter().find(|(word, _)| agent.contains(word))?;
    // "Version/" is Safari's, and of browsers that nobody knows.
    if *name == "Safari" && !agent.contains("Safari/") {
        return None;
    }
    let version = number_after(agent, word)?.split('.').next()?;
    let system = SYSTEMS.iter().find(|(word, _)| agent.contains(word));
    Some(on(
        format!("{name} {version}"),
        system.map(|(_, system)| *system),
    ))
}

/// A program that says name and version first, as RFC 9110 §10.1.5 has it.
fn program(agent: &str) -> Option<Text> {
    let (name, _) = agent.split(' ').next()?.split_once('/')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic());
    let version = number_after(agent, "/").filter(|_| is_name)?;
    let system = SYSTEM_OF_PROGRAM.iter().chain(&SYSTEMS);
    let system = system
        .filter(|(_, system)| !name.eq_ignore_ascii_case(system))
        .find(|(word, _)| agent.contains(word));
    Some(on(
        format!("{name} {version}"),
        system.map(|(_, system)| *system),
    ))
}

fn on(program: String, system: Option<&str>) -> Text {
    match system {
        None => program.into(),
        Some(system) => say("agent-on")
            .with("program", program)
            .with("system", system),
    }
}

/// The version behind the first of these words.
fn number_after<'a>(agent: &'a str, word: &str) -> Option<&'a str> {
    let (_, after) = agent.split_once(word)?;
    let end = after.find(|c: char| !c.is_ascii_digit() && c != '.');
    let number = after[..end.unwrap_or(after.len())].trim_end_matches('.');
    (!number.is_empty()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::language::LANGUAGES;

    #[test]
    fn browsers_and_programs_are_told_in_a_few_words() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, told) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0".to_owned(),
                "Firefox 131 on Windows",
            ),
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/130.0.0.0 Safari/537.36 Edg/130.0.2849.46"),
                "Edge 130 on Windows",
            ),
            (
                format!("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {webkit} Chrome/130.0.0.0 Safari/537.36"),
                "Chrome 130 on macOS",
            ),
            (
                format!("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {webkit} Chrome/130.0.0.0 Safari/537.36"),
                "Chrome 130 on ChromeOS",
            ),
            (
                format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0"),
                "Opera 115 on Linux",
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36"),
                "Samsung Internet 26 on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.1 Mobile/15E148 Safari/604.1".to_owned(),
                "Safari 18 on iOS",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0.6723.37 \
                 Mobile/15E148 Safari/604.1".to_owned(),
                "Chrome 130 on iPadOS",
            ),
            ("okhttp/4.12.0".to_owned(), "okhttp 4.12.0"),
            ("curl/8.5.0".to_owned(), "curl 8.5.0"),
            ("Dart/3.5 (dart:io)".to_owned(), "Dart 3.5"),
            ("AcmeShop/7 CFNetwork/1568.200.51 Darwin/24.1.0".to_owned(), "AcmeShop 7 on Apple"),
            ("AcmeShop/7.1 (Android 14; Pixel 8)".to_owned(), "AcmeShop 7.1 on Android"),
            (" ".to_owned(), "an unnamed program"),
        ] {
            assert_eq!(words(&agent).html(&LANGUAGES[0]), told, "{agent}");
        }
    }

    #[test]
    fn what_is_not_known_is_told_as_it_came() {
        for agent in [
            "tests",
            "Mozilla/5.0",
            "Mozilla/5.0 (compatible; Something/1.0; +https://example.com)",
            "Mozilla/5.0 Version/1.0 Unheard/2",
            "Mozilla/5.0 Chrome/x",
            "/1.0",
            "<img src=x onerror=alert(1)>",
            "a b/1",
            "\u{202e}evil/1.0",
        ] {
            assert!(matches!(words(agent), Text::Word(word) if word == agent));
        }
    }
}
