//! What an act is to be about: the form that looks for it, filled in from the list that it is opened from.

use std::{net::IpAddr, sync::Arc};

use askama::Template;
use ipnet::{AddrParseError, IpNet};
use rocket::{State, get, http::Status, post};

use super::place;
use crate::{
    admin::{
        asked::{Asked, Faults, Parameters},
        audit,
        chrome::Chrome,
        fault::{Fault, Turn},
        list::Field,
        page::Page,
        text::{Text, filters, say, told_as},
    },
    app::App,
    domain::{
        ActorKind, Caller,
        admin_session::{self, Panelist},
        bulk::{self, Kind, Verb, Wanted},
        error::Error,
        texts, username,
    },
    guard::{form::Checked, session::SupportDesk},
    ids::UserId,
};

/// A link: the message with its words, and where it leads.
pub type Link = (&'static str, String);

/// The form, with what was typed and what is wrong.
#[derive(Template)]
#[template(path = "admin/new_bulk_act.html")]
pub struct NewBulkActPage {
    chrome: Chrome,
    verb: &'static str,
    what: &'static str,
    /// What to do here, and what is meant by it.
    about: Text,
    hint: Text,
    fields: Vec<Field>,
    fault: Text,
}

const ROLES: [&str; 4] = ["none", "admin", "support", "auditor"];

/// What is looked for, as typed.
struct Typed {
    verb: Verb,
    kind: Kind,
    parameters: Parameters,
    wanted: Wanted,
    faults: Faults,
}

impl Typed {
    async fn new<'a>(
        app: &App,
        (verb, what): (&str, &str),
        typed: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Self, Error> {
        let mut new = Self {
            verb: match verb {
                "enable" => Verb::Enable,
                _ => Verb::Disable,
            },
            kind: match what {
                "users" => Kind::Users,
                "tokens" => Kind::Tokens,
                _ => Kind::Devices,
            },
            parameters: Parameters::default(),
            wanted: Wanted::default(),
            faults: Faults::default(),
        };
        new.read_kind(&typed);
        match new.verb {
            Verb::Disable => new.read_use(&typed),
            Verb::Enable => new.read_suspension(app, &typed).await?,
        }
        Ok(new)
    }

    /// Reads what is asked of users, of devices or of tokens, whatever is to become of them.
    fn read_kind<'a>(&mut self, typed: impl Fn(&str) -> Option<&'a str>) {
        let (parameters, wanted) = (&mut self.parameters, &mut self.wanted);
        match self.kind {
            Kind::Users => {
                wanted.prefix = username::beginning(&parameters.take("query", typed("query")));
                let roles = ROLES.map(|word| (word, word));
                wanted.role = parameters.choose("role", typed("role"), &roles);
            }
            Kind::Devices => {
                let kind = parameters.take("kind", typed("kind"));
                let parsed = (!kind.is_empty()).then(|| texts::device_kind(&kind));
                wanted.kind = or_fault(parsed, "kind", "told-device-kind", &mut self.faults);
            }
            Kind::Tokens => {
                let client = parameters.take("client", typed("client"));
                let parsed = (!client.is_empty()).then(|| client.parse());
                let fault = "told-no-client";
                wanted.client = or_fault(parsed, "client", fault, &mut self.faults);
            }
        }
    }

    /// Reads when and from where it was used last.
    fn read_use<'a>(&mut self, typed: impl Fn(&str) -> Option<&'a str>) {
        let (parameters, wanted) = (&mut self.parameters, &mut self.wanted);
        if self.kind == Kind::Tokens {
            let network = parameters.take("network", typed("network"));
            let parsed = (!network.is_empty()).then(|| parse_network(&network));
            let fault = "told-network";
            wanted.network = or_fault(parsed, "network", fault, &mut self.faults);
        }
        let days = parameters.take("unused_days", typed("unused_days"));
        let parsed = (!days.is_empty()).then(|| match days.parse() {
            Ok(days) if (1..=3650).contains(&days) => Ok(days),
            _ => Err(()),
        });
        let fault = "told-days";
        wanted.unused_days = or_fault(parsed, "unused_days", fault, &mut self.faults);
        if self.kind != Kind::Users {
            wanted.not_since = parameters.time("not_since", typed("not_since"), &mut self.faults);
        }
    }

    /// Reads by whom, when and why it was disabled.
    async fn read_suspension<'a>(
        &mut self,
        app: &App,
        typed: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<(), Error> {
        let (parameters, wanted) = (&mut self.parameters, &mut self.wanted);
        let faults = &mut self.faults;
        wanted.disabled_since = parameters.time("since", typed("since"), faults);
        wanted.disabled_before = parameters.time("until", typed("until"), faults);
        let why = parameters.take("reason", typed("reason"));
        wanted.disabled_reason = Some(why).filter(|why| !why.is_empty());
        let who = parameters.take("actor", typed("actor"));
        match who.as_str() {
            "" => {}
            "system" => wanted.disabled_by_kind = Some(ActorKind::System),
            "operator" => wanted.disabled_by_kind = Some(ActorKind::Operator),
            name => {
                wanted.disabled_by = audit::id(app, name).await?.map(UserId);
                if wanted.disabled_by.is_none() {
                    faults.push("actor", "told-no-user-and-no-id");
                }
            }
        }
        Ok(())
    }

    fn page(&self, by: &Panelist, status: Status, fault: Text) -> Page<NewBulkActPage> {
        let what = place(self.kind);
        let roles = ROLES.map(|role| match role {
            "none" => (role, say("bulk-new-no-role")),
            role => (role, role.into()),
        });
        let own = match self.kind {
            Kind::Users => vec![
                Field::text("query", "bulk-new-query"),
                Field::choice("role", "bulk-new-role", "bulk-new-any-role", roles),
            ],
            Kind::Devices => vec![Field::text("kind", "bulk-new-kind")],
            Kind::Tokens => vec![Field::text("client", "bulk-new-client")],
        };
        let days = "bulk-new-unused";
        let more = match (self.verb, self.kind) {
            (Verb::Disable, Kind::Users) => vec![Field::text("unused_days", days)],
            (Verb::Disable, Kind::Devices) => vec![
                Field::text("unused_days", days),
                Field::time("not_since", "bulk-new-not-since"),
            ],
            (Verb::Disable, Kind::Tokens) => vec![
                Field::text("network", "bulk-new-network"),
                Field::text("unused_days", days),
                Field::time("not_since", "bulk-new-not-since"),
            ],
            (Verb::Enable, _) => vec![
                Field::text("actor", "bulk-new-actor"),
                Field::time("since", "bulk-new-since"),
                Field::time("until", "bulk-new-before"),
                Field::text("reason", "bulk-new-reason"),
            ],
        };
        let fields = own.into_iter().chain(more).map(|field| Field {
            value: self.parameters.get(field.name).to_owned(),
            fault: self.faults.of(field.name),
            ..field
        });
        let title = match (self.verb, self.kind) {
            (Verb::Disable, Kind::Users) => "bulk-new-users-title",
            (Verb::Disable, Kind::Devices) => "bulk-new-devices-title",
            (Verb::Disable, Kind::Tokens) => "bulk-new-tokens-title",
            (Verb::Enable, Kind::Users) => "bulk-new-enable-users-title",
            (Verb::Enable, Kind::Devices) => "bulk-new-enable-devices-title",
            (Verb::Enable, Kind::Tokens) => "bulk-new-enable-tokens-title",
        };
        let reach = if by.has("admin") { "all" } else { "users" };
        let about = |id| say(id).with("what", what).with("reach", reach);
        let page = NewBulkActPage {
            chrome: Chrome::new(by, what, say(title), None),
            about: match self.verb {
                Verb::Disable => about("bulk-new-about"),
                Verb::Enable => about("bulk-new-enable-about"),
            },
            hint: match self.verb {
                Verb::Disable => say("bulk-new-hint").with("what", what),
                Verb::Enable => say("bulk-new-hint-enable"),
            },
            verb: self.verb.as_str(),
            what,
            fields: fields.collect(),
            fault,
        };
        Page::new(status, page)
    }
}

