//! The nightly policy: what nobody uses is disabled, as an act like any other.

use chrono::{NaiveTime, Timelike};
use uuid::Uuid;

use super::{Kind, MOST, Verb, Wanted, begin, look, not_used};
use crate::{
    app::App,
    db::bulk_acts,
    domain::{Actor, ActorKind, Caller, disable::Disabling, error::Error},
};

/// At night, in UTC.
const NIGHT: u32 = 3;

/// Disables, once a night, the devices that were not used for as long as the configuration says, at most as many as
/// one act may be about. Of several servers one does it.
///
/// # Errors
/// Those of the database.
pub async fn disable_idle(app: &App) -> Result<Option<Uuid>, Error> {
    let days = app.config.idle_device_days;
    if days == 0 || app.clock.now().hour() != NIGHT {
        return Ok(None);
    }
    let actor = Actor {
        kind: ActorKind::System,
        user: None,
        caller: Caller {
            address: None,
            user_agent: "doorward".to_owned(),
            request_id: app.clock.id(),
        },
    };
    let Some(id) = tonights(app, &actor, days).await? else {
        return Ok(None);
    };
    let disabling = Disabling {
        reason: Some(not_used(days)),
        until: None,
    };
    begin(app, &actor, (id, Verb::Disable), &disabling).await?;
    Ok(Some(id))
}

/// What was found tonight, perhaps by another server; `None` when there is nothing, or another is looking.
async fn tonights(app: &App, actor: &Actor, days: u32) -> Result<Option<Uuid>, Error> {
    let mut db = app.db().await?;
    let mut looking = bulk_acts::begin(&mut db).await?;
    if !bulk_acts::try_alone(&mut looking).await? {
        return Ok(None);
    }
    let day = app.clock.now().date_naive();
    let tonight = day.and_time(NaiveTime::MIN).and_utc();
    if let Some(id) = bulk_acts::of_system_since(&mut looking, tonight).await? {
        return Ok(Some(id));
    }
    let wanted = Wanted {
        unused_days: Some(days),
        ..Wanted::default()
    };
    let asked = (Verb::Disable, Kind::Devices, &wanted);
    let found = look(app, looking, actor, asked, MOST).await?;
    Ok(found.filter(|(_, found)| *found > 0).map(|(id, _)| id))
}
