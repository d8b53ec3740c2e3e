//! `doorward keys`.

use clap::Subcommand;
use serde_json::json;

use super::{Failure, access::with_app, output};
use crate::{app::App, domain::keys, records::SigningKeyRecord};

/// What to do about the signing keys.
#[derive(Subcommand)]
pub(super) enum Keys {
    /// List the signing keys, newest first
    List,
    /// Have the next key sign from now on
    Rotate,
    /// Take a key away at once: what it signed is refused from now on
    Retire {
        /// Its kid, which may begin with a hyphen
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

impl Keys {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        with_app(async |app, actor| {
            match self {
                Self::List => {}
                Self::Rotate => keys::rotate(app, actor).await?,
                Self::Retire { kid } => keys::retire(app, actor, &kid).await?,
            }
            show(app, json).await
        })
        .await
    }
}

async fn show(app: &App, as_json: bool) -> Result<(), Failure> {
    let stored = keys::list(app).await?.into_iter();
    let records: Vec<SigningKeyRecord> = stored.map(SigningKeyRecord::from).collect();
    if as_json {
        return output::json(&json!({ "items": records, "next_cursor": null }));
    }
    for record in &records {
        output::line(output::signing_key(record));
    }
    Ok(())
}
