//! The JSON body of a request: bounded, of the right type, one object, each key once.

use rocket::{
    Data, Request,
    data::{FromData, Outcome, ToByteUnit},
    http::{ContentType, Status},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Visitor},
    forward_to_deserialize_any,
};

use super::error::Wire;
use crate::guard::length;

/// The longest body, in KiB.
const LIMIT: u64 = 16;

/// A JSON request body. Errors name the field, never its value: Rocket prints a guard's
/// error, and bodies hold passwords.
pub struct Body<T>(pub T);

/// All that a log will ever see of a body that could not be read.
#[derive(Debug)]
pub struct Unreadable;

#[rocket::async_trait]
impl<'r, T: DeserializeOwned> FromData<'r> for Body<T> {
    type Error = Unreadable;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        // A cross-site form can send text/plain without asking; it cannot send this.
        if !request.content_type().is_some_and(is_json) {
            return Outcome::Error((Status::UnsupportedMediaType, Unreadable));
        }
        if length::is_beyond(request, LIMIT.kibibytes()) {
            return Outcome::Error((Status::PayloadTooLarge, Unreadable));
        }
        let bytes = match data.open(LIMIT.kibibytes()).into_bytes().await {
            Ok(bytes) if bytes.is_complete() => {
                crate::crypto::secret::Secret::new(bytes.into_inner())
            }
            Ok(_) => return Outcome::Error((Status::PayloadTooLarge, Unreadable)),
            Err(_) => return Outcome::Error((Status::BadRequest, Unreadable)),
        };
        match read(bytes.expose()) {
            Ok(body) => Outcome::Success(Self(body)),
            Err(description) => {
                let wire = Wire::invalid_request(description);
                Outcome::Error((wire.leave(request), Unreadable))
            }
        }
    }
}

fn is_json(content_type: &ContentType) -> bool {
    let utf8 = content_type
        .param("charset")
        .is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"));
    content_type.is_json() && utf8
}

/// A JSON object. By itself serde reads a struct from an array as well, the fields in
/// their order: names would be no part of the contract.
#[cfg_attr(test, derive(Debug))]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(ByName(deserializer)).map(Self)
    }
}

/// Reads everything as a map.
struct ByName<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ByName<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The body, or one sentence that names what is wrong with it.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let Object(body) = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        describe(&path, error.inner())
    })?;
    json.end()
        .map_err(|_| "The body holds more than one JSON value.".to_owned())?;
    Ok(body)
}

fn describe(path: &str, error: &serde_json::Error) -> String {
    if !error.is_data() {
        let (line, column) = (error.line(), error.column());
        return format!("The body is no JSON: line {line}, column {column}.");
    }
    // serde's message can quote the value; of these three it tells only the field's name.
    let message = error.to_string();
    for (beginning, fault) in [
        ("missing field `", "is missing"),
        ("unknown field `", "is not known here"),
        ("duplicate field `", "is there twice"),
    ] {
        if let Some(name) = message
            .strip_prefix(beginning)
            .and_then(|rest| rest.split('`').next())
        {
            let name = name.rsplit('.').next().unwrap_or_default();
            let parent = path.strip_suffix(name).unwrap_or(path).trim_matches('.');
            return format!("{}: this field {fault}.", field(parent, name));
        }
    }
    match path {
        "." => "The body is not a JSON object.".to_owned(),
        path => format!("{}: this value is of the wrong type.", field("", path)),
    }
}

/// A field's full name, in the characters that RFC 6749 §5.2 allows.
fn field(parent: &str, name: &str) -> String {
    let full = if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}.{name}")
    };
    full.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '-'))
        .take(64)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only read for its errors")]
        username: String,
        #[expect(dead_code, reason = "only read for its errors")]
        device: Option<Object<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only read for its errors")]
        name: String,
    }

    #[test]
    fn errors_name_the_field_and_never_its_value() {
        let cases: [(&[u8], &str); 16] = [
            (b"{}", "username: this field is missing."),
            (
                br#"{"username":"a","username":"b"}"#,
                "username: this field is there twice.",
            ),
            (
                br#"{"username":"a","is_admin":true}"#,
                "is_admin: this field is not known here.",
            ),
            (
                br#"{"username":"a","<script>\"":1}"#,
                "script: this field is not known here.",
            ),
            (
                br#"{"username":"a","device":{}}"#,
                "device.name: this field is missing.",
            ),
            (
                br#"{"username":"a","device":{"name":["hunter2"]}}"#,
                "device.name: this value is of the wrong type.",
            ),
            (
                br#"{"username":{"hunter2":1}}"#,
                "username: this value is of the wrong type.",
            ),
            (
                br#"{"username":null}"#,
                "username: this value is of the wrong type.",
            ),
            (b"[]", "The body is not a JSON object."),
            (br#"["hunter2",null]"#, "The body is not a JSON object."),
            (
                br#"{"username":"a","device":["hunter2"]}"#,
                "device: this value is of the wrong type.",
            ),
            (b"\"hunter2\"", "The body is not a JSON object."),
            (
                br#"{"username":"a"} {}"#,
                "The body holds more than one JSON value.",
            ),
            (
                br#"{"username":"a",}"#,
                "The body is no JSON: line 1, column 17.",
            ),
            (
                b"{\"username\":\"\xff\"}",
                "The body is no JSON: line 1, column 14.",
            ),
            (
                br#"{"username":"\ud800"}"#,
                "The body is no JSON: line 1, column 20.",
            ),
        ];
        for (body, expected) in cases {
            let described = read::<Outer>(body).unwrap_err();
            let shown = String::from_utf8_lossy(body);
            assert!(!described.contains("hunter2"), "{shown}: {described}");
            assert_eq!(described, expected, "{shown}");
        }
    }
}
