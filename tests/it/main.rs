//! All integration tests, one binary: one link, one Postgres, a fresh database per test.
//! The folders mirror the doors of `src`.

mod api;
mod private_postgres;
mod support;
