//! The rules of Doorward. One verb per thing that can be done, the same for all
//! three doors; each opens its own transaction and writes its own audit event.
//! Knows no HTTP, no HTML and no SQL.

pub mod active;
pub mod admin_session;
pub mod audience_keys;
pub mod audit_chain;
pub mod audit_months;
pub mod audit_verify;
pub mod bulk;
pub mod client_credentials;
pub mod clients;
pub mod counts;
pub mod credentials;
pub mod demo;
pub mod disable;
pub mod end;
pub mod error;
pub mod export;
pub mod feed;
pub mod granted;
pub mod health;
pub mod introspect;
pub mod keys;
pub mod listing;
pub mod live;
pub mod password;
pub mod proof;
pub mod purge;
pub mod refresh;
pub mod revoke;
pub mod rollups;
pub mod search;
pub mod security_events;
pub mod set_password;
pub mod setup;
pub mod sign_in;
pub mod sketch;
pub mod standing;
pub mod status_lists;
pub mod texts;
pub mod throttle;
pub mod time_line;
pub mod username;
pub mod users;
pub mod why;

pub use crate::db::audit_events::{Actor, ActorKind, Caller};
