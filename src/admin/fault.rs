//! A refusal as a page: it says what the API says, in the language of the reader, the form is HTML. Also what the
//! catcher of the panel says in place of a handler.

use askama::Template;
use rocket::{
    Catcher, Request, Response, catch, catchers,
    http::{Method, RawStr, Status},
    response::{Redirect, Responder},
};

use super::{
    confirm::ConfirmPage,
    page::Page,
    text::{Text, filters, of_wire},
};
use crate::{api::error::Wire, domain::error::Error, headers, telemetry};

/// Where to sign in.
pub const LOGIN_PATH: &str = "/admin/login";

/// A refusal, to be shown as a page.
pub enum Fault {
    /// In the words of the API.
    Told(Wire),
    /// Not before the password was typed once more.
    Asks(Box<Page<ConfirmPage>>),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Told(error.into())
    }
}

impl From<Wire> for Fault {
    fn from(wire: Wire) -> Self {
        Self::Told(wire)
    }
}

#[derive(Template)]
#[template(path = "admin/fault.html")]
struct FaultPage {
    title: &'static str,
    message: Text,
    request_id: String,
}

fn title(status: Status) -> &'static str {
    match status.code {
        403 => "fault-not-allowed",
        404 => "fault-nothing-here",
        409 => "fault-not-now",
        429 => "fault-too-many",
        503 => "fault-busy",
        500.. => "fault-ours",
        _ => "fault-unreadable",
    }
}

impl<'r> Responder<'r, 'static> for Fault {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        let wire = match self {
            Self::Told(wire) => wire,
            Self::Asks(page) => return page.respond_to(request),
        };
        wire.log(request);
        let page = FaultPage {
            title: title(wire.status()),
            message: of_wire(&wire),
            request_id: telemetry::request_id(request).to_string(),
        };
        let mut response = Page::new(wire.status(), page).respond_to(request)?;
        if let Some(seconds) = wire.retry_after() {
            response.set_raw_header("Retry-After", seconds.to_string());
        }
        if let Some(methods) = wire.allow() {
            response.set_raw_header("Allow", methods.to_owned());
        }
        Ok(response)
    }
}

/// A page, or the way to another one.
pub enum Turn<T> {
    /// This page.
    Page(Page<T>),
    /// That one.
    To(String),
}

impl<'r, T: Template> Responder<'r, 'static> for Turn<T> {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        match self {
            Self::Page(page) => page.respond_to(request),
            Self::To(path) => Response::build_from(Redirect::to(path).respond_to(request)?)
                .raw_header("Cache-Control", "no-store")
                .ok(),
        }
    }
}

/// What is said under `/admin` when no handler said anything.
pub fn catchers() -> Vec<Catcher> {
    catchers![sign_in_first, refused]
}

/// Nobody is signed in. Only a page that can be opened again is worth coming back to.
#[catch(401)]
fn sign_in_first(request: &Request<'_>) -> Turn<FaultPage> {
    if request.method() != Method::Get {
        return Turn::To(LOGIN_PATH.to_owned());
    }
    let asked = request.uri().to_string();
    let next = RawStr::new(&asked).percent_encode();
    Turn::To(format!("{LOGIN_PATH}?next={next}"))
}

#[catch(default)]
fn refused(status: Status, request: &Request<'_>) -> Caught {
    Caught(Fault::Told(Wire::of_status(status, request)))
}

/// A refusal that no handler made.
struct Caught(Fault);

impl<'r> Responder<'r, 'static> for Caught {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        let mut response = self.0.respond_to(request)?;
        headers::past_fairings(request, &mut response);
        Ok(response)
    }
}
