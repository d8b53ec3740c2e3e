//! `make bench`: how near Doorward comes to what the database, the processor and Rocket allow.
//! Limit and Doorward are measured in turns, on the same machine, in the same run; what counts is
//! the ratio. `docs/performance.md` is written from it.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it measures real time, and asks a database of its own"
)]
#![expect(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "once, when all is measured"
)]

mod argon;
mod bare;
mod feed;
mod growth;
mod load;
mod machine;
mod minted;
mod panel;
mod peer;
mod pgbench;
mod plot;
mod report;
mod rounds;
mod seed;
mod stage;
mod status_lists;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What goes wrong is told and ends the run; there is nobody to recover.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// How often limit and Doorward are measured in turns
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each is loaded, in seconds
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// What cargo passes to every bench
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Refresh among ten million grants, and what that does to the table
    Growth {
        /// How many grants
        #[arg(long, default_value_t = 10_000_000)]
        grants: u64,
        /// How many refreshes the table must bear without growing
        #[arg(long, default_value_t = 1_000_000)]
        refreshes: u64,
    },
    /// What a status list weighs, and how long it takes to make
    StatusLists {
        /// Among how many grants, of which one in a hundred is cut off
        #[arg(long, default_value_t = 1_000_000)]
        grants: u64,
    },
    /// How soon a thousand listeners hear of a cut-off, and what memory they take
    Feed,
    /// Fill the database of DATABASE_URL with users, devices and grants
    Seed {
        /// How many grants, each on a device of its own
        #[arg(long, default_value_t = 10_000_000)]
        grants: u64,
    },
    /// Serve what Doorward is held against; started by the bench itself
    #[command(hide = true)]
    Bare,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (rounds, seconds) = (arguments.rounds, arguments.seconds);
    let run = async {
        match arguments.command {
            None => rounds::run(rounds, seconds).await,
            Some(Command::Growth { grants, refreshes }) => {
                growth::run(rounds, seconds, grants, refreshes).await
            }
            Some(Command::StatusLists { grants }) => status_lists::run(grants).await,
            Some(Command::Feed) => feed::run().await,
            Some(Command::Seed { grants }) => seed::command(grants).await,
            Some(Command::Bare) => bare::serve().await,
        }
    };
    // What is dropped half-way cleans up as well.
    let done = tokio::select! {
        done = run => done,
        _ = tokio::signal::ctrl_c() => Err("stopped before it was done".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
