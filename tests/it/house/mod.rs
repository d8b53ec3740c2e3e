//! The rules of the house, read from the source: who may name whom, where SQL and Rocket
//! stay, how long a file may be. Each failure tells file and line, all of them at once.

mod source;
mod texts;
mod words;

use aws_lc_rs::digest::{SHA256, digest};
use source::files;

/// The longest file.
const LINES: usize = 400;

const DOORS: [&str; 3] = ["api", "admin", "cli"];

/// Where HTTP is spoken. The domain can be called from all three doors, so it is not among them.
const ROCKET_MAY_BE_IN: [&str; 11] = [
    "src/server.rs",
    "src/api/",
    "src/admin/",
    "src/guard/",
    "src/config.rs",
    "src/config/",
    "src/config_tests.rs",
    "src/telemetry.rs",
    "src/headers.rs",
    "src/streams.rs",
    "src/cli/serve.rs",
];

/// What is public JSON. Anywhere else a new column could leak by accident.
const SERIALIZE_MAY_BE_IN: [&str; 6] = [
    "src/records.rs",
    "src/api/",
    "src/crypto/access_token.rs",
    "src/ids.rs",
    "src/cli/",
    "src/telemetry.rs",
];

/// Fails with every line that breaks the rule.
#[track_caller]
fn kept(broken: Vec<String>) {
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Code that holds one of the signs stands in these places and nowhere else.
#[track_caller]
fn only_in(places: &[&str], signs: &[&str]) {
    let mut broken = Vec::new();
    for file in files("src", "rs").iter().filter(|file| !file.is_in(places)) {
        for (line, text) in file.code() {
            if let Some(sign) = signs.iter().find(|&&sign| text.contains(sign)) {
                broken.push(file.at(line, &format!("{sign} is for {}", places.join(", "))));
            }
        }
    }
    kept(broken);
}

#[test]
fn sql_is_written_under_db_only() {
    only_in(&["src/db/"], &["sqlx::query"]);
}

#[test]
fn rocket_stays_where_http_is_spoken() {
    only_in(&ROCKET_MAY_BE_IN, &["rocket::", "use rocket"]);
}

#[test]
fn only_public_json_can_be_serialized() {
    only_in(&SERIALIZE_MAY_BE_IN, &["Serialize"]);
}

/// A rule in a door is a rule that two doors lack. The one thing they share is how an error
/// looks as JSON.
#[test]
fn doors_do_not_name_one_another() {
    let mut broken = Vec::new();
    for file in files("src", "rs") {
        let module = file.module();
        let Some(own) = DOORS
            .iter()
            .find(|&&door| module.first().is_some_and(|m| m == door))
        else {
            continue;
        };
        for (line, path) in file.named() {
            let first = path.split("::").next().unwrap();
            if first != *own && DOORS.contains(&first) && path != "api::error::Wire" {
                broken.push(file.at(line, &format!("{own} names {path}")));
            }
        }
    }
    kept(broken);
}

#[test]
fn imports_go_downwards_only() {
    let allowed = [
        ("crypto", &["crypto", "ids"][..]),
        ("db", &["db", "ids", "clock"]),
        (
            "domain",
            &["domain", "app", "config", "crypto", "db", "ids", "clock"],
        ),
    ];
    let mut broken = Vec::new();
    for file in files("src", "rs") {
        let module = file.module();
        let Some((own, below)) = allowed.iter().find(|(own, _)| module[0] == *own) else {
            continue;
        };
        for (line, path) in file.named() {
            let first = path.split("::").next().unwrap();
            if !below.contains(&first) {
                broken.push(file.at(line, &format!("{own} names {path}")));
            }
        }
    }
    kept(broken);
}

#[test]
fn every_file_has_a_head_and_a_bounded_length() {
    let mut broken = Vec::new();
    for file in ["src", "tests"].iter().flat_map(|place| files(place, "rs")) {
        let lines = file.text.lines().count();
        if lines > LINES {
            broken.push(file.at(LINES + 1, &format!("{lines} lines are too many")));
        }
        if !file.text.starts_with("//!") {
            broken.push(file.at(1, "no head that tells what lives here"));
        }
    }
    kept(broken);
}

/// What is secret is a `Secret`, which prints nothing; a record that holds it in another form
/// does not print at all (invariant I8).
#[test]
fn nothing_that_holds_a_secret_can_be_printed() {
    const SIGNS: [&str; 4] = ["password", "token", "hash", "secret"];
    let mut broken = Vec::new();
    for file in files("src", "rs") {
        let mut printed = false;
        for (line, text) in file.shipped() {
            printed |= text.starts_with("#[derive(") && text.contains("Debug");
            let field = text
                .trim_start()
                .trim_start_matches("pub ")
                .split_once(": ");
            let Some((name, kind)) = field.filter(|(name, _)| printed && !name.contains("fn "))
            else {
                printed &= text != "}";
                continue;
            };
            let texts = ["String", "str>"];
            if SIGNS.iter().any(|sign| name.ends_with(sign))
                && texts.iter().any(|sign| kind.contains(sign))
                && !kind.contains("Secret<")
            {
                broken.push(file.at(line, &format!("{name} would be printed by Debug")));
            }
        }
    }
    kept(broken);
}

/// But for what `#[expect(clippy::expect_used, reason = "…")]` gives a reason for.
#[test]
fn nothing_shipped_gives_up_where_it_could_refuse() {
    let mut broken = Vec::new();
    for file in files("src", "rs") {
        let (mut opened, mut excused) = (None, None);
        for (line, text) in file.shipped() {
            let indentation = &text[..text.len() - text.trim_start().len()];
            if text.trim_start().starts_with("#[expect(") {
                opened = Some(indentation);
            }
            if text.contains("clippy::expect_used") {
                excused = opened;
            }
            let gives_up = text.contains(".unwrap()") || text.contains(".expect(");
            if gives_up && excused.is_none() {
                broken.push(file.at(line, "a panic in place of a refusal"));
            }
            if text.trim() == "}" && excused == Some(indentation) {
                excused = None;
            }
        }
    }
    kept(broken);
}

/// What the rules for shipped code leave out is the end of a file, and nothing else.
#[test]
fn unit_tests_come_last_in_their_file() {
    let mut broken = Vec::new();
    for file in files("src", "rs") {
        let rest = file
            .code()
            .skip_while(|(_, line)| line.trim() != "#[cfg(test)]");
        let mut rest = rest.skip(1).skip_while(|(_, line)| line.starts_with("#["));
        let Some((line, first)) = rest.next() else {
            continue;
        };
        let ends_at = rest.find(|(_, line)| *line == "}").map(|(line, _)| line);
        let whole = match first {
            "mod tests;" => line == file.text.lines().count(),
            "mod tests {" => ends_at == Some(file.text.lines().count()),
            _ => false,
        };
        if !whole {
            broken.push(file.at(line, "not `mod tests`, or something follows it"));
        }
    }
    kept(broken);
}

#[test]
fn templates_escape_everything_and_hold_no_script_and_no_style() {
    let mut broken = Vec::new();
    for file in files("templates", "html") {
        for (index, text) in file.text.lines().enumerate() {
            // The scripts of ours stand in files of their own.
            let text = text.replace("<script src=\"/static/panel.js\" defer></script>", "");
            let text = text.replace(
                "<script src=\"/static/idiomorph.min.js\" defer></script>",
                "",
            );
            let dense: String = text.to_lowercase().split_whitespace().collect();
            for (sign, fault) in [
                ("|safe", "unescaped"),
                ("escape\"none\"", "unescaped"),
                ("<script", "a script within the page"),
                ("style=", "a style within the page"),
                ("<style", "a style within the page"),
            ] {
                if dense.contains(sign) {
                    broken.push(file.at(index + 1, fault));
                }
            }
        }
    }
    kept(broken);
}

/// What others wrote is served as they published it.
#[test]
fn vendored_files_are_those_that_are_told_of() {
    let file = std::fs::read("static/idiomorph.min.js").unwrap();
    let hash = digest(&SHA256, &file);
    let bytes = hash.as_ref().iter();
    let hash = bytes.fold(String::new(), |told, byte| told + &format!("{byte:02x}"));
    let told = std::fs::read_to_string("docs/dependencies.md").unwrap();
    assert!(told.contains(&hash), "{hash}");
}

/// What is left to do is in nobody's way here; it is no comment either.
#[test]
fn nothing_is_left_for_later() {
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    let places = [
        ("src", "rs"),
        ("tests", "rs"),
        ("migrations", "sql"),
        ("templates", "html"),
    ];
    let mut broken = Vec::new();
    for file in places.iter().flat_map(|(place, kind)| files(place, kind)) {
        for (index, text) in file.text.lines().enumerate() {
            if words.iter().any(|word| text.contains(word.as_str())) {
                broken.push(file.at(index + 1, "something left for later"));
            }
        }
    }
    kept(broken);
}
