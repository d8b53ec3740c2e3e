//! Going through what an act is about, by whichever server comes to it.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    app::App,
    db::{
        audit_events::{Action, Event},
        bulk_acts::{self, BulkAct, Kind},
    },
    domain::{Actor, ActorKind, Caller, error::Error},
};

/// So many rows are locked at a time: some tens of milliseconds.
const BATCH: i64 = 2_000;

/// Carries on all that is under way and that no other server is at.
///
/// # Errors
/// Those of the database.
pub async fn carry_all_on(app: &App) -> Result<(), Error> {
    let under_way = bulk_acts::under_way(&mut *app.db().await?).await?;
    for id in under_way {
        carry_on(app, id, None).await;
    }
    Ok(())
}

/// Goes on until it is done; or for so long, and then takes turns with a server that is at it. What fails is tried
/// again a second later, by [`carry_all_on`].
pub(super) async fn carry_on(app: &App, id: Uuid, at_most: Option<Duration>) {
    let began = Instant::now();
    while at_most.is_none_or(|most| began.elapsed() < most) {
        match step(app, id, at_most.is_some()).await {
            Ok(Step::More) => {}
            Ok(Step::Done | Step::Taken) => return,
            Err(error) => {
                tracing::warn!(%error, act = %id, "an act on many is carried on later");
                return;
            }
        }
    }
}

enum Step {
    /// There is more to do.
    More,
    /// There is nothing more to do.
    Done,
    /// Somebody else is at it.
    Taken,
}

/// One batch: all that is changed, what is told of it and how far it has come commit together.
async fn step(app: &App, id: Uuid, takes_turns: bool) -> Result<Step, Error> {
    let act = bulk_acts::find(&mut *app.db().await?, id).await?;
    let Some(actor) = act.as_ref().and_then(acting) else {
        return Ok(Step::Done);
    };
    let mut change = app.change(&actor).await?;
    if takes_turns {
        bulk_acts::lock(&mut change, id).await?;
    } else if !bulk_acts::try_lock(&mut change, id).await? {
        change.undo().await?;
        return Ok(Step::Taken);
    }
    // Another server may have come further, or somebody may undo it by now.
    let meant = act.and_then(|act| act.under_way);
    let act = bulk_acts::find(change.db(), id).await?;
    let Some(act) = act.filter(|act| act.under_way == meant) else {
        change.undo().await?;
        return Ok(Step::More);
    };
    let disables = act.under_way.as_deref() == Some("disable");
    // Nothing is disabled for a time that is over.
    let over = disables && act.disabled_until.is_some_and(|it| it <= change.now());
    let ids = if over {
        Vec::new()
    } else {
        bulk_acts::next(change.db(), &act, BATCH).await?
    };
    let touched = if disables {
        let touched = bulk_acts::disable(&mut change, &act, &ids).await?;
        bulk_acts::note_disabled(&mut change, &act, &touched).await?;
        touched
    } else {
        bulk_acts::enable(&mut change, &act, &ids).await?
    };
    if let Some(&reached) = ids.last() {
        bulk_acts::set_reached(&mut change, &act, reached, touched.len()).await?;
    }
    let each = event_of_each(&act, disables);
    if i64::try_from(ids.len()).is_ok_and(|many| many == BATCH) {
        change.commit_each(&each, &touched).await?;
        return Ok(Step::More);
    }
    change.record_each(&each, &touched).await?;
    bulk_acts::set_done(&mut change, id).await?;
    change
        .commit(event_of_end(&act, disables, touched.len()))
        .await?;
    Ok(Step::Done)
}

/// In whose name an act goes on: of whoever began it, in whose request's event stands from where. `None` when nothing
/// is under way.
fn acting(act: &BulkAct) -> Option<Actor> {
    let (user, kind, request) = match act.under_way.as_deref()? {
        "disable" => (act.made_by, act.made_by_kind.as_str(), act.request_id),
        _ => (
            act.undone_by,
            act.undone_by_kind.as_deref()?,
            act.undo_request_id,
        ),
    };
    Some(Actor {
        kind: ActorKind::known(kind)?,
        user,
        caller: Caller {
            address: None,
            user_agent: String::new(),
            request_id: request?,
        },
    })
}

fn event_of_each(act: &BulkAct, disables: bool) -> Event {
    let action = match (act.kind(), disables) {
        (Kind::Devices, true) => Action::DeviceDisabled,
        (Kind::Devices, false) => Action::DeviceEnabled,
        (Kind::Tokens, true) => Action::TokenDisabled,
        (Kind::Tokens, false) => Action::TokenEnabled,
    };
    let event = Event::on_each(action, act.kind().as_str()).with("bulk", act.id.to_string());
    if disables {
        let until = act.disabled_until.map(|until| until.to_rfc3339());
        event.because(act.reason.as_deref()).with("until", until)
    } else {
        event.because(act.undo_reason.as_deref())
    }
}

fn event_of_end(act: &BulkAct, disables: bool, last: usize) -> Event {
    let last = i64::try_from(last).unwrap_or(i64::MAX);
    if disables {
        Event::on_bulk(Action::BulkDone, act.id)
            .because(act.reason.as_deref())
            .with("found", act.found)
            .with("disabled", act.disabled + last)
    } else {
        Event::on_bulk(Action::BulkUndone, act.id)
            .because(act.undo_reason.as_deref())
            .with("disabled", act.disabled)
            .with("enabled", act.enabled + last)
    }
}
