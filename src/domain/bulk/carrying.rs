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
        bulk_acts::{self, BulkAct, Kind, LANES, Touched, Verb},
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

/// How many of what an act is about are in its first lane: half, so that two batches are changed at once. All, if they
/// are one batch; and of users, where each batch sees to it that an administrator stays.
pub(super) fn first_lane(act: &BulkAct) -> i64 {
    if act.found <= BATCH || act.kind() == Kind::Users {
        act.found
    } else {
        act.found / 2
    }
}

/// Goes on until it is done; or for so long, and then takes turns with a server that is at it. What fails is tried
/// again a second later, by [`carry_all_on`].
pub(super) async fn carry_on(app: &App, id: Uuid, at_most: Option<Duration>) {
    let [first, second] = LANES;
    let lanes = tokio::join!(
        go_through(app, (id, first), at_most),
        go_through(app, (id, second), at_most)
    );
    let done = match lanes {
        (Ok(true), Ok(true)) => finish(app, id).await,
        (Ok(_), Ok(_)) => Ok(()),
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    if let Err(error) = done {
        tracing::warn!(%error, act = %id, "an act on many is carried on later");
    }
}

/// Goes through a lane, as [`carry_on`] does; whether that is done.
async fn go_through(
    app: &App,
    lane: (Uuid, i16),
    at_most: Option<Duration>,
) -> Result<bool, Error> {
    let began = Instant::now();
    while at_most.is_none_or(|most| began.elapsed() < most) {
        match step(app, lane, at_most.is_some()).await? {
            Step::More => {}
            Step::Through => return Ok(true),
            Step::Taken => return Ok(false),
        }
    }
    Ok(false)
}

enum Step {
    /// There is more to do.
    More,
    /// There is nothing more to do.
    Through,
    /// Somebody else is at it.
    Taken,
}

/// One batch: all that is changed, what is told of it and how far it has come commit together.
async fn step(app: &App, (id, lane): (Uuid, i16), takes_turns: bool) -> Result<Step, Error> {
    let Some((act, actor)) = under_way(app, id).await? else {
        return Ok(Step::Through);
    };
    let mut change = app.change(&actor).await?;
    let Some(lane) = bulk_acts::lock_lane(&mut change, (id, lane), takes_turns).await? else {
        change.undo().await?;
        return Ok(Step::Taken);
    };
    if lane.is_through() {
        change.undo().await?;
        return Ok(Step::Through);
    }
    let Some(act) = still(&mut change, act).await? else {
        change.undo().await?;
        return Ok(Step::More);
    };
    // Nothing is disabled for a time that is over.
    let until = act.disabled_until.filter(|_| !act.is_being_undone());
    let ids = if until.is_some_and(|until| until <= change.now()) {
        Vec::new()
    } else {
        lane.next(change.db(), BATCH).await?
    };
    let touched = touch(&mut change, &act, &ids).await?;
    let is_full = i64::try_from(ids.len()).is_ok_and(|many| many == BATCH);
    let reached = ids.last().copied().filter(|_| is_full);
    lane.set_reached(&mut change, &act, reached, touched.len())
        .await?;
    change.commit_each(&events_of_each(&act, &touched)).await?;
    Ok(if is_full { Step::More } else { Step::Through })
}

/// Ends what is under way, if all has been gone through.
async fn finish(app: &App, id: Uuid) -> Result<(), Error> {
    let Some((act, actor)) = under_way(app, id).await? else {
        return Ok(());
    };
    let mut change = app.change(&actor).await?;
    bulk_acts::lock(&mut change, id).await?;
    let act = still(&mut change, act).await?;
    let is_through = bulk_acts::are_through(change.db(), id).await?;
    let Some(act) = act.filter(|_| is_through) else {
        return Ok(change.undo().await?);
    };
    bulk_acts::set_done(&mut change, id).await?;
    Ok(change.commit(event_of_end(&act)).await?)
}

/// An act that is under way, and in whose name it goes on.
async fn under_way(app: &App, id: Uuid) -> Result<Option<(BulkAct, Actor)>, Error> {
    let act = bulk_acts::find(&mut *app.db().await?, id).await?;
    Ok(act.and_then(|act| acting(&act).map(|actor| (act, actor))))
}

/// The act once it is locked, if the same is still under way: somebody may undo it by now.
async fn still(change: &mut Change<'_>, before: BulkAct) -> Result<Option<BulkAct>, Error> {
    let now = bulk_acts::find(change.db(), before.id).await?;
    Ok(now.filter(|now| now.under_way == before.under_way))
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

fn event_of_end(act: &BulkAct) -> Event {
    if act.is_being_undone() {
        return Event::on_bulk(Action::BulkUndone, act.id)
            .because(act.undo_reason.as_deref())
            .with("disabled", act.disabled)
            .with("enabled", act.enabled);
    }
    let event = Event::on_bulk(Action::BulkDone, act.id)
        .because(act.reason.as_deref())
        .with("found", act.found);
    match act.verb() {
        Verb::Disable => event.with("disabled", act.disabled),
        Verb::Enable => event.with("enabled", act.enabled),
    }
}
