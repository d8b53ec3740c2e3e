//! The fields of a form. Rocket's own guard logs what it could not read, and forms hold passwords.

use std::collections::HashMap;

use rocket::{
    Data, Request,
    data::{FromData, Outcome, ToByteUnit},
    http::{RawStr, Status},
};

use super::length;
use crate::{api::error::Wire, crypto::secret::Secret};

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

    /// What was typed into all fields but these, by name: to be shown to whoever typed it.
    pub fn all_but(&self, names: &[&str]) -> Vec<(String, String)> {
        let others = self.0.iter();
        let others = others.filter(|(name, _)| !names.contains(&name.as_str()));
        let mut others: Vec<_> = others
            .map(|(name, value)| (name.clone(), value.expose().clone()))
            .collect();
        others.sort();
        others
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
            return refuse(request, Wire::no_form());
        }
        if length::is_beyond(request, LIMIT.kibibytes()) {
            return Outcome::Error((Status::PayloadTooLarge, Unreadable));
        }
        let text = match data.open(LIMIT.kibibytes()).into_string().await {
            Ok(text) if text.is_complete() => Secret::new(text.into_inner()),
            Ok(_) => return Outcome::Error((Status::PayloadTooLarge, Unreadable)),
            Err(_) => return Outcome::Error((Status::BadRequest, Unreadable)),
        };
        match read(text.expose()) {
            Some(fields) => Outcome::Success(Self(fields)),
            None => refuse(
                request,
                Wire::invalid_request("A field is there twice, or is no text in UTF-8."),
            ),
        }
    }
}

fn refuse<'r, T>(request: &Request<'_>, wire: Wire) -> Outcome<'r, T, Unreadable> {
    Outcome::Error((wire.leave(request), Unreadable))
}

/// The fields with their escapes undone; `None` for one that is there twice or is no text.
fn read(text: &str) -> Option<HashMap<String, Secret<String>>> {
    let mut fields = HashMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = RawStr::new(pair).split_at_byte(b'=');
        let name = name.url_decode().ok()?.into_owned();
        let value = Secret::new(value.url_decode().ok()?.into_owned());
        if fields.insert(name, value).is_some() {
            return None;
        }
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_what_was_typed() {
        let fields = Fields(read("&a=b+c%2Bd%26%3D%C3%A9&b=x=y&c&&").unwrap());
        for (name, typed) in [("a", "b c+d&=é"), ("b", "x=y"), ("c", ""), ("d", "")] {
            assert_eq!(fields.secret(name).expose(), typed, "{name}");
        }
    }

    #[test]
    fn a_field_that_is_there_twice_or_is_no_text_is_refused() {
        for text in ["a=1&a=2", "a=1&%61=1", "a=%ff", "%ff=a"] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
