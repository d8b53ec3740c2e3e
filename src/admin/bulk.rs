//! `/admin/bulk`: acts on many things at once, as a list and one by one: before they are begun a preview, then how far
//! they have come, and the way back.

pub mod new;

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status, post};
use uuid::Uuid;

use super::{
    badge::Badge,
    chrome::Chrome,
    confirm,
    consequence::Sentence,
    deeds::{Deeds, Refused, disabling, reason},
    fault::{Fault, Turn},
    format,
    page::Page,
    pager::{Pager, begins},
};
use crate::{
    app::App,
    db::{
        bulk_acts::Example,
        cursor::{self, DEFAULT_LIMIT},
    },
    domain::{
        Caller,
        admin_session::{self, Panelist},
        bulk::{self, BulkAct, Kind},
        error::{Error, Thing},
    },
    guard::{
        form::Checked,
        session::{Reader, SupportDesk},
    },
    ids::{DeviceId, UserId},
};

/// How what an act is about is counted.
fn counted(kind: Kind, many: i64) -> String {
    format::count(
        many,
        match kind {
            Kind::Devices => ["device", "devices"],
            Kind::Tokens => ["token", "tokens"],
        },
    )
}

/// Which entry of the navigation an act belongs to.
fn place(kind: Kind) -> &'static str {
    match kind {
        Kind::Devices => "devices",
        Kind::Tokens => "tokens",
    }
}

/// Who, as in the audit log.
fn who(name: Option<&str>, id: Option<UserId>, kind: &str) -> String {
    match (name, id) {
        (Some(name), _) => format!("{name} ({kind})"),
        (None, Some(_)) => format!("a deleted user ({kind})"),
        (None, None) => kind.to_owned(),
    }
}

fn badge(act: &BulkAct) -> Badge {
    let (text, tone) = match (act.under_way.as_deref(), act.begun_at, act.undone_at) {
        (_, None, _) => ("not begun", "gone"),
        (Some("disable"), ..) => ("under way", "off"),
        (Some(_), ..) => ("being undone", "off"),
        (None, _, Some(_)) => ("undone", "gone"),
        (None, ..) => ("done", "good"),
    };
    Badge {
        text: text.to_owned(),
        tone,
    }
}

/// The list.
#[derive(Template)]
#[template(path = "admin/bulk_acts.html")]
pub struct BulkActsPage {
    chrome: Chrome,
    acts: Vec<ActLine>,
    pager: Pager,
}

/// One printed act.
struct ActLine {
    id: Uuid,
    begun: String,
    made_by: String,
    disabled: String,
    filter: String,
    reason: String,
    badge: Badge,
}

impl From<BulkAct> for ActLine {
    fn from(act: BulkAct) -> Self {
        Self {
            begun: format::last(act.begun_at),
            made_by: who(act.made_by_name.as_deref(), act.made_by, &act.made_by_kind),
            disabled: counted(act.kind(), act.disabled),
            badge: badge(&act),
            id: act.id,
            filter: act.filter,
            reason: act.reason.unwrap_or_default(),
        }
    }
}

/// Acts, the newest first.
#[get("/admin/bulk?<cursor>")]
pub async fn list(
    app: &State<Arc<App>>,
    by: Reader,
    cursor: Option<&str>,
) -> Result<Page<BulkActsPage>, Fault> {
    let before = begins(cursor, cursor::id)?;
    let page = bulk::list(app, before, DEFAULT_LIMIT).await?;
    let pager = Pager::new(
        "/admin/bulk",
        &[],
        "cursor",
        before.is_some(),
        page.next_cursor,
    );
    let page = BulkActsPage {
        chrome: Chrome::new(&by.0, "devices", "Bulk acts", None),
        acts: page.items.into_iter().map(ActLine::from).collect(),
        pager,
    };
    Ok(Page::new(Status::Ok, page))
}

