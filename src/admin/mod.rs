//! The door for browsers: server-rendered pages that need no script, and work a little faster with it.

mod account;
mod activity;
mod agent;
mod apart;
mod asked;
mod assets;
mod audit;
mod badge;
mod bulk;
mod chart;
mod chrome;
mod clients;
mod confirm;
mod consequence;
mod deeds;
mod devices;
mod ends;
mod events;
mod export;
mod fault;
mod format;
mod keys;
mod language;
mod list;
mod live;
mod login;
mod outcome;
mod overview;
mod page;
mod pager;
mod refusals;
mod search;
mod set_password;
mod setup;
mod sheets;
mod suspend;
mod text;
mod time_line;
mod tokens;
mod tried;
mod user;
mod users;
mod why;

use rocket::{Route, routes};

pub use fault::catchers;

/// All routes of the pages.
pub fn routes() -> Vec<Route> {
    routes![
        account::change_password,
        account::end_session,
        account::show,
        assets::icon,
        assets::morph,
        assets::script,
        assets::stylesheet,
        audit::list,
        bulk::act::disable,
        bulk::act::enable,
        bulk::act::show,
        bulk::act::undo,
        bulk::list,
        bulk::new::form,
        bulk::new::look,
        clients::add,
        clients::disable,
        clients::enable,
        clients::list,
        clients::make_secret,
        clients::new,
        devices::list,
        export::download,
        keys::list,
        keys::retire,
        keys::rotate,
        language::chosen::choose,
        live::listen,
        login::show,
        login::sign_in,
        login::sign_out,
        overview::show,
        refusals::list,
        search::find,
        set_password::save,
        set_password::show,
        setup::create,
        setup::show,
        suspend::disable_device,
        suspend::disable_devices,
        suspend::disable_token,
        suspend::disable_user,
        suspend::enable_device,
        suspend::enable_devices,
        suspend::enable_token,
        suspend::enable_user,
        suspend::end_device,
        suspend::end_token,
        suspend::end_user,
        suspend::lost_device,
        tokens::list,
        user::ask_delete,
        user::change,
        user::delete,
        user::password_link,
        user::show,
        users::create,
        users::list::show,
        users::new,
        why::look,
        why::show,
    ]
}
