//! `doorward token`.

use clap::Subcommand;

use super::{Because, Failure, Suspend, access::with_app, output};
use crate::{
    app::App,
    db::disabling::Subject,
    domain::{disable, listing},
    ids::GrantId,
    records::TokenRecord,
};

/// What to do about a refresh token.
#[derive(Subcommand)]
pub(super) enum Token {
    /// Disable a refresh token
    Disable {
        /// Its id
        id: GrantId,
        #[command(flatten)]
        suspend: Suspend,
    },
    /// Enable a refresh token again
    Enable {
        /// Its id
        id: GrantId,
        #[command(flatten)]
        because: Because,
    },
}

impl Token {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        with_app(async |app, actor| {
            let id = match self {
                Self::Disable { id, suspend } => {
                    disable::disable(app, actor, Subject::Grant(id), &suspend.into()).await?;
                    id
                }
                Self::Enable { id, because } => {
                    disable::enable(app, actor, Subject::Grant(id), because.reason.as_deref())
                        .await?;
                    id
                }
            };
            show(app, id, json).await
        })
        .await
    }
}

async fn show(app: &App, id: GrantId, json: bool) -> Result<(), Failure> {
    let record = TokenRecord::from(listing::grant(app, id).await?);
    if json {
        return output::json(&record);
    }
    output::line(output::token(&record));
    Ok(())
}
