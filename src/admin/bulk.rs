//! `/admin/bulk`: acts on many things at once, as a list.

pub mod act;
pub mod new;

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status};
use uuid::Uuid;

use super::{
    badge::Badge,
    chrome::Chrome,
    fault::Fault,
    format,
    page::Page,
    pager::{Pager, begins},
    words::Words,
};
use crate::{
    app::App,
    db::cursor::{self, DEFAULT_LIMIT},
    domain::bulk::{self, BulkAct, Kind, Verb},
    guard::session::Reader,
    ids::UserId,
};

/// How what an act is about is counted.
fn counted(kind: Kind, many: i64) -> String {
    format::count(
        many,
        match kind {
            Kind::Users => ["user", "users"],
            Kind::Devices => ["device", "devices"],
            Kind::Tokens => ["token", "tokens"],
        },
    )
}

/// Which entry of the navigation an act belongs to.
fn place(kind: Kind) -> &'static str {
    match kind {
        Kind::Users => "users",
        Kind::Devices => "devices",
        Kind::Tokens => "tokens",
    }
}

/// Who, as in the audit log.
fn who(name: Option<&str>, id: Option<UserId>, kind: &str) -> String {
    match (name, id) {
        (Some(name), _) => format!("{name} ({kind})"),
        (None, Some(_)) => format!("a deleted user ({kind})"),
        (None, None) => kind.to_owned(),
    }
}

fn badge(act: &BulkAct) -> Badge {
    let (text, tone) = match (act.doing(), act.begun_at, act.undone_at) {
        (_, None, _) => ("not begun", "gone"),
        (Some(_), ..) if act.is_being_undone() => ("being undone", "off"),
        (Some(_), ..) => ("under way", "off"),
        (None, _, Some(_)) => ("undone", "gone"),
        (None, ..) => ("done", "good"),
    };
    Badge {
        text: text.into(),
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
    begun: Words,
    made_by: String,
    done: String,
    filter: String,
    reason: String,
    badge: Badge,
}

impl From<BulkAct> for ActLine {
    fn from(act: BulkAct) -> Self {
        Self {
            begun: format::last(act.begun_at),
            made_by: who(act.made_by_name.as_deref(), act.made_by, &act.made_by_kind),
            done: match act.verb() {
                Verb::Disable => format!("{} disabled", counted(act.kind(), act.disabled)),
                Verb::Enable => format!("{} enabled", counted(act.kind(), act.enabled)),
            },
            badge: badge(&act),
            id: act.id,
            filter: act.filter,
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
        chrome: Chrome::new(&by.0, "devices", "Bulk acts", None),
        acts: page.items.into_iter().map(ActLine::from).collect(),
        pager,
    };
    Ok(Page::new(Status::Ok, page))
}
