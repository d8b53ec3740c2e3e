//! `doorward audience`.

use std::{
    fs,
    io::{Read, stdin},
    path::PathBuf,
};

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Failure, access::with_app, output};
use crate::{app::App, db::audience_keys::AudienceKey, domain::audience_keys};

/// What to do about the keys of audiences.
#[derive(Subcommand)]
pub(super) enum Audience {
    /// List the audiences whose access tokens are encrypted
    List,
    /// Encrypt access tokens for an audience to its public key from now on
    SetKey {
        /// The audience, as in the tokens' aud
        audience: String,
        /// The file with the public JWK (RFC 7517), EC on P-256 or RSA; - for the standard input
        #[arg(long, value_name = "FILE")]
        jwk: PathBuf,
    },
    /// Only sign access tokens for an audience from now on
    RemoveKey {
        /// The audience
        audience: String,
    },
}

impl Audience {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        with_app(async |app, actor| {
            match self {
                Self::List => {}
                Self::SetKey { audience, jwk } => {
                    let text = read(&jwk)?;
                    let jwk = serde_json::from_str(&text)
                        .map_err(|error| Failure::Other(format!("the JWK: {error}")))?;
                    audience_keys::set(app, actor, &audience, &jwk).await?;
                }
                Self::RemoveKey { audience } => {
                    audience_keys::remove(app, actor, &audience).await?;
                }
            }
            show(app, json).await
        })
        .await
    }
}

fn read(path: &PathBuf) -> Result<String, Failure> {
    if path.as_os_str() == "-" {
        let mut text = String::new();
        stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(path).map_err(|error| Failure::Other(format!("{}: {error}", path.display())))
}

async fn show(app: &App, as_json: bool) -> Result<(), Failure> {
    let keys = audience_keys::list(app).await?;
    if as_json {
        let records: Vec<Value> = keys.iter().map(record).collect();
        return output::json(&json!({ "items": records, "next_cursor": null }));
    }
    for key in &keys {
        output::line(output::audience_key(key));
    }
    Ok(())
}

fn record(key: &AudienceKey) -> Value {
    json!({
        "audience": key.audience,
        "kid": key.kid,
        "alg": key.alg,
        "public_jwk": key.public_jwk,
        "created_at": key.created_at,
    })
}