/// One act.
#[derive(Template)]
#[template(path = "admin/bulk_act.html")]
pub struct BulkActPage {
    chrome: Chrome,
    path: String,
    badge: Badge,
    /// It is a preview.
    preview: bool,
    /// What is not said of a preview that somebody else has made.
    deeds: Deeds,
    /// It can be undone.
    undo: bool,
    /// How far it has come, while it is under way.
    so_far: String,
    facts: Vec<(&'static str, String)>,
    /// How many there are, and some of them.
    found: String,
    examples: Vec<ExampleLine>,
    more: bool,
}

/// One printed thing that an act is about.
struct ExampleLine {
    device: DeviceId,
    name: String,
    user: UserId,
    username: String,
    last_used: String,
    state: &'static str,
}

impl ExampleLine {
    fn new(it: Example, act: &BulkAct) -> Self {
        Self {
            state: match (act.begun_at, it.disabled_at, it.disabled) {
                (None, _, false) => "not disabled",
                (None, _, true) => "disabled meanwhile",
                (Some(_), Some(_), true) => "disabled",
                (Some(_), Some(_), false) => "enabled again",
                (Some(_), None, _) if act.under_way.is_some() => "not yet",
                (Some(_), None, _) => "left alone",
            },
            device: it.device_id,
            name: it.device_name,
            user: it.user_id,
            username: it.username,
            last_used: format::time(it.last_used_at),
        }
    }
}

/// What becomes of them if they are disabled.
fn consequences(act: &BulkAct) -> Vec<Sentence> {
    let many = counted(act.kind(), act.found);
    let verb = if act.found == 1 { "gets" } else { "get" };
    let first = match act.kind() {
        Kind::Devices => format!(
            "{many} {verb} nothing more, access tokens that are out included, and nobody can sign in there until enabled."
        ),
        Kind::Tokens => format!(
            "{many} {verb} nothing more, access tokens that are out included. Their users can sign in anew."
        ),
    };
    let meanwhile = if act.unused_since.is_some() {
        "Nothing else is touched than was found. What is used, disabled or ended meanwhile is left alone."
    } else {
        "Nothing else is touched than was found. What is disabled or ended meanwhile is left alone."
    };
    let said = [
        first,
        meanwhile.to_owned(),
        "All of it can be undone by one press.".to_owned(),
    ];
    said.map(|after| Sentence {
        before: "",
        name: String::new(),
        after,
    })
    .into()
}

/// What is known of an act: names and values.
fn facts(act: &BulkAct) -> Vec<(&'static str, String)> {
    let made_by = who(act.made_by_name.as_deref(), act.made_by, &act.made_by_kind);
    let undone_by = act.undone_by_kind.as_deref();
    let undone_by = undone_by.map(|kind| who(act.undone_by_name.as_deref(), act.undone_by, kind));
    let begun = act.begun_at.is_some();
    let facts = [
        ("Looked for", Some(act.filter.clone())),
        ("By", Some(made_by)),
        ("Looked", Some(format::time(act.created_at))),
        ("Found", Some(counted(act.kind(), act.found))),
        ("Begun", act.begun_at.map(format::time)),
        ("Why", act.reason.clone()),
        ("Until", act.disabled_until.map(format::time)),
        ("Finished", act.finished_at.map(format::time)),
        ("Disabled", begun.then(|| format::number(act.disabled))),
        ("Undone by", undone_by),
        ("Why undone", act.undo_reason.clone()),
        ("Undone", act.undone_at.map(format::time)),
        (
            "Enabled again",
            act.undo_begun_at.map(|_| format::number(act.enabled)),
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
    let title = if preview {
        format!("Disable {found}?")
    } else {
        format!("{found} at once")
    };
    let so_far = match act.under_way.as_deref() {
        None => String::new(),
        Some("disable") => format!("{} disabled so far.", format::number(act.disabled)),
        Some(_) => format!("{} enabled again so far.", format::number(act.enabled)),
    };
    let many = usize::try_from(act.found).unwrap_or(usize::MAX);
    let page = BulkActPage {
        chrome: Chrome::new(by, place(act.kind()), title, None),
        path: format!("/admin/bulk/{id}"),
        badge: badge(&act),
        preview,
        deeds: Deeds {
            id: format!("bulk-{id}"),
            path: format!("/admin/bulk/{id}"),
            what: "all of them",
            disable: bulk::may_begin(&actor, &act),
            enable: false,
            end: false,
            new_password: false,
            open: true,
            if_disabled: consequences(&act),
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
    let id = parsed(id)?;
    confirm::ask(app, &by.0, &caller, &form.0, "change many at once").await?;
    let done = match disabling(&form.0, app.clock.now()) {
        Ok(disabling) => bulk::begin(app, &by.0.actor(&caller), id, &disabling).await,
        Err(error) => Err(error),
    };
    answer(app, (&by.0, &caller), (id, "disable"), done, &form).await
}

/// Enables again what the act has disabled.
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
