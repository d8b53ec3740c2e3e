//! `POST /token/reject`: an administrator, or the owner, disables a refresh token.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rocket::{State, post};
use serde::Deserialize;

use super::{
    answer::{Answer, Reply},
    body::Body,
    error::Wire,
};
use crate::{
    app::App,
    crypto::secret::Secret,
    db::{audit_events::Caller, disabling::Subject},
    domain::{
        disable::{self, Disabling},
        error::{Error, Thing},
        listing,
    },
    guard::role::SignedIn,
    ids::GrantId,
    records::TokenRecord,
};

/// Which token, why, and until when.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectRequest {
    refresh_token: Option<Secret<String>>,
    refresh_token_id: Option<GrantId>,
    reason: Option<String>,
    until: Option<DateTime<Utc>>,
}

/// Disables a refresh token; other devices are not touched.
#[post("/token/reject", data = "<body>")]
pub async fn reject(
    app: &State<Arc<App>>,
    by: SignedIn,
    caller: Caller,
    body: Body<RejectRequest>,
) -> Answer<TokenRecord> {
    let (Body(request), SignedIn(by)) = (body, by);
    let grant = match (&request.refresh_token, request.refresh_token_id) {
        (Some(token), None) => disable::grant_of_token(app, token.expose())?,
        (None, Some(id)) => id,
        _ => {
            return Err(Wire::invalid_request(
                "Send either refresh_token or refresh_token_id.",
            ));
        }
    };
    let owner = listing::grant(app, grant).await?.user_id;
    let actor = if by.user == owner && !by.has("admin") {
        by.as_owner(&caller)
    } else {
        by.actor(&caller)
    };
    if by.user != owner && by.roles.is_empty() {
        // To a stranger it is as if there were none.
        return Err(Error::NotFound(Thing::Token).into());
    }
    let disabling = Disabling {
        reason: request.reason,
        until: request.until,
    };
    disable::disable(app, &actor, Subject::Grant(grant), &disabling).await?;
    Ok(Reply::ok(listing::grant(app, grant).await?.into()))
}
