//! `doorward client`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Because, Failure, Suspend, access::with_app, output};
use crate::{
    app::App,
    domain::clients::{self, NewClient},
    ids::ClientId,
    records::ClientRecord,
};

/// What to do about clients.
#[derive(Subcommand)]
pub(super) enum Client {
    /// Add a client; the secret of a confidential one is printed this once
    Add(Add),
    /// List all clients by id
    List,
    /// Disable a client: it gets nothing more, and what it got is refused
    Disable {
        /// Its id
        client_id: ClientId,
        #[command(flatten)]
        suspend: Suspend,
    },
    /// Enable a client again
    Enable {
        /// Its id
        client_id: ClientId,
        #[command(flatten)]
        because: Because,
    },
    /// Make a confidential client another secret; the one before is worth nothing from then on
    NewSecret {
        /// Its id
        client_id: ClientId,
    },
}

/// A new client.
#[derive(Args)]
pub(super) struct Add {
    /// Its id: 3 to 64 of a-z, 0-9, dot, dash and underscore
    client_id: ClientId,
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// It cannot keep a secret: an app on a device or in a browser
    #[arg(long)]
    public: bool,
    /// refresh_token (the default of a public client) or client_credentials (that of another); repeatable
    #[arg(long = "grant")]
    grants: Vec<String>,
    /// What it may ask for; repeatable
    #[arg(long = "scope")]
    scopes: Vec<String>,
    /// For whom its access tokens can be, the first by default; repeatable
    #[arg(long = "audience")]
    audiences: Vec<String>,
    /// Where an authorization endpoint may send a browser back to; repeatable
    #[arg(long = "redirect-uri")]
    redirect_uris: Vec<String>,
}

impl Client {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        with_app(async |app, actor| match self {
            Self::Add(add) => {
                let new = NewClient {
                    client_id: add.client_id.as_str(),
                    name: add.name.as_deref(),
                    public: add.public,
                    grant_types: &add.grants,
                    scopes: &add.scopes,
                    audiences: &add.audiences,
                    redirect_uris: &add.redirect_uris,
                };
                let (client, secret) = clients::add(app, actor, &new).await?;
                let secret = secret.as_ref().map(|secret| secret.expose().as_str());
                show(ClientRecord::from(client), secret, json)
            }
            Self::List => list(app, json).await,
            Self::Disable { client_id, suspend } => {
                clients::disable(app, actor, &client_id, &suspend.into()).await?;
                show(clients::find(app, &client_id).await?.into(), None, json)
            }
            Self::Enable { client_id, because } => {
                clients::enable(app, actor, &client_id, because.reason.as_deref()).await?;
                show(clients::find(app, &client_id).await?.into(), None, json)
            }
            Self::NewSecret { client_id } => {
                let secret = clients::make_secret(app, actor, &client_id).await?;
                let client = clients::find(app, &client_id).await?;
                show(client.into(), Some(secret.expose()), json)
            }
        })
        .await
    }
}

async fn list(app: &App, as_json: bool) -> Result<(), Failure> {
    let found = clients::list(app).await?.into_iter();
    let records: Vec<ClientRecord> = found.map(ClientRecord::from).collect();
    if as_json {
        return output::json(&json!({ "items": records, "next_cursor": null }));
    }
    for record in &records {
        output::line(output::client(record));
    }
    Ok(())
}

fn show(record: ClientRecord, secret: Option<&str>, as_json: bool) -> Result<(), Failure> {
    if as_json {
        let mut shown =
            serde_json::to_value(&record).map_err(|error| Failure::Other(error.to_string()))?;
        if let Some(secret) = secret {
            shown["client_secret"] = secret.into();
        }
        return output::json(&shown);
    }
    output::line(output::client(&record));
    if let Some(secret) = secret {
        output::notice("this is the client's secret, shown only now:");
        output::line(secret);
    }
    Ok(())
}
