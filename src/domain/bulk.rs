//! Acts on many things at once: looked for, shown, begun, carried on by whichever server comes to it, and undone.
//!
//! What is found is written down, so that nothing else is touched than was shown. It is gone through in batches, each
//! a change of its own with an event for every row; an act whose server has died is carried on by the next.

mod carrying;
mod idle;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ipnet::IpNet;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::{
    Actor, ActorKind,
    disable::Disabling,
    error::{Conflict, Error, Thing},
    texts,
};
use crate::{
    app::App,
    db::{
        self,
        audit_events::{Action, Event},
        bulk_acts::{self, Example, Filter, Look},
        change::Change,
        cursor::Page,
    },
    ids::{ClientId, UserId},
};

use carrying::carry_on;

pub use crate::db::bulk_acts::{BulkAct, Kind, Verb};
pub use carrying::carry_all_on;
pub use idle::disable_idle;

/// One act is about so many at the most; what is found must be written within a request.
const MOST: i64 = 250_000;
/// So many are shown by name.
const EXAMPLES: i64 = 10;
/// A preview that nobody has acted on by then is forgotten.
const PREVIEW: TimeDelta = TimeDelta::hours(1);
/// A request goes so long about what it began; a server does the rest by and by.
const AT_ONCE: Duration = Duration::from_secs(2);

/// What is looked for: among those that are not disabled, or among those that are.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Users whose name or e-mail begins so.
    pub prefix: String,
    /// Users with this role, or `none` for those without any.
    pub role: Option<&'static str>,
    /// Devices that the app calls so.
    pub kind: Option<String>,
    /// Tokens given to this client.
    pub client: Option<ClientId>,
    /// Tokens last used from here.
    pub network: Option<IpNet>,
    /// Those whose last sign-in was before.
    pub not_since: Option<DateTime<Utc>>,
    /// Those not used for so many days, by a sign-in or a refresh.
    pub unused_days: Option<u32>,
    /// Those disabled at this time or later.
    pub disabled_since: Option<DateTime<Utc>>,
    /// Those disabled before.
    pub disabled_before: Option<DateTime<Utc>>,
    /// Those disabled by this user.
    pub disabled_by: Option<UserId>,
    /// Those disabled by no user, but in this capacity.
    pub disabled_by_kind: Option<ActorKind>,
    /// Those disabled for a reason in which this stands.
    pub disabled_reason: Option<String>,
}

impl Wanted {
    fn filter(&self, now: DateTime<Utc>) -> Filter {
        let days = self.unused_days.map(|days| TimeDelta::days(days.into()));
        Filter {
            prefix: self.prefix.clone(),
            role: self.role,
            kind: self.kind.clone(),
            client: self.client.clone(),
            network: self.network.map(|network| network.trunc().to_string()),
            not_since: self.not_since,
            unused_since: days.map(|days| now - days),
            disabled_since: self.disabled_since,
            disabled_before: self.disabled_before,
            disabled_by: self.disabled_by,
            disabled_by_kind: self.disabled_by_kind.map(ActorKind::as_str),
            disabled_reason: self.disabled_reason.clone(),
        }
    }

    /// In words, without anybody's name: they stand in the audit log.
    fn told(&self) -> String {
        let at = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC");
        let told = [
            (!self.prefix.is_empty()).then(|| "name or e-mail begins as typed".to_owned()),
            self.role.map(|role| match role {
                "none" => "no role".to_owned(),
                role => format!("role {role}"),
            }),
            self.kind.as_ref().map(|kind| format!("kind {kind}")),
            self.client.as_ref().map(|id| format!("client {id}")),
            self.network
                .map(|network| format!("last used from {}", network.trunc())),
            self.not_since
                .map(|time| format!("no sign-in since {}", at(time))),
            self.unused_days.map(not_used),
            self.disabled_since
                .map(|time| format!("disabled since {}", at(time))),
            self.disabled_before
                .map(|time| format!("disabled before {}", at(time))),
            self.disabled_by.map(|user| format!("disabled by {user}")),
            self.disabled_by_kind
                .map(|kind| format!("disabled by {}", kind.as_str())),
            self.disabled_reason
                .as_ref()
                .map(|text| format!("reason has “{text}”")),
        ];
        let told: Vec<String> = told.into_iter().flatten().collect();
        if told.is_empty() {
            "all".to_owned()
        } else {
            told.join(", ")
        }
    }
}

fn not_used(days: u32) -> String {
    format!("not used for {days} days")
}

/// Looks for what would change, and writes it down to be shown; what it is called.
///
/// # Errors
/// [`Error::Forbidden`] for users, but for administrators; nothing would change; too many would; it takes too long to
/// tell.
pub async fn preview(
    app: &App,
    actor: &Actor,
    (verb, kind): (Verb, Kind),
    wanted: &Wanted,
) -> Result<Uuid, Error> {
    if kind == Kind::Users && !actor.kind.reaches_staff() {
        return Err(Error::Forbidden);
    }
    let refused = |message| Error::Invalid { field: "", message };
    let mut db = app.db().await?;
    let looking = bulk_acts::begin(&mut db).await?;
    match look(app, looking, actor, (verb, kind, wanted), MOST + 1).await? {
        None => Err(refused(
            "this takes longer than four seconds to look for; ask for fewer, such as those of one client or kind",
        )),
        Some((_, 0)) => Err(refused(match verb {
            Verb::Disable => "nothing would change: none that is not disabled is like that",
            Verb::Enable => "nothing would change: none that is disabled is like that",
        })),
        Some((_, found)) if found > MOST => Err(refused(
            "these are more than 250,000, too many for one act; ask for fewer",
        )),
        Some((id, _)) => Ok(id),
    }
}

