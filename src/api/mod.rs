//! The door for apps: JSON in, JSON out. A handler decodes, calls one verb of the
//! domain and encodes its answer; it decides nothing.

mod answer;
mod audit;
mod body;
mod devices;
mod docs;
pub mod error;
mod events;
mod health;
mod introspect;
mod login;
mod me;
mod openapi;
mod reject;
mod revoke;
mod status_lists;
mod token;
mod tokens;
mod users;
mod well_known;

use rocket::{
    Catcher, Request, Route, catch, catchers,
    http::{Header, Status},
    options,
    response::Responder,
    routes,
};

use crate::headers;
use error::Wire;

/// All routes of the JSON API.
pub fn routes() -> Vec<Route> {
    // Rocket tries one after the other: first what is asked for most.
    routes![
        me::test_jwt,
        token::refresh,
        token::grant,
        introspect::introspect,
        login::login,
        audit::list,
        devices::disable,
        devices::enable,
        devices::end,
        docs::docs,
        events::listen,
        health::live,
        health::ready,
        me::change_password,
        me::devices,
        me::logout,
        me::me,
        me::sign_out_device,
        openapi::openapi,
        preflight,
        reject::reject,
        revoke::revoke,
        status_lists::all,
        status_lists::list,
        tokens::disable,
        tokens::enable,
        tokens::end,
        users::change,
        users::create,
        users::delete,
        users::devices,
        users::disable,
        users::enable,
        users::end,
        users::list,
        users::password_link,
        users::refusals,
        users::show,
        users::tokens,
        well_known::jwks,
        well_known::metadata,
        well_known::metadata_of_path,
        well_known::openid_configuration,
    ]
}

/// What is said when no handler said anything.
pub fn catchers() -> Vec<Catcher> {
    catchers![refused]
}

#[catch(default)]
fn refused(status: Status, request: &Request<'_>) -> Refused {
    Refused(Wire::of_status(status, request))
}

/// An error that no handler made.
struct Refused(Wire);

impl<'r> Responder<'r, 'static> for Refused {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        let mut response = self.0.respond_to(request)?;
        headers::past_fairings(request, &mut response);
        Ok(response)
    }
}

/// The methods of a path.
#[derive(rocket::Responder)]
#[response(status = 204)]
struct Allowed {
    nothing: (),
    allow: Header<'static>,
}

/// Answers a browser's question before a cross-origin request; the CORS headers are put on every answer alike.
#[options("/<_..>")]
fn preflight(methods: crate::guard::params::Methods) -> Allowed {
    Allowed {
        nothing: (),
        allow: Header::new("Allow", methods.0),
    }
}
