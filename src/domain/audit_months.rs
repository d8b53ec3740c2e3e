//! Which months of the audit log there are: made ahead of their time, dropped as a whole once they are old.

use chrono::{DateTime, Utc};

use super::{audit_chain, error::Error};
use crate::{
    app::App,
    db::audit_events::partitions::{self, Made, Month},
};

/// So many months are there beside the current one: their making may fail for weeks before an event
/// lies where it has to be moved from.
const AHEAD: usize = 2;

/// Makes the month of now and those ahead, as far as they are not there.
///
/// # Errors
/// Those of the database. Nothing is lost by it: events wait in the default for their month.
pub async fn make_ahead(app: &App) -> Result<(), Error> {
    let mut db = app.db().await?;
    let mut month = Month::of(app.clock.now());
    for _ in 0..=AHEAD {
        match partitions::make(&mut db, month).await? {
            Made::Now => tracing::info!(%month, "made a month of the audit log"),
            Made::TooLate => {
                tracing::info!(%month, "a month of the audit log stays in the default: it has too many events already");
            }
            Made::Before => {}
            // And at those ahead, too: whoever has the lock goes on.
            Made::Elsewhere => return Ok(()),
        }
        month = month.next();
    }
    Ok(())
}

/// Drops the months of which every event is older than `before`; how many events went. A month that
/// somebody reads at this moment stays until the next time.
///
/// # Errors
/// Those of the database; what was dropped until then stays dropped.
pub async fn drop_old(app: &App, before: DateTime<Utc>) -> Result<u64, Error> {
    let mut db = app.db().await?;
    let mut dropped = 0;
    for month in partitions::list(&mut db).await? {
        if month.ends_at > before {
            break;
        }
        if !audit_chain::let_go(app, month.ends_at).await? {
            break;
        }
        // Who reads one month has likely locked all: to try each would keep others waiting each time.
        let Some(rows) = partitions::drop_month(&mut db, &month).await? else {
            break;
        };
        dropped += rows;
    }
    Ok(dropped)
}
