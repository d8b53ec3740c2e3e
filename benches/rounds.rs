//! `make bench`: limit and Doorward in turns.

use std::{path::PathBuf, time::Duration};

use tokio::time::sleep;

use crate::{
    Result, argon,
    load::{Load, Outcome},
    machine::Ticks,
    minted, panel, peer,
    pgbench::{self, Grants},
    report::Report,
    seed,
    stage::{CONNECTIONS, DOORWARD_PORT, Server, Stage, UNGUARDED_PORT},
};

/// Those with even numbers are Doorward's, the others pgbench's. Many, since a token that was put
/// off in an overload is not tried again.
const GRANTS: u64 = 500_000;

/// Those that the tutorial's stack refreshes: the odd ones of the halves from here on.
const OF_TUTORIAL: u64 = 240_000;

/// How many connections an app's backend or a proxy would hold.
const MANY: usize = 32;
const FEW: usize = 8;

/// So many hash at a time or wait for it on two cores.
const SIGN_INS: usize = 16;

/// Ten times what two cores hash, in sign-ins a second.
const FLOOD: f64 = 1_400.0;

/// Everything that is measured in turns.
struct Bench {
    stage: Stage,
    doorward: Server,
    tutorial: Server,
    bare: Server,
    tokens: PathBuf,
    tutorials_tokens: PathBuf,
    seconds: u64,
    report: Report,
}

/// Runs all rounds and writes the report.
pub async fn run(rounds: usize, seconds: u64) -> Result<()> {
    let stage = Stage::set().await?;
    let (tokens, tutorials_tokens) = (stage.file("tokens"), stage.file("tutorials-tokens"));
    println!("seeding {GRANTS} grants");
    seed::fill(&mut stage.connect().await?, GRANTS, 2, &tokens, |_| true).await?;
    let numbers = (OF_TUTORIAL..GRANTS / 2).map(|half| 2 * half + 1);
    peer::adopt(&stage, numbers, &tutorials_tokens).await?;
    // Or Postgres does it by itself, in the middle of the first round.
    sqlx::raw_sql("VACUUM ANALYZE")
        .execute(&mut stage.connect().await?)
        .await?;
    let mut bench = Bench {
        doorward: stage.doorward("ES256").await?,
        tutorial: peer::start(&stage).await?,
        bare: stage.bare("ES256").await?,
        tokens,
        tutorials_tokens,
        seconds,
        report: Report::new(rounds),
        stage,
    };
    bench.start_and_size().await?;
    for round in 1..=rounds {
        println!("round {round} of {rounds}");
        let began = Ticks::now()?;
        bench.refresh().await?;
        bench.verify().await?;
        bench.login().await?;
        bench.flood().await?;
        bench.overload().await?;
        bench.others().await?;
        let stolen = began.percent_stolen_since()?;
        bench
            .report
            .note("of the machine, kept by its host", stolen, "%");
    }
    bench.report.print_and_write()?;
    bench.doorward.stop().await?;
    bench.tutorial.stop().await?;
    bench.bare.stop().await?;
    bench.stage.strike().await
}

impl Bench {
    async fn start_and_size(&mut self) -> Result<()> {
        let ready = self.doorward.ready_in.as_secs_f64() * 1000.0;
        self.report.note("start to ready", ready, "ms");
        sleep(Duration::from_secs(1)).await;
        self.report
            .note("memory, idle", self.doorward.megabytes()?, "MB");
        let bytes = std::fs::metadata(env!("CARGO_BIN_EXE_doorward"))?.len();
        #[expect(clippy::cast_precision_loss, reason = "some ten million")]
        self.report.note("the program", bytes as f64 / 1e6, "MB");
        Ok(())
    }

    async fn refreshes(&self, connections: usize, seconds: u64) -> Result<Outcome> {
        let load = peer::refresh(&self.doorward, &self.tokens, connections);
        load.run(seconds).await
    }

