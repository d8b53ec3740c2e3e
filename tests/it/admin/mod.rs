//! The pages, over HTTP as a browser without script sees them.

mod clients;
mod forms;
mod lists;
mod pages;
mod session;
mod setup;
mod walk;
