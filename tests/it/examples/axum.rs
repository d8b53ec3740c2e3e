//! `examples/axum`.

use std::{path::Path, time::Duration};

use tokio::process::Command;

use super::Api;

#[tokio::test]
async fn an_api_in_axum_takes_good_tokens_only() {
    // Cargo builds it beside the tests (Cargo.toml).
    let program = Path::new(env!("CARGO_BIN_EXE_doorward")).with_file_name("examples/axum");
    let api = Api::start(&mut Command::new(program), Duration::from_mins(1)).await;
    api.holds().await;
}
