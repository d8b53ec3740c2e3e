//! Keyset cursors: where the next page begins, as an opaque word for the client.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

/// How many items a page has when nobody says.
pub const DEFAULT_LIMIT: i64 = 50;
/// How many items a page may have.
pub const MAX_LIMIT: i64 = 200;

/// One page of a list that is read by keyset: no page is lost or doubled while rows come and go.
#[derive(Debug)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Hand it back for what follows; `None` at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page from `limit + 1` rows: the extra one tells that there is more.
    pub fn cut(mut items: Vec<T>, limit: i64, key: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items
            .last()
            .filter(|_| more)
            .map(|last| URL_SAFE_NO_PAD.encode(key(last)));
        Self { items, next_cursor }
    }

    /// The same page of something else.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

/// Reads a cursor that stands for a text key; `None` if it is not one of ours.
pub fn text(cursor: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?)
        .ok()
        .filter(|key| !key.contains('\0'))
}

/// Reads a cursor that stands for an id; `None` if it is not one of ours.
pub fn id(cursor: &str) -> Option<Uuid> {
    Uuid::parse_str(&text(cursor)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_whether_there_is_more() {
        let page = Page::cut(vec![1, 2, 3], 2, |n: &i32| n.to_string());
        assert_eq!(
            (page.items, page.next_cursor.as_deref().and_then(text)),
            (vec![1, 2], Some("2".to_owned()))
        );
        assert_eq!(
            Page::cut(vec![1, 2], 2, ToString::to_string).next_cursor,
            None
        );
    }

    #[test]
    fn a_cursor_that_is_none_of_ours_is_refused() {
        assert_eq!(text("%%%"), None);
        assert_eq!(text(&URL_SAFE_NO_PAD.encode("a\0b")), None);
        assert_eq!(id(&URL_SAFE_NO_PAD.encode("ana")), None);
    }
}
