//! `/admin/devices`: the devices of all users.

use std::sync::Arc;

use askama::Template;
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
        devices::Device,
    },
    domain::listing,
    guard::session::Reader,
    ids::{DeviceId, UserId},
};

/// The list.
#[derive(Template)]
#[template(path = "admin/devices.html")]
pub struct DevicesPage {
    chrome: Chrome,
    disabled: bool,
    devices: Vec<DeviceLine>,
    pager: Pager,
}

/// One printed device.
struct DeviceLine {
    id: DeviceId,
    name: String,
    kind: String,
    user: UserId,
    username: String,
    badge: Badge,
    reason: String,
    created: String,
    last_used: String,
}

impl DeviceLine {
    fn new(device: Device, username: String) -> Self {
        Self {
            badge: Badge::of_device(&device),
            reason: format::reason(device.disabled, device.disabled_reason),
            id: device.id,
            name: device.name,
            kind: device.kind,
            user: device.user_id,
            username,
            created: format::time(device.created_at),
            last_used: format::time(device.last_used_at),
        }
    }
}

/// Devices, newest first; with `status=disabled` those disabled now.
#[get("/admin/devices?<status>&<cursor>")]
pub async fn list(
    app: &State<Arc<App>>,
    by: Reader,
    status: Option<&str>,
    cursor: Option<&str>,
) -> Result<Page<DevicesPage>, Fault> {
    let disabled = status == Some("disabled");
    let before = begins(cursor, cursor::id)?.map(DeviceId);
    let (page, names) = listing::all_devices(app, disabled, before, DEFAULT_LIMIT).await?;
    let asked = [("status", if disabled { "disabled" } else { "" })];
    let later = before.is_some();
    let pager = Pager::new("/admin/devices", &asked, "cursor", later, page.next_cursor);
    let lines = page.items.into_iter().map(|device| {
        let username = names.get(&device.user_id).cloned();
        DeviceLine::new(device, username.unwrap_or_default())
    });
    let page = DevicesPage {
        chrome: Chrome::new(&by.0, "devices", "Devices", None),
        disabled,
        devices: lines.collect(),
        pager,
    };
    Ok(Page::new(Status::Ok, page))
}
