//! `/tokens/{id}/…`.

use std::sync::Arc;

use rocket::{State, post};

use super::{
    answer::{Answer, Reply},
    body::Body,
    devices::{EnableRequest, EndRequest, SuspendRequest},
};
use crate::{
    app::App,
    db::{audit_events::Caller, disabling::Subject},
    domain::{self, listing},
    guard::role::Support,
    ids::GrantId,
    records::TokenRecord,
};

/// Disables a refresh token.
#[utoipa::path(
    request_body = SuspendRequest,
    responses(
        (status = 200, description = "The refresh token, disabled.", body = TokenRecord),
        (status = 409, description = "`already_ended`."),
    ),
    security(("bearer" = ["admin", "support"])),
)]
#[post("/tokens/<id>/disable", data = "<body>")]
pub async fn disable(
    app: &State<Arc<App>>,
    by: Support,
    caller: Caller,
    id: GrantId,
    body: Body<SuspendRequest>,
) -> Answer<TokenRecord> {
    domain::disable::disable(
        app,
        &by.0.actor(&caller),
        Subject::Grant(id),
        &body.0.into(),
    )
    .await?;
    Ok(Reply::ok(listing::grant(app, id).await?.into()))
}

/// Enables a refresh token again.
#[utoipa::path(
    request_body = EnableRequest,
    responses(
        (status = 200, description = "The refresh token, enabled.", body = TokenRecord),
        (status = 409, description = "`already_ended`."),
    ),
    security(("bearer" = ["admin", "support"])),
)]
#[post("/tokens/<id>/enable", data = "<body>")]
pub async fn enable(
    app: &State<Arc<App>>,
    by: Support,
    caller: Caller,
    id: GrantId,
    body: Body<EnableRequest>,
) -> Answer<TokenRecord> {
    domain::disable::enable(
        app,
        &by.0.actor(&caller),
        Subject::Grant(id),
        body.0.reason(),
    )
    .await?;
    Ok(Reply::ok(listing::grant(app, id).await?.into()))
}

/// Ends a grant for good.
#[utoipa::path(
    request_body = EndRequest,
    responses((status = 200, description = "The refresh token, ended.", body = TokenRecord)),
    security(("bearer" = ["admin", "support"])),
)]
#[post("/tokens/<id>/end", data = "<body>")]
pub async fn end(
    app: &State<Arc<App>>,
    by: Support,
    caller: Caller,
    id: GrantId,
    body: Body<EndRequest>,
) -> Answer<TokenRecord> {
    domain::end::end(
        app,
        &by.0.actor(&caller),
        Subject::Grant(id),
        body.0.reason(),
    )
    .await?;
    Ok(Reply::ok(listing::grant(app, id).await?.into()))
}
