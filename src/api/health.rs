//! Is it alive, and is it ready.

use std::sync::Arc;

use rocket::{State, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    answer::{Answer, Reply},
    error::Wire,
};
use crate::{app::App, domain::error::Error};

/// All that a probe needs to know.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    status: &'static str,
}

/// The process answers.
#[utoipa::path(responses((status = 200, description = "It does.", body = Health)))]
#[get("/health/live")]
pub fn live() -> Reply<Health> {
    Reply::ok(Health { status: "ok" })
}

/// The database answers and has all migrations.
#[utoipa::path(responses((status = 200, description = "They are.", body = Health)))]
#[get("/health/ready")]
pub async fn ready(app: &State<Arc<App>>) -> Answer<Health> {
    match app.ready().await {
        Ok(true) => Ok(Reply::ok(Health { status: "ok" })),
        Ok(false) => Err(Wire::from(Error::Unavailable(None))),
        Err(error) => Err(Wire::from(Error::Unavailable(Some(error)))),
    }
}
