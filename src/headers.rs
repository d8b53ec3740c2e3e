//! The headers of every answer: security, CORS; and the undoing of a Rocket habit.

use std::sync::Arc;

use rocket::{
    Data, Request, Response,
    fairing::{Fairing, Info, Kind},
    form::Form,
    http::{Method, uri::Origin},
};

use crate::{app::App, domain::proof, guard::proof::HEADER as PROOF, telemetry};

/// JSON needs nothing; the pages need our one stylesheet and may post to us; those of the panel
/// have scripts of ours, which they do without as well.
const CSP_JSON: &str = "default-src 'none'; frame-ancestors 'none'";
const CSP_PAGE: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                        base-uri 'none'; object-src 'none'; frame-ancestors 'none'";
const CSP_PANEL: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
                         form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

/// Gives each request its id, and each answer its headers and its line in the log: one fairing, since
/// Rocket makes a box for each of them at every request.
pub struct Headers;

#[rocket::async_trait]
impl Fairing for Headers {
    fn info(&self) -> Info {
        Info {
            name: "Headers",
            kind: Kind::Request | Kind::Response,
        }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        telemetry::begin_in_fairings(request);
        // Rocket turns a POST whose form begins with _method=delete into a DELETE. A form
        // says POST and means it: what a guard sees must be what was sent.
        let is_form = request.content_type().is_some_and(|kind| kind.is_form());
        if is_form && names_a_method(data.peek("_method=delete".len()).await) {
            request.set_method(Method::Post);
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        put_on(request, response);
        telemetry::finish(request, response);
    }
}

/// What the fairings do to an answer, for one that they do not see: Rocket answers what it
/// cannot make sense of, such as a method that nobody knows, past all of them.
pub fn past_fairings(request: &Request<'_>, response: &mut Response<'_>) {
    if !telemetry::has_begun(request) {
        put_on(request, response);
        telemetry::finish(request, response);
    }
}

/// Puts the headers on an answer.
fn put_on(request: &Request<'_>, response: &mut Response<'_>) {
    let Some(app) = request.rocket().state::<Arc<App>>() else {
        return;
    };
    let kind = response.headers().get_one("Content-Type");
    let is_page = kind.is_some_and(|kind| kind.starts_with("text/html"));
    let is_panel = request.uri().path().starts_with("/admin");
    response.set_raw_header(
        "Content-Security-Policy",
        match (is_page, is_panel) {
            (true, true) => CSP_PANEL,
            (true, false) => CSP_PAGE,
            (false, _) => CSP_JSON,
        },
    );
    response.set_raw_header("X-Content-Type-Options", "nosniff");
    // Under no-referrer browsers post forms with "Origin: null" (Fetch §3.2), and the panel's
    // forms are told from foreign ones by their origin. Its paths hold ids and no secrets.
    response.set_raw_header(
        "Referrer-Policy",
        if is_panel {
            "same-origin"
        } else {
            "no-referrer"
        },
    );
    if is_page {
        response.set_raw_header("X-Frame-Options", "DENY");
        response.set_raw_header("Cross-Origin-Opener-Policy", "same-origin");
        response.set_raw_header("Permissions-Policy", "interest-cohort=()");
    }
    if app.config.is_https() {
        response.set_raw_header(
            "Strict-Transport-Security",
            "max-age=31536000; includeSubDomains",
        );
    }
    // The answer to a proof, whatever it says, has the nonce for the next one (RFC 9449 §8.2).
    if request.headers().contains(PROOF)
        && let Some(nonce) = proof::nonce(app)
    {
        response.set_raw_header("DPoP-Nonce", nonce);
    }
    if !is_page {
        allow_origin(app, request, response);
    }
}

/// Whether Rocket takes the beginning of a form for the name of a method: read as Rocket
/// reads it, which skips empty fields and knows more than one way to write the name.
fn names_a_method(form: &[u8]) -> bool {
    std::str::from_utf8(form)
        .ok()
        .and_then(|form| Form::values(form).next())
        .is_some_and(|field| field.name == "_method")
}

/// CORS for the configured origins. Never with credentials: the API takes no cookies.
fn allow_origin(app: &App, request: &Request<'_>, response: &mut Response<'_>) {
    if app.config.cors_origins.is_empty() {
        return;
    }
    response.adjoin_raw_header("Vary", "Origin");
    let origin = request.headers().get_one("Origin").unwrap_or_default();
    if !app
        .config
        .cors_origins
        .iter()
        .any(|allowed| allowed == origin)
    {
        return;
    }
    response.set_raw_header("Access-Control-Allow-Origin", origin.to_owned());
    response.set_raw_header(
        "Access-Control-Expose-Headers",
        "X-Request-Id, Retry-After, WWW-Authenticate, DPoP-Nonce",
    );
    if request.method() == Method::Options {
        response.set_raw_header("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE");
        response.set_raw_header(
            "Access-Control-Allow-Headers",
            "Authorization, Content-Type, DPoP",
        );
        response.set_raw_header("Access-Control-Max-Age", "600");
    }
}

/// The methods that the path of a request answers to; Rocket itself only says that it found no route.
pub fn allowed_methods(request: &Request<'_>) -> Vec<&'static str> {
    methods_of(request, request.uri())
}

/// The methods that a path of the server that was asked answers to.
pub fn methods_of(request: &Request<'_>, path: &Origin<'_>) -> Vec<&'static str> {
    let mut methods: Vec<&'static str> = request
        .rocket()
        .routes()
        .filter(|route| route.method != Method::Options && leads_to(route.uri.path(), path))
        .map(|route| route.method.as_str())
        .collect();
    methods.sort_unstable();
    methods.dedup();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods
}

/// Whether a route's path, with its `<parameters>`, is that of a request. Empty segments do
/// not count, as when Rocket looks for a route.
fn leads_to(route: &str, uri: &Origin<'_>) -> bool {
    let mut asked = uri
        .path()
        .raw_segments()
        .filter(|segment| !segment.is_empty());
    for segment in route.split('/').filter(|segment| !segment.is_empty()) {
        match asked.next() {
            _ if segment.ends_with("..>") => return true,
            Some(_) if segment.starts_with('<') => {}
            Some(name) if name.as_str() == segment => {}
            _ => return false,
        }
    }
    asked.next().is_none()
}
