//! `doorward serve`: Postgres, migrations, keys, server, and the way back down.

use std::{io::IsTerminal, sync::Arc, time::Instant};

use clap::Args;
use rocket::{error::ErrorKind, fairing::AdHoc};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{Failure, access::Database, output};
use crate::{
    app::App,
    config, db,
    domain::{
        listing, rollups,
        setup::{self, SETUP_PATH},
    },
    server, telemetry,
};

/// How to serve.
#[derive(Args)]
pub(super) struct Serve {
    /// Refuse to start on a database that is not up to date, instead of migrating it
    #[arg(long)]
    no_migrate: bool,
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let began = Instant::now();
        let _log = telemetry::start();
        take_all_files();
        let database = Database::own().await?;
        let served = self.serve(&database, began).await;
        database.close().await?;
        served
    }

    async fn serve(&self, database: &Database, began: Instant) -> Result<(), Failure> {
        if !self.no_migrate {
            for step in db::migrate::run(&database.pool).await? {
                tracing::info!(
                    version = step.version,
                    migration = step.description,
                    "migrated"
                );
            }
        }
        let app = Arc::new(database.app().await?);
        let greeted = Arc::clone(&app);
        let rocket = server::build(&app, config::figment())
            .attach(AdHoc::on_liftoff("Greeting", move |_| {
                Box::pin(async move { greet(&greeted, began).await })
            }));
        // The error panics when it is dropped unread, and Postgres must be stopped first.
        let launched = rocket
            .launch()
            .await
            .map(drop)
            .map_err(|error| launch_fault(error.kind()));
        // After the last request, so that a stop loses nothing.
        if let Err(error) = rollups::write(&app).await {
            tracing::warn!(%error, "what was counted in the last seconds is lost");
        }
        app.close().await;
        tracing::info!("stopping");
        launched
    }
}

/// Lets the server have as many connections as the system allows: a shell's own limit is often 1,024 files, and a thousand
/// who listen to the feed would leave nobody a way in.
fn take_all_files() {
    let allowed = getrlimit(Resource::Nofile).maximum;
    let all = Rlimit {
        current: allowed,
        maximum: allowed,
    };
    if let Err(error) = setrlimit(Resource::Nofile, all) {
        tracing::warn!(%error, "there can be only as many connections as the shell allows files");
    }
}

fn launch_fault(kind: &ErrorKind) -> Failure {
    Failure::Other(match kind {
        ErrorKind::Bind(error) => {
            format!(
                "the address cannot be served: {error}; choose another in ROCKET_ADDRESS and ROCKET_PORT"
            )
        }
        other => format!("the server did not start: {other}"),
    })
}

/// Tells whoever started it where it is and what to do next.
async fn greet(app: &App, began: Instant) {
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(milliseconds, issuer = app.config.issuer, "ready");
    let any_administrator = listing::any_administrator(app).await.unwrap_or(true);
    if std::io::stdout().is_terminal() || !any_administrator {
        output::line(format_args!("Doorward serves {}", app.config.issuer));
    }
    if !any_administrator {
        say_how_to_begin(app).await;
    }
}

/// The code stands apart from the address: an address ends up in histories and logs.
async fn say_how_to_begin(app: &App) {
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| "doorward".to_owned());
    output::line("There is no administrator yet. Make the first one in the browser:");
    output::line(format_args!("  {}{SETUP_PATH}", app.config.issuer));
    match setup::make_code(app).await {
        Ok(Some(code)) => {
            output::line("with this one-time code, good for an hour:");
            output::line(format_args!("  {}", code.expose()));
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "no one-time code could be made"),
    }
    output::line("or in another terminal:");
    output::line(format_args!("  {program} admin create --username NAME"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_that_the_system_allows_are_taken() {
        let allowed = getrlimit(Resource::Nofile).maximum;
        let few = Rlimit {
            current: allowed.map_or(Some(4_096), |most| Some(most - 1)),
            maximum: allowed,
        };
        setrlimit(Resource::Nofile, few).unwrap();
        take_all_files();
        assert_eq!(getrlimit(Resource::Nofile).current, allowed);
    }
}
