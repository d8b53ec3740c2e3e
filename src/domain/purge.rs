//! Deletes what is past its retention, in small batches that keep nobody waiting; audit events by the month.

use std::time::Duration;

use super::{
    Actor, audit_chain, audit_months, error::Error, feed, keys, status_lists,
    throttle::FORGOTTEN_AFTER,
};
use crate::{
    app::App,
    db::{
        audit_events::{Action, Event},
        purge::{self, Kind},
    },
};

/// Minutes are shown for an hour.
const MINUTES: Duration = Duration::from_hours(2);

/// Hours are shown for a day.
const HOURS: Duration = Duration::from_hours(3 * 24);

/// How many rows of each kind were deleted.
pub type Purged = Vec<(&'static str, u64)>;

/// Purges every kind of row until nothing old is left. One audit event, if anything went that is about somebody.
///
/// # Errors
/// Those of the database; what was deleted until then stays deleted.
pub async fn purge(app: &App, actor: &Actor) -> Result<Purged, Error> {
    let mut purged = Purged::new();
    for kind in Kind::ALL {
        purged.push((kind.as_str(), purge_kind(app, kind).await?));
    }
    let mut went = Kind::ALL.iter().zip(&purged);
    if went.any(|(kind, (_, rows))| *rows > 0 && !kind.goes_unsaid()) {
        let mut event = Event::on_server(Action::Purged);
        for (kind, rows) in &purged {
            event = event.with(kind, *rows);
        }
        app.change(actor).await?.commit(event).await?;
    }
    Ok(purged)
}

async fn purge_kind(app: &App, kind: Kind) -> Result<u64, Error> {
    let age = match kind {
        Kind::EndedGrants
        | Kind::ExpiredGrants
        | Kind::Devices
        | Kind::Refusals
        | Kind::RefusalCounts
        | Kind::PanelSessions
        | Kind::DayRollups => app.config.retention,
        Kind::HourRollups => HOURS,
        Kind::MinuteRollups => MINUTES,
        Kind::Throttles => FORGOTTEN_AFTER,
        Kind::PasswordLinks
        | Kind::RevokedAccessTokens
        | Kind::BulkActSubjects
        | Kind::BulkActs => Duration::ZERO,
        Kind::StatusIndexes => status_lists::tells_for(&app.config),
        Kind::SecurityEvents => feed::kept_for(&app.config),
        Kind::SigningKeys => keys::verifies_for(&app.config),
        Kind::AuditEvents => app.config.audit_retention,
    };
    let before = app.clock.now() - age;
    let mut total = match kind {
        Kind::AuditEvents => audit_months::drop_old(app, before).await?,
        _ => 0,
    };
    if kind == Kind::AuditEvents
        && purge::any_stray(&mut *app.db().await?, before).await?
        && !audit_chain::let_go(app, before).await?
    {
        return Ok(total);
    }
    loop {
        // Each batch takes and returns its connection, so that requests come in between.
        let rows = purge::delete_batch(&mut *app.db().await?, kind, before).await?;
        total += rows;
        if rows < purge::BATCH.unsigned_abs() {
            return Ok(total);
        }
    }
}
