//! The rules of the house, read from the source: who may name whom, where SQL and Rocket
//! stay, how long a file may be. Each failure tells file and line, all of them at once.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The longest file.
const LINES: usize = 400;

const DOORS: [&str; 3] = ["api", "admin", "cli"];

/// Where HTTP is spoken. The domain can be called from all three doors, so it is not among them.
const ROCKET_MAY_BE_IN: [&str; 10] = [
    "src/server.rs",
    "src/api/",
    "src/admin/",
    "src/guard/",
    "src/config.rs",
    "src/config/",
    "src/config_tests.rs",
    "src/telemetry.rs",
    "src/headers.rs",
    "src/cli/serve.rs",
];

/// What is public JSON. Anywhere else a new column could leak by accident.
const SERIALIZE_MAY_BE_IN: [&str; 5] = [
    "src/records.rs",
    "src/api/",
    "src/crypto/access_token.rs",
    "src/ids.rs",
    "src/cli/",
];

/// A file of the repository.
struct Source {
    /// From the root, such as `src/db/mod.rs`.
    path: String,
    text: String,
}

impl Source {
    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    /// The module that the file is, such as `["db"]` for `src/db/mod.rs`.
    fn module(&self) -> Vec<String> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let names = path.split('/').filter(|&name| name != "mod");
        names.map(str::to_owned).collect()
    }

    /// The lines of code with their numbers; comments are blanked.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| {
            let comment = line.trim_start().starts_with("//");
            (index + 1, if comment { "" } else { line })
        })
    }

    /// The same without the unit tests, which come last.
    fn shipped(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self.path.ends_with("_tests.rs");
        self.code()
            .take_while(move |(_, line)| !tests && line.trim() != "#[cfg(test)]")
    }

    fn at(&self, line: usize, fault: &str) -> String {
        format!("{}:{line}: {fault}", self.path)
    }

    /// Every path from the crate's root that the file names, with its line: those of `use`
    /// with their braces resolved, those written out in the code, and those by `super`.
    fn named(&self) -> Vec<(usize, String)> {
        let mut named = Vec::new();
        let (mut use_from, mut tree) = (0, String::new());
        for (number, line) in self.code() {
            let begins = line.trim_start();
            if tree.is_empty() && (begins.starts_with("use ") || begins.starts_with("pub use ")) {
                use_from = number;
            }
            if use_from > 0 {
                tree.push_str(line.trim());
                tree.push(' ');
                if line.contains(';') {
                    let tree = std::mem::take(&mut tree);
                    let tree = tree.split_once("use ").unwrap().1;
                    let mut paths = Vec::new();
                    resolve("", tree.trim().trim_end_matches(';'), &mut paths);
                    named.extend(paths.into_iter().map(|path| (use_from, path)));
                    use_from = 0;
                }
            } else {
                let words = line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
                named.extend(words.map(|word| (number, word.to_owned())));
            }
        }
        let module = self.module();
        named
            .into_iter()
            .filter_map(|(line, path)| Some((line, from_the_root(&module, &path)?)))
            .collect()
    }
}

/// Writes out a `use` tree: `a::{b, c::{d, e}}` is `a::b`, `a::c::d` and `a::c::e`.
fn resolve(before: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((head, rest)) = tree.split_once('{') else {
        paths.push(format!("{before}{}", tree.trim()));
        return;
    };
    let before = format!("{before}{}", head.trim());
    let inner = rest.trim_end().trim_end_matches('}');
    let (mut depth, mut item) = (0, String::new());
    for c in inner.chars().chain([',']) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c != ',' || depth > 0 {
            item.push(c);
        } else if !item.trim().is_empty() {
            resolve(&before, std::mem::take(&mut item).trim(), paths);
        }
    }
}

/// `crate::db::Error`, or from `crate::db::users` `super::Error`, as `db::Error`.
fn from_the_root(module: &[String], path: &str) -> Option<String> {
    if let Some(path) = path.strip_prefix("crate::") {
        return Some(path.to_owned());
    }
    let (mut module, mut path) = (module.to_vec(), path.strip_prefix("super::")?);
    module.pop();
    while let Some(rest) = path.strip_prefix("super::") {
        module.pop();
        path = rest;
    }
    module.push(path.to_owned());
    Some(module.join("::"))
}

fn files(directory: &str, extension: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut open) = (Vec::new(), vec![root.join(directory)]);
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root).unwrap().display().to_string();
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "no .{extension} under {directory}");
    found
}

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
fn the_paths_that_a_file_names_are_resolved() {
    let source = Source {
        path: "src/db/users.rs".to_owned(),
        text: "use super::{Error, change::Change};\n\
               use crate::{\n    ids::{DeviceId, UserId},\n    api,\n};\n\
               // crate::cli::run\n\
               fn f() -> crate::app::App { super::super::admin::page() }\n"
            .to_owned(),
    };
    let named = source.named();
    let named: Vec<_> = named.iter().map(|(n, path)| (*n, path.as_str())).collect();
    let expected = [
        (1, "db::Error"),
        (1, "db::change::Change"),
        (2, "ids::DeviceId"),
        (2, "ids::UserId"),
        (2, "api"),
        (7, "app::App"),
        (7, "admin::page"),
    ];
    assert_eq!(named, expected);
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
