//! What the pages need beside their HTML; part of the binary.

use rocket::{
    Responder, get,
    http::{ContentType, Header},
};

/// A file that browsers may keep for an hour.
#[derive(Responder)]
pub struct Asset {
    body: (ContentType, &'static str),
    cache: Header<'static>,
}

/// The sign in the browser's tab.
#[get("/static/icon.svg")]
pub fn icon() -> Asset {
    Asset {
        body: (ContentType::SVG, include_str!("../../static/icon.svg")),
        cache: Header::new("Cache-Control", "public, max-age=3600"),
    }
}

/// Idiomorph 0.8.0 by Big Sky Software (0BSD), byte for byte: makes one page out of another and leaves alone what is
/// the same. docs/dependencies.md has its hash.
#[get("/static/idiomorph.min.js")]
pub fn morph() -> Asset {
    Asset {
        body: (
            ContentType::JavaScript,
            include_str!("../../static/idiomorph.min.js"),
        ),
        cache: Header::new("Cache-Control", "public, max-age=3600"),
    }
}

/// The one script of ours, for the panel alone.
#[get("/static/panel.js")]
pub fn script() -> Asset {
    Asset {
        body: (
            ContentType::JavaScript,
            include_str!("../../static/panel.js"),
        ),
        cache: Header::new("Cache-Control", "public, max-age=3600"),
    }
}

/// The one stylesheet.
#[get("/static/style.css")]
pub fn stylesheet() -> Asset {
    Asset {
        body: (ContentType::CSS, include_str!("../../static/style.css")),
        cache: Header::new("Cache-Control", "public, max-age=3600"),
    }
}
