//! The one place that gives a refusal its status, its words and its headers: the JSON
//! object of RFC 6749 §5.2, with a stable `reason` beside it.

mod words;

use std::{io::Cursor, time::Duration};

use rocket::{
    Request, Response,
    http::{ContentType, Status},
    request::Outcome,
    response::Responder,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{crypto::dpop, domain::error::TRY_AGAIN, guard::bearer::Scheme, headers, telemetry};

/// Why a request was refused (RFC 6749 §5.2).
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody<'a> {
    /// The kind of error, in the words of OAuth.
    error: &'a str,
    /// A sentence for people. It may be worded differently one day.
    #[schema(pattern = r"^[\x20\x21\x23-\x5B\x5D-\x7E]+$")]
    error_description: &'a str,
    /// What exactly was wrong, for programs.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Which request it was; told where the fault is ours.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Uuid>,
}

const REALM: &str = "Bearer realm=\"doorward\"";
const BASIC_REALM: &str = "Basic realm=\"doorward\"";

/// An error as it goes over the wire. Nothing that a caller typed is in it but the name of a field.
#[derive(Debug, Clone)]
pub struct Wire {
    status: Status,
    error: &'static str,
    description: String,
    reason: Option<&'static str>,
    /// The value of `WWW-Authenticate`.
    challenge: Option<String>,
    /// The value of `Retry-After`, in seconds.
    retry_after: Option<u64>,
    /// The value of `Allow`.
    allow: Option<String>,
    /// For the log only.
    cause: Option<String>,
}

impl Wire {
    fn new(
        status: Status,
        error: &'static str,
        reason: &'static str,
        description: impl Into<String>,
    ) -> Self {
        Self {
            status,
            error,
            description: description.into(),
            reason: Some(reason),
            challenge: (status == Status::Unauthorized).then(|| REALM.to_owned()),
            retry_after: None,
            allow: None,
            cause: None,
        }
    }

