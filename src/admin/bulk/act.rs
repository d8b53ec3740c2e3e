//! `/admin/bulk/<id>`: one act on many things at once: before it is begun a preview, then how far it has come, and the
//! way back.

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status, post};
use uuid::Uuid;

use super::{badge, counted, filter, made_by, place};
use crate::{
    admin::{
        badge::Badge,
        chrome::Chrome,
        confirm,
        deeds::{Deeds, Refused, disabling, reason},
        events::who,
        fault::{Fault, Turn},
        format,
        page::Page,
        text::{Text, filters, say},
    },
    app::App,
    db::bulk_acts::Example,
    domain::{
        Caller,
        admin_session::{self, Panelist},
        bulk::{self, BulkAct, Kind, Verb},
        disable::Disabling,
        error::{Error, Thing},
    },
    guard::{
        form::Checked,
        session::{Reader, SupportDesk},
    },
    ids::{DeviceId, UserId},
};

/// One act.
#[derive(Template)]
#[template(path = "admin/bulk_act.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is so or not")]
pub struct BulkActPage {
    chrome: Chrome,
    path: String,
    badge: Badge,
    /// It is a preview.
    preview: bool,
    of_users: bool,
    enables: bool,
    /// What is not said of a preview that somebody else has made.
    deeds: Deeds,
    /// It can be undone.
    undo: bool,
    /// How far it has come, while it is under way.
    so_far: Text,
    /// The message that names it, and the value.
    facts: Vec<(&'static str, Text)>,
    /// How many there are, and some of them.
    found: Text,
    examples: Vec<ExampleLine>,
}

/// One printed thing that an act is about.
struct ExampleLine {
    user: UserId,
    username: String,
    device: Option<(DeviceId, String)>,
    last_used: Text,
    state: &'static str,
}

impl ExampleLine {
    fn new(it: Example, act: &BulkAct) -> Self {
        Self {
            state: state(&it, act),
            user: it.user_id,
            username: it.username,
            device: it.device_id.zip(it.device_name),
            last_used: format::last(it.last_used_at),
        }
    }
}

/// The message that says what has become of something.
fn state(it: &Example, act: &BulkAct) -> &'static str {
    let touched = match act.verb() {
        Verb::Disable => it.disabled_at,
        Verb::Enable => it.enabled_at,
    };
    match (act.verb(), act.begun_at, touched, it.disabled) {
        (Verb::Disable, None, _, false) => "bulk-state-not-disabled",
        (Verb::Disable, None, _, true) => "bulk-state-meanwhile",
        (Verb::Enable, None, _, true) | (Verb::Disable, Some(_), Some(_), true) => {
            "bulk-state-disabled"
        }
        (Verb::Enable, None, _, false) => "bulk-state-enabled-meanwhile",
        (Verb::Disable, Some(_), Some(_), false) => "bulk-state-enabled",
        (Verb::Enable, Some(_), Some(_), false) => "bulk-state-now-enabled",
        (Verb::Enable, Some(_), Some(_), true) => "bulk-state-disabled-again",
        (_, Some(_), None, _) if act.under_way.is_some() => "bulk-state-not-yet",
        (_, Some(_), None, _) => "bulk-state-left-alone",
    }
}

/// What becomes of them.
fn consequences(act: &BulkAct) -> Vec<Text> {
    let first = match (act.verb(), act.kind()) {
        (Verb::Disable, Kind::Users) => "bulk-if-users",
        (Verb::Disable, Kind::Devices) => "bulk-if-devices",
        (Verb::Disable, Kind::Tokens) => "bulk-if-tokens",
        (Verb::Enable, _) => "bulk-if-enabled",
    };
    let meanwhile = match (act.verb(), act.unused_since) {
        (Verb::Disable, Some(_)) => "bulk-meanwhile-unused",
        (Verb::Disable, None) => "bulk-meanwhile",
        (Verb::Enable, _) => "bulk-meanwhile-enabled",
    };
    vec![
        counted(first, act.kind(), act.found),
        say(meanwhile),
        say("bulk-can-be-undone"),
    ]
}

