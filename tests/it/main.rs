//! All integration tests, one binary: one link, one Postgres, a fresh database per test.
//! The folders mirror the doors of `src`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test stops at the first surprise, and the stage makes databases and reads its environment"
)]

mod active;
mod admin;
mod api;
mod audience_keys;
mod audit_chain;
mod audit_months;
mod browser;
mod cli;
mod clients;
mod connections;
mod cut_off;
mod examples;
mod feed;
mod histories;
mod house;
mod keys;
mod migrations;
mod outage;
mod overload;
mod plans;
mod private_postgres;
mod purge;
mod races;
mod rollups;
mod status_lists;
mod support;
