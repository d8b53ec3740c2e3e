//! What a status list weighs and takes among sign-ins of which one in a hundred was just cut off, half of them
//! for good; and what a place in a list costs a refresh.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use doorward::crypto::{
    refresh_token::RefreshToken,
    secret::Secret,
    server_key::{ServerKey, ServerKeys},
};
use reqwest::{Client, StatusCode};
use uuid::Uuid;

use crate::{
    Result, peer, seed,
    stage::{self, Server, Stage},
};

/// How often refreshes with and without a place are measured in turns, and for how many seconds.
const ROUNDS: usize = 150;
const SECONDS: u64 = 1;
const CONNECTIONS: usize = 32;

/// Here and there, since what is regular would be packed too well.
const CUT_OFF: &str = "
    UPDATE refresh_tokens SET ended_at = now(), ended_reason = 'logout', successor_sealed = NULL
    WHERE hashint8(status_index) & 1023 BETWEEN 0 AND 4;
    UPDATE refresh_tokens SET disabled_at = now(), disabled_by_kind = 'operator'
    WHERE hashint8(status_index) & 1023 BETWEEN 5 AND 9";

/// Measures and prints.
pub async fn run(grants: u64) -> Result<()> {
    let stage = Stage::set().await?;
    let mut db = stage.connect().await?;
    println!("seeding {grants} grants");
    let tokens = stage.file("tokens");
    // pgbench would have the odd numbers; of the even ones every second has no place.
    let has_place = |number| number % 4 != 2;
    seed::fill(&mut db, grants, 2, &tokens, has_place).await?;
    let without_place = (0..grants).filter(|number| !has_place(*number));
    let halves = halves(&tokens, &without_place.map(seed::id).collect())?;
    let doorward = stage.doorward("ES256").await?;
    cost_of_a_place(&doorward, &halves).await?;
    doorward.stop().await?;

    sqlx::raw_sql(CUT_OFF).execute(&mut db).await?;
    sqlx::raw_sql("VACUUM (ANALYZE) refresh_tokens")
        .execute(&mut db)
        .await?;
    let doorward = stage.doorward("ES256").await?;
    let client = Client::new();
    for list in 0..seed::status_lists(grants) {
        let address = format!("{}/status-lists/{list}", doorward.url);
        let (made, bytes) = get(&client, &address).await?;
        let (kept, _) = get(&client, &address).await?;
        println!(
            "list {list}: {bytes} bytes; {made:.1?} to read, pack and sign it, {kept:.1?} when it is kept"
        );
    }
    doorward.stop().await?;
    stage.strike().await
}

/// Writes the tokens of a file as two: of grants with a place, and of those without.
fn halves(tokens: &Path, without_place: &HashSet<Uuid>) -> Result<[PathBuf; 2]> {
    let keys = ServerKeys {
        current: ServerKey::new(&Secret::new(stage::SECRET_KEY)),
        previous: None,
    };
    let has_place = |line: &&str| {
        let token = RefreshToken::parse(line, &keys);
        token.is_some_and(|token| !without_place.contains(&token.grant.0))
    };
    let text = fs::read_to_string(tokens)?;
    let (with, without): (Vec<&str>, Vec<&str>) = text.lines().partition(has_place);
    let halves = ["with", "without"].map(|name| tokens.with_extension(name));
    for (half, lines) in halves.iter().zip([with, without]) {
        fs::write(half, lines.join("\n") + "\n")?;
    }
    Ok(halves)
}

/// The rate of refreshes with a place and the claim that tells it, of that without. It is a matter of hundredths, and
/// what the machine gives changes by tenths from one second to the next: hence many short rounds, and their geometric mean.
async fn cost_of_a_place(doorward: &Server, [with, without]: &[PathBuf; 2]) -> Result<()> {
    let mut logs = Vec::new();
    for round in 0..ROUNDS {
        let mut rates = [0.0; 2];
        // Each is the first as often as the second.
        for at in [round % 2, (round + 1) % 2] {
            let tokens = [with, without][at];
            let load = peer::refresh(doorward, tokens, CONNECTIONS);
            rates[at] = load.run(SECONDS).await?.good;
        }
        println!(
            "refreshes with a place {:.0}/s, without {:.0}/s",
            rates[0], rates[1]
        );
        logs.push((rates[0] / rates[1]).ln());
    }
    #[expect(clippy::cast_precision_loss, reason = "some hundred")]
    let many = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / many;
    let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
    let error = (squares / (many - 1.0) / many).sqrt();
    logs.sort_by(f64::total_cmp);
    println!(
        "refreshes with a place, of those without: {:.3} (standard error {error:.3}), {:.3} in the median round",
        mean.exp(),
        logs[ROUNDS / 2].exp(),
    );
    Ok(())
}

/// How long it took, and how many bytes came. A server learns within seconds how many lists there are.
async fn get(client: &Client, address: &str) -> Result<(Duration, usize)> {
    loop {
        let began = Instant::now();
        let answer = client.get(address).send().await?;
        if answer.status() != StatusCode::NOT_FOUND {
            let bytes = answer.error_for_status()?.bytes().await?.len();
            return Ok((began.elapsed(), bytes));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
