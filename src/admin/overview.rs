//! `/admin`: how much happens and how it goes, what happened lately, and the way to a user.

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status};

use super::{
    activity::{ActivityView, Choice, choices},
    chrome::Chrome,
    events::{ALARMING, EventLine},
    fault::Fault,
    format,
    page::Page,
    text::{Text, filters, say},
    tried::TriedLine,
};
use crate::{
    app::App,
    db::audit_events::Filter,
    domain::{
        active,
        health::{self, Health},
        listing, rollups, time_line,
    },
    guard::session::Reader,
};

/// How many events of each sort are shown.
const SHOWN: i64 = 10;

/// The first page.
#[derive(Template)]
#[template(path = "admin/overview.html")]
pub struct OverviewPage {
    chrome: Chrome,
    spans: [Choice; 3],
    activity: ActivityView,
    health: HealthView,
    tried: Vec<TriedLine>,
    alarms: Vec<EventLine>,
    events: Vec<EventLine>,
}

/// How Doorward itself is, in words.
struct HealthView {
    postgres: &'static str,
    round_trip: Text,
    migrated: bool,
    /// What it signs with.
    key: Text,
    rotation: Text,
}

impl From<Health> for HealthView {
    fn from(health: Health) -> Self {
        let micros = u64::try_from(health.round_trip.as_micros()).unwrap_or(u64::MAX);
        Self {
            postgres: if health.private_postgres {
                "overview-postgres-private"
            } else {
                "overview-postgres-external"
            },
            round_trip: say("overview-milliseconds")
                .with("whole", micros / 1000)
                .with("tenth", micros / 100 % 10),
            migrated: health.migrated,
            key: match health.signing_key {
                None => say("overview-shared-secret"),
                Some((kid, made)) => say("overview-key")
                    .with("kid", kid)
                    .with("made", format::time(made)),
            },
            rotation: health
                .rotation_due
                .map_or_else(|| say("overview-no-rotation"), format::time),
        }
    }
}

/// The first page.
#[get("/admin?<done>&<span>")]
pub async fn show(
    app: &State<Arc<App>>,
    by: Reader,
    done: Option<&str>,
    span: Option<&str>,
) -> Result<Page<OverviewPage>, Fault> {
    let (span, spans) = choices(span);
    let activity = rollups::activity(app, span).await?;
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
    let tried = time_line::tries(app, None, SHOWN).await?.into_iter();
    let page = OverviewPage {
        chrome: Chrome::new(&by.0, "overview", say("overview-title"), done),
        spans,
        activity: ActivityView::new(&activity, active::about(app, span).await?, span),
        health: health::look(app).await?.into(),
        tried: tried.map(TriedLine::from).collect(),
        alarms: alarms.into_iter().map(EventLine::from).collect(),
        events: events.items.into_iter().map(EventLine::from).collect(),
    };
    Ok(Page::new(Status::Ok, page))
}
