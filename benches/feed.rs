//! How soon a thousand listeners hear of a cut-off, and what they cost in memory.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    task::JoinSet,
    time::sleep,
};

use crate::{
    Result, panel, seed,
    stage::{self, DOORWARD_PORT, Server, Stage},
};

const LISTENERS: u64 = 1_000;
const GRANTS: u64 = 4_000;

/// Cut-offs one by one, and then as many as can be made, four times.
const ONE_BY_ONE: u64 = 50;
const AT_ONCE: u64 = 500;

/// Measures and prints.
pub async fn run() -> Result<()> {
    let stage = Stage::set().await?;
    let tokens = stage.file("tokens");
    seed::fill(&mut stage.connect().await?, GRANTS, 2, &tokens, |_| true).await?;
    let doorward = stage.doorward("ES256").await?;
    let admin = panel::administrator(&stage, &doorward).await?.access_token;
    println!("memory without listeners: {:.1} MB", doorward.megabytes()?);
    let gateway = gateway(&stage, &doorward).await?;
    let heard = Arc::new(AtomicU64::new(0));
    let mut listeners = JoinSet::new();
    for _ in 0..LISTENERS {
        listeners.spawn(listen(gateway.clone(), Arc::clone(&heard)));
    }
    // Each hears first where the feed is.
    until(&heard, LISTENERS).await?;
    println!(
        "memory with {LISTENERS} listeners: {:.1} MB",
        doorward.megabytes()?
    );

    let mut took = Vec::new();
    for number in 1..=ONE_BY_ONE {
        let began = Instant::now();
        disable(&doorward, &admin, number).await?;
        until(&heard, LISTENERS * (1 + number)).await?;
        took.push(began.elapsed());
    }
    took.sort();
    println!(
        "from the request that disables until all {LISTENERS} have heard: {:.0?} (the slowest of {ONE_BY_ONE}: {:.0?})",
        took[took.len() / 2],
        took[took.len() - 1]
    );
    let mut number = ONE_BY_ONE;
    for _ in 0..4 {
        let began = Instant::now();
        for _ in 0..AT_ONCE {
            number += 1;
            disable(&doorward, &admin, number).await?;
        }
        until(&heard, LISTENERS * (1 + number)).await?;
        println!(
            "{AT_ONCE} more to each in {:.1?}; memory {:.1} MB",
            began.elapsed(),
            doorward.megabytes()?
        );
    }
    doorward.stop().await?;
    stage.strike().await
}

/// The access token of a client that may listen.
async fn gateway(stage: &Stage, server: &Server) -> Result<String> {
    let added = Command::new(env!("CARGO_BIN_EXE_doorward"))
        .args(["client", "add", "gateway", "--scope", "events", "--json"])
        .env("DATABASE_URL", &stage.url)
        .env("DOORWARD_SECRET_KEY", stage::secret_key())
        .output()
        .await?;
    let client: Value = serde_json::from_slice(&added.stdout)?;
    let request = Client::new().post(format!("{}/token", server.url));
    let request = request.basic_auth("gateway", client["client_secret"].as_str());
    let answer = request.form(&[("grant_type", "client_credentials")]).send();
    let answer: Value = answer.await?.error_for_status()?.json().await?;
    let token = answer["access_token"].as_str().ok_or("no access token")?;
    Ok(token.to_owned())
}

/// Counts the messages that come, until it is stopped.
async fn listen(token: String, heard: Arc<AtomicU64>) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", DOORWARD_PORT)).await?;
    let request = format!("GET /events HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let (mut piece, mut before) = ([0; 4_096], b'\n');
    loop {
        let read = stream.read(&mut piece).await?;
        if read == 0 {
            return Err("a listener was put off".into());
        }
        // Every message has one id, at the beginning of a line, and nothing else begins so.
        for &byte in &piece[..read] {
            if before == b'\n' && byte == b'i' {
                heard.fetch_add(1, Ordering::Relaxed);
            }
            before = byte;
        }
    }
}

async fn until(heard: &AtomicU64, many: u64) -> Result<()> {
    let began = Instant::now();
    while heard.load(Ordering::Relaxed) < many {
        if began.elapsed() > Duration::from_mins(1) {
            return Err("not all have heard within a minute".into());
        }
        sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

async fn disable(server: &Server, token: &str, number: u64) -> Result<()> {
    // The first device is the administrator's own.
    let address = format!("{}/devices/{}/disable", server.url, seed::id(number + 2));
    let request = Client::new().post(address).bearer_auth(token);
    let answer = request.json(&json!({})).send().await?;
    answer.error_for_status()?;
    Ok(())
}
