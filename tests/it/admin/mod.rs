//! The pages, over HTTP as a browser without script sees them.

mod clients;
mod confirm;
mod exports;
mod filters;
mod forms;
mod lists;
mod overview;
mod pages;
mod search;
mod session;
mod setup;
mod time_line;
mod undo;
mod walk;
mod why;
