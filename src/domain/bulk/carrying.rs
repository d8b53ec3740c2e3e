//! Going through what an act is about, by whichever server comes to it.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    app::App,
    db::{
        admin_sessions,
        audit_events::{Action, Event},
        bulk_acts::{self, BulkAct, Kind, Touched, Verb},
        change::{Change, Each},
        users,
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
    // Nothing is disabled for a time that is over.
    let until = act.disabled_until.filter(|_| !act.is_being_undone());
    let ids = if until.is_some_and(|until| until <= change.now()) {
        Vec::new()
    } else {
        bulk_acts::next(change.db(), &act, BATCH).await?
    };
    let touched = touch(&mut change, &act, &ids).await?;
    if let Some(&reached) = ids.last() {
        bulk_acts::set_reached(&mut change, &act, reached, touched.len()).await?;
    }
    let each = events_of_each(&act, &touched);
    if i64::try_from(ids.len()).is_ok_and(|many| many == BATCH) {
        change.commit_each(&each).await?;
        return Ok(Step::More);
    }
    change.record_each(&each).await?;
    bulk_acts::set_done(&mut change, id).await?;
    change.commit(event_of_end(&act, touched.len())).await?;
    Ok(Step::Done)
}

/// Changes those of these that are to be changed; which.
async fn touch(
    change: &mut Change<'_>,
    act: &BulkAct,
    ids: &[Uuid],
) -> Result<Vec<Touched>, Error> {
    bulk_acts::be_brief(change).await?;
    if act.doing() == Some(Verb::Enable) {
        return Ok(bulk_acts::enable(change, act, ids).await?);
    }
    let mut ids = Cow::Borrowed(ids);
    if act.kind() == Kind::Users {
        spare(change, ids.to_mut()).await?;
    }
    let touched = if act.is_being_undone() {
        bulk_acts::disable_again(change, act, &ids).await?
    } else {
        bulk_acts::disable(change, act, &ids).await?
    };
    if act.kind() == Kind::Users {
        let users: Vec<Uuid> = touched.iter().map(|it| it.id).collect();
        admin_sessions::end_of_users(change, &users).await?;
    }
    Ok(touched)
}

/// Leaves out in whose name it goes on, and an administrator who can sign in if all of these are among them: by this
/// batch others may have gone (invariant I11).
async fn spare(change: &mut Change<'_>, ids: &mut Vec<Uuid>) -> Result<(), Error> {
    let own = change.actor().user;
    ids.retain(|id| own.is_none_or(|own| own.0 != *id));
    let usable = users::lock_administrators(change).await?;
    if let Some(last) = usable.last()
        && usable.iter().all(|admin| ids.contains(&admin.0))
    {
        ids.retain(|id| last.0 != *id);
    }
    Ok(())
}

/// In whose name an act goes on: of whoever began it, in whose request's event stands from where. `None` when nothing
/// is under way.
fn acting(act: &BulkAct) -> Option<Actor> {
    act.under_way.as_ref()?;
    let (user, kind, request) = if act.is_being_undone() {
        let kind = act.undone_by_kind.as_deref()?;
        (act.undone_by, kind, act.undo_request_id)
    } else {
        (act.made_by, act.made_by_kind.as_str(), act.request_id)
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

/// What is told of each, those together that were disabled until the same time.
fn events_of_each(act: &BulkAct, touched: &[Touched]) -> Vec<Each> {
    let mut by_end: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for it in touched {
        by_end
            .entry(it.until)
            .or_default()
            .push((it.id, it.user_id));
    }
    let of_each = |(until, each)| (event_of_each(act, until), each);
    by_end.into_iter().map(of_each).collect()
}

fn event_of_each(act: &BulkAct, until: Option<DateTime<Utc>>) -> Event {
    let disables = act.doing() == Some(Verb::Disable);
    let action = match (act.kind(), disables) {
        (Kind::Users, true) => Action::UserDisabled,
        (Kind::Users, false) => Action::UserEnabled,
        (Kind::Devices, true) => Action::DeviceDisabled,
        (Kind::Devices, false) => Action::DeviceEnabled,
        (Kind::Tokens, true) => Action::TokenDisabled,
        (Kind::Tokens, false) => Action::TokenEnabled,
    };
    let event = Event::on_each(action, act.kind().as_str()).with("bulk", act.id.to_string());
    let event = event.because(if act.is_being_undone() {
        act.undo_reason.as_deref()
    } else {
        act.reason.as_deref()
    });
    if disables {
        event.with("until", until.map(|until| until.to_rfc3339()))
    } else {
        event
    }
}

fn event_of_end(act: &BulkAct, last: usize) -> Event {
    let last = i64::try_from(last).unwrap_or(i64::MAX);
    let (disabled, enabled) = match act.doing() {
        Some(Verb::Enable) => (act.disabled, act.enabled + last),
        _ => (act.disabled + last, act.enabled),
    };
    if act.is_being_undone() {
        return Event::on_bulk(Action::BulkUndone, act.id)
            .because(act.undo_reason.as_deref())
            .with("disabled", disabled)
            .with("enabled", enabled);
    }
    let event = Event::on_bulk(Action::BulkDone, act.id)
        .because(act.reason.as_deref())
        .with("found", act.found);
    match act.verb() {
        Verb::Disable => event.with("disabled", disabled),
        Verb::Enable => event.with("enabled", enabled),
    }
}
