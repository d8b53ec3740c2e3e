//! `/admin/bulk/<id>`: one act on many things at once: before it is begun a preview, then how far it has come, and the
//! way back.

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status, post};
use uuid::Uuid;

use super::{badge, counted, place, who};
use crate::{
    admin::{
        badge::Badge,
        chrome::Chrome,
        confirm,
        consequence::Sentence,
        deeds::{Deeds, Refused, disabling, reason},
        fault::{Fault, Turn},
        format,
        page::Page,
        words::Words,
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
    so_far: String,
    facts: Vec<(&'static str, Words)>,
    /// How many there are, and some of them.
    found: String,
    examples: Vec<ExampleLine>,
    more: bool,
}

/// One printed thing that an act is about.
struct ExampleLine {
    user: UserId,
    username: String,
    device: Option<(DeviceId, String)>,
    last_used: Words,
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

/// What has become of something.
fn state(it: &Example, act: &BulkAct) -> &'static str {
    let touched = match act.verb() {
        Verb::Disable => it.disabled_at,
        Verb::Enable => it.enabled_at,
    };
    match (act.verb(), act.begun_at, touched, it.disabled) {
        (Verb::Disable, None, _, false) => "not disabled",
        (Verb::Disable, None, _, true) => "disabled meanwhile",
        (Verb::Enable, None, _, true) | (Verb::Disable, Some(_), Some(_), true) => "disabled",
        (Verb::Enable, None, _, false) => "enabled meanwhile",
        (Verb::Disable, Some(_), Some(_), false) => "enabled again",
        (Verb::Enable, Some(_), Some(_), false) => "enabled",
        (Verb::Enable, Some(_), Some(_), true) => "disabled again",
        (_, Some(_), None, _) if act.under_way.is_some() => "not yet",
        (_, Some(_), None, _) => "left alone",
    }
}

/// What becomes of them.
fn consequences(act: &BulkAct) -> Vec<Sentence> {
    let many = counted(act.kind(), act.found);
    let one = act.found == 1;
    let gets = if one { "gets" } else { "get" };
    let first = match (act.verb(), act.kind()) {
        (Verb::Disable, Kind::Users) => format!(
            "{many} {gets} nothing more on any device, access tokens that are out included, and cannot sign in, to the panel neither, until enabled. Never among them are you, and the last administrator who can sign in."
        ),
        (Verb::Disable, Kind::Devices) => format!(
            "{many} {gets} nothing more, access tokens that are out included, and nobody can sign in there until enabled."
        ),
        (Verb::Disable, Kind::Tokens) => format!(
            "{many} {gets} nothing more, access tokens that are out included. Their users can sign in anew."
        ),
        (Verb::Enable, _) => format!(
            "{many} {} again with what {} before; what is disabled above or below stays so.",
            if one { "works" } else { "work" },
            if one { "it had" } else { "they had" },
        ),
    };
    let meanwhile = match (act.verb(), act.unused_since) {
        (Verb::Disable, Some(_)) => "What is used, disabled or ended meanwhile is left alone.",
        (Verb::Disable, None) => "What is disabled or ended meanwhile is left alone.",
        (Verb::Enable, _) => "What is enabled, disabled anew or ended meanwhile is left alone.",
    };
    let said = [
        first,
        format!("Nothing else is touched than was found. {meanwhile}"),
        "All of it can be undone by one press.".to_owned(),
    ];
    said.map(|after| Sentence {
        before: "",
        name: String::new(),
        after: after.into(),
    })
    .into()
}

/// What is known of an act: names and values.
fn facts(act: &BulkAct) -> Vec<(&'static str, Words)> {
    let made_by = who(act.made_by_name.as_deref(), act.made_by, &act.made_by_kind);
    let undone_by = act.undone_by_kind.as_deref();
    let undone_by = undone_by.map(|kind| who(act.undone_by_name.as_deref(), act.undone_by, kind));
    let (begun, undone) = (act.begun_at.is_some(), act.undo_begun_at.is_some());
    let (done, done_again) = match act.verb() {
        Verb::Disable => (
            ("Disabled", begun.then_some(act.disabled)),
            ("Enabled again", undone.then_some(act.enabled)),
        ),
        Verb::Enable => (
            ("Enabled", begun.then_some(act.enabled)),
            ("Disabled again", undone.then_some(act.disabled)),
        ),
    };
    let facts = [
        ("Looked for", Some(act.filter.clone().into())),
        ("By", Some(made_by.into())),
        ("Looked", Some(format::time(act.created_at))),
        ("Found", Some(counted(act.kind(), act.found).into())),
        ("Begun", act.begun_at.map(format::time)),
        ("Why", act.reason.clone().map(Words::from)),
        ("Until", act.disabled_until.map(format::time)),
        ("Finished", act.finished_at.map(format::time)),
        (done.0, done.1.map(|many| format::number(many).into())),
        ("Undone by", undone_by.map(Words::from)),
        ("Why undone", act.undo_reason.clone().map(Words::from)),
        ("Undone", act.undone_at.map(format::time)),
        (
            done_again.0,
            done_again.1.map(|many| format::number(many).into()),
        ),
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
    let status = match refused.fault.as_str() {
        "" => Status::Ok,
        _ => Status::UnprocessableEntity,
    };
    let preview = act.begun_at.is_none();
    let found = counted(act.kind(), act.found);
    let enables = act.verb() == Verb::Enable;
    let title = match (preview, act.verb()) {
        (true, Verb::Disable) => format!("Disable {found}?"),
        (true, Verb::Enable) => format!("Enable {found}?"),
        (false, _) => format!("{found} at once"),
    };
    let again = if act.is_being_undone() { " again" } else { "" };
    let so_far = match act.doing() {
        None => String::new(),
        Some(Verb::Disable) => format!("{} disabled{again} so far.", format::number(act.disabled)),
        Some(Verb::Enable) => format!("{} enabled{again} so far.", format::number(act.enabled)),
    };
    let may_begin = bulk::may_begin(&actor, &act);
    let many = usize::try_from(act.found).unwrap_or(usize::MAX);
    let page = BulkActPage {
        chrome: Chrome::new(by, place(act.kind()), title, None),
        path: format!("/admin/bulk/{id}"),
        badge: badge(&act),
        preview,
        of_users: act.kind() == Kind::Users,
        enables,
        deeds: Deeds {
            id: format!("bulk-{id}"),
            path: format!("/admin/bulk/{id}"),
            what: "all of them",
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
        so_far,
        facts: facts(&act),
        found,
        more: examples.len() < many,
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
    confirm::ask(app, by, caller, &form.0, "change many at once").await?;
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
    confirm::ask(app, &by.0, &caller, &form.0, "undo an act on many").await?;
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
