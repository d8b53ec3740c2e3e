//! `/admin/audit`: who did what to whom, newest first.

use std::sync::Arc;

use askama::Template;
use chrono::{DateTime, Utc};
use rocket::{FromForm, State, get, http::Status};
use uuid::Uuid;

use super::{
    chrome::Chrome,
    events::EventLine,
    fault::Fault,
    format,
    page::Page,
    pager::{Pager, begins},
};
use crate::{
    app::App,
    db::{
        audit_events::{Action, Filter},
        cursor::{self, DEFAULT_LIMIT},
    },
    domain::{error::Error, listing},
    guard::session::Reader,
};

/// What was asked for, as typed.
#[derive(FromForm)]
pub struct Asked<'r> {
    actor: Option<&'r str>,
    subject: Option<&'r str>,
    action: Option<&'r str>,
    since: Option<&'r str>,
    until: Option<&'r str>,
    cursor: Option<&'r str>,
}

/// The list with its filters as typed.
#[derive(Template)]
#[template(path = "admin/audit.html")]
pub struct AuditPage {
    chrome: Chrome,
    actor: String,
    subject: String,
    action: String,
    since: String,
    until: String,
    actions: Vec<&'static str>,
    /// Field and what is wrong with it.
    faults: Vec<(&'static str, &'static str)>,
    events: Vec<EventLine>,
    pager: Pager,
}

impl AuditPage {
    fn fault(&self, field: &str) -> &'static str {
        let found = self.faults.iter().find(|(at, _)| *at == field);
        found.map_or("", |(_, fault)| fault)
    }
}

/// An id, or the id of the user with that name.
async fn id(app: &App, text: &str) -> Result<Option<Uuid>, Error> {
    if let Ok(id) = Uuid::parse_str(text) {
        return Ok(Some(id));
    }
    match listing::user_named(app, text).await {
        Ok(user) => Ok(Some(user.id.0)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn time(
    field: &'static str,
    text: &str,
    faults: &mut Vec<(&'static str, &'static str)>,
) -> Option<DateTime<Utc>> {
    format::typed_time(text).unwrap_or_else(|()| {
        faults.push((field, "Write a time such as 2026-11-23T22:41."));
        None
    })
}

/// Events, newest first.
#[get("/admin/audit?<asked..>")]
pub async fn list(
    app: &State<Arc<App>>,
    by: Reader,
    asked: Asked<'_>,
) -> Result<Page<AuditPage>, Fault> {
    let typed = |text: Option<&str>| text.unwrap_or_default().trim().to_owned();
    let (actor, subject, action) = (
        typed(asked.actor),
        typed(asked.subject),
        typed(asked.action),
    );
    let (since, until) = (typed(asked.since), typed(asked.until));
    let mut faults = Vec::new();
    let mut ids = [None, None];
    for (slot, (field, text)) in ids
        .iter_mut()
        .zip([("actor", &actor), ("subject", &subject)])
    {
        if !text.is_empty() {
            *slot = id(app, text).await?;
            if slot.is_none() {
                faults.push((field, "There is no such user, and it is no id."));
            }
        }
    }
    let actions: Vec<&'static str> = Action::ALL.map(Action::as_str).to_vec();
    if !action.is_empty() && !actions.contains(&action.as_str()) {
        faults.push(("action", "Choose one of the list."));
    }
    let before = begins(asked.cursor, cursor::id)?;
    let filter = Filter {
        actor: ids[0],
        subject: ids[1],
        action: Some(action.clone()).filter(|action| !action.is_empty()),
        since: time("since", &since, &mut faults),
        until: time("until", &until, &mut faults),
        before,
    };
    let (status, found) = if faults.is_empty() {
        let found = listing::events(app, &filter, DEFAULT_LIMIT).await?;
        (Status::Ok, Some(found))
    } else {
        (Status::UnprocessableEntity, None)
    };
    let (events, next) = found.map_or_else(Default::default, |page| (page.items, page.next_cursor));
    let asked = [
        ("actor", actor.as_str()),
        ("subject", &subject),
        ("action", &action),
        ("since", &since),
        ("until", &until),
    ];
    let pager = Pager::new("/admin/audit", &asked, "cursor", before.is_some(), next);
    let page = AuditPage {
        chrome: Chrome::new(&by.0, "audit", "Audit", None),
        actor,
        subject,
        action,
        since,
        until,
        actions,
        faults,
        events: events.into_iter().map(EventLine::from).collect(),
        pager,
    };
    Ok(Page::new(status, page))
}
