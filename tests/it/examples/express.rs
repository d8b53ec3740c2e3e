//! `examples/express`.

use tokio::process::Command;

use super::Api;
use crate::support::child::place;

#[tokio::test]
async fn an_api_in_express_takes_good_tokens_only() {
    let mut node = Command::new("node");
    node.arg(place("examples/express/server.js"));
    Api::start(&mut node).await.holds().await;
}
