//! How a client says who it is: HTTP Basic (RFC 6749 §2.3.1), or in the fields of its form, and
//! never both.

use base64::{Engine, engine::general_purpose::STANDARD};
use rocket::{
    Request,
    http::RawStr,
    request::{FromRequest, Outcome},
};

use super::fields::Fields;
use crate::{
    api::error::Wire,
    crypto::secret::Secret,
    domain::{
        clients::{Credentials, Refusal},
        error::Error,
    },
};

/// What the header `Authorization: Basic` says; nothing where there is none, or another scheme.
pub struct Basic(pub Option<Credentials>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Basic {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let mut headers = request.headers().get("Authorization");
        let Some(first) = headers.next() else {
            return Outcome::Success(Self(None));
        };
        if headers.next().is_some() {
            return Wire::invalid_request("Send one Authorization header.").fail(request);
        }
        let (scheme, encoded) = first.split_once(' ').unwrap_or((first, ""));
        if !scheme.eq_ignore_ascii_case("basic") {
            return Outcome::Success(Self(None));
        }
        match read(encoded.trim()) {
            Some(credentials) => Outcome::Success(Self(Some(credentials))),
            None => Wire::from(Error::Client(Refusal::BadClient)).fail(request),
        }
    }
}

/// Id and secret, each encoded as a form's field before they were joined.
fn read(encoded: &str) -> Option<Credentials> {
    let bytes = Secret::new(STANDARD.decode(encoded).ok()?);
    let text = std::str::from_utf8(bytes.expose()).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    let decode = |text: &str| {
        let text = RawStr::new(text).url_decode().ok()?;
        Some(text.into_owned())
    };
    let secret = Secret::new(decode(secret)?);
    Some(Credentials {
        client_id: decode(client_id)?,
        secret: Some(secret).filter(|secret| !secret.expose().is_empty()),
    })
}

impl Basic {
    /// The client of a form; `None` if it names none.
    ///
    /// # Errors
    /// As [`Basic::or`].
    pub fn or_of_form(self, fields: &Fields) -> Result<Option<Credentials>, Wire> {
        let client_id = Some(fields.text("client_id")).filter(|text| !text.is_empty());
        let secret = Some(fields.secret("client_secret")).filter(|it| !it.expose().is_empty());
        self.or(client_id.map(str::to_owned), secret)
    }

    /// The client of the header, or the one that the body names; `None` if neither does.
    ///
    /// # Errors
    /// 400 for a client that says it twice (RFC 6749 §2.3), and for a secret of nobody.
    pub fn or(
        self,
        client_id: Option<String>,
        secret: Option<Secret<String>>,
    ) -> Result<Option<Credentials>, Wire> {
        match (self.0, client_id, secret) {
            (Some(_), _, Some(_)) => Err(Wire::invalid_request(
                "Send the client secret in the header or in the form, not in both.",
            )),
            (Some(basic), Some(client_id), None) if basic.client_id != client_id => {
                Err(Wire::invalid_request(
                    "client_id: this is not the client of the Authorization header.",
                ))
            }
            (Some(basic), _, None) => Ok(Some(basic)),
            (None, Some(client_id), secret) => Ok(Some(Credentials { client_id, secret })),
            (None, None, Some(_)) => Err(Wire::missing("client_id")),
            (None, None, None) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_secret_are_decoded_apart() {
        let told = |text: &str| {
            let read = read(&STANDARD.encode(text))?;
            let secret = read.secret.map(|secret| secret.expose().clone());
            Some((read.client_id, secret.unwrap_or_default()))
        };
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(told("abc:dwc_x"), pair("abc", "dwc_x"));
        assert_eq!(told("a%3Ab:c%25d+e%2B"), pair("a:b", "c%d e+"));
        assert_eq!(told("abc:"), pair("abc", ""));
        assert_eq!(told("abc:a:b"), pair("abc", "a:b"));
        assert_eq!(told("abc"), None);
        for junk in ["", "!!!", "YWJj", "/////w=="] {
            assert!(read(junk).is_none(), "{junk}");
        }
    }
}
