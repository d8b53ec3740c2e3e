//! Keyset cursors: where a page of a list begins or ends, as an opaque word for the client.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

/// The highest code point: a text followed by it sorts after everything that begins with the text.
pub const LAST: char = '\u{10FFFF}';
/// How many items a page has when nobody says.
pub const DEFAULT_LIMIT: i64 = 50;
/// How many items a page may have.
pub const MAX_LIMIT: i64 = 200;

/// Which page of a list is asked for; `P` is an item's place in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum At<P> {
    /// That at the beginning.
    #[default]
    First,
    /// That which follows this place.
    After(P),
    /// That which leads up to this place.
    Before(P),
    /// That at the end.
    Last,
}

impl<P> At<P> {
    /// For those who only go forward: after a place, or the first page.
    pub fn after(place: Option<P>) -> Self {
        place.map_or(Self::First, Self::After)
    }

    /// Whether the page is read towards the beginning, and turned round.
    pub fn is_backward(&self) -> bool {
        matches!(self, Self::Before(_) | Self::Last)
    }

    /// The place that the page is reckoned from.
    pub fn place(&self) -> Option<&P> {
        match self {
            Self::After(place) | Self::Before(place) => Some(place),
            Self::First | Self::Last => None,
        }
    }

    /// The same page, by a part of the place.
    pub fn by<Q>(&self, part: impl Fn(&P) -> Q) -> At<Q> {
        match self {
            Self::First => At::First,
            Self::After(place) => At::After(part(place)),
            Self::Before(place) => At::Before(part(place)),
            Self::Last => At::Last,
        }
    }

    /// Moves on to what follows a page; false at the end.
    pub fn follow<T>(&mut self, page: &Page<T>, parse: impl Fn(&str) -> Option<P>) -> bool {
        let next = page.next_cursor.as_deref().and_then(parse);
        let more = next.is_some();
        *self = Self::after(next);
        more
    }
}

/// The least and the greatest of what a walk can meet from a place on. Both belong to the walk, as
/// Postgres estimates it best; `next` is the place beyond one in either direction.
pub fn bounds<P: Copy + Ord>(
    whole: (P, P),
    from: Option<P>,
    ascending: bool,
    next: impl Fn(P, bool) -> P,
) -> (P, P) {
    let (low, high) = whole;
    match from.map(|place| next(place, ascending)) {
        Some(place) if ascending => (low.max(place), high),
        Some(place) => (low, high.min(place)),
        None => whole,
    }
}

/// The id next to one.
pub fn next_id(id: Uuid, ascending: bool) -> Uuid {
    let id = id.as_u128();
    Uuid::from_u128(if ascending {
        id.saturating_add(1)
    } else {
        id.saturating_sub(1)
    })
}

/// The least and the greatest id that a walk from a place on can meet.
pub fn ids(at: &At<Uuid>, ascending: bool) -> (Uuid, Uuid) {
    let whole = (Uuid::nil(), Uuid::max());
    bounds(whole, at.place().copied(), ascending, next_id)
}

/// One page of a list that is read by keyset: no page is lost or doubled while rows come and go.
#[derive(Debug)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Hand it back for what follows; `None` at the end.
    pub next_cursor: Option<String>,
    /// Hand it back for what comes before; `None` at the beginning, and where nobody goes back.
    pub previous_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Of a list that is not read.
    pub fn none() -> Self {
        Self::cut(Vec::new(), 0, |_| String::new())
    }

    /// Makes a page from `limit + 1` rows: the extra one tells that there is more.
    pub fn cut(items: Vec<T>, limit: i64, key: impl Fn(&T) -> String) -> Self {
        Self::cut_at(&At::<()>::First, items, limit, key)
    }

    /// The same of a list that is read in both directions, the rows in the order in which they were read.
    pub fn cut_at<P>(
        at: &At<P>,
        mut items: Vec<T>,
        limit: i64,
        key: impl Fn(&T) -> String,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = items.len() > limit;
        items.truncate(limit);
        if at.is_backward() {
            items.reverse();
        }
        let (before, after) = match at {
            At::First => (false, more),
            At::After(_) => (true, more),
            At::Before(_) => (more, true),
            At::Last => (more, false),
        };
        let cursor = |item: Option<&T>| item.map(|item| URL_SAFE_NO_PAD.encode(key(item)));
        Self {
            next_cursor: cursor(items.last().filter(|_| after)),
            previous_cursor: cursor(items.first().filter(|_| before)),
            items,
        }
    }

    /// The same page of something else.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            next_cursor: self.next_cursor,
            previous_cursor: self.previous_cursor,
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
    fn a_page_that_is_read_backward_is_turned_round_and_knows_its_neighbours() {
        let cut = |at: At<i32>, items: &[i32]| {
            let page = Page::cut_at(&at, items.to_vec(), 2, ToString::to_string);
            let read = |cursor: Option<String>| cursor.as_deref().and_then(text);
            (
                page.items,
                read(page.previous_cursor),
                read(page.next_cursor),
            )
        };
        let word = |n: i32| Some(n.to_string());
        assert_eq!(
            cut(At::After(2), &[3, 4, 5]),
            (vec![3, 4], word(3), word(4))
        );
        assert_eq!(
            cut(At::Before(5), &[4, 3, 2]),
            (vec![3, 4], word(3), word(4))
        );
        assert_eq!(cut(At::Before(3), &[2, 1]), (vec![1, 2], None, word(2)));
        assert_eq!(cut(At::Last, &[5, 4, 3]), (vec![4, 5], word(4), None));
        assert_eq!(cut(At::After(5), &[]), (vec![], None, None));
    }

    #[test]
    fn a_walk_is_bounded_by_the_place_that_it_goes_on_from() {
        let next = |n: i32, up: bool| if up { n + 1 } else { n - 1 };
        assert_eq!(bounds((0, 9), None, true, next), (0, 9));
        assert_eq!(bounds((0, 9), Some(4), true, next), (5, 9));
        assert_eq!(bounds((0, 9), Some(4), false, next), (0, 3));
        // A place that was made up leads to nothing that the list does not have.
        assert_eq!(bounds((3, 9), Some(0), true, next), (3, 9));
        assert_eq!(next_id(Uuid::max(), true), Uuid::max());
        assert_eq!(next_id(Uuid::nil(), false), Uuid::nil());
    }

    #[test]
    fn a_cursor_that_is_none_of_ours_is_refused() {
        assert_eq!(text("%%%"), None);
        assert_eq!(text(&URL_SAFE_NO_PAD.encode("a\0b")), None);
        assert_eq!(id(&URL_SAFE_NO_PAD.encode("ana")), None);
    }
}