/// What is known of an act: the messages that name it, and values.
fn facts(act: &BulkAct) -> Vec<(&'static str, Text)> {
    let undone_by = act.undone_by_kind.as_deref();
    let undone_by =
        undone_by.map(|kind| who(act.undone_by_name.as_deref(), act.undone_by.is_some(), kind));
    let (begun, undone) = (act.begun_at.is_some(), act.undo_begun_at.is_some());
    let (done, done_again) = match act.verb() {
        Verb::Disable => (
            ("bulk-disabled", begun.then_some(act.disabled)),
            ("bulk-fact-enabled", undone.then_some(act.enabled)),
        ),
        Verb::Enable => (
            ("bulk-enabled", begun.then_some(act.enabled)),
            ("bulk-fact-disabled", undone.then_some(act.disabled)),
        ),
    };
    let found = counted("bulk-how-many", act.kind(), act.found);
    let time = |at: Option<_>| at.map(format::time);
    let word = |word: &Option<String>| word.as_ref().map(Text::from);
    let facts = [
        ("bulk-fact-filter", Some(filter::told(&act.filter))),
        ("bulk-fact-by", Some(made_by(act))),
        ("bulk-fact-looked", time(Some(act.created_at))),
        ("bulk-fact-found", Some(found)),
        ("bulk-begun", time(act.begun_at)),
        ("label-why", word(&act.reason)),
        ("bulk-fact-until", time(act.disabled_until)),
        ("bulk-fact-finished", time(act.finished_at)),
        (done.0, done.1.map(Text::from)),
        ("bulk-fact-undone-by", undone_by),
        ("bulk-fact-why-undone", word(&act.undo_reason)),
        ("bulk-fact-undone", time(act.undone_at)),
        (done_again.0, done_again.1.map(Text::from)),
    ];
    let known = facts.into_iter();
    known
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

async fn page(
    app: &App,
    by: &Panelist,
    caller: &Caller,
    id: Uuid,
    refused: Refused,
) -> Result<Page<BulkActPage>, Fault> {
    let (act, examples) = bulk::find(app, id).await?;
    let actor = by.actor(caller);
    let status = if refused.fault.is_empty() {
        Status::Ok
    } else {
        Status::UnprocessableEntity
    };
    let preview = act.begun_at.is_none();
    let enables = act.verb() == Verb::Enable;
    let title = match (preview, act.verb()) {
        (true, Verb::Disable) => "bulk-preview-title",
        (true, Verb::Enable) => "bulk-preview-enable-title",
        (false, _) => "bulk-act-title",
    };
    let again = if act.is_being_undone() { "yes" } else { "no" };
    let so_far = match act.doing() {
        None => Text::default(),
        Some(Verb::Disable) => say("bulk-disabled-so-far").with("number", act.disabled),
        Some(Verb::Enable) => say("bulk-enabled-so-far").with("number", act.enabled),
    };
    let may_begin = bulk::may_begin(&actor, &act);
    let many = usize::try_from(act.found).unwrap_or(usize::MAX);
    let page = BulkActPage {
        chrome: Chrome::new(
            by,
            place(act.kind()),
            counted(title, act.kind(), act.found),
            None,
        ),
        path: format!("/admin/bulk/{id}"),
        badge: badge(&act),
        preview,
        of_users: act.kind() == Kind::Users,
        enables,
        deeds: Deeds {
            id: format!("bulk-{id}"),
            path: format!("/admin/bulk/{id}"),
            what: "all",
            disable: may_begin && !enables,
            enable: may_begin && enables,
            end: false,
            new_password: false,
            open: true,
            if_disabled: if enables {
                Vec::new()
            } else {
                consequences(&act)
            },
            if_enabled: if enables {
                consequences(&act)
            } else {
                Vec::new()
            },
            if_ended: Vec::new(),
            refused,
        },
        undo: bulk::may_undo(&actor, &act),
        so_far: so_far.with("again", again),
        facts: facts(&act),
        found: if examples.len() < many {
            counted("bulk-some-of", act.kind(), act.found)
        } else {
            counted("bulk-these", act.kind(), act.found)
        },
        examples: examples
            .into_iter()
            .map(|it| ExampleLine::new(it, &act))
            .collect(),
    };
    Ok(Page::new(status, page))
}

fn parsed(id: &str) -> Result<Uuid, Error> {
    Uuid::parse_str(id).map_err(|_| Error::NotFound(Thing::BulkAct))
}

/// An act, or what it would do.
#[get("/admin/bulk/<id>")]
pub async fn show(
    app: &State<Arc<App>>,
    by: Reader,
    caller: Caller,
    id: &str,
) -> Result<Page<BulkActPage>, Fault> {
    page(app, &by.0, &caller, parsed(id)?, Refused::default()).await
}

/// Disables what was found.
#[post("/admin/bulk/<id>/disable", data = "<form>")]
pub async fn disable(
    app: &State<Arc<App>>,
    by: SupportDesk,
    caller: Caller,
    id: &str,
    form: Checked,
) -> Result<Turn<BulkActPage>, Fault> {
    begin(app, (&by.0, &caller), (id, Verb::Disable), &form).await
}

/// Enables what was found.
#[post("/admin/bulk/<id>/enable", data = "<form>")]
pub async fn enable(
    app: &State<Arc<App>>,
    by: SupportDesk,
    caller: Caller,
    id: &str,
    form: Checked,
) -> Result<Turn<BulkActPage>, Fault> {
    begin(app, (&by.0, &caller), (id, Verb::Enable), &form).await
}

async fn begin(
    app: &App,
    (by, caller): (&Panelist, &Caller),
    (id, verb): (&str, Verb),
    form: &Checked,
) -> Result<Turn<BulkActPage>, Fault> {
    let id = parsed(id)?;
    confirm::ask(app, by, caller, &form.0, "confirm-change-many").await?;
    let disabling = match verb {
        Verb::Disable => disabling(&form.0, app.clock.now()),
        Verb::Enable => reason(&form.0).map(|reason| Disabling {
            reason: Some(reason.to_owned()),
            until: None,
        }),
    };
    let done = match disabling {
        Ok(disabling) => bulk::begin(app, &by.actor(caller), (id, verb), &disabling).await,
        Err(error) => Err(error),
    };
    answer(app, (by, caller), (id, verb.as_str()), done, form).await
}

/// Undoes what the act has done.
#[post("/admin/bulk/<id>/undo", data = "<form>")]
pub async fn undo(
    app: &State<Arc<App>>,
    by: SupportDesk,
    caller: Caller,
    id: &str,
    form: Checked,
) -> Result<Turn<BulkActPage>, Fault> {
    let id = parsed(id)?;
    confirm::ask(app, &by.0, &caller, &form.0, "confirm-undo-many").await?;
    let done = match reason(&form.0) {
        Ok(reason) => bulk::undo(app, &by.0.actor(&caller), id, Some(reason)).await,
        Err(error) => Err(error),
    };
    answer(app, (&by.0, &caller), (id, "undo"), done, &form).await
}

async fn answer(
    app: &App,
    (by, caller): (&Panelist, &Caller),
    (id, verb): (Uuid, &str),
    done: Result<(), Error>,
    form: &Checked,
) -> Result<Turn<BulkActPage>, Fault> {
    match done {
        Ok(()) => Ok(Turn::To(format!("/admin/bulk/{id}"))),
        Err(Error::Forbidden) => {
            admin_session::refuse(app, admin_session::Refused::Role, Some(by.user), caller).await?;
            Err(Error::Forbidden.into())
        }
        Err(error) => {
            let refused = Refused::of(format!("/admin/bulk/{id}/{verb}"), error, &form.0)?;
            Ok(Turn::Page(page(app, by, caller, id, refused).await?))
        }
    }
}
