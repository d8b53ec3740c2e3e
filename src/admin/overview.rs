//! `/admin`: what happened lately, and the way to a user.

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status};

use super::{
    chrome::Chrome,
    events::{ALARMING, EventLine},
    fault::Fault,
    page::Page,
};
use crate::{app::App, db::audit_events::Filter, domain::listing, guard::session::Reader};

/// How many events of each sort are shown.
const SHOWN: i64 = 10;

/// The first page.
#[derive(Template)]
#[template(path = "admin/overview.html")]
pub struct OverviewPage {
    chrome: Chrome,
    alarms: Vec<EventLine>,
    events: Vec<EventLine>,
}

/// The first page.
#[get("/admin?<done>")]
pub async fn show(
    app: &State<Arc<App>>,
    by: Reader,
    done: Option<&str>,
) -> Result<Page<OverviewPage>, Fault> {
    let mut alarms = Vec::new();
    for action in ALARMING {
        let filter = Filter {
            action: Some(action.to_owned()),
            ..Filter::default()
        };
        alarms.extend(listing::events(app, &filter, SHOWN).await?.items);
    }
    alarms.sort_by_key(|event| std::cmp::Reverse(event.id));
    let events = listing::events(app, &Filter::default(), SHOWN).await?;
    let page = OverviewPage {
        chrome: Chrome::new(&by.0, "overview", "Overview", done),
        alarms: alarms.into_iter().map(EventLine::from).collect(),
        events: events.items.into_iter().map(EventLine::from).collect(),
    };
    Ok(Page::new(Status::Ok, page))
}
