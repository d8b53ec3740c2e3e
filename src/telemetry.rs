//! Logs, and the id and the one line that each request has. A line tells the route and
//! never the path: a path can hold a secret. Nothing a user typed is logged.

mod lines;

use std::{
    fmt::{self, Write as _},
    io::{self, IsTerminal, Write as _, stderr},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use chrono::SecondsFormat;
use rocket::{Request, Response};
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

/// The line of a request.
struct RequestLine<'a> {
    timestamp: &'a str,
    request_id: &'a str,
    method: &'static str,
    route: &'a str,
    status: u16,
    took: Duration,
}

impl RequestLine<'_> {
    /// How long it took, to the microsecond.
    fn milliseconds(&self) -> impl fmt::Display {
        let (whole, rest) = (self.took.as_millis(), self.took.subsec_micros() % 1000);
        fmt::from_fn(move |f| write!(f, "{whole}.{rest:03}"))
    }

    /// As tracing would write it: it would take as long for this as the rest of the request takes outside of
    /// Rocket. Nothing in it is a caller's, so that nothing needs to be escaped.
    fn json(&self) -> String {
        let mut line = String::with_capacity(320);
        for part in [
            r#"{"timestamp":""#,
            self.timestamp,
            r#"","level":"INFO","message":"request","request_id":""#,
            self.request_id,
            r#"","method":""#,
            self.method,
            r#"","route":""#,
            self.route,
        ] {
            line.push_str(part);
        }
        let milliseconds = self.milliseconds();
        // Writing to a string never fails.
        let _ = writeln!(
            line,
            r#"","status":{},"milliseconds":{milliseconds}}}"#,
            self.status,
        );
        line
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
    let line = RequestLine {
        // Written in pieces, as chrono's own Serialize does it, it takes three times as long.
        timestamp: &by_the_clock(request, Clock::now).to_rfc3339_opts(SecondsFormat::Micros, true),
        request_id: id,
        method: request.method().as_str(),
        route: request.route().map_or("-", |route| route.uri.as_str()),
        status: response.status().code,
        took: began.elapsed(),
    };
    if let Some(lines) = JSON.get() {
        // There is no other place to complain.
        let _ = lines.line(false).write_all(line.json().as_bytes());
        return;
    }
    tracing::info!(
        request_id = id,
        method = line.method,
        route = line.route,
        status = line.status,
        milliseconds = %line.milliseconds(),
        "request"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_request_is_json() {
        let line = RequestLine {
            timestamp: "2026-11-26T18:00:00.000001Z",
            request_id: "01969f2e-0000-7000-8000-000000000000",
            method: "GET",
            route: "/admin/users/<id>",
            status: 404,
            took: Duration::from_micros(1_000_090),
        };
        let text = line.json();
        assert!(text.ends_with("}\n") && text.lines().count() == 1);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            read,
            serde_json::json!({
                "timestamp": "2026-11-26T18:00:00.000001Z",
                "level": "INFO",
                "message": "request",
                "request_id": "01969f2e-0000-7000-8000-000000000000",
                "method": "GET",
                "route": "/admin/users/<id>",
                "status": 404,
                "milliseconds": 1000.09,
            })
        );
    }
}
