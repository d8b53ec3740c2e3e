//! `/.well-known/…`.

use std::sync::Arc;

use rocket::{
    Responder, State, get,
    http::{ContentType, Header},
};

use crate::app::App;

/// A public document that anyone may keep for a while and read from any page.
#[derive(Responder)]
pub struct Document {
    body: (ContentType, String),
    cache: Header<'static>,
    origin: Header<'static>,
}

/// The public signing keys (RFC 7517 §5).
#[get("/.well-known/jwks.json")]
pub fn jwks(app: &State<Arc<App>>) -> Document {
    Document {
        body: (ContentType::JSON, app.keyring().jwks().to_owned()),
        cache: Header::new("Cache-Control", "public, max-age=300"),
        origin: Header::new("Access-Control-Allow-Origin", "*"),
    }
}
