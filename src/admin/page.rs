//! A rendered page: HTML in the language of whoever reads it, that nobody may keep.

use std::any::Any;

use askama::Template;
use rocket::{
    Request, Response,
    http::{ContentType, Status},
    response::Responder,
};

use super::{apart, language::chosen};
use crate::api::error::Wire;

/// A template with its status.
pub struct Page<T> {
    status: Status,
    template: T,
}

impl<T: Template> Page<T> {
    /// A page with a status.
    pub fn new(status: Status, template: T) -> Self {
        Self { status, template }
    }
}

impl<'r, T: Template> Responder<'r, 'static> for Page<T> {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        let language = chosen::of(request);
        let html = match self
            .template
            .render_with_values(&("language", language as &dyn Any))
        {
            Ok(html) => apart::kept(html),
            Err(error) => return Wire::internal(error).respond_to(request),
        };
        Response::build()
            .status(self.status)
            .header(ContentType::HTML)
            .raw_header("Cache-Control", "no-store")
            .raw_header("Content-Language", language.tag)
            .raw_header("Vary", "Accept-Language, Cookie")
            .sized_body(html.len(), std::io::Cursor::new(html))
            .ok()
    }
}
