//! `/admin/bulk`: acts on many things at once, as a list.

pub mod act;
mod filter;
pub mod new;

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status};
use uuid::Uuid;

use super::{
    badge::Badge,
    chrome::Chrome,
    events::who,
    fault::Fault,
    format,
    page::Page,
    pager::{Pager, begins},
    text::{Text, filters, say},
};
use crate::{
    app::App,
    db::cursor::{self, DEFAULT_LIMIT},
    domain::bulk::{self, BulkAct, Kind, Verb},
    guard::session::Reader,
};

/// A message with how many of what there are.
fn counted(id: &'static str, kind: Kind, many: i64) -> Text {
    say(id).with("what", place(kind)).with("number", many)
}

/// Which entry of the navigation an act belongs to.
fn place(kind: Kind) -> &'static str {
    match kind {
        Kind::Users => "users",
        Kind::Devices => "devices",
        Kind::Tokens => "tokens",
    }
}

/// Who looked, or the nightly policy.
fn made_by(act: &BulkAct) -> Text {
    who(
        act.made_by_name.as_deref(),
        act.made_by.is_some(),
        &act.made_by_kind,
    )
}

fn badge(act: &BulkAct) -> Badge {
    let (text, tone) = match (act.doing(), act.begun_at, act.undone_at) {
        (_, None, _) => ("bulk-badge-not-begun", "gone"),
        (Some(_), ..) if act.is_being_undone() => ("bulk-badge-being-undone", "off"),
        (Some(_), ..) => ("bulk-badge-under-way", "off"),
        (None, _, Some(_)) => ("bulk-badge-undone", "gone"),
        (None, ..) => ("bulk-badge-done", "good"),
    };
    Badge {
        text: say(text),
        tone,
    }
}

/// The list.
#[derive(Template)]
#[template(path = "admin/bulk_acts.html")]
pub struct BulkActsPage {
    chrome: Chrome,
    acts: Vec<ActLine>,
    pager: Pager,
}

/// One printed act.
struct ActLine {
    id: Uuid,
    begun: Text,
    made_by: Text,
    done: Text,
    filter: Text,
    reason: String,
    badge: Badge,
}

impl From<BulkAct> for ActLine {
    fn from(act: BulkAct) -> Self {
        Self {
            begun: format::last(act.begun_at),
            made_by: made_by(&act),
            done: match act.verb() {
                Verb::Disable => counted("bulk-done-disabled", act.kind(), act.disabled),
                Verb::Enable => counted("bulk-done-enabled", act.kind(), act.enabled),
            },
            badge: badge(&act),
            id: act.id,
            filter: filter::told(&act.filter),
            reason: act.reason.unwrap_or_default(),
        }
    }
}

/// Acts, the newest first.
#[get("/admin/bulk?<cursor>")]
pub async fn list(
    app: &State<Arc<App>>,
    by: Reader,
    cursor: Option<&str>,
) -> Result<Page<BulkActsPage>, Fault> {
    let before = begins(cursor, cursor::id)?;
    let page = bulk::list(app, before, DEFAULT_LIMIT).await?;
    let pager = Pager::new(
        "/admin/bulk",
        &[],
        "cursor",
        before.is_some(),
        page.next_cursor,
    );
    let page = BulkActsPage {
        chrome: Chrome::new(&by.0, "devices", say("bulk-title"), None),
        acts: page.items.into_iter().map(ActLine::from).collect(),
        pager,
    };
    Ok(Page::new(Status::Ok, page))
}
