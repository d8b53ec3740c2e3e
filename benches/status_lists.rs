//! What a status list weighs and takes among sign-ins of which one in a hundred was just cut off, half of them
//! for good.

use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};

use crate::{Result, seed, stage::Stage};

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
    seed::fill(&mut db, grants, grants, &stage.file("tokens")).await?;
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
