//! `make bench-growth`: refresh among ten million grants, against pgbench among the same, against
//! itself among ten thousand, and what a million refreshes do to the table.

use std::path::{Path, PathBuf};

use sqlx::AssertSqlSafe;

use crate::{
    Result, peer, pgbench,
    report::{median, replace_between},
    seed,
    stage::{CONNECTIONS, Server, Stage},
};

/// What it is compared with.
const FEW: u64 = 20_000;

/// As in the rounds.
const MANY: usize = 32;

/// One stage with a server on it.
struct Site {
    stage: Stage,
    doorward: Server,
    tokens: PathBuf,
    grants: u64,
}

impl Site {
    async fn of(grants: u64, each: u64) -> Result<Self> {
        let stage = Stage::set().await?;
        let tokens = stage.file("tokens");
        println!("seeding {grants} grants");
        let began = std::time::Instant::now();
        seed::fill(&mut stage.connect().await?, grants, each, &tokens).await?;
        println!("  took {:.0} s", began.elapsed().as_secs_f64());
        let doorward = stage.doorward("ES256").await?;
        Ok(Self {
            stage,
            doorward,
            tokens,
            grants,
        })
    }

    async fn refreshes(&self, seconds: u64) -> Result<f64> {
        let load = peer::refresh(&self.doorward, &self.tokens, MANY);
        Ok(load.run(seconds).await?.good)
    }

    async fn table(&self, what: &str) -> Result<i64> {
        let query = format!("SELECT {what} FROM refresh_tokens");
        let mut db = self.stage.connect().await?;
        sqlx::raw_sql("SET statement_timeout = 0")
            .execute(&mut db)
            .await?;
        Ok(sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_one(&mut db)
            .await?)
    }

    async fn strike(self) -> Result<()> {
        self.doorward.stop().await?;
        self.stage.strike().await
    }
}

/// What a site was found to bear.
struct Found {
    limits: Vec<f64>,
    ours: Vec<f64>,
}

impl Site {
    /// pgbench and Doorward in turns.
    async fn measure(&self, rounds: usize, seconds: u64) -> Result<Found> {
        let (mut limits, mut ours) = (Vec::new(), Vec::new());
        let part = self.grants / 2 / u64::try_from(rounds)?;
        for round in 0..u64::try_from(rounds)? {
            let grants = round * part..(round + 1) * part;
            let limit =
                pgbench::refreshes_per_second(&self.stage, grants, CONNECTIONS, seconds).await?;
            let rate = self.refreshes(seconds).await?;
            println!("  {rate:.0} of pgbench's {limit:.0} /s");
            limits.push(limit);
            ours.push(rate);
        }
        Ok(Found { limits, ours })
    }

    async fn rows_and_pages(&self) -> Result<(i64, i64)> {
        let pages = "pg_relation_size('refresh_tokens') / 8192";
        Ok((self.table("count(*)").await?, self.table(pages).await?))
    }

    /// So many refreshes and more.
    async fn bear(&self, refreshes: u64) -> Result<f64> {
        let mut done = 0.0;
        #[expect(clippy::cast_precision_loss, reason = "some millions")]
        while done < refreshes as f64 {
            let rate = self.refreshes(60).await?;
            done += rate * 60.0;
            println!("  {done:.0} refreshes, {rate:.0} /s");
        }
        Ok(done)
    }
}

/// Measures, and writes what came of it into `docs/performance.md`.
pub async fn run(rounds: usize, seconds: u64, grants: u64, refreshes: u64) -> Result<()> {
    let small = Site::of(FEW, 2).await?;
    let among_few = small.measure(rounds, seconds).await?;
    small.strike().await?;

    let large = Site::of(grants, (grants / refreshes / 2).max(1) * 2).await?;
    println!("  {}", sizes(&large).await?);
    let found = large.measure(rounds, seconds).await?;
    let (rows, pages) = large.rows_and_pages().await?;
    let done = large.bear(refreshes).await?;
    let (rows_after, pages_after) = large.rows_and_pages().await?;
    large.strike().await?;

    let ratios: Vec<f64> = found
        .ours
        .iter()
        .zip(&found.limits)
        .map(|(ours, limit)| ours / limit)
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    let growth = (pages_after as f64 / pages as f64 - 1.0) * 100.0;
    let text = format!(
        "| among {grants} grants | |\n|---|---|\n\
         | of pgbench with the same statement among the same | **{:.2}** |\n\
         | of the rate among {FEW} | **{:.2}** |\n\
         | pgbench, of its rate among {FEW} | {:.2} |\n\
         | refreshes | {:.0} /s |\n\
         | rows before and after {done:.0} refreshes | {rows}, {rows_after} |\n\
         | pages before and after | {pages}, {pages_after} ({growth:+.1} %) |\n",
        median(&ratios),
        median(&found.ours) / median(&among_few.ours),
        median(&found.limits) / median(&among_few.limits),
        median(&found.ours),
    );
    println!("\n{text}");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
    replace_between(
        &page,
        "<!-- growth: begin -->",
        "<!-- growth: end -->",
        &text,
    )
}

async fn sizes(site: &Site) -> Result<String> {
    let sizes = "SELECT format('table %s, with its indexes %s, database %s', pg_size_pretty(pg_relation_size('refresh_tokens')),
        pg_size_pretty(pg_total_relation_size('refresh_tokens')), pg_size_pretty(pg_database_size(current_database())))";
    Ok(sqlx::query_scalar(sizes)
        .fetch_one(&mut site.stage.connect().await?)
        .await?)
}