/// What was typed, if anything was; a fault beside its field if it cannot be read.
fn or_fault<T, E>(
    parsed: Option<Result<T, E>>,
    field: &'static str,
    fault: &'static str,
    faults: &mut Faults,
) -> Option<T> {
    match parsed?.ok() {
        None => {
            faults.push(field, fault);
            None
        }
        read => read,
    }
}

/// A network, or an address by itself.
fn parse_network(text: &str) -> Result<IpNet, AddrParseError> {
    match text.parse::<IpAddr>() {
        Ok(address) => Ok(address.into()),
        Err(_) => text.parse(),
    }
}

/// Whether somebody may look for such things.
fn may(by: &Panelist, kind: Kind) -> bool {
    by.has("admin") || kind != Kind::Users && by.has("support")
}

/// From a list to the form, for whoever may: to disable, or to enable what the list shows if that is disabled.
pub fn link(by: &Panelist, asked: &Parameters, kind: Kind) -> Option<Link> {
    let (verb, words) = match asked.get("status") {
        "disabled" => ("enable", "list-bulk-enable-all"),
        _ => ("disable", "list-bulk-all"),
    };
    let meant = [("verb", verb), ("what", place(kind))];
    may(by, kind).then(|| (words, asked.link("/admin/bulk/new", &meant)))
}

/// The form. What the list was narrowed down by stands in it.
#[get("/admin/bulk/new?<verb>&<what>&<asked..>")]
pub async fn form(
    app: &State<Arc<App>>,
    by: SupportDesk,
    verb: Option<&str>,
    what: Option<&str>,
    asked: Asked<'_>,
) -> Result<Page<NewBulkActPage>, Fault> {
    let about = (verb.unwrap_or_default(), what.unwrap_or_default());
    let typed = Typed::new(app, about, |name| match name {
        "kind" => asked.kind,
        "client" => asked.client,
        "not_since" => asked.not_since,
        "query" => asked.query,
        "role" => asked.role,
        _ => None,
    });
    let typed = typed.await?;
    if !may(&by.0, typed.kind) {
        return Err(Error::Forbidden.into());
    }
    Ok(typed.page(&by.0, Status::Ok, Text::default()))
}

/// Looks, and leads to what was found.
#[post("/admin/bulk", data = "<form>")]
pub async fn look(
    app: &State<Arc<App>>,
    by: SupportDesk,
    caller: Caller,
    form: Checked,
) -> Result<Turn<NewBulkActPage>, Fault> {
    let Checked(fields) = form;
    let about = (fields.text("verb"), fields.text("what"));
    let typed = Typed::new(app, about, |name| Some(fields.text(name))).await?;
    let refused = |fault| Turn::Page(typed.page(&by.0, Status::UnprocessableEntity, fault));
    if !typed.faults.is_empty() {
        return Ok(refused(Text::default()));
    }
    let asked = (typed.verb, typed.kind);
    match bulk::preview(app, &by.0.actor(&caller), asked, &typed.wanted).await {
        Ok(id) => Ok(Turn::To(format!("/admin/bulk/{id}"))),
        Err(Error::Forbidden) => {
            admin_session::refuse(app, admin_session::Refused::Role, Some(by.0.user), &caller)
                .await?;
            Err(Error::Forbidden.into())
        }
        Err(Error::Invalid { message, .. }) => Ok(refused(told_as(message))),
        Err(error) => Err(error.into()),
    }
}
