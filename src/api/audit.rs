//! `GET /audit`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rocket::{State, get};
use uuid::Uuid;

use super::answer::{Answer, Listed, Reply, limit, parameter};
use crate::{
    app::App,
    db::{
        audit_events::Filter,
        cursor::{self, At},
    },
    domain::listing,
    guard::role::Auditor,
    records::EventRecord,
};

/// Audit events, newest first.
#[utoipa::path(
    responses((status = 200, description = "A page of events.", body = Listed<EventRecord>)),
    security(("bearer" = ["admin", "support", "auditor"])),
)]
#[get("/audit?<actor>&<subject>&<action>&<since>&<until>&<limit>&<cursor>")]
#[expect(clippy::too_many_arguments, reason = "each is a query parameter")]
pub async fn list(
    app: &State<Arc<App>>,
    _by: Auditor,
    actor: Option<&str>,
    subject: Option<&str>,
    action: Option<&str>,
    since: Option<&str>,
    until: Option<&str>,
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Answer<Listed<EventRecord>> {
    let filter = Filter {
        actor: parameter("actor", actor, id)?,
        subject: parameter("subject", subject, id)?,
        action: parameter("action", action, |text| {
            (!text.contains('\0')).then(|| text.to_owned())
        })?,
        since: parameter("since", since, instant)?,
        until: parameter("until", until, instant)?,
        at: At::after(parameter("cursor", cursor, cursor::id)?),
        ..Filter::default()
    };
    let page = listing::events(app, &filter, self::limit(limit)?).await?;
    Ok(Reply::ok(Listed::from_page(page)))
}

fn id(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok()
}

/// RFC 3339; a `+` that came as a space is taken for what it was.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(&text.replace(' ', "+"))
        .ok()
        .map(|instant| instant.to_utc())
}
