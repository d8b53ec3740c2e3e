//! `/admin/tokens`: the refresh tokens of all users, a row for each grant.

use std::sync::Arc;

use askama::Template;
use chrono::{DateTime, Utc};
use rocket::{State, get, http::Status};

use super::{
    badge::Badge,
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
        refresh_tokens::Grant,
    },
    domain::listing,
    guard::session::Reader,
    ids::{DeviceId, GrantId, UserId},
};

/// The list.
#[derive(Template)]
#[template(path = "admin/tokens.html")]
pub struct TokensPage {
    chrome: Chrome,
    disabled: bool,
    tokens: Vec<TokenLine>,
    pager: Pager,
}

/// One printed token.
struct TokenLine {
    device: DeviceId,
    device_name: String,
    user: UserId,
    username: String,
    client: String,
    badge: Badge,
    reason: String,
    created: String,
    last_used: String,
    expires: String,
}

impl TokenLine {
    fn new(grant: Grant, username: String, device_name: String, now: DateTime<Utc>) -> Self {
        Self {
            badge: Badge::of_grant(&grant, now),
            reason: format::reason(grant.disabled, grant.disabled_reason),
            device: grant.device_id,
            device_name,
            user: grant.user_id,
            username,
            client: grant.client_id.to_string(),
            created: format::time(grant.created_at),
            last_used: format::time(grant.last_used_at),
            expires: format::time(grant.expires_at),
        }
    }
}

/// Tokens, newest sign-in first; with `status=disabled` those disabled now.
#[get("/admin/tokens?<status>&<cursor>")]
pub async fn list(
    app: &State<Arc<App>>,
    by: Reader,
    status: Option<&str>,
    cursor: Option<&str>,
) -> Result<Page<TokensPage>, Fault> {
    let disabled = status == Some("disabled");
    let before = begins(cursor, cursor::id)?.map(GrantId);
    let found = listing::all_grants(app, disabled, before, DEFAULT_LIMIT).await?;
    let asked = [("status", if disabled { "disabled" } else { "" })];
    let next = found.page.next_cursor;
    let pager = Pager::new("/admin/tokens", &asked, "cursor", before.is_some(), next);
    let now = app.clock.now();
    let lines = found.page.items.into_iter().map(|grant| {
        let username = found.users.get(&grant.user_id).cloned();
        let device = found.devices.get(&grant.device_id).cloned();
        TokenLine::new(
            grant,
            username.unwrap_or_default(),
            device.unwrap_or_default(),
            now,
        )
    });
    let page = TokensPage {
        chrome: Chrome::new(&by.0, "tokens", "Refresh tokens", None),
        disabled,
        tokens: lines.collect(),
        pager,
    };
    Ok(Page::new(Status::Ok, page))
}
