//! The door for shells: the tree of arguments, and the exit codes: 0 done, 1 refused
//! or failed with one line on the standard error, 2 wrong usage.

mod access;
mod admin;
mod audience;
mod audit;
mod client;
mod demo;
mod device;
mod keys;
mod migrate;
mod output;
mod purge;
mod serve;
mod token;
mod user;

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand};

use crate::{app, config::Faults, db, domain, domain::disable::Disabling, private_postgres};

/// An auth server with an admin panel: one sign-in per device, short-lived access
/// tokens, and refresh tokens that an administrator can cut off.
#[derive(Parser)]
#[command(name = "doorward", version, arg_required_else_help = true)]
struct Arguments {
    /// Print records as JSON.
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve; with a private Postgres in data_dir where DATABASE_URL is not set
    Serve(serve::Serve),
    /// Bring the database up to date, look at it, or take the newest step back
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Administrators
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Users
    #[command(subcommand)]
    User(user::User),
    /// Devices
    #[command(subcommand)]
    Device(device::Device),
    /// Refresh tokens
    #[command(subcommand)]
    Token(token::Token),
    /// Clients: the apps and services that get tokens
    #[command(subcommand)]
    Client(client::Client),
    /// Signing keys
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Audiences whose access tokens are encrypted
    #[command(subcommand)]
    Audience(audience::Audience),
    /// The audit log
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Fill an empty database with people who do not exist, to look at the panel
    Demo(demo::Demo),
    /// Delete what is past its retention
    Purge,
    /// The database
    #[command(subcommand)]
    Db(Db),
}

#[derive(Subcommand)]
enum Db {
    /// Print the address of the database, for psql and the sqlx CLI; it holds the password
    Url,
}

/// Why, and until when.
#[derive(Args)]
struct Suspend {
    /// Why, for the record
    #[arg(long)]
    reason: Option<String>,
    /// When it ends by itself, such as 2027-01-31T18:00:00Z
    #[arg(long)]
    until: Option<DateTime<Utc>>,
}

impl From<Suspend> for Disabling {
    fn from(suspend: Suspend) -> Self {
        Self {
            reason: suspend.reason,
            until: suspend.until,
        }
    }
}

/// Why.
#[derive(Args)]
struct Because {
    /// Why, for the record
    #[arg(long)]
    reason: Option<String>,
}

/// What stops a command, in one line.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// A verb refused, or the database is away.
    #[error(transparent)]
    Refused(#[from] domain::error::Error),
    /// The configuration, a line per fault.
    #[error(transparent)]
    Configuration(#[from] Faults),
    /// The private Postgres.
    #[error(transparent)]
    Postgres(#[from] private_postgres::Error),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// Keys, hashing threads.
    #[error(transparent)]
    Open(#[from] app::Error),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.to_string())
    }
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(dispatch(arguments)),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure);
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let json = arguments.json;
    match arguments.command {
        Command::Serve(serve) => serve.run().await,
        Command::Migrate(migrate) => migrate.run(json).await,
        Command::Admin(admin) => admin.run(json).await,
        Command::User(user) => user.run(json).await,
        Command::Device(device) => device.run(json).await,
        Command::Token(token) => token.run(json).await,
        Command::Client(client) => client.run(json).await,
        Command::Keys(command) => command.run(json).await,
        Command::Audience(audience) => audience.run(json).await,
        Command::Audit(audit) => audit.run(json).await,
        Command::Demo(demo) => demo.run(json).await,
        Command::Purge => purge::run(json).await,
        Command::Db(Db::Url) => {
            let database = access::Database::join().await?;
            output::line(database.url());
            database.close().await
        }
    }
}
