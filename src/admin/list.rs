//! What every list has around its rows: the form that narrows it down, heads that sort, links to its other pages, and
//! those by which it is taken out.

use super::{
    asked::{Faults, Parameters, Question},
    pager::Pager,
    text::{Text, say},
};
use crate::db::cursor::{At, Page};

/// All of it.
pub struct Around {
    /// The form.
    pub filters: Filters,
    /// The heads of the columns.
    pub heads: Vec<Head>,
    /// To the other pages.
    pub pager: Pager,
    /// What the list shows as a file: the name of the format, and where it is.
    pub exports: Vec<(&'static str, String)>,
    /// Whether it is narrowed down.
    pub narrow: bool,
    /// Whether it was read: not when something in the form is to be mended.
    pub readable: bool,
}

impl Around {
    /// Around a list at `path` that is taken out as `name`. `current` is its order, as [`Column::Sorts`] spells it.
    pub fn new<F, P, T>(
        (path, name): (&'static str, &str),
        question: &Question<F>,
        fields: Vec<Field>,
        columns: &[Column],
        current: &str,
        at: &At<P>,
        page: &Page<T>,
    ) -> Self {
        let Question { asked, faults, .. } = question;
        let link = |format| asked.link(&format!("/admin/export/{name}.{format}"), &[]);
        let exports = [("CSV", link("csv")), ("JSON", link("json"))];
        let heads = columns.iter();
        Self {
            filters: Filters::new(path, fields, asked, faults),
            heads: heads
                .map(|head| Head::new(path, asked, *head, current))
                .collect(),
            pager: Pager::both_ways(path, asked, at, page),
            exports: exports.into_iter().filter(|_| faults.is_empty()).collect(),
            narrow: asked.narrow(),
            readable: faults.is_empty(),
        }
    }
}

/// A form without script; what it asks for stands in the address.
pub struct Filters {
    /// Where the list is.
    pub path: &'static str,
    /// What can be asked.
    pub fields: Vec<Field>,
}

impl Filters {
    fn new(path: &'static str, fields: Vec<Field>, asked: &Parameters, faults: &Faults) -> Self {
        let fields = fields.into_iter().map(|field| Field {
            value: asked.get(field.name).to_owned(),
            fault: faults.of(field.name),
            ..field
        });
        Self {
            path,
            fields: fields.collect(),
        }
    }
}

/// One field of the form.
pub struct Field {
    /// Its parameter, and its id on the page.
    pub name: &'static str,
    /// The message that says what it is.
    pub label: &'static str,
    /// The type of the input.
    pub input: &'static str,
    /// In place of an input: words and what people call them.
    pub options: Vec<(&'static str, Text)>,
    /// As typed.
    pub value: String,
    /// The message that says what is wrong with it; empty where nothing is.
    pub fault: &'static str,
}

impl Field {
    fn of(name: &'static str, label: &'static str, input: &'static str) -> Self {
        Self {
            name,
            label,
            input,
            options: Vec::new(),
            value: String::new(),
            fault: "",
        }
    }

    /// For a text.
    pub fn text(name: &'static str, label: &'static str) -> Self {
        Self::of(name, label, "text")
    }

    /// For the beginning of something.
    pub fn search(name: &'static str, label: &'static str) -> Self {
        Self::of(name, label, "search")
    }

    /// For a time in UTC.
    pub fn time(name: &'static str, label: &'static str) -> Self {
        Self::of(name, label, "datetime-local")
    }

    /// For one of these, or none of them, which `all` is the word for.
    pub fn choice(
        name: &'static str,
        label: &'static str,
        all: &'static str,
        options: impl IntoIterator<Item = (&'static str, Text)>,
    ) -> Self {
        Self {
            options: [("", say(all))].into_iter().chain(options).collect(),
            ..Self::of(name, label, "")
        }
    }
}

/// A column of a list.
#[derive(Clone, Copy)]
pub enum Column {
    /// One that no index has an order for.
    Plain(&'static str),
    /// One that sorts by this word of `sort` when its head is pressed; with a minus first it begins with the
    /// greatest.
    Sorts(&'static str, &'static str),
}

/// The head of a column.
pub struct Head {
    /// The message that says what it is.
    pub text: &'static str,
    /// Where the list is sorted by it, or the other way round.
    pub link: Option<String>,
    /// `ascending`, `descending`, or empty.
    pub sorted: &'static str,
}

impl Head {
    fn new(path: &str, asked: &Parameters, column: Column, current: &str) -> Self {
        let (text, first) = match column {
            Column::Plain(text) => {
                return Self {
                    text,
                    link: None,
                    sorted: "",
                };
            }
            Column::Sorts(text, first) => (text, first),
        };
        let word = first.trim_start_matches('-');
        let down = format!("-{word}");
        let (sorted, next) = if current == word {
            ("ascending", down.as_str())
        } else if current == down {
            ("descending", word)
        } else {
            ("", first)
        };
        Self {
            text,
            link: Some(asked.link(path, &[("sort", next)])),
            sorted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_sorts_by_its_column_and_then_the_other_way_round() {
        let head = |current| {
            let column = Column::Sorts("First used", "-created");
            let head = Head::new("/d", &Parameters::default(), column, current);
            (head.link.unwrap(), head.sorted)
        };
        assert_eq!(head("name"), ("/d?sort=-created".to_owned(), ""));
        assert_eq!(
            head("-created"),
            ("/d?sort=created".to_owned(), "descending")
        );
        assert_eq!(
            head("created"),
            ("/d?sort=-created".to_owned(), "ascending")
        );
    }
}
