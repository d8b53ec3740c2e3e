//! Where a list goes on: what stands in the address, and the links below the list.

use rocket::http::RawStr;

use super::asked::Parameters;
use crate::{
    api::error::Wire,
    db::cursor::{At, Page},
};

/// In place of a cursor: the page before the end.
pub const LAST: &str = "end";

/// The links below a list.
pub struct Pager {
    /// To the beginning, from a later page.
    pub first: Option<String>,
    /// To what comes before.
    pub previous: Option<String>,
    /// To what follows.
    pub next: Option<String>,
    /// To the end.
    pub last: Option<String>,
}

impl Pager {
    /// The links of a page at `path`, asked for with these parameters, that only goes forward; `cursor` is the
    /// name of the one that tells where a page begins.
    pub fn new(
        path: &str,
        asked: &[(&str, &str)],
        cursor: &str,
        later: bool,
        next: Option<String>,
    ) -> Self {
        let asked = asked.iter().filter(|(_, value)| !value.is_empty());
        let asked: Vec<String> = asked
            .map(|(name, value)| format!("{name}={}", RawStr::new(value).percent_encode()))
            .collect();
        let with = |parameters: &[String]| match parameters {
            [] => path.to_owned(),
            some => format!("{path}?{}", some.join("&")),
        };
        Self {
            first: later.then(|| with(&asked)),
            previous: None,
            next: next
                .map(|next| with(&[asked.as_slice(), &[format!("{cursor}={next}")]].concat())),
            last: None,
        }
    }

    /// The links of a page of a list that is read in both directions.
    pub fn both_ways<P, T>(path: &str, asked: &Parameters, at: &At<P>, page: &Page<T>) -> Self {
        let to = |name: &str, cursor: &str| asked.link(path, &[(name, cursor)]);
        let next = page.next_cursor.as_deref();
        let previous = page.previous_cursor.as_deref();
        Self {
            first: (!matches!(at, At::First)).then(|| asked.link(path, &[])),
            previous: previous.map(|cursor| to("before", cursor)),
            next: next.map(|cursor| to("cursor", cursor)),
            last: next.map(|_| to("before", LAST)),
        }
    }
}

/// Where a page begins, if the address says so.
///
/// # Errors
/// 400 for what is none of our cursors.
pub fn begins<T>(
    cursor: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Wire> {
    let read = |text| parse(text).ok_or_else(no_such_page);
    cursor.map(read).transpose()
}

/// 400 for a page that no list has.
pub fn no_such_page() -> Wire {
    Wire::invalid_request(
        "This page of the list cannot be found. Open the list from its beginning.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_stays_in_the_links() {
        let asked = [("query", "a&b ü"), ("status", "")];
        let pager = Pager::new("/admin/users", &asked, "cursor", true, Some("xyz".into()));
        assert_eq!(
            pager.next.as_deref(),
            Some("/admin/users?query=a%26b%20%C3%BC&cursor=xyz")
        );
        assert_eq!(
            pager.first.as_deref(),
            Some("/admin/users?query=a%26b%20%C3%BC")
        );
        let pager = Pager::new("/admin/devices", &[], "cursor", true, None);
        assert_eq!(
            (pager.first.as_deref(), pager.next),
            (Some("/admin/devices"), None)
        );
    }

    #[test]
    fn a_list_leads_to_its_beginning_its_end_and_the_pages_beside() {
        let page = |next: Option<&str>, previous: Option<&str>| Page::<()> {
            items: Vec::new(),
            next_cursor: next.map(str::to_owned),
            previous_cursor: previous.map(str::to_owned),
        };
        let asked = Parameters::default();
        let pager = Pager::both_ways("/d", &asked, &At::<()>::First, &page(Some("n"), None));
        assert_eq!((pager.first, pager.previous), (None, None));
        assert_eq!(pager.next.as_deref(), Some("/d?cursor=n"));
        assert_eq!(pager.last.as_deref(), Some("/d?before=end"));
        let pager = Pager::both_ways("/d", &asked, &At::<()>::Last, &page(None, Some("p")));
        assert_eq!(pager.first.as_deref(), Some("/d"));
        assert_eq!(pager.previous.as_deref(), Some("/d?before=p"));
        assert_eq!((pager.next, pager.last), (None, None));
    }
}
