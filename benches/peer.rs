//! The tutorial's stack (`benches/tutorial`), on the same tables.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use aws_lc_rs::digest;
use sqlx::Connection;
use tokio::process::Command;

use crate::{
    Result,
    load::Load,
    seed,
    stage::{self, Server, Stage},
};

/// Starts it.
pub async fn start(stage: &Stage) -> Result<Server> {
    let mut program = Command::new("node");
    program
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/benches/tutorial/server.js"
        ))
        .env("NODE_ENV", "production")
        .env("DATABASE_URL", &stage.url)
        .env("SECRET", "k".repeat(32))
        .env("CONNECTIONS", stage::CONNECTIONS.to_string())
        .env("PORT", stage::TUTORIAL_PORT.to_string());
    stage.start(program, stage::TUTORIAL_PORT).await
}

/// Turns the grants of these numbers into its own, whose tokens go into the file.
pub async fn adopt(stage: &Stage, numbers: impl Iterator<Item = u64>, file: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(file)?);
    let (mut ids, mut hashes) = (Vec::new(), Vec::new());
    for number in numbers {
        let token = format!("{}.{:043}", seed::id(number), number);
        ids.push(seed::id(number));
        hashes.push(
            digest::digest(&digest::SHA256, token.as_bytes())
                .as_ref()
                .to_vec(),
        );
        writeln!(file, "{token}")?;
    }
    file.flush()?;
    let mut db = stage.connect().await?;
    sqlx::query(
        "UPDATE refresh_tokens g SET secret_hash = its.hash, last_address = NULL
         FROM unnest($1::uuid[], $2::bytea[]) AS its (id, hash) WHERE g.id = its.id",
    )
    .bind(ids)
    .bind(hashes)
    .execute(&mut db)
    .await?;
    sqlx::raw_sql("VACUUM refresh_tokens")
        .execute(&mut db)
        .await?;
    Ok(db.close().await?)
}

/// Signs user0 in at Doorward or here; the access token.
pub async fn sign_in(server: &Server) -> Result<String> {
    let body = serde_json::json!({ "username": "user0", "password": seed::PASSWORD });
    let client = reqwest::Client::new();
    let answer = client
        .post(format!("{}/login", server.url))
        .json(&body)
        .send()
        .await?;
    let answer: serde_json::Value = answer.error_for_status()?.json().await?;
    let token = answer["access_token"].as_str().ok_or("no access token")?;
    Ok(token.to_owned())
}

/// Refreshes at either.
pub fn refresh<'a>(server: &Server, tokens: &Path, connections: usize) -> Load<'a> {
    Load {
        script: "refresh.lua",
        url: server.url.clone(),
        connections,
        with: vec![("TOKENS", tokens.display().to_string())],
    }
}
