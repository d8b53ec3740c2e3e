//! The pages, over HTTP as a browser without script sees them.

mod bound;
mod bulk;
mod clients;
mod confirm;
mod ends;
mod exports;
mod filters;
mod forms;
mod languages;
mod lists;
mod live;
mod overview;
mod pages;
mod search;
mod session;
mod setup;
mod time_line;
mod together;
mod undo;
mod walk;
mod why;
