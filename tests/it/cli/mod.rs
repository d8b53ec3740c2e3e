//! The command line: the built binary, run as a shell would run it.

mod audience;
mod audit;
mod commands;
mod demo;
mod process;
mod secrets;
mod serve;
