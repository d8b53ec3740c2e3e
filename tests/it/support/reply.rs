//! What came over the wire.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// Null where the body is no JSON.
    pub body: Value,
}

/// The names of a record's fields, sorted.
#[track_caller]
pub fn fields(record: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = record
        .as_object()
        .unwrap_or_else(|| panic!("{record} is no record"))
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

impl Reply {
    /// Sends a request.
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self {
            status,
            headers,
            text,
            body,
        }
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// An error of the contract, with all that every error must have.
    #[track_caller]
    pub fn refused(&self, status: u16, error: &str, reason: &str) -> &Self {
        let told = (
            self.status,
            self.body["error"].as_str(),
            self.body["reason"].as_str().unwrap_or_default(),
        );
        assert_eq!(told, (status, Some(error), reason), "{}", self.text);
        assert!(
            self.header("content-type").starts_with("application/json"),
            "{:?}",
            self.headers
        );
        assert_eq!(self.header("cache-control"), "no-store");
        let description = self.body["error_description"].as_str().unwrap();
        let allowed = |c: char| matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
        assert!(
            !description.is_empty() && description.chars().all(allowed),
            "{description}"
        );
        let required = match status {
            401 => "www-authenticate",
            405 => "allow",
            429 | 503 => "retry-after",
            _ => "x-request-id",
        };
        assert!(
            self.headers.contains_key(required),
            "{status} without {required}"
        );
        self
    }

    /// A header's value; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn str(&self, name: &str) -> &str {
        self.body[name]
            .as_str()
            .unwrap_or_else(|| panic!("{name} in {}", self.text))
    }
}
