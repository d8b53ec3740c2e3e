//! Answers that go well: JSON that nobody may keep.

use std::io::Cursor;

use rocket::{
    Request, Response,
    http::{ContentType, Status},
    response::Responder,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::Wire;
use crate::db::cursor::{self, Page};

/// What a handler returns.
pub type Answer<T> = Result<Reply<T>, Wire>;

/// A JSON body with `Cache-Control: no-store`.
#[derive(Debug)]
pub struct Reply<T> {
    status: Status,
    body: T,
    has_tokens: bool,
}

impl<T> Reply<T> {
    /// 200.
    pub fn ok(body: T) -> Self {
        Self {
            status: Status::Ok,
            body,
            has_tokens: false,
        }
    }

    /// 200, with tokens: RFC 6749 §5.1 wants `Pragma` beside `Cache-Control` then.
    pub fn tokens(body: T) -> Self {
        Self {
            has_tokens: true,
            ..Self::ok(body)
        }
    }

    /// 201.
    pub fn created(body: T) -> Self {
        Self {
            status: Status::Created,
            ..Self::ok(body)
        }
    }
}

impl<'r, T: Serialize> Responder<'r, 'static> for Reply<T> {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        let body = match serde_json::to_vec(&self.body) {
            Ok(body) => body,
            Err(error) => return Wire::internal(error).respond_to(request),
        };
        let mut response = Response::new();
        response.set_status(self.status);
        response.set_header(ContentType::JSON);
        response.set_raw_header("Cache-Control", "no-store");
        if self.has_tokens {
            response.set_raw_header("Pragma", "no-cache");
        }
        response.set_sized_body(body.len(), Cursor::new(body));
        Ok(response)
    }
}

/// 204: done, and nothing to say.
#[derive(Debug, rocket::Responder)]
#[response(status = 204)]
pub struct Done(());

impl Done {
    /// The answer.
    pub fn and_nothing_to_say() -> Self {
        Self(())
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listed<T> {
    /// The records.
    pub items: Vec<T>,
    /// Send it as `cursor` for what follows; null at the end.
    pub next_cursor: Option<String>,
}

impl<T> Listed<T> {
    /// A page of rows as a page of records.
    pub fn from_page<R: Into<T>>(page: Page<R>) -> Self {
        let page = page.map(Into::into);
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}

/// `limit`: how many items a page is to have.
///
/// # Errors
/// 400 for what is no number from 1 to 200.
pub fn limit(text: Option<&str>) -> Result<i64, Wire> {
    let Some(text) = text else {
        return Ok(cursor::DEFAULT_LIMIT);
    };
    text.parse()
        .ok()
        .filter(|limit| (1..=cursor::MAX_LIMIT).contains(limit))
        .ok_or_else(|| {
            Wire::invalid_request(format!(
                "limit: write a whole number from 1 to {}.",
                cursor::MAX_LIMIT
            ))
        })
}

/// A parameter that `parse` must be able to read.
///
/// # Errors
/// 400 that names it.
pub fn parameter<T>(
    name: &str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Wire> {
    let read = |text| {
        parse(text)
            .ok_or_else(|| Wire::invalid_request(format!("{name}: this value cannot be read.")))
    };
    text.filter(|text| !text.is_empty()).map(read).transpose()
}
