//! The source as the rules of the house read it: files, lines of code, and who names whom.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of the repository.
pub struct Source {
    /// From the root, such as `src/db/mod.rs`.
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    /// The module that the file is, such as `["db"]` for `src/db/mod.rs`.
    pub fn module(&self) -> Vec<String> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let names = path.split('/').filter(|&name| name != "mod");
        names.map(str::to_owned).collect()
    }

    /// The lines of code with their numbers; comments are blanked.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| {
            let comment = line.trim_start().starts_with("//");
            (index + 1, if comment { "" } else { line })
        })
    }

    /// The same without the unit tests, which come last.
    pub fn shipped(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self.path.ends_with("_tests.rs");
        self.code()
            .take_while(move |(_, line)| !tests && line.trim() != "#[cfg(test)]")
    }

    /// The texts between quotes with their lines, without those of comments and of unit tests.
    pub fn literals(&self) -> Vec<(usize, String)> {
        let code: String = self.shipped().flat_map(|(_, line)| [line, "\n"]).collect();
        let (mut found, mut line) = (Vec::new(), 1);
        let mut rest = code.chars().peekable();
        while let Some(sign) = rest.next() {
            match sign {
                '\n' => line += 1,
                // A quote as a character.
                '\'' if rest.peek() == Some(&'"') => {
                    rest.next();
                }
                '"' => {
                    let (at, mut text) = (line, String::new());
                    while let Some(sign) = rest.next().filter(|sign| *sign != '"') {
                        match sign {
                            '\\' if rest.peek() == Some(&'\n') => {
                                while rest.peek().is_some_and(|next| next.is_whitespace()) {
                                    line += usize::from(rest.next() == Some('\n'));
                                }
                            }
                            '\\' => text.extend(rest.next()),
                            sign => text.push(sign),
                        }
                    }
                    found.push((at, text));
                }
                _ => {}
            }
        }
        found
    }

    pub fn at(&self, line: usize, fault: &str) -> String {
        format!("{}:{line}: {fault}", self.path)
    }

    /// Every path from the crate's root that the file names, with its line: those of `use`
    /// with their braces resolved, those written out in the code, and those by `super`.
    pub fn named(&self) -> Vec<(usize, String)> {
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

/// All files with this extension below a directory of the repository.
pub fn files(directory: &str, extension: &str) -> Vec<Source> {
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
