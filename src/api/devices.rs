//! `/devices/{id}/…`, and the bodies that disabling, enabling and ending share.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rocket::{State, post};
use serde::Deserialize;

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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuspendRequest {
    reason: Option<String>,
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnableRequest {
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
