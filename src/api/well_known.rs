//! `/.well-known/…`: what clients and resource servers find out for themselves.

use std::{io::Cursor, path::PathBuf, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rocket::{
    Request, Response, State, get,
    http::{ContentType, Status},
    response::Responder,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::Wire;
use crate::{
    app::App,
    crypto::{self, dpop},
    domain::{
        clients::{CLIENT_CREDENTIALS, REFRESH_TOKEN},
        status_lists,
    },
};

/// A public document that anyone may keep for a while, ask for again by its tag (RFC 9110 §13.1.2),
/// and read from any page.
pub struct Document(pub String);

/// The same of any kind, for so many seconds.
pub struct Published {
    pub text: String,
    pub media_type: ContentType,
    pub max_age: i64,
}

impl<'r> Responder<'r, 'static> for Document {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        let published = Published {
            text: self.0,
            media_type: ContentType::JSON,
            max_age: 300,
        };
        published.respond_to(request)
    }
}

impl<'r> Responder<'r, 'static> for Published {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        let digest = crypto::sha256(self.text.as_bytes());
        let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest));
        let mut response = Response::build();
        response
            .raw_header("Cache-Control", format!("public, max-age={}", self.max_age))
            .raw_header("Access-Control-Allow-Origin", "*")
            .raw_header("ETag", tag.clone());
        if is_known(request, &tag) {
            return response.status(Status::NotModified).ok();
        }
        response
            .header(self.media_type)
            .sized_body(self.text.len(), Cursor::new(self.text))
            .ok()
    }
}

/// Whether the caller has this version already.
fn is_known(request: &Request<'_>, tag: &str) -> bool {
    let mut known = request
        .headers()
        .get("If-None-Match")
        .flat_map(|line| line.split(','))
        .map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The public signing keys (RFC 7517 §5).
#[utoipa::path(
    responses(
        (status = 200, description = "The keys.", content_type = "application/json",
            body = ref("#/components/schemas/JwkSet"), headers(("Cache-Control" = String, description = "Five minutes."))),
        (status = 304, description = "They are still those of the `If-None-Match`."),
    ),
)]
#[get("/.well-known/jwks.json")]
pub fn jwks(app: &State<Arc<App>>) -> Document {
    Document(app.keyring().jwks().to_owned())
}

/// What this authorization server can do (RFC 8414 §2): what is not listed, it does not do.
#[derive(Serialize, ToSchema)]
struct Metadata<'a> {
    /// The `iss` of every access token.
    issuer: &'a str,
    /// Where grants are exchanged.
    token_endpoint: String,
    /// How clients say there who they are.
    token_endpoint_auth_methods_supported: [&'static str; 3],
    /// The public keys.
    jwks_uri: String,
    /// What can be exchanged.
    grant_types_supported: [&'static str; 2],
    /// Where tokens are taken back.
    revocation_endpoint: String,
    /// How clients say there who they are.
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    /// Where is told what a token is worth.
    introspection_endpoint: String,
    /// How callers say there who they are.
    introspection_endpoint_auth_methods_supported: [&'static str; 3],
    /// What proofs of possession may be signed with (RFC 9449 §5.1).
    dpop_signing_alg_values_supported: [&'static str; 6],
    /// Where the status lists are, if there are any.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    status_list_aggregation_endpoint: Option<String>,
    /// How all of this is used.
    service_documentation: String,
}

fn metadata_of(app: &App) -> Result<Document, Wire> {
    let issuer = app.config.issuer.as_str();
    let client = ["client_secret_basic", "client_secret_post", "none"];
    let metadata = Metadata {
        issuer,
        token_endpoint: format!("{issuer}/token"),
        token_endpoint_auth_methods_supported: client,
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        grant_types_supported: [REFRESH_TOKEN, CLIENT_CREDENTIALS],
        revocation_endpoint: format!("{issuer}/revoke"),
        revocation_endpoint_auth_methods_supported: client,
        introspection_endpoint: format!("{issuer}/introspect"),
        // The last is an administrator's access token.
        introspection_endpoint_auth_methods_supported: [
            "client_secret_basic",
            "client_secret_post",
            "Bearer",
        ],
        dpop_signing_alg_values_supported: dpop::ALGORITHMS,
        status_list_aggregation_endpoint: status_lists::are_published(&app.config)
            .then(|| format!("{issuer}/status-lists")),
        service_documentation: format!("{issuer}/docs"),
    };
    serde_json::to_string(&metadata)
        .map(Document)
        .map_err(Wire::internal)
}

/// The metadata (RFC 8414 §3).
#[utoipa::path(
    responses(
        (status = 200, description = "The metadata.", content_type = "application/json", body = Metadata,
            headers(("Cache-Control" = String, description = "Five minutes."))),
        (status = 304, description = "It is still that of the `If-None-Match`."),
    ),
)]
#[get("/.well-known/oauth-authorization-server")]
pub fn metadata(app: &State<Arc<App>>) -> Result<Document, Wire> {
    metadata_of(app)
}

/// The same for an issuer with a path, which is asked for behind the name (RFC 8414 §3.1).
#[get("/.well-known/oauth-authorization-server/<path..>")]
pub fn metadata_of_path(app: &State<Arc<App>>, path: PathBuf) -> Result<Document, Wire> {
    let own = app.config.issuer.strip_prefix(app.config.origin());
    let own = own.and_then(|path| path.strip_prefix('/'));
    if own.is_none() || path.to_str() != own {
        return Err(Wire::no_such_path());
    }
    metadata_of(app)
}

/// The same under the name by which OpenID Connect clients look for it (RFC 8414 §5).
#[utoipa::path(
    responses(
        (status = 200, description = "The metadata.", content_type = "application/json", body = Metadata,
            headers(("Cache-Control" = String, description = "Five minutes."))),
        (status = 304, description = "It is still that of the `If-None-Match`."),
    ),
)]
#[get("/.well-known/openid-configuration")]
pub fn openid_configuration(app: &State<Arc<App>>) -> Result<Document, Wire> {
    metadata_of(app)
}
