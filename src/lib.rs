//! Doorward as a library: the house that `ARCHITECTURE.md` draws.
//!
//! Three doors let people in: [`api`] (apps), [`admin`] (browsers) and [`cli`]
//! (shells). A door decodes, calls one verb of the [`domain`] and encodes the
//! answer. [`crypto`] turns bytes into tokens and back; [`db`] is the only place
//! with SQL. Imports go downwards only: doors, domain, then crypto and db.

#![forbid(unsafe_code)]

pub mod admin;
pub mod api;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod domain;
pub mod guard;
mod headers;
pub mod ids;
pub mod private_postgres;
pub mod records;
pub mod server;
mod streams;
pub mod telemetry;
