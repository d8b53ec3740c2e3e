//! The fields of a form. Rocket's own guard logs what it could not read, and forms hold passwords.

use std::collections::HashMap;

use rocket::{
    Data, Request,
    data::{FromData, Outcome, ToByteUnit},
    form::Form,
    http::{RawStr, Status},
};

use crate::crypto::secret::Secret;

/// The longest form, in KiB.
const LIMIT: u64 = 16;

/// A form, each field once.
pub struct Fields(HashMap<String, Secret<String>>);

/// All that a log will ever see of a form that could not be read.
#[derive(Debug)]
pub struct Unreadable;

impl Fields {
    /// A field as typed; empty where it was not sent.
    pub fn secret(&self, name: &str) -> Secret<String> {
        self.0
            .get(name)
            .cloned()
            .unwrap_or(Secret::new(String::new()))
    }

    /// A field that is no secret, as typed; empty where it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.expose())
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Fields {
    type Error = Unreadable;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        if !request.content_type().is_some_and(|kind| kind.is_form()) {
            return Outcome::Error((Status::UnsupportedMediaType, Unreadable));
        }
        let text = match data.open(LIMIT.kibibytes()).into_string().await {
            Ok(text) if text.is_complete() => Secret::new(text.into_inner()),
            Ok(_) => return Outcome::Error((Status::PayloadTooLarge, Unreadable)),
            Err(_) => return Outcome::Error((Status::BadRequest, Unreadable)),
        };
        let mut fields = HashMap::new();
        // Form::values splits and leaves the escapes: "a+b%21" is still to become "a b!".
        for field in Form::values(text.expose()) {
            let name = RawStr::new(field.name.source().as_str()).url_decode();
            let value = RawStr::new(field.value).url_decode();
            let (Ok(name), Ok(value)) = (name, value) else {
                return Outcome::Error((Status::BadRequest, Unreadable));
            };
            let value = Secret::new(value.into_owned());
            if fields.insert(name.into_owned(), value).is_some() {
                return Outcome::Error((Status::BadRequest, Unreadable));
            }
        }
        Outcome::Success(Self(fields))
    }
}