/// Looks, and keeps what was found unless it is nothing or too much; `None` when it takes too long.
async fn look(
    app: &App,
    mut looking: Transaction<'_, Postgres>,
    actor: &Actor,
    (verb, kind, wanted): (Verb, Kind, &Wanted),
    limit: i64,
) -> Result<Option<(Uuid, i64)>, Error> {
    let (now, id) = (app.clock.now(), app.clock.id());
    let look = Look {
        id,
        kind,
        verb,
        filter: &wanted.filter(now),
        told: &wanted.told(),
        actor,
        now,
        kept_until: now + PREVIEW,
        limit,
    };
    let found = bulk_acts::choose(&mut looking, &look).await?;
    if found.is_some_and(|found| (1..=MOST).contains(&found)) {
        looking.commit().await.map_err(db::Error::from)?;
    }
    Ok(found.map(|found| (id, found)))
}

/// One act, and some of what it is about.
///
/// # Errors
/// Not found.
pub async fn find(app: &App, id: Uuid) -> Result<(BulkAct, Vec<Example>), Error> {
    let mut db = app.db().await?;
    let act = bulk_acts::find(&mut db, id).await?;
    let act = act.ok_or(Error::NotFound(Thing::BulkAct))?;
    let about = (id, act.kind());
    let examples = bulk_acts::examples(&mut db, about, EXAMPLES, app.clock.now()).await?;
    Ok((act, examples))
}

/// Acts that were begun, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(app: &App, before: Option<Uuid>, limit: i64) -> Result<Page<BulkAct>, Error> {
    Ok(bulk_acts::list(&mut *app.db().await?, before, limit).await?)
}

/// Whether an actor may do with what was found as was said: only whoever has seen it, and as what it was looked for.
pub fn may_begin(actor: &Actor, act: &BulkAct) -> bool {
    act.begun_at.is_none() && act.made_by == actor.user && act.made_by_kind == actor.kind.as_str()
}

/// Whether an actor may undo: what was done in another capacity only an administrator takes back.
pub fn may_undo(actor: &Actor, act: &BulkAct) -> bool {
    act.begun_at.is_some()
        && act.undo_begun_at.is_none()
        && (actor.kind.reaches_staff() || act.made_by_kind == actor.kind.as_str())
}

/// Disables or enables what was found, whichever it was looked for; the rest after a moment, if it is much. Beginning
/// twice is beginning once.
///
/// # Errors
/// Not found; [`Error::Forbidden`] but for whoever has looked; a preview that is over an hour old.
pub async fn begin(
    app: &App,
    actor: &Actor,
    (id, verb): (Uuid, Verb),
    disabling: &Disabling,
) -> Result<(), Error> {
    let mut change = app.change(actor).await?;
    let reason = texts::reason(disabling.reason.as_deref())?;
    let until = texts::until(disabling.until, change.now())?;
    let act = locked(&mut change, id).await?;
    if act.verb() != verb {
        return Err(Error::NotFound(Thing::BulkAct));
    }
    if act.begun_at.is_some() {
        change.undo().await?;
    } else {
        if !may_begin(actor, &act) {
            return Err(Error::Forbidden);
        }
        if act.kept_until <= change.now() {
            return Err(Error::Conflict(Conflict::PreviewTooOld));
        }
        let kept_until = change.now() + app.config.retention;
        bulk_acts::set_begun(&mut change, id, reason.as_deref(), until, kept_until).await?;
        bulk_acts::make_lanes(&mut change, id, carrying::first_lane(&act)).await?;
        let event = Event::on_bulk(Action::BulkBegun, id)
            .because(reason.as_deref())
            .with(
                match verb {
                    Verb::Disable => "disables",
                    Verb::Enable => "enables",
                },
                act.subject_kind,
            )
            .with("filter", act.filter)
            .with("found", act.found)
            .with("until", until.map(|until| until.to_rfc3339()));
        change.commit(event).await?;
    }
    carry_on(app, id, Some(AT_ONCE)).await;
    Ok(())
}

/// Enables again what the act has disabled, or the other way round, and nobody has changed since; also where it is not
/// finished.
///
/// # Errors
/// Not found; [`Error::Forbidden`] beyond the actor's reach.
pub async fn undo(app: &App, actor: &Actor, id: Uuid, reason: Option<&str>) -> Result<(), Error> {
    let reason = texts::reason(reason)?;
    let mut change = app.change(actor).await?;
    let act = locked(&mut change, id).await?;
    if act.begun_at.is_none() {
        return Err(Error::NotFound(Thing::BulkAct));
    }
    if act.undo_begun_at.is_some() {
        change.undo().await?;
    } else {
        if !may_undo(actor, &act) {
            return Err(Error::Forbidden);
        }
        bulk_acts::set_undo_begun(&mut change, id, reason.as_deref()).await?;
        let (done, many) = match act.verb() {
            Verb::Disable => ("disabled", act.disabled),
            Verb::Enable => ("enabled", act.enabled),
        };
        let event = Event::on_bulk(Action::BulkUndoBegun, id)
            .because(reason.as_deref())
            .with(done, many);
        change.commit(event).await?;
    }
    carry_on(app, id, Some(AT_ONCE)).await;
    Ok(())
}

async fn locked(change: &mut Change<'_>, id: Uuid) -> Result<BulkAct, Error> {
    bulk_acts::lock(change, id).await?;
    let act = bulk_acts::find(change.db(), id).await?;
    act.ok_or(Error::NotFound(Thing::BulkAct))
}
