//! An empty database filled with people who do not exist and with their last month, to look at the panel.

use std::time::Duration;

use super::{Actor, active, error::Error};
use crate::{
    app::App,
    crypto::{random, secret::Secret},
    db::{
        audit_events::{
            Action, Event,
            partitions::{self, Month},
        },
        demo, users,
    },
};

pub use crate::db::demo::Filled;

/// How far the events go back.
const HISTORY: Duration = Duration::from_hours(70 * 24);

/// Makes so many users; `None` where there are some already. None of them can sign in, since nobody knows
/// their password, and there is no administrator among them.
///
/// # Errors
/// Those of the database; then nothing was made but months of the audit log.
pub async fn fill(app: &App, actor: &Actor, users: u32) -> Result<Option<Filled>, Error> {
    let mut db = app.db().await?;
    if users::any(&mut db).await? {
        return Ok(None);
    }
    let now = app.clock.now();
    let mut month = Month::of(now - HISTORY);
    while month != Month::of(now).next() {
        partitions::make(&mut db, month).await?;
        month = month.next();
    }
    db.hand_on();

    let nobody_knows = Secret::new(format!("{:x?}", random::<32>()));
    let hash = app.hasher.hash(&nobody_knows).await?;
    let mut change = app.change(actor).await?;
    let filled = demo::fill(&mut change, users, &hash, now - HISTORY).await?;
    // In the change, where statements may take longer: of a million people there is a lot to read.
    let presences = demo::presences(change.db()).await?;
    let event = Event::on_server(Action::DemoFilled)
        .with("users", filled.users)
        .with("devices", filled.devices)
        .with("events", filled.events);
    change.commit(event).await?;
    active::pretend(app, &presences).await?;
    demo::analyze(&mut *app.db().await?).await?;
    Ok(Some(filled))
}
