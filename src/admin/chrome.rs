//! What every page of the panel has around its content.

use crate::domain::admin_session::Panelist;

use super::{format, outcome::Outcome};

/// Title, who is signed in, and the notice after a redirect.
pub struct Chrome {
    /// The page's title and heading; can hold what users typed.
    pub title: String,
    /// Who is signed in.
    pub username: String,
    /// In which roles.
    pub roles: String,
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
    pub fn new(
        by: &Panelist,
        at: &'static str,
        title: impl Into<String>,
        done: Option<&str>,
    ) -> Self {
        Self {
            title: title.into(),
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

/// What a redirect tells. A fixed vocabulary: nobody can put words on our page by a link.
fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "user-changed" => "The changes are saved.",
        "user-deleted" => "The user is deleted.",
        "client-added" => "The client is added.",
        "client-disabled" => "The client is disabled. It gets nothing more.",
        "client-enabled" => "The client is enabled again.",
        "keys-rotated" => {
            "The next key signs from now on. The one before verifies what it has signed."
        }
        "key-retired" => "The key is taken away. What it signed is refused.",
        "password-changed" => "Your password is changed. Everything else of yours is signed out.",
        "session-ended" => "The session has ended.",
        "setup" => "You are the first administrator. Welcome.",
        _ => return None,
    })
}
