//! What an act is to be about: the form that looks for it, filled in from the list that it is opened from.

use std::{net::IpAddr, sync::Arc};

use askama::Template;
use ipnet::{AddrParseError, IpNet};
use rocket::{State, get, http::Status, post};

use super::place;
use crate::{
    admin::{
        asked::{Asked, Faults, Parameters},
        chrome::Chrome,
        fault::{Fault, Turn},
        format,
        list::Field,
        page::Page,
    },
    app::App,
    domain::{
        Caller,
        admin_session::Panelist,
        bulk::{self, Kind, Wanted},
        error::Error,
        texts,
    },
    guard::{form::Checked, session::SupportDesk},
};

/// The form, with what was typed and what is wrong.
#[derive(Template)]
#[template(path = "admin/new_bulk_act.html")]
pub struct NewBulkActPage {
    chrome: Chrome,
    what: &'static str,
    fields: Vec<Field>,
    fault: String,
}

/// What is looked for, as typed.
struct Typed {
    kind: Kind,
    parameters: Parameters,
    wanted: Wanted,
    faults: Faults,
}

impl Typed {
    fn new<'a>(what: &str, typed: impl Fn(&str) -> Option<&'a str>) -> Self {
        let (mut parameters, mut faults) = (Parameters::default(), Faults::default());
        let mut wanted = Wanted::default();
        let kind = match what {
            "tokens" => Kind::Tokens,
            _ => Kind::Devices,
        };
        match kind {
            Kind::Devices => {
                let kind = parameters.take("kind", typed("kind"));
                let parsed = (!kind.is_empty()).then(|| texts::device_kind(&kind));
                wanted.kind = or_fault(
                    parsed,
                    "kind",
                    "Write one word such as phone or browser: lower-case letters, digits, - and _.",
                    &mut faults,
                );
            }
            Kind::Tokens => {
                let client = parameters.take("client", typed("client"));
                let parsed = (!client.is_empty()).then(|| client.parse());
                let fault = "No client has such an id.";
                wanted.client = or_fault(parsed, "client", fault, &mut faults);
                let network = parameters.take("network", typed("network"));
                let parsed = (!network.is_empty()).then(|| parse_network(&network));
                let fault = "Write an address, or a network such as 192.0.2.0/24.";
                wanted.network = or_fault(parsed, "network", fault, &mut faults);
            }
        }
        let days = parameters.take("unused_days", typed("unused_days"));
        let parsed = (!days.is_empty()).then(|| match days.parse() {
            Ok(days) if (1..=3650).contains(&days) => Ok(days),
            _ => Err(()),
        });
        let fault = "Write a whole number from 1 to 3650.";
        wanted.unused_days = or_fault(parsed, "unused_days", fault, &mut faults);
        wanted.not_since = parameters.time("not_since", typed("not_since"), &mut faults);
        Self {
            kind,
            parameters,
            wanted,
            faults,
        }
    }

    fn page(&self, by: &Panelist, status: Status, fault: String) -> Page<NewBulkActPage> {
        let (what, title) = match self.kind {
            Kind::Devices => ("devices", "Disable many devices"),
            Kind::Tokens => ("tokens", "Disable many tokens"),
        };
        let own = match self.kind {
            Kind::Devices => vec![Field::text("kind", "Kind, as the app calls it")],
            Kind::Tokens => vec![
                Field::text("client", "Client id"),
                Field::text("network", "Last used from this network"),
            ],
        };
        let common = [
            Field::text("unused_days", "Not used for so many days"),
            Field::time("not_since", "No sign-in since, in UTC"),
        ];
        let fields = own.into_iter().chain(common).map(|field| Field {
            value: self.parameters.get(field.name).to_owned(),
            fault: self.faults.of(field.name),
            ..field
        });
        let page = NewBulkActPage {
            chrome: Chrome::new(by, place(self.kind), title, None),
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

/// From a list to the form, for whoever may disable.
pub fn link(by: &Panelist, asked: &Parameters, what: &str) -> Option<String> {
    let may = by.has("admin") || by.has("support");
    may.then(|| asked.link("/admin/bulk/new", &[("what", what)]))
}

/// The form. What the list was narrowed down by stands in it.
#[get("/admin/bulk/new?<what>&<asked..>")]
pub fn form(by: SupportDesk, what: Option<&str>, asked: Asked<'_>) -> Page<NewBulkActPage> {
    let typed = Typed::new(what.unwrap_or_default(), |name| match name {
        "kind" => asked.kind,
        "client" => asked.client,
        "not_since" => asked.not_since,
        _ => None,
    });
    typed.page(&by.0, Status::Ok, String::new())
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
    let typed = Typed::new(fields.text("what"), |name| Some(fields.text(name)));
    let refused = |fault| Turn::Page(typed.page(&by.0, Status::UnprocessableEntity, fault));
    if !typed.faults.is_empty() {
        return Ok(refused(String::new()));
    }
    match bulk::preview(app, &by.0.actor(&caller), typed.kind, &typed.wanted).await {
        Ok(id) => Ok(Turn::To(format!("/admin/bulk/{id}"))),
        Err(Error::Invalid { message, .. }) => Ok(refused(format::sentence(message))),
        Err(error) => Err(error.into()),
    }
}
