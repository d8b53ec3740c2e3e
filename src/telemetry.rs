//! Logs, and the id and the one line that each request has. A line tells the route and
//! never the path: a path can hold a secret. Nothing a user typed is logged.

mod lines;

use std::{
    io::{self, IsTerminal, Write, stderr},
    sync::{Arc, OnceLock},
    time::Instant,
};

use chrono::SecondsFormat;
use rocket::{Request, Response};
use serde::Serialize;
use tracing_subscriber::EnvFilter;
use uuid::Uuid;

use crate::{app::App, clock::Clock};

use lines::{Lines, Rest};

/// The header that every answer has.
const REQUEST_ID: &str = "X-Request-Id";

/// Where requests have their lines as JSON.
static JSON: OnceLock<Lines> = OnceLock::new();

/// Starts logging to the standard error: text on a terminal, JSON otherwise. `RUST_LOG` chooses what.
/// The last lines are written when what it returns is dropped.
///
/// # Errors
/// Those of the system, when there is no thread to be had.
pub fn start() -> io::Result<Rest> {
    // Rocket writes through the log crate, query strings and what a failing guard held
    // included. Nothing here listens to that crate.
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let on_terminal = stderr().is_terminal();
    let lines = Lines::start(on_terminal)?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(lines.clone());
    // Only the first call of a process can succeed; a second one has nothing to add.
    let _ = if on_terminal {
        builder.with_target(false).try_init()
    } else {
        let _ = JSON.set(lines.clone());
        builder
            .json()
            .flatten_event(true)
            .with_target(false)
            .try_init()
    };
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a panic was caught; please report it");
    }));
    Ok(Rest(lines))
}

/// What a request carries from its first to its last fairing.
struct Trace {
    id: Uuid,
    began: Instant,
    through_fairings: bool,
}

fn trace<'r>(request: &'r Request<'_>) -> &'r Trace {
    request.local_cache(|| begin(request, false))
}

fn by_the_clock<T>(request: &Request<'_>, ask: impl Fn(&Clock) -> T) -> T {
    let app = request.rocket().state::<Arc<App>>();
    app.map_or_else(|| ask(&Clock::system()), |app| ask(&app.clock))
}

fn begin(request: &Request<'_>, through_fairings: bool) -> Trace {
    Trace {
        id: by_the_clock(request, Clock::unordered_id),
        began: Instant::now(),
        through_fairings,
    }
}

/// The id of a request, made by us: a caller's own would be a way into the logs.
pub fn request_id(request: &Request<'_>) -> Uuid {
    trace(request).id
}

/// Whether a request came in through the fairings, and so will its answer go out.
pub fn has_begun(request: &Request<'_>) -> bool {
    trace(request).through_fairings
}

/// Gives a request that comes in through the fairings its id.
pub fn begin_in_fairings(request: &Request<'_>) {
    request.local_cache(|| begin(request, true));
}

/// The line of a request, as tracing would write it: it would take as long for this as the rest of
/// the request takes outside of Rocket.
#[derive(Serialize)]
struct RequestLine<'a> {
    timestamp: &'a str,
    level: &'static str,
    message: &'static str,
    request_id: &'a str,
    method: &'static str,
    route: &'a str,
    status: u16,
    milliseconds: f64,
}

impl RequestLine<'_> {
    fn write(&self, to: &Lines) {
        let mut line = Vec::with_capacity(256);
        if serde_json::to_writer(&mut line, self).is_ok() {
            line.push(b'\n');
            // There is no other place to complain.
            let _ = to.line(false).write_all(&line);
        }
    }
}

/// Puts the id on an answer, and writes the request's line.
pub fn finish(request: &Request<'_>, response: &mut Response<'_>) {
    let Trace { id, began, .. } = trace(request);
    let mut buffer = Uuid::encode_buffer();
    let id: &str = id.hyphenated().encode_lower(&mut buffer);
    response.set_raw_header(REQUEST_ID, id.to_owned());
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
    let line = RequestLine {
        // Written in pieces, as chrono's own Serialize does it, it takes three times as long.
        timestamp: &by_the_clock(request, Clock::now).to_rfc3339_opts(SecondsFormat::Micros, true),
        level: "INFO",
        message: "request",
        request_id: id,
        method: request.method().as_str(),
        route: request.route().map_or("-", |route| route.uri.as_str()),
        status: response.status().code,
        milliseconds: (milliseconds * 100.0).round() / 100.0,
    };
    if let Some(lines) = JSON.get() {
        return line.write(lines);
    }
    tracing::info!(
        request_id = id,
        method = line.method,
        route = line.route,
        status = line.status,
        milliseconds = line.milliseconds,
        "{}",
        line.message
    );
}
