//! The JSON API, a file per file of `src/api`.

mod answer;
mod audit;
mod devices;
mod dpop;
mod http;
mod limits;
mod login;
mod me;
mod oauth;
mod openapi;
mod reject;
mod roles;
mod throttle;
mod token;
mod users;
