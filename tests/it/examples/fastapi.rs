//! `examples/fastapi`.

use super::Api;
use crate::support::child::{place, python};

#[tokio::test]
async fn an_api_in_fastapi_takes_good_tokens_only() {
    let mut uvicorn = python();
    uvicorn
        .args(["-m", "uvicorn", "main:app", "--port", "0"])
        .current_dir(place("examples/fastapi"));
    Api::start(&mut uvicorn).await.holds().await;
}
