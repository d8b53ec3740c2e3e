//! `/admin/refusals`: which sign-ins, refreshes and forms were refused, and why.

use std::{collections::HashMap, sync::Arc};

use askama::Template;
use rocket::{State, get, http::Status};

use super::{
    chrome::Chrome,
    fault::Fault,
    format,
    page::Page,
    pager::{Pager, begins},
};
use crate::{
    app::App,
    db::{
        cursor::{self, DEFAULT_LIMIT},
        refusals::Refusal,
    },
    domain::listing,
    guard::session::Reader,
    ids::UserId,
};

/// The list.
#[derive(Template)]
#[template(path = "admin/refusals.html")]
pub struct RefusalsPage {
    chrome: Chrome,
    refusals: Vec<RefusalLine>,
    pager: Pager,
}

/// One printed refusal.
pub struct RefusalLine {
    /// When.
    pub time: String,
    /// Why, in words.
    pub why: String,
    /// How often the same was refused for the same reason in all.
    pub times: i64,
    /// Whom; none where there is no such user.
    pub user: Option<UserId>,
    /// That user's name.
    pub username: String,
    /// What else: name and value.
    pub facts: Vec<(&'static str, String)>,
}

impl RefusalLine {
    /// A refusal of somebody in `names`, or of nobody.
    pub fn new(refusal: Refusal, names: &HashMap<UserId, String>) -> Self {
        let name = refusal.user_id.and_then(|user| names.get(&user)).cloned();
        let facts = [
            ("reason", Some(refusal.reason.clone())),
            ("address", refusal.address),
            (
                "user agent",
                refusal.user_agent.filter(|text| !text.is_empty()),
            ),
            ("device", refusal.device_id.map(|id| id.to_string())),
            ("token", refusal.grant_id.map(|id| id.to_string())),
            ("request", Some(refusal.request_id.to_string())),
        ];
        let facts = facts.into_iter();
        Self {
            time: format::time(refusal.created_at),
            why: words(&refusal.reason),
            times: refusal.refused,
            user: refusal.user_id.filter(|_| name.is_some()),
            username: name.unwrap_or_default(),
            facts: facts
                .filter_map(|(what, value)| Some((what, value?)))
                .collect(),
        }
    }
}

/// The stored word as a phrase.
pub fn words(reason: &str) -> String {
    let phrase = match reason {
        "bad_credentials" => "wrong username or password",
        "csrf" => "a form that none of our pages sent",
        "no_session" => "a form after the session had ended",
        "role_required" => "beyond the role",
        "throttled" => "too many attempts",
        "unknown_token" => "no token of ours, or an outdated one",
        "wrong_user" => "the token of another user",
        other => return other.replace('_', " "),
    };
    phrase.to_owned()
}

/// Refusals, newest first.
#[get("/admin/refusals?<cursor>")]
pub async fn list(
    app: &State<Arc<App>>,
    by: Reader,
    cursor: Option<&str>,
) -> Result<Page<RefusalsPage>, Fault> {
    let before = begins(cursor, cursor::id)?;
    let (page, names) = listing::all_refusals(app, before, DEFAULT_LIMIT).await?;
    let later = before.is_some();
    let pager = Pager::new("/admin/refusals", &[], "cursor", later, page.next_cursor);
    let lines = page.items.into_iter();
    let page = RefusalsPage {
        chrome: Chrome::new(&by.0, "audit", "Refusals", None),
        refusals: lines
            .map(|refusal| RefusalLine::new(refusal, &names))
            .collect(),
        pager,
    };
    Ok(Page::new(Status::Ok, page))
}
