//! Where a list goes on: what stands in the address, and the links below the list.

use rocket::http::RawStr;

use crate::api::error::Wire;

/// The links below a list.
pub struct Pager {
    /// To the beginning, from a later page.
    pub first: Option<String>,
    /// To what follows.
    pub next: Option<String>,
}

impl Pager {
    /// The links of a page at `path`, asked for with these parameters; `cursor` is the name of
    /// the one that tells where a page begins.
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
            next: next
                .map(|next| with(&[asked.as_slice(), &[format!("{cursor}={next}")]].concat())),
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
    let read = |text| {
        parse(text).ok_or_else(|| {
            Wire::invalid_request(
                "This page of the list cannot be found. Open the list from its beginning.",
            )
        })
    };
    cursor.map(read).transpose()
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
}
