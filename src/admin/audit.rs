//! `/admin/audit`: who did what to whom, newest first.

use std::{net::IpAddr, sync::Arc};

use askama::Template;
use rocket::{State, get};
use serde_json::Value;
use uuid::Uuid;

use super::{
    asked::{Asked, Faults, Parameters, Question},
    chrome::Chrome,
    events::EventLine,
    export::{PAGE, Source, record},
    fault::Fault,
    list::{Around, Field},
    page::Page,
    text::{filters, say},
};
use crate::{
    api::error::Wire,
    app::App,
    db::{
        audit_events::{Action, Filter},
        cursor::{self, DEFAULT_LIMIT},
    },
    domain::{error::Error, listing},
    guard::session::Reader,
    records::EventRecord,
};

/// The list with its filters as typed.
#[derive(Template)]
#[template(path = "admin/audit.html")]
pub struct AuditPage {
    chrome: Chrome,
    events: Vec<EventLine>,
    around: Around,
}

/// An id, or the id of the user with that name.
///
/// # Errors
/// Those of the database.
pub async fn id(app: &App, text: &str) -> Result<Option<Uuid>, Error> {
    if let Ok(id) = Uuid::parse_str(text) {
        return Ok(Some(id));
    }
    match listing::user_named(app, text).await {
        Ok(user) => Ok(Some(user.id.0)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Which events are asked for.
///
/// # Errors
/// 400 for a page that there is not; those of the database, where names are looked up.
pub async fn question(app: &App, asked: &Asked<'_>) -> Result<Question<Filter>, Wire> {
    let (mut parameters, mut faults) = (Parameters::default(), Faults::default());
    let mut ids = [None, None];
    for (slot, (field, typed)) in ids
        .iter_mut()
        .zip([("actor", asked.actor), ("subject", asked.subject)])
    {
        let text = parameters.take(field, typed);
        if !text.is_empty() {
            *slot = id(app, &text).await?;
            if slot.is_none() {
                faults.push(field, "told-no-user-and-no-id");
            }
        }
    }
    let action = parameters.take("action", asked.action);
    if !action.is_empty() && Action::ALL.iter().all(|known| known.as_str() != action) {
        faults.push("action", "told-no-action");
    }
    let address = parameters.take("address", asked.address);
    // As it is stored: an IPv4 address that came over IPv6 is one.
    let parsed = address.parse::<IpAddr>();
    if !address.is_empty() && parsed.is_err() {
        faults.push("address", "told-address");
    }
    let filter = Filter {
        actor: ids[0],
        subject: ids[1],
        address: parsed.ok().map(|it| it.to_canonical().to_string()),
        action: Some(action).filter(|action| !action.is_empty()),
        since: parameters.time("since", asked.since, &mut faults),
        until: parameters.time("until", asked.until, &mut faults),
        at: asked.at(cursor::id)?,
    };
    Ok(Question {
        filter,
        asked: parameters,
        faults,
    })
}

/// Events, newest first.
#[get("/admin/audit?<asked..>")]
pub async fn list(
    app: &State<Arc<App>>,
    by: Reader,
    asked: Asked<'_>,
) -> Result<Page<AuditPage>, Fault> {
    let question = question(app, &asked).await?;
    let filter = &question.filter;
    let page = if question.faults.is_empty() {
        listing::events(app, filter, DEFAULT_LIMIT).await?
    } else {
        cursor::Page::none()
    };
    let actions = Action::ALL.map(|action| (action.as_str(), action.as_str().into()));
    let fields = vec![
        Field::text("actor", "audit-actor"),
        Field::text("subject", "audit-subject"),
        Field::choice("action", "label-what", "list-all", actions),
        Field::text("address", "audit-address"),
        Field::time("since", "list-since"),
        Field::time("until", "list-before"),
    ];
    let around = Around::new(
        ("/admin/audit", "audit"),
        &question,
        fields,
        &[],
        "",
        &filter.at,
        &page,
    );
    let page = AuditPage {
        chrome: Chrome::new(&by.0, "audit", say("audit-title"), None),
        events: page.items.into_iter().map(EventLine::from).collect(),
        around,
    };
    Ok(Page::new(question.status(), page))
}

impl Source for Filter {
    const LIST: &'static str = "audit";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "created_at",
        "action",
        "actor.kind",
        "actor.id",
        "actor.username",
        "subject.kind",
        "subject.id",
        "subject.user_id",
        "subject.username",
        "reason",
        "details",
        "address",
        "user_agent",
        "request_id",
    ];

    async fn next(&mut self, app: &App) -> Result<(Vec<Value>, bool), Error> {
        let page = listing::events(app, self, PAGE).await?;
        let more = self.at.follow(&page, cursor::id);
        let events = page.items.into_iter();
        let rows = events.map(|event| record(serde_json::to_value(EventRecord::from(event)), []));
        Ok((rows.collect::<Result<_, _>>()?, more))
    }
}
