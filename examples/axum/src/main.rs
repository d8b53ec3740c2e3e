//! An API in axum whose callers show an access token of Doorward.
//!
//! What checks the token is in `caller.rs`, where the public keys come from in `keys.rs`: copy both.

mod caller;
mod keys;

use std::{
    env,
    io::{self, Write},
    sync::Arc,
};

use axum::{Json, Router, routing::get};
use tokio::net::TcpListener;

use caller::{Caller, Doorward};

/// A setting from the environment.
fn setting(name: &str, default: &str) -> String {
    let value = env::var_os(name).and_then(|value| value.into_string().ok());
    value.unwrap_or_else(|| default.to_owned())
}

/// Who calls. That there is a [`Caller`] among its arguments is what protects a handler.
async fn test_jwt(caller: Caller) -> Json<Caller> {
    Json(caller)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let doorward = Doorward::new(
        &setting("DOORWARD_ISSUER", "http://127.0.0.1:8000"),
        &setting("DOORWARD_AUDIENCE", "doorward"),
    );
    let api = Router::new()
        .route("/test_jwt", get(test_jwt))
        .with_state(Arc::new(doorward));
    let listener = TcpListener::bind(format!("127.0.0.1:{}", setting("PORT", "3000"))).await?;
    writeln!(
        io::stdout(),
        "listening on http://{}",
        listener.local_addr()?
    )?;
    axum::serve(listener, api).await
}
