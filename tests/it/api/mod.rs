//! The JSON API, a file per file of `src/api`.

mod login;
mod throttle;
mod token;
