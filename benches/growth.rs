//! `make bench-growth`: refresh among ten million grants, against pgbench among the same, against
//! itself among ten thousand, and what a million refreshes do to the table.

use std::path::{Path, PathBuf};

use sqlx::AssertSqlSafe;

use crate::{
    Result, peer,
    pgbench::{self, Grants},
    report::{median, replace_between},
    seed,
    stage::{CHECKPOINT_EVERY, CONNECTIONS, Server, Stage},
};

/// What it is compared with.
const FEW: u64 = 20_000;

/// As in the rounds.
const MANY: usize = 32;

/// Reads what a refresh needs into the shared buffers.
const PREWARM: &str = "
    SET statement_timeout = 0;
    CREATE EXTENSION pg_prewarm;
    SELECT pg_prewarm(oid) FROM pg_class
    WHERE relname IN ('refresh_tokens', 'refresh_tokens_pkey', 'devices', 'devices_pkey', 'users', 'users_pkey');
";

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
        seed::fill(&mut stage.connect().await?, grants, each, &tokens, |_| true).await?;
        println!("  took {:.0} s", began.elapsed().as_secs_f64());
        // As after days of running: to read all of it for the first time is not what is measured.
        sqlx::raw_sql(PREWARM)
            .execute(&mut stage.connect().await?)
            .await?;
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

/// How a measurement begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Since {
    /// With a checkpoint: the first change of a page writes all of it to the log.
    Checkpoint,
    /// With most pages changed since the last one.
    Long,
}

/// What a site was found to bear.
struct Found {
    limits: Vec<f64>,
    ours: Vec<f64>,
    /// Whole pages written to the log for one refresh of Doorward's.
    pages_logged: Vec<f64>,
}

impl Found {
    fn of_limit(&self) -> f64 {
        let ratios = self.ours.iter().zip(&self.limits);
        median(&ratios.map(|(ours, limit)| ours / limit).collect::<Vec<_>>())
    }
}

impl Site {
    /// pgbench and Doorward in turns; pgbench has every round and every call grants of its own.
    async fn measure(&self, rounds: usize, seconds: u64, half: u64, since: Since) -> Result<Found> {
        let (mut limits, mut ours, mut pages_logged) = (Vec::new(), Vec::new(), Vec::new());
        let apart = 2 * u64::try_from(rounds)?;
        for round in 0..u64::try_from(rounds)? {
            self.begin(since).await?;
            let grants = Grants {
                first: 2 * round + half,
                count: self.grants / 2 / apart,
                apart,
            };
            let limit =
                pgbench::refreshes_per_second(&self.stage, grants, CONNECTIONS, seconds).await?;
            self.begin(since).await?;
            let before = self.pages_logged().await?;
            let rate = self.refreshes(seconds).await?;
            #[expect(clippy::cast_precision_loss, reason = "some seconds")]
            let logged = (self.pages_logged().await? - before) / (rate * seconds as f64);
            println!(
                "  {rate:.0} of pgbench's {limit:.0} /s, {logged:.2} whole pages logged for each"
            );
            limits.push(limit);
            ours.push(rate);
            pages_logged.push(logged);
        }
        Ok(Found {
            limits,
            ours,
            pages_logged,
        })
    }

    async fn begin(&self, since: Since) -> Result<()> {
        if since == Since::Checkpoint {
            let mut db = self.stage.connect().await?;
            sqlx::raw_sql("CHECKPOINT").execute(&mut db).await?;
        }
        Ok(())
    }

    async fn pages_logged(&self) -> Result<f64> {
        let mut db = self.stage.connect().await?;
        let logged = sqlx::query_scalar("SELECT wal_fpi::float8 FROM pg_stat_wal");
        Ok(logged.fetch_one(&mut db).await?)
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

/// Refreshes per second from one checkpoint to the next, if every page is logged whole once.
#[expect(clippy::cast_precision_loss, reason = "some hundred thousand")]
fn over_a_cycle(after: f64, long_after: f64, pages: i64) -> f64 {
    let lost = pages as f64 * (1.0 / after - 1.0 / long_after);
    long_after * (1.0 - lost / CHECKPOINT_EVERY.as_secs_f64())
}

/// Measures, and writes what came of it into `docs/performance.md`.
pub async fn run(rounds: usize, seconds: u64, grants: u64, refreshes: u64) -> Result<()> {
    let small = Site::of(FEW, 2).await?;
    let few = small.measure(rounds, seconds, 0, Since::Long).await?;
    small.strike().await?;

    let large = Site::of(grants, (grants / refreshes / 2).max(1) * 2).await?;
    println!("  {}", sizes(&large).await?);
    let after = large.measure(rounds, seconds, 0, Since::Checkpoint).await?;
    let (rows, pages) = large.rows_and_pages().await?;
    let done = large.bear(refreshes).await?;
    let (rows_after, pages_after) = large.rows_and_pages().await?;
    let long_after = large.measure(rounds, seconds, 1, Since::Long).await?;
    let huge = large.stage.in_huge_pages();
    large.strike().await?;

    let cycle = |of: fn(&Found) -> &Vec<f64>| {
        over_a_cycle(median(of(&after)), median(of(&long_after)), pages)
    };
    let (ours, limit) = (cycle(|it| &it.ours), cycle(|it| &it.limits));
    let few_ours = median(&few.ours);
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    let growth = (pages_after as f64 / pages as f64 - 1.0) * 100.0;
    let text = format!(
        "| among {grants} grants | just after a checkpoint | long after | from one to the next |\n|---|---|---|---|\n\
         | of pgbench with the same statement among the same | {:.2} | {:.2} | **{:.2}** |\n\
         | of the rate among {FEW} | {:.2} | {:.2} | **{:.2}** |\n\
         | pgbench, of its rate among {FEW} | {:.2} | {:.2} | {:.2} |\n\
         | refreshes | {:.0} /s | {:.0} /s | {ours:.0} /s |\n\
         | whole pages logged for each | {:.2} | {:.2} | |\n\n\
         After {done:.0} refreshes: rows {rows}, {rows_after}; pages {pages}, {pages_after} ({growth:+.1} %). \
         Postgres had {huge:.0} MB in huge pages.\n",
        after.of_limit(),
        long_after.of_limit(),
        ours / limit,
        median(&after.ours) / few_ours,
        median(&long_after.ours) / few_ours,
        ours / few_ours,
        median(&after.limits) / median(&few.limits),
        median(&long_after.limits) / median(&few.limits),
        limit / median(&few.limits),
        median(&after.ours),
        median(&long_after.ours),
        median(&after.pages_logged),
        median(&long_after.pages_logged),
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
