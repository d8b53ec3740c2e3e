//! The limits of verification: Rocket's bare JSON route, the same with one signature to verify, and Doorward
//! with a route that answers what `/test_jwt` answers and asks for nothing.

use std::{env, sync::Arc};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::{app::App, clock::Clock, config::Config, server};
use rocket::{
    Request, get,
    http::Status,
    request::{FromRequest, Outcome},
    response::content::RawJson,
    routes,
};
use serde::Serialize;
use serde_json::Value;

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

/// An access token with a good signature, of which nothing else is looked at, and nothing kept.
struct Signed;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Signed {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let is_good = || {
            let key = request.rocket().state::<ParsedPublicKey>()?;
            let token = request.headers().get_one("Authorization")?;
            let (message, signature) = token.strip_prefix("Bearer ")?.rsplit_once('.')?;
            let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
            key.verify_sig(message.as_bytes(), &signature).ok()
        };
        match is_good() {
            Some(()) => Outcome::Success(Self),
            None => Outcome::Error((Status::Unauthorized, ())),
        }
    }
}

#[get("/signed")]
fn signed(_signed: Signed) -> RawJson<String> {
    json()
}

/// The ES256 key of a JWK set that has no other.
fn key_of(jwks: &str) -> Result<ParsedPublicKey> {
    let jwks: Value = serde_json::from_str(jwks)?;
    let coordinate =
        |name: &str| URL_SAFE_NO_PAD.decode(jwks["keys"][0][name].as_str().unwrap_or_default());
    // An uncompressed point (SEC 1 §2.3.3).
    let point = [vec![4], coordinate("x")?, coordinate("y")?].concat();
    Ok(ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point)
        .map_err(|_| "this is no ES256 key")?)
}

#[get("/unguarded")]
fn unguarded() -> RawJson<String> {
    json()
}

fn json() -> RawJson<String> {
    RawJson(serde_json::to_string(&ANSWER).unwrap_or_default())
}

/// Serves Rocket alone and Doorward, each on a port of its own, until it is killed.
pub async fn serve() -> Result<()> {
    let _log = doorward::telemetry::start()?;
    let figment = doorward::config::figment();
    let config = Config::load(&figment)?;
    let options = env::var("DATABASE_URL")?.parse()?;
    let pool = doorward::db::connect(options, config.database_connections).await?;
    let app = Arc::new(App::open(config, pool, Clock::system()).await?);
    let key = key_of(app.keyring().jwks())?;
    let doorward = server::build(&app, figment.clone().merge(("port", stage::UNGUARDED_PORT)));
    let mut first = routes![unguarded];
    // Rocket tries one route after the other, and `/test_jwt` is the first.
    for route in &mut first {
        route.rank = -100;
    }
    let doorward = doorward.mount("/", first);
    let rocket = rocket::custom(figment.merge(("port", stage::BARE_PORT)));
    let rocket = rocket.manage(key).mount("/", routes![bare, signed]);
    let (doorward, rocket) = tokio::join!(doorward.launch(), rocket.launch());
    doorward?;
    rocket?;
    Ok(())
}
