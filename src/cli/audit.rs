//! `doorward audit`.

use std::{fs, path::PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{Failure, access::with_app, output};
use crate::domain::{audit_chain, audit_verify};

/// What to do about the audit log.
#[derive(Subcommand)]
pub(super) enum Audit {
    /// Walk the whole chain and name the first break
    Verify {
        /// A head that `doorward audit head` printed earlier: it must still be in the chain
        #[arg(long, value_name = "FILE")]
        head: Option<PathBuf>,
    },
    /// Print the end of the chain, signed, to be kept elsewhere
    Head,
}

impl Audit {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        let kept = match &self {
            Self::Verify { head: Some(file) } => {
                let text = fs::read_to_string(file)
                    .map_err(|error| Failure::Other(format!("{}: {error}", file.display())))?;
                let head = audit_verify::read_head(&text);
                Some(head.ok_or_else(|| {
                    Failure::Other(format!("{} holds no head of an audit log", file.display()))
                })?)
            }
            _ => None,
        };
        with_app(async |app, _| {
            // What has just been done is in it.
            audit_chain::seal(app).await?;
            if matches!(self, Self::Head) {
                let head = audit_verify::signed_head(app).await?;
                let head = head.ok_or_else(|| Failure::Other("nothing is sealed yet".to_owned()))?;
                output::line(head.expose());
                return Ok(());
            }
            let found = audit_verify::verify(app, kept.as_ref()).await?;
            let verified = found.map_err(|found| Failure::Other(found.to_string()))?;
            if json {
                return output::json(&json!({
                    "seals": verified.seals,
                    "events": verified.events,
                    "waiting": verified.waiting,
                    "past_retention": verified.past_retention,
                    "forgotten": verified.forgotten,
                    "last_seal": verified.head.map(|head| head.seal),
                }));
            }
            output::line(format_args!(
                "the chain holds: {} events in {} seals; {} wait for theirs, {} are past their retention, \
                 {} without the address of a person who was deleted",
                verified.events,
                verified.seals,
                verified.waiting,
                verified.past_retention,
                verified.forgotten,
            ));
            Ok(())
        })
        .await
    }
}
