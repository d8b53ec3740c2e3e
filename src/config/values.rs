//! How single values are read: pure, each fault a sentence that says what to write instead.

use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::STANDARD};
use ipnet::IpNet;
use rocket::{figment::value::Value, http::uri::Absolute};

use crate::crypto::secret::Secret;

/// The 32 bytes of a secret key, from base64.
///
/// # Errors
/// What to do instead; never quotes the value.
pub fn secret_key(text: &str) -> Result<Secret<[u8; 32]>, String> {
    let bytes = STANDARD
        .decode(text.trim())
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(Secret::new).ok_or_else(|| {
        "is not 32 bytes in base64; make one with `openssl rand -base64 32`".to_owned()
    })
}

/// The base of every published link: an address without query, user and final slash.
pub(super) fn issuer(text: &str) -> Result<String, String> {
    let fault =
        || format!("{text:?} is no issuer; write an address such as \"https://auth.example.com\"");
    let uri = Absolute::parse(text).map_err(|_| fault())?;
    let authority = uri.authority().ok_or_else(fault)?;
    let plain =
        uri.query().is_none() && authority.user_info().is_none() && !authority.host().is_empty();
    if !["https", "http"]
        .iter()
        .any(|scheme| uri.scheme() == *scheme)
        || !plain
    {
        return Err(fault());
    }
    if uri.path().ends_with('/') {
        return Err(format!("{text:?} ends with a slash; leave it out"));
    }
    Ok(text.to_owned())
}

/// An issuer without a path (RFC 6454).
pub(super) fn origin(text: &str) -> Result<String, String> {
    match issuer(text) {
        Ok(origin) if Absolute::parse(text).is_ok_and(|uri| uri.path().is_empty()) => Ok(origin),
        _ => Err(format!(
            "{text:?} is no origin; write \"https://app.example.com\", without a path"
        )),
    }
}

/// A network, or an address as the network of one.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| format!("{text:?} is no network; write \"10.0.0.0/8\" or \"::1\""))
}

/// A value of the file as it would stand in the environment; none for what is no plain value.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Bool(_, value) => Some(value.to_string()),
        Value::Num(_, value) => value
            .to_i128()
            .map(|n| n.to_string())
            .or_else(|| value.to_f64().map(|n| n.to_string())),
        Value::Array(_, items) => Some(
            items
                .iter()
                .map(text)
                .collect::<Option<Vec<_>>>()?
                .join(","),
        ),
        Value::Char(_, value) => Some(value.to_string()),
        Value::Dict(..) | Value::Empty(..) => None,
    }
}

/// The origin that Rocket is told to serve: the issuer where none is configured.
pub(super) fn served_origin(rocket: &rocket::Config) -> String {
    let scheme = if rocket.tls_enabled() {
        "https"
    } else {
        "http"
    };
    // Listening everywhere is no name: what a browser on this machine would type.
    let host = match rocket.address {
        address if address.is_unspecified() => "localhost".to_owned(),
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    format!("{scheme}://{host}:{}", rocket.port)
}
