//! wrk: the load generator, and what it reports.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::process::Command;

use crate::Result;

/// What came of a load.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// Answers of the right kind per second.
    pub good: f64,
    /// 503 per second.
    pub put_off: f64,
    /// The latency that one request in a hundred exceeds.
    pub p99: Duration,
}

/// A load on one path.
pub struct Load<'a> {
    /// The script in `benches/load`.
    pub script: &'a str,
    /// Scheme, host, port and path.
    pub url: String,
    /// How many connections.
    pub connections: usize,
    /// What the script reads from its environment.
    pub with: Vec<(&'a str, String)>,
}

impl Load<'_> {
    /// Loads for some seconds. Anything but good answers and 503 is an error.
    pub async fn run(&self, seconds: u64) -> Result<Outcome> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/load");
        let output = Command::new("wrk")
            .arg("--threads=1")
            .arg(format!("--connections={}", self.connections))
            .arg(format!("--duration={seconds}s"))
            .arg("--latency")
            .arg(format!("--script={}", script.join(self.script).display()))
            .arg(&self.url)
            .envs(self.with.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().find_map(|line| line.strip_prefix("RESULT "));
        let line = line.ok_or_else(|| format!("wrk on {}: {said}{complaint}", self.url))?;
        let number = |name: &str| -> Result<f64> {
            let mut fields = line.split(' ').filter_map(|field| field.split_once('='));
            let value = fields.find(|(field, _)| *field == name);
            let (_, value) = value.ok_or_else(|| format!("wrk said no {name}: {line}"))?;
            Ok(value.parse()?)
        };
        if number("bad")? > 0.0 {
            return Err(format!("{}: {line} {complaint}", self.url).into());
        }
        let seconds = number("seconds")?;
        Ok(Outcome {
            good: number("good")? / seconds,
            put_off: number("put_off")? / seconds,
            p99: Duration::from_secs_f64(number("p99")? / 1e6),
        })
    }
}
