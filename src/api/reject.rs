//! `POST /token/reject`: an administrator, or the owner, disables a refresh token.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rocket::{State, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    answer::{Answer, Reply},
    body::Body,
    error::Wire,
    openapi::EXAMPLE_ID,
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

/// Which token, why, and until when: either the token or its id.
#[derive(Deserialize, ToSchema)]
#[schema(min_properties = 1, examples(json!({ "refresh_token_id": EXAMPLE_ID, "reason": "sold the phone" })))]
#[serde(deny_unknown_fields)]
pub struct RejectRequest {
    /// Of any generation.
    #[schema(value_type = Option<String>, pattern = "^dwr_[A-Za-z0-9_-]{96}$")]
    refresh_token: Option<Secret<String>>,
    /// The `sid` of its access tokens.
    #[schema(value_type = Option<Uuid>)]
    refresh_token_id: Option<GrantId>,
    /// One line.
    #[schema(max_length = 500, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    reason: Option<String>,
    /// When it works again by itself: a time to come. Without it, when it is enabled.
    until: Option<DateTime<Utc>>,
}

/// Disables a refresh token; other devices are not touched.
#[utoipa::path(
    request_body = RejectRequest,
    responses(
        (status = 200, description = "The refresh token, disabled.", body = TokenRecord),
        (status = 403),
        (status = 404, description = "`no_such_token`: none, or somebody else's."),
        (status = 409, description = "`already_ended`."),
    ),
    security(("bearer" = [])),
)]
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
