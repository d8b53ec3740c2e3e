//! What an act looked for. It is stored in the words of [`crate::domain::bulk::Wanted`], which the API gives out as they
//! are, and told in the language of the reader; words that are not known here as they are.

use crate::admin::text::{Text, say};

/// How a part begins, and its message. What follows is a value.
const PARTS: [(&str, &str); 12] = [
    ("kind ", "bulk-filter-kind"),
    ("client ", "bulk-filter-client"),
    ("last used from ", "bulk-filter-network"),
    ("no sign-in since ", "bulk-filter-not-since"),
    ("not used for ", "bulk-filter-unused"),
    ("name or e-mail begins as typed", "bulk-filter-prefix"),
    ("no role", "bulk-filter-no-role"),
    ("role ", "bulk-filter-role"),
    ("disabled since ", "bulk-filter-since"),
    ("disabled before ", "bulk-filter-before"),
    ("disabled by ", "bulk-filter-by"),
    ("reason has ", "bulk-filter-reason"),
];

/// In the language of the reader.
pub fn told(filter: &str) -> Text {
    if filter == "all" {
        return say("list-all");
    }
    Text::listed(filter.split(", ").map(part).collect())
}

fn part(words: &str) -> Text {
    let known = PARTS
        .iter()
        .find_map(|(begin, id)| Some((say(id), words.strip_prefix(begin)?)));
    match known {
        Some((message, value)) => message.with("value", value.trim_end_matches(" days")),
        None => words.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::language::LANGUAGES;

    #[test]
    fn a_filter_reads_in_english_as_it_is_stored_and_otherwise_in_german() {
        for (filter, german) in [
            ("all", "alle"),
            (
                "kind phone, not used for 90 days",
                "Art phone, 90 Tage nicht benutzt",
            ),
            (
                "client first-party, last used from 192.0.2.0/24",
                "Client first-party, zuletzt benutzt aus 192.0.2.0/24",
            ),
            (
                "no sign-in since 2026-11-23 22:41 UTC",
                "keine Anmeldung seit 2026-11-23 22:41 UTC",
            ),
            (
                "no role, disabled by system, reason has “lost”",
                "keine Rolle, gesperrt durch system, Grund enthält “lost”",
            ),
            ("of another age", "of another age"),
        ] {
            let told = told(filter);
            assert_eq!(told.html(&LANGUAGES[0]), filter);
            assert_eq!(told.html(&LANGUAGES[1]), german);
        }
    }
}
