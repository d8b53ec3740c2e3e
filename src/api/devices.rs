//! `/devices/{id}/…`, and the bodies that disabling, enabling and ending share.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rocket::{State, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    answer::{Answer, Reply},
    body::Body,
};
use crate::{
    app::App,
    db::{audit_events::Caller, disabling::Subject},
    domain::{self, disable::Disabling, listing},
    guard::role::Support,
    ids::DeviceId,
    records::DeviceRecord,
};

/// Why, and until when.
#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({ "reason": "lost in a taxi" })))]
#[serde(deny_unknown_fields)]
pub struct SuspendRequest {
    /// One line.
    #[schema(max_length = 500, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    reason: Option<String>,
    /// When it works again by itself: a time to come. Without it, when it is enabled.
    until: Option<DateTime<Utc>>,
}

impl From<SuspendRequest> for Disabling {
    fn from(request: SuspendRequest) -> Self {
        Self {
            reason: request.reason,
            until: request.until,
        }
    }
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({ "reason": "found in the sofa" })))]
#[serde(deny_unknown_fields)]
pub struct EnableRequest {
    /// One line.
    #[schema(max_length = 500, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    reason: Option<String>,
}

/// Why: as for enabling.
pub type EndRequest = EnableRequest;

impl EnableRequest {
    /// In the caller's words.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// Disables a device: no sign-in and no refresh on it.
#[utoipa::path(
    request_body = SuspendRequest,
    responses((status = 200, description = "The device, disabled.", body = DeviceRecord)),
    security(("bearer" = ["admin", "support"])),
)]
#[post("/devices/<id>/disable", data = "<body>")]
pub async fn disable(
    app: &State<Arc<App>>,
    by: Support,
    caller: Caller,
    id: DeviceId,
    body: Body<SuspendRequest>,
) -> Answer<DeviceRecord> {
    domain::disable::disable(
        app,
        &by.0.actor(&caller),
        Subject::Device(id),
        &body.0.into(),
    )
    .await?;
    Ok(Reply::ok(listing::device(app, id).await?.into()))
}

/// Enables a device again.
#[utoipa::path(
    request_body = EnableRequest,
    responses((status = 200, description = "The device, enabled.", body = DeviceRecord)),
    security(("bearer" = ["admin", "support"])),
)]
#[post("/devices/<id>/enable", data = "<body>")]
pub async fn enable(
    app: &State<Arc<App>>,
    by: Support,
    caller: Caller,
    id: DeviceId,
    body: Body<EnableRequest>,
) -> Answer<DeviceRecord> {
    domain::disable::enable(
        app,
        &by.0.actor(&caller),
        Subject::Device(id),
        body.0.reason(),
    )
    .await?;
    Ok(Reply::ok(listing::device(app, id).await?.into()))
}

/// Signs a device out for good.
#[utoipa::path(
    request_body = EndRequest,
    responses((status = 200, description = "The device, signed out.", body = DeviceRecord)),
    security(("bearer" = ["admin", "support"])),
)]
#[post("/devices/<id>/end", data = "<body>")]
pub async fn end(
    app: &State<Arc<App>>,
    by: Support,
    caller: Caller,
    id: DeviceId,
    body: Body<EndRequest>,
) -> Answer<DeviceRecord> {
    domain::end::end(
        app,
        &by.0.actor(&caller),
        Subject::Device(id),
        body.0.reason(),
    )
    .await?;
    Ok(Reply::ok(listing::device(app, id).await?.into()))
}
