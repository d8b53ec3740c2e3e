//! `examples/express`.

use std::time::Duration;

use tokio::process::Command;

use super::Api;
use crate::support::child::place;

fn node() -> Command {
    let mut node = Command::new("node");
    node.arg(place("examples/express/server.js"));
    node
}

#[tokio::test]
async fn an_api_in_express_takes_good_tokens_only() {
    let api = Api::start(&mut node(), Duration::from_mins(1)).await;
    api.holds().await;
}

#[tokio::test]
async fn an_api_in_express_refuses_what_was_cut_off() {
    let api = Api::start(&mut node(), Duration::from_secs(1)).await;
    api.heeds_status_lists().await;
}

#[tokio::test]
async fn an_api_in_express_refuses_at_once_what_was_cut_off() {
    let api = Api::listening(&mut node()).await;
    api.heeds_the_feed().await;
}

#[tokio::test]
async fn an_api_in_express_believes_doorward_only() {
    let api = Api::listening(&mut node()).await;
    api.believes_doorward_only().await;
}