    async fn refresh(&mut self) -> Result<()> {
        pgbench::reset(&self.stage).await?;
        let grants = Grants {
            first: 0,
            count: OF_TUTORIAL,
            apart: 1,
        };
        let limit =
            pgbench::refreshes_per_second(&self.stage, grants, CONNECTIONS, self.seconds).await?;
        let ours = self.refreshes(MANY, self.seconds).await?;
        let theirs = peer::refresh(&self.tutorial, &self.tutorials_tokens, MANY);
        let theirs = theirs.run(self.seconds).await?;
        self.report.rate(
            "refresh",
            "pgbench, the same statement",
            limit,
            ours.good,
            0.80,
        );
        self.report.beside("refresh", theirs.good);
        self.report.note(
            "refresh p99, 32 connections",
            ours.p99.as_secs_f64() * 1e3,
            "ms",
        );
        let theirs = theirs.p99.as_secs_f64() * 1e3;
        self.report
            .note("refresh p99, the tutorial's stack", theirs, "ms");
        Ok(())
    }

    async fn get(&self, url: String, with: Vec<(&str, String)>) -> Result<f64> {
        let load = Load {
            script: "get.lua",
            url,
            connections: MANY,
            with,
        };
        Ok(load.run(self.seconds).await?.good)
    }

    async fn verify(&mut self) -> Result<()> {
        let authorized = |token: &str| vec![("AUTHORIZATION", format!("Bearer {token}"))];
        let ring = minted::keyring(&self.stage).await?;
        let token = minted::token(&ring, 0)?;
        let path = format!("{}/test_jwt", self.doorward.url);
        // All are sent the same requests: to write and read the token's 500 bytes is part of any of them.
        let bare = format!("{}/bare", self.bare.url);
        let without = self.get(bare.clone(), vec![]).await?;
        self.report
            .note("Rocket's bare JSON route, sent no token", without, "/s");
        let bare = self.get(bare, authorized(&token)).await?;
        let unguarded = format!("http://127.0.0.1:{UNGUARDED_PORT}/unguarded");
        let unguarded = self.get(unguarded, authorized(&token)).await?;
        let seen = self.get(path.clone(), authorized(&token)).await?;
        self.report.rate(
            "verify, a token seen before",
            "Rocket's bare JSON route",
            bare,
            seen,
            0.85,
        );
        self.report.rate(
            "the same",
            "the same route without the guard",
            unguarded,
            seen,
            0.85,
        );
        let theirs = peer::sign_in(&self.tutorial).await?;
        let theirs = self
            .get(
                format!("{}/test_jwt", self.tutorial.url),
                authorized(&theirs),
            )
            .await?;
        self.report.beside("verify, a token seen before", theirs);

        let fresh = self.stage.file("access-tokens");
        let many = 35_000 * self.seconds;
        minted::write(&ring, many, &fresh)?;
        let verification = minted::verification(&ring, Duration::from_secs(1))?;
        // The same load, since the generator takes its part of the machine as well.
        let with = || vec![("TOKENS", fresh.display().to_string())];
        let bare = self.get(format!("{}/bare", self.bare.url), with()).await?;
        let signed = self
            .get(format!("{}/signed", self.bare.url), with())
            .await?;
        let unseen = self.get(path, with()).await?;
        #[expect(clippy::cast_precision_loss, reason = "some hundred thousand")]
        if unseen * self.seconds as f64 > many as f64 {
            return Err("some tokens were seen twice: make more".into());
        }
        self.report.rate(
            "verify, tokens never seen",
            "Rocket's bare JSON route that verifies one signature",
            signed,
            unseen,
            0.85,
        );
        let cores = std::thread::available_parallelism()?.get();
        #[expect(clippy::cast_precision_loss, reason = "a few cores")]
        let reckoned = 1.0 / (1.0 / bare + verification.as_secs_f64() / cores as f64);
        self.report.note(
            "a bare route and one signature, by arithmetic",
            reckoned,
            "/s",
        );
        self.report.note(
            "one verification of ES256",
            verification.as_secs_f64() * 1e6,
            "µs",
        );
        Ok(())
    }

    fn sign_ins<'a>(&self, server: &Server, connections: usize, pace: f64) -> Load<'a> {
        Load {
            script: "login.lua",
            url: server.url.clone(),
            connections,
            with: vec![
                ("USERS", (GRANTS / 2).to_string()),
                ("FROM", self.report.measured().to_string()),
                ("PASSWORD", seed::PASSWORD.to_owned()),
                ("PACE", pace.to_string()),
            ],
        }
    }

