//! The limits of verification: Rocket's bare JSON route, and Doorward with a route that answers
//! what `/test_jwt` answers and asks for nothing.

use std::{env, sync::Arc};

use doorward::{app::App, clock::Clock, config::Config, server};
use rocket::{get, response::content::RawJson, routes};
use serde::Serialize;

use crate::{Result, stage};

/// What `/test_jwt` answers, to the letter.
#[derive(Serialize)]
struct Answer {
    sub: &'static str,
    username: &'static str,
    roles: [&'static str; 0],
    device_id: &'static str,
    expires_at: &'static str,
}

const ANSWER: Answer = Answer {
    sub: "019ab5b0-5f7e-7000-8000-000000000000",
    username: "user0",
    roles: [],
    device_id: "019ab5b0-5f7e-7000-8000-000000000000",
    expires_at: "2026-11-24T12:00:00Z",
};

#[get("/bare")]
fn bare() -> RawJson<String> {
    json()
}

#[get("/unguarded")]
fn unguarded() -> RawJson<String> {
    json()
}

fn json() -> RawJson<String> {
    RawJson(serde_json::to_string(&ANSWER).unwrap_or_default())
}

/// Serves both, each on a port of its own, until it is killed.
pub async fn serve() -> Result<()> {
    let _log = doorward::telemetry::start()?;
    let figment = doorward::config::figment();
    let config = Config::load(&figment)?;
    let options = env::var("DATABASE_URL")?.parse()?;
    let pool = doorward::db::connect(options, config.database_connections).await?;
    let app = Arc::new(App::open(config, pool, Clock::system()).await?);
    let doorward = server::build(&app, figment.clone().merge(("port", stage::UNGUARDED_PORT)));
    let mut first = routes![unguarded];
    // Rocket tries one route after the other, and `/test_jwt` is the first.
    for route in &mut first {
        route.rank = -100;
    }
    let doorward = doorward.mount("/", first);
    let rocket = rocket::custom(figment.merge(("port", stage::BARE_PORT)));
    let rocket = rocket.mount("/", routes![bare]);
    let (doorward, rocket) = tokio::join!(doorward.launch(), rocket.launch());
    doorward?;
    rocket?;
    Ok(())
}
