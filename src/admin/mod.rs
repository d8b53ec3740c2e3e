//! The door for browsers: server-rendered pages that need no script.

mod assets;
mod page;
mod set_password;

use rocket::{Route, routes};

/// All routes of the pages.
pub fn routes() -> Vec<Route> {
    routes![assets::stylesheet, set_password::show, set_password::save]
}
