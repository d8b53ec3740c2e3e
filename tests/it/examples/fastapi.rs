//! `examples/fastapi`.

use std::time::Duration;

use tokio::process::Command;

use super::Api;
use crate::support::child::{place, python};

fn uvicorn() -> Command {
    let mut uvicorn = python();
    uvicorn
        .args(["-m", "uvicorn", "main:app", "--port", "0"])
        .current_dir(place("examples/fastapi"));
    uvicorn
}

#[tokio::test]
async fn an_api_in_fastapi_takes_good_tokens_only() {
    let api = Api::start(&mut uvicorn(), Duration::from_mins(1)).await;
    api.holds().await;
}

#[tokio::test]
async fn an_api_in_fastapi_refuses_what_was_cut_off() {
    let api = Api::start(&mut uvicorn(), Duration::from_secs(1)).await;
    api.heeds_status_lists().await;
}

#[tokio::test]
async fn an_api_in_fastapi_refuses_at_once_what_was_cut_off() {
    let api = Api::listening(&mut uvicorn()).await;
    api.heeds_the_feed().await;
}

#[tokio::test]
async fn an_api_in_fastapi_believes_doorward_only() {
    let api = Api::listening(&mut uvicorn()).await;
    api.believes_doorward_only().await;
}