    /// A body or parameter that cannot be read. The description is a sentence of ours.
    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self {
            reason: None,
            ..Self::new(Status::BadRequest, "invalid_request", "", description)
        }
    }

    /// A grant type that Doorward does not know, or knows better than to offer (RFC 9700 §2.4).
    pub fn unsupported_grant_type() -> Self {
        let description =
            "The grant types are refresh_token and client_credentials. Users sign in at /login.";
        Self {
            reason: None,
            ..Self::new(
                Status::BadRequest,
                "unsupported_grant_type",
                "",
                description,
            )
        }
    }

    /// A field that has to be there.
    pub fn missing(field: &str) -> Self {
        Self::invalid_request(format!("{field}: this field is missing."))
    }

    /// A body that should have been a form.
    pub fn no_form() -> Self {
        Self::unsupported(
            "Send the body as Content-Type: application/x-www-form-urlencoded, in UTF-8.",
        )
    }

    /// A form that did not come from one of our pages as they are now.
    pub fn foreign_form() -> Self {
        let description = "Nothing was changed: this form is not one of your session's. Open the page again and repeat what you did.";
        Self::new(Status::Forbidden, "access_denied", "csrf", description)
    }

    /// No access token (RFC 6750 §3: no error code is told).
    pub fn missing_token() -> Self {
        let description = "Send an access token in the header Authorization: Bearer.";
        Self::new(
            Status::Unauthorized,
            "invalid_token",
            "missing_token",
            description,
        )
    }

    /// Our fault; `cause` goes to the log.
    pub fn internal(cause: impl ToString) -> Self {
        let description =
            "Something failed on our side. Try again, and tell us the request id if it stays so.";
        Self {
            reason: None,
            cause: Some(cause.to_string()),
            ..Self::new(Status::InternalServerError, "server_error", "", description)
        }
    }

    fn invalid_token(reason: &'static str, description: &'static str) -> Self {
        let challenge =
            format!("{REALM}, error=\"invalid_token\", error_description=\"{description}\"");
        Self {
            challenge: Some(challenge),
            ..Self::new(Status::Unauthorized, "invalid_token", reason, description)
        }
    }

    /// An access token that is bound to a key, presented as if it were not (RFC 9449 §7.2).
    pub fn bound_token() -> Self {
        let description = "This access token is bound to a key. Send it in the header Authorization: DPoP, with a proof.";
        let refused = Self::invalid_token("token_is_bound", description);
        Self {
            challenge: refused.challenge.map(by_proof),
            ..refused
        }
    }

    /// The other way round.
    pub fn unbound_token() -> Self {
        let description =
            "This access token is bound to no key. Send it in the header Authorization: Bearer.";
        Self::invalid_token("token_is_not_bound", description)
    }

    fn unavailable(cause: impl ToString) -> Self {
        let description =
            "The server is busy or its database is away. What you hold stays good; try again.";
        Self {
            reason: None,
            retry_after: Some(TRY_AGAIN.as_secs()),
            cause: Some(cause.to_string()),
            ..Self::new(
                Status::ServiceUnavailable,
                "temporarily_unavailable",
                "",
                description,
            )
        }
    }

    fn throttled(retry_after: Duration) -> Self {
        let seconds = retry_after.as_secs();
        let description = format!("Too many attempts. Try again in {seconds} s.");
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                Status::TooManyRequests,
                "slow_down",
                "throttled",
                description,
            )
        }
    }

    /// The status, for a page that tells it in HTML.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The sentence, for the same.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The value of `Allow`.
    pub fn allow(&self) -> Option<&str> {
        self.allow.as_deref()
    }

    /// The value of `Retry-After`, in seconds.
    pub fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    /// Tells the log what callers are not told.
    pub fn log(&self, request: &Request<'_>) {
        if let Some(cause) = &self.cause {
            let request_id = telemetry::request_id(request);
            if self.status == Status::InternalServerError {
                tracing::error!(%request_id, cause, "a request failed");
            } else {
                tracing::warn!(%request_id, cause, "a request was put off");
            }
        }
    }

    /// Leaves it for the catcher of its status. The first word wins.
    pub fn leave(self, request: &Request<'_>) -> Status {
        let status = self.status;
        request.local_cache(|| Some(self));
        status
    }

    /// Leaves it for the catcher, and fails the guard.
    pub fn fail<T>(self, request: &Request<'_>) -> Outcome<T, ()> {
        Outcome::Error((self.leave(request), ()))
    }

    /// What a guard left, or else what the status alone says.
    pub fn of_status(status: Status, request: &Request<'_>) -> Self {
        if let Some(wire) = request.local_cache(|| None::<Self>) {
            return wire.clone();
        }
        match status.code {
            413 => Self::new(
                Status::PayloadTooLarge,
                "invalid_request",
                "too_large",
                "The body is too large.",
            ),
            415 => Self::unsupported("Send the body as Content-Type: application/json, in UTF-8."),
            404 | 405 => Self::no_route(request),
            // Rocket has a word for many methods and answers 400 to the others, past all fairings.
            400 if !telemetry::has_begun(request)
                && !headers::allowed_methods(request).is_empty() =>
            {
                Self::no_route(request)
            }
            // A path parameter that is no id.
            422 => Self::no_such_path(),
            400..500 => Self::invalid_request("The request cannot be read."),
            503 => Self::unavailable("a request passed its deadline"),
            _ => Self::internal(format!("status {status}")),
        }
    }

    fn unsupported(description: &'static str) -> Self {
        Self::new(
            Status::UnsupportedMediaType,
            "invalid_request",
            "unsupported_media_type",
            description,
        )
    }

    /// An answer in another form than there is.
    pub fn not_acceptable(description: &'static str) -> Self {
        Self::new(
            Status::NotAcceptable,
            "invalid_request",
            "not_acceptable",
            description,
        )
    }

    /// Something that was there and is not any more.
    pub fn gone(reason: &'static str, description: &'static str) -> Self {
        Self::new(Status::Gone, "invalid_request", reason, description)
    }

    /// An access token whose client was not granted enough (RFC 6750 §3.1).
    pub fn scope_required(scope: &'static str) -> Self {
        let description = format!("This takes an access token with the scope {scope}.");
        let challenge = format!("{REALM}, error=\"insufficient_scope\", scope=\"{scope}\"");
        Self {
            challenge: Some(challenge),
            ..Self::new(
                Status::Forbidden,
                "insufficient_scope",
                "scope_required",
                description,
            )
        }
    }

    /// Something that others may do, and Doorward does not.
    pub fn not_implemented(reason: &'static str, description: &'static str) -> Self {
        Self::new(
            Status::NotImplemented,
            "invalid_request",
            reason,
            description,
        )
    }

    /// A path that leads nowhere.
    pub fn no_such_path() -> Self {
        Self::new(
            Status::NotFound,
            "not_found",
            "no_such_path",
            "There is nothing at this path.",
        )
    }

    fn no_route(request: &Request<'_>) -> Self {
        let methods = headers::allowed_methods(request);
        if methods.is_empty() {
            return Self::no_such_path();
        }
        let allow = methods.join(", ");
        let description = format!("This path answers to {allow} only.");
        Self {
            allow: Some(allow),
            ..Self::new(
                Status::MethodNotAllowed,
                "invalid_request",
                "method_not_allowed",
                description,
            )
        }
    }
}

/// The challenge of RFC 6750 in the scheme of RFC 9449 §7.1; of another scheme, as it is.
fn by_proof(challenge: String) -> String {
    match challenge.strip_prefix("Bearer") {
        Some(rest) => format!("DPoP{rest}, algs=\"{}\"", dpop::ALGORITHMS.join(" ")),
        None => challenge,
    }
}

impl<'r> Responder<'r, 'static> for Wire {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        self.log(request);
        let ours = self.status == Status::InternalServerError;
        let body = ErrorBody {
            error: self.error,
            error_description: &self.description,
            reason: self.reason,
            request_id: ours.then(|| telemetry::request_id(request)),
        };
        let body = serde_json::to_string(&body).unwrap_or_default();
        let mut response = Response::build();
        response
            .status(self.status)
            .header(ContentType::JSON)
            .raw_header("Cache-Control", "no-store");
        if let Some(challenge) = self.challenge {
            let authorization = request.headers().get_one("Authorization");
            let challenge = match authorization.and_then(Scheme::of) {
                Some((Scheme::DPoP, _)) => by_proof(challenge),
                _ => challenge,
            };
            response.raw_header("WWW-Authenticate", challenge);
        }
        if let Some(seconds) = self.retry_after {
            response.raw_header("Retry-After", seconds.to_string());
        }
        if let Some(allow) = self.allow {
            response.raw_header("Allow", allow);
        }
        response.sized_body(body.len(), Cursor::new(body)).ok()
    }
}
