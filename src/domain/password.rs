//! What a password may be: long enough, and none that attackers try first (NIST SP
//! 800-63B-4). No rules of composition.
//!
//! Passwords are prepared as RFC 8265's OpaqueString has it (§4.2): spaces of all kinds
//! become the ASCII one, compositions NFC, nothing else changes. One deviation: code
//! points that are younger than a library's tables, such as new emoji, are let through.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::error::Error;
use crate::{app::App, crypto::secret::Secret};

/// The longest password, in code points.
pub const MAX_LENGTH: usize = 256;

/// The longest that is looked at, in bytes: 256 code points of four.
const MAX_BYTES: usize = 1024;

/// Why a new password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer code points than these.
    TooShort(usize),
    /// More than [`MAX_LENGTH`] code points.
    TooLong,
    /// It holds something that is no character: a control code, an unassigned code point.
    NoText,
    /// Among the first that an attacker tries, or made of the user's own words.
    Guessable,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(length) => write!(f, "Use at least {length} characters; a few words together are fine."),
            Self::TooLong => write!(f, "Use at most {MAX_LENGTH} characters."),
            Self::NoText => f.write_str("Use letters, digits, signs and spaces only; this holds control characters."),
            Self::Guessable => {
                f.write_str("This password is among the first that attackers try. Choose other words, or more of them.")
            }
        }
    }
}

/// Prepares a password for comparison; `None` for what can be nobody's.
pub fn prepare(typed: &Secret<String>) -> Option<Secret<String>> {
    if typed.expose().len() > MAX_BYTES {
        return None;
    }
    let to_ascii = |c: char| {
        if c.is_whitespace() && !c.is_control() {
            ' '
        } else {
            c
        }
    };
    let prepared: String = typed.expose().chars().map(to_ascii).nfc().collect();
    let prepared = Secret::new(prepared);
    let is_text = !prepared.expose().is_empty() && !prepared.expose().chars().any(char::is_control);
    is_text.then_some(prepared)
}

/// Prepares a new password and holds it against the rules. `words` are the user's own: name,
/// e-mail. Costs about a hash.
///
/// # Errors
/// The [`Weakness`], worded for who chooses it; [`Error::Overloaded`].
pub async fn choose(
    app: &App,
    typed: &Secret<String>,
    words: &[&str],
) -> Result<Secret<String>, Error> {
    let prepared = shape(typed, app.config.password_min_length)?;
    let words = words
        .iter()
        .copied()
        .chain(["doorward"])
        .map(str::to_owned)
        .collect();
    if app.hasher.is_guessable(&prepared, words).await? {
        return Err(Weakness::Guessable.into());
    }
    Ok(prepared)
}

/// The rules of length and characters.
fn shape(typed: &Secret<String>, min_length: usize) -> Result<Secret<String>, Weakness> {
    if typed.expose().len() > MAX_BYTES {
        return Err(Weakness::TooLong);
    }
    if typed.expose().is_empty() {
        return Err(Weakness::TooShort(min_length));
    }
    let prepared = prepare(typed).ok_or(Weakness::NoText)?;
    match prepared.expose().chars().count() {
        length if length < min_length => Err(Weakness::TooShort(min_length)),
        length if length > MAX_LENGTH => Err(Weakness::TooLong),
        _ => Ok(prepared),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(text: &str) -> Result<Secret<String>, Weakness> {
        shape(&Secret::new(text.to_owned()), 15)
    }

    #[test]
    fn length_is_counted_in_code_points() {
        assert_eq!(
            choose("x8#kQ2!vT9$wLm").unwrap_err(),
            Weakness::TooShort(15)
        );
        assert!(choose("x8#kQ2!vT9$wLmp").is_ok());
        assert!(choose("🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆").is_ok());
        let long: String = (0..256_u32)
            .filter_map(|n| char::from_u32(33 + n * 7 % 90))
            .collect();
        assert!(choose(&long).is_ok());
        assert_eq!(choose(&format!("{long}x")).unwrap_err(), Weakness::TooLong);
        assert_eq!(choose(&"é".repeat(100_000)).unwrap_err(), Weakness::TooLong);
    }

    #[test]
    fn control_characters_are_no_text() {
        for bad in ["meadow\0pilot canyon", "meadow pilot\ncanyon"] {
            assert_eq!(choose(bad).unwrap_err(), Weakness::NoText, "{bad:?}");
        }
    }

    #[test]
    fn compositions_are_one_and_nothing_else_is_changed() {
        let prepared =
            |text: &str| prepare(&Secret::new(text.to_owned())).map(|text| text.expose().clone());
        assert_eq!(prepared("re\u{301}sume\u{301}"), prepared("résumé"));
        assert_eq!(
            prepared(" Space\u{a0}kept "),
            Some(" Space kept ".to_owned())
        );
        assert_eq!(prepared("a\0b"), None);
    }
}
