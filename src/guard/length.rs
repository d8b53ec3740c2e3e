//! What a request says of the length of its body: one that is too long is refused before
//! any of it is waited for. One that says nothing, or too little, is cut off while it is read.

use rocket::{Request, data::ByteUnit};

/// Whether the body says that it is longer than `limit`.
pub fn is_beyond(request: &Request<'_>, limit: ByteUnit) -> bool {
    request
        .headers()
        .get_one("Content-Length")
        .and_then(|length| length.parse::<u64>().ok())
        .is_some_and(|length| length > limit)
}
