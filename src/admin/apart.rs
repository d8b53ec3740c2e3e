//! Keeps what people typed apart from the words around it. Browsers set a `<bdi>` apart by the same marks that a text can
//! have (UAX #9 §3.3.2, isolates): one that opens more than it closes, or closes more than it opens, would let the rest
//! of the sentence be turned round. Pure functions.

use std::iter;

/// Closes the isolate that was opened last.
const CLOSE: char = '\u{2069}';

/// Ends a paragraph, and with it whatever is open.
const PARAGRAPH: char = '\u{2029}';

/// The same page; what is opened in a `<bdi>` is closed there, and nothing else.
pub fn kept(html: String) -> String {
    if !html.contains(|c| matches!(c, '\u{2066}'..=CLOSE | PARAGRAPH)) {
        return html;
    }
    let mut kept = String::with_capacity(html.len());
    // How many isolates are open in each `<bdi>` that is.
    let mut open: Vec<usize> = Vec::new();
    for (at, c) in html.char_indices() {
        let ahead = &html[at..];
        match (c, open.last_mut()) {
            ('<', _) if ahead.starts_with("<bdi") => open.push(0),
            ('<', Some(count)) if ahead.starts_with("</bdi") => {
                kept.extend(iter::repeat_n(CLOSE, *count));
                open.pop();
            }
            ('\u{2066}'..='\u{2068}', Some(count)) => *count += 1,
            (CLOSE, Some(0)) => continue,
            (CLOSE, Some(count)) => *count -= 1,
            (PARAGRAPH, Some(_)) => {
                kept.push(' ');
                continue;
            }
            _ => {}
        }
        kept.push(c);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_opened_in_a_text_is_closed_in_it_and_nothing_else() {
        for (page, expected) in [
            ("<bdi>ana</bdi> of <bdi>b\u{202e}</bdi>", None),
            ("<bdi>\u{2067}a\u{2069}</bdi>", None),
            // Whoever gets a value back gets it as it was.
            ("<input value=\"\u{2067}\u{2029}\">", None),
            (
                "<bdi class=\"brief\">\u{2066}a\u{2067}\u{2068}b\u{2069}</bdi>.",
                Some(
                    "<bdi class=\"brief\">\u{2066}a\u{2067}\u{2068}b\u{2069}\u{2069}\u{2069}</bdi>.",
                ),
            ),
            (
                "<bdi>\u{2069}\u{202e}a\u{2029}b</bdi>",
                Some("<bdi>\u{202e}a b</bdi>"),
            ),
            (
                "<bdi>\u{2067}<bdi>\u{2069}a\u{2066}</bdi></bdi>",
                Some("<bdi>\u{2067}<bdi>a\u{2066}\u{2069}</bdi>\u{2069}</bdi>"),
            ),
        ] {
            assert_eq!(kept(page.to_owned()), expected.unwrap_or(page));
        }
    }
}
