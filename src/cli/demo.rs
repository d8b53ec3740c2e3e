//! `doorward demo`.

use clap::Args;
use serde_json::json;

use super::{Failure, access::with_app, output};
use crate::domain::demo;

/// How many people.
#[derive(Args)]
pub(super) struct Demo {
    /// How many users, each with some devices; a hundred thousand take some minutes
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..=5_000_000))]
    users: u32,
    /// Leave a database alone that has users, and say nothing
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        with_app(async |app, actor| {
            let Some(filled) = demo::fill(app, actor, self.users).await? else {
                if self.once {
                    return Ok(());
                }
                let way_out =
                    "the database has users: give another one in DATABASE_URL or DOORWARD_DATA_DIR";
                return Err(Failure::Other(way_out.to_owned()));
            };
            if json {
                return output::json(&json!({
                    "users": filled.users,
                    "devices": filled.devices,
                    "events": filled.events,
                }));
            }
            output::line(format_args!(
                "made {} users, {} devices, each with a refresh token, and {} events",
                filled.users, filled.devices, filled.events
            ));
            Ok(())
        })
        .await
    }
}
