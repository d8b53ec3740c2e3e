//! What others wrote, unchanged: the libraries that apps and APIs already have. Each is asked
//! in its own language by a small script in `tests/node` or `tests/python`.

mod dpop;
mod encrypted;
mod jwt;
mod oauth;

use serde_json::Value;
use tokio::process::Command;

use crate::support::child::{MISSING, place, python};

/// Runs a script; what it printed.
async fn run(script: &str, asked: &Value) -> Value {
    let mut command = if script.starts_with("python/") {
        python()
    } else {
        Command::new("node")
    };
    let done = command
        .arg(place("tests").join(script))
        .env("ASKED", asked.to_string())
        .output()
        .await
        .unwrap_or_else(|error| panic!("{command:?}: {error}; {MISSING}"));
    let [out, err] = [done.stdout, done.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(done.status.success(), "{script}: {out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{script}: {out}{err}"))
}
