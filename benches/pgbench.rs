//! pgbench, with the statement of Doorward's refresh to the letter: the limit of refreshes.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{process::Command, time::sleep};

use crate::{Result, seed, stage::Stage};

/// The statement of `db/refresh_tokens/rotation.rs::rotate`, as sqlx has noted it.
fn statement() -> Result<String> {
    let noted = Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    for entry in fs::read_dir(noted)? {
        let query: Value = serde_json::from_str(&fs::read_to_string(entry?.path())?)?;
        let text = query["query"].as_str().unwrap_or_default();
        if text.trim_start().starts_with("UPDATE refresh_tokens g") {
            return Ok(text.to_owned());
        }
    }
    Err("the refresh's statement is not in .sqlx".into())
}

/// Grants that a call has to itself, among those with odd numbers.
pub struct Grants {
    /// The first.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// From one to the next; more than one spreads them over the table.
    pub apart: u64,
}

/// A client's script. Each has its own part of the grants, which it goes through in a shuffled
/// order, over and over.
fn script(grants: &Grants, connections: usize) -> Result<String> {
    let part = grants.count / u64::try_from(connections)?;
    let arguments = [
        seed::id_in_sql(":number"),
        ":generation::int".to_owned(),
        seed::hash_in_sql(":generation"),
        seed::hash_in_sql(":generation + 1"),
        "decode(repeat('ab', 60), 'hex')".to_owned(),
        "now()".to_owned(),
        "now() + interval '30 days'".to_owned(),
        "'192.0.2.7'".to_owned(),
        "'doorward bench'".to_owned(),
        "NULL".to_owned(),
        "'first-party'".to_owned(),
        "NULL".to_owned(),
        "NULL".to_owned(),
    ];
    let mut statement = statement()?;
    for (at, argument) in arguments.iter().enumerate().rev() {
        statement = statement.replace(&format!("${}", at + 1), argument);
    }
    Ok(format!(
        "\\set nth permute(:n % {part}, {part}) * {connections} + :client_id\n\
         \\set number 2 * ({first} + :nth * {apart}) + 1\n\
         \\set generation {generation} + :n / {part}\n\
         \\set n :n + 1\n\
         {statement};\n",
        first = grants.first,
        apart = grants.apart,
        generation = seed::GENERATION,
    ))
}

/// Refreshes per second, of these grants.
pub async fn refreshes_per_second(
    stage: &Stage,
    grants: Grants,
    connections: usize,
    seconds: u64,
) -> Result<f64> {
    let file = stage.directory.path().join("refresh.sql");
    fs::write(&file, script(&grants, connections)?)?;
    let before = updates(stage).await?;
    let output = Command::new(&stage.pgbench)
        .args([
            "--no-vacuum",
            "--protocol=prepared",
            "--jobs=1",
            "--define=n=0",
        ])
        .arg(format!("--client={connections}"))
        .arg(format!("--time={seconds}"))
        .arg(format!("--file={}", file.display()))
        .arg(&stage.url)
        .output()
        .await?;
    let (said, complaint) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    if !output.status.success() || complaint.contains("aborted") {
        return Err(format!("pgbench: {complaint}").into());
    }
    let number = |what: &str| -> Result<f64> {
        let line = said.lines().find_map(|line| line.strip_prefix(what));
        let number = line.and_then(|rest| rest.split_whitespace().next());
        Ok(number.ok_or("pgbench said no number")?.parse()?)
    };
    let (rate, done) = (
        number("tps = ")?,
        number("number of transactions actually processed: ")?,
    );
    // A statement that finds no row is fast, and no refresh. Postgres counts a moment later.
    let began = Instant::now();
    loop {
        let updated = updates(stage).await? - before;
        if updated >= done * 0.999 {
            return Ok(rate);
        }
        if began.elapsed() > Duration::from_secs(5) {
            return Err(format!("pgbench made {done} refreshes and {updated} updates").into());
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// How many rows of the table were ever updated.
pub async fn updates(stage: &Stage) -> Result<f64> {
    let counted =
        "SELECT n_tup_upd::float8 FROM pg_stat_user_tables WHERE relname = 'refresh_tokens'";
    Ok(sqlx::query_scalar(counted)
        .fetch_one(&mut stage.connect().await?)
        .await?)
}

/// Puts pgbench's grants back to where its script begins, and the table in order.
pub async fn reset(stage: &Stage) -> Result<()> {
    let mut db = stage.connect().await?;
    let update = format!(
        "UPDATE refresh_tokens SET generation = {generation}, secret_hash = {hash} \
         WHERE generation <> {generation} AND last_user_agent = 'doorward bench' AND last_address = '192.0.2.7'",
        generation = seed::GENERATION,
        hash = seed::hash_in_sql(&seed::GENERATION.to_string()),
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(update))
        .execute(&mut db)
        .await?;
    sqlx::raw_sql("VACUUM refresh_tokens")
        .execute(&mut db)
        .await?;
    Ok(())
}