    async fn login(&mut self) -> Result<()> {
        let limit = argon::hashes_per_second(Duration::from_secs(self.seconds))?;
        let ours = self
            .sign_ins(&self.doorward, SIGN_INS, 0.0)
            .run(self.seconds)
            .await?;
        let theirs = self
            .sign_ins(&self.tutorial, SIGN_INS, 0.0)
            .run(self.seconds)
            .await?;
        self.report
            .rate("login", "argon2id in a loop", limit, ours.good, 0.85);
        self.report.beside("login", theirs.good);
        Ok(())
    }

    /// Refreshes while ten times as many sign in as can be served.
    async fn flood(&mut self) -> Result<()> {
        // For longer than all else: it is one refresh in a hundred that is looked at.
        let seconds = 2 * self.seconds;
        let quiet = self.refreshes(FEW, seconds).await?;
        let began = Ticks::now()?;
        let connections = 64;
        let pace = 64.0 / FLOOD * 1000.0;
        let flood = self.sign_ins(&self.doorward, connections, pace);
        let (flooding, flooded) = tokio::join!(flood.run(seconds + 2), async {
            sleep(Duration::from_secs(1)).await;
            let flooded = self.refreshes(FEW, seconds).await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>((flooded, self.doorward.megabytes()?))
        });
        let (flooding, (flooded, memory)) = (flooding?, flooded?);
        let stolen = began.percent_stolen_since()?;
        self.report
            .note("in the flood, kept by its host", stolen, "%");
        self.report.times(
            "refresh p99 in a flood of sign-ins",
            quiet.p99,
            flooded.p99,
            2.0,
        );
        self.report.note(
            "sign-ins offered in the flood",
            flooding.good + flooding.put_off,
            "/s",
        );
        self.report
            .note("sign-ins served in the flood", flooding.good, "/s");
        self.report.note(
            "refreshes in the flood, of those in quiet",
            flooded.good / quiet.good,
            "",
        );
        self.report.note("memory in the flood", memory, "MB");
        Ok(())
    }

    /// Three times as many refreshes as can be served.
    async fn overload(&mut self) -> Result<()> {
        let peak = self.refreshes(MANY, self.seconds).await?;
        let connections: u16 = 1_200;
        let pace = f64::from(connections) / (3.0 * peak.good) * 1000.0;
        let mut load = peer::refresh(&self.doorward, &self.tokens, connections.into());
        load.with.push(("PACE", pace.to_string()));
        let beyond = load.run(self.seconds + 1).await?;
        sleep(Duration::from_secs(2)).await;
        let after = self.refreshes(FEW, self.seconds).await?;
        let normal = self.refreshes(FEW, self.seconds).await?;
        self.report.rate(
            "refresh at three times the peak's load",
            "the peak",
            peak.good,
            beyond.good,
            0.90,
        );
        self.report
            .note("offered then", beyond.good + beyond.put_off, "/s");
        self.report
            .times("refresh p99 two seconds later", normal.p99, after.p99, 2.0);
        self.report
            .note("memory after all", self.doorward.megabytes()?, "MB");
        let huge = self.stage.in_huge_pages();
        self.report
            .note("of Postgres's memory in huge pages", huge, "MB");
        Ok(())
    }

    /// For information: what nothing is held against.
    async fn others(&mut self) -> Result<()> {
        let doorward = format!("http://127.0.0.1:{DOORWARD_PORT}");
        let admin = panel::administrator(&self.stage, &self.doorward).await?;
        let jwks = self
            .get(format!("{doorward}/.well-known/jwks.json"), vec![])
            .await?;
        self.report.note("JWKS", jwks, "/s");
        let introspect = vec![
            ("AUTHORIZATION", format!("Bearer {}", admin.access_token)),
            ("FORM", format!("token={}", admin.access_token)),
        ];
        let introspect = self
            .get(format!("{doorward}/introspect"), introspect)
            .await?;
        self.report
            .note("introspection of an access token", introspect, "/s");
        for page in ["/admin", "/admin/users", "/admin/devices", "/admin/audit"] {
            let with = vec![("COOKIE", admin.cookie.clone())];
            let rate = self.get(format!("{doorward}{page}"), with).await?;
            self.report.note(&format!("the page {page}"), rate, "/s");
        }
        Ok(())
    }
}
