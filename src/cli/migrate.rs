//! `doorward migrate`: the same migrations and bookkeeping as the plain sqlx CLI's.

use clap::Subcommand;
use serde_json::json;

use super::{Failure, access::Database, output};
use crate::db::migrate::{self, Step};

/// What to do with the migrations.
#[derive(Subcommand)]
pub(super) enum Migrate {
    /// Apply what is missing
    Run,
    /// Show all, and which are applied
    Info,
    /// Take the newest one back, with its data
    Revert,
}

impl Migrate {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        let database = Database::join().await?;
        let steps = match self {
            Self::Run => migrate::run(&database.pool).await,
            Self::Info => migrate::info(&database.pool).await,
            Self::Revert => migrate::revert(&database.pool)
                .await
                .map(|step| step.into_iter().collect()),
        };
        database.close().await?;
        print(&steps?, json)
    }
}

fn print(steps: &[Step], as_json: bool) -> Result<(), Failure> {
    if as_json {
        let steps: Vec<_> = steps
            .iter()
            .map(|step| json!({ "version": step.version, "description": step.description, "applied": step.applied }))
            .collect();
        return output::json(&steps);
    }
    if steps.is_empty() {
        output::line("nothing to do");
    }
    for step in steps {
        let state = if step.applied {
            "applied"
        } else {
            "not applied"
        };
        let took = step.took.as_millis();
        output::line(format_args!(
            "{}  {state:11}  {took:4} ms  {}",
            step.version, step.description
        ));
    }
    Ok(())
}
