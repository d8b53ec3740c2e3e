//! What every page of the panel has around its content.

use crate::domain::admin_session::Panelist;

use super::{format, outcome::Outcome, text::Text};

/// Title, who is signed in, and the notice after a redirect.
pub struct Chrome {
    /// The page's title and heading; can hold what users typed.
    pub title: Text,
    /// Who is signed in.
    pub username: String,
    /// In which roles.
    pub roles: Text,
    /// For each form.
    pub csrf: String,
    /// Which entry of the navigation the page belongs to.
    pub at: &'static str,
    /// What was just done.
    pub notice: Option<&'static str>,
    /// What was just done to a user, a device or a token, with a way back.
    pub outcome: Option<Outcome>,
    /// What was searched for.
    pub sought: String,
    /// Whether the user is an administrator.
    pub is_admin: bool,
}

impl Chrome {
    /// The frame of a page for whoever is signed in. `done` is a word of [`notice`].
    pub fn new(by: &Panelist, at: &'static str, title: Text, done: Option<&str>) -> Self {
        Self {
            title,
            username: by.username.clone(),
            roles: format::roles(&by.roles),
            csrf: by.csrf.clone(),
            at,
            notice: done.and_then(notice),
            outcome: None,
            sought: String::new(),
            is_admin: by.has("admin"),
        }
    }
}

/// The message that a redirect asks for. A fixed vocabulary: nobody can put words on our page by a link.
fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "user-changed" => "notice-user-changed",
        "user-deleted" => "notice-user-deleted",
        "client-added" => "notice-client-added",
        "client-disabled" => "notice-client-disabled",
        "client-enabled" => "notice-client-enabled",
        "keys-rotated" => "notice-keys-rotated",
        "key-retired" => "notice-key-retired",
        "password-changed" => "notice-password-changed",
        "session-ended" => "notice-session-ended",
        "setup" => "notice-setup",
        _ => return None,
    })
}
