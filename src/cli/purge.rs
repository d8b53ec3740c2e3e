//! `doorward purge`.

use serde_json::{Map, Value};

use super::{Failure, access::with_app, output};
use crate::domain::purge;

/// Purges, and tells what went.
pub(super) async fn run(json: bool) -> Result<(), Failure> {
    with_app(async |app, actor| {
        let purged = purge::purge(app, actor).await?;
        if json {
            let counts: Map<String, Value> = purged
                .into_iter()
                .map(|(kind, rows)| (kind.to_owned(), rows.into()))
                .collect();
            return output::json(&counts);
        }
        for (kind, rows) in purged {
            output::line(format_args!("{rows:8}  {kind}"));
        }
        Ok(())
    })
    .await
}
