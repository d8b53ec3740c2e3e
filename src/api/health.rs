//! Is it alive, and is it ready.

use std::sync::Arc;

use rocket::{State, get};
use serde::Serialize;

use super::{
    answer::{Answer, Reply},
    error::Wire,
};
use crate::{app::App, domain::error::Error};

/// All that a probe needs to know.
#[derive(Serialize)]
pub struct Health {
    status: &'static str,
}

/// The process answers.
#[get("/health/live")]
pub fn live() -> Reply<Health> {
    Reply::ok(Health { status: "ok" })
}

/// The database answers and has all migrations.
#[get("/health/ready")]
pub async fn ready(app: &State<Arc<App>>) -> Answer<Health> {
    match app.ready().await {
        Ok(true) => Ok(Reply::ok(Health { status: "ok" })),
        Ok(false) => Err(Wire::from(Error::Unavailable(None))),
        Err(error) => Err(Wire::from(Error::Unavailable(Some(error)))),
    }
}
