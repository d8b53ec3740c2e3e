//! `/admin/devices`: the devices of all users, by state, kind and last sign-in.

use std::{collections::HashMap, sync::Arc};

use askama::Template;
use rocket::{State, get};
use serde_json::Value;

use super::{
    asked::{Asked, Faults, Parameters, Question},
    badge::Badge,
    bulk,
    chrome::Chrome,
    export::{PAGE, SUSPENSION, Source, record},
    fault::Fault,
    format,
    list::{Around, Column, Field},
    page::Page,
    text::{Text, filters, say},
};
use crate::{
    api::error::Wire,
    app::App,
    db::{
        cursor::{self, DEFAULT_LIMIT},
        devices::{Device, Filter, LastUse, Order},
    },
    domain::{bulk::Kind, error::Error, listing},
    guard::session::Reader,
    ids::{DeviceId, UserId},
    records::DeviceRecord,
};

/// The longest kind that an app can name.
const KIND_LENGTH: usize = 32;

/// The list.
#[derive(Template)]
#[template(path = "admin/devices.html")]
pub struct DevicesPage {
    chrome: Chrome,
    devices: Vec<DeviceLine>,
    /// To where all that the list shows can be disabled or enabled, for whoever may.
    bulk: Option<bulk::new::Link>,
    around: Around,
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
    created: Text,
    signed_in: Text,
    last_used: Text,
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
            signed_in: format::time(device.signed_in_at),
            last_used: format::time(device.last_used_at),
        }
    }
}

/// Which devices are asked for.
///
/// # Errors
/// 400 for a page that there is not.
pub fn question(asked: &Asked<'_>) -> Result<Question<Filter>, Wire> {
    let (mut parameters, mut faults) = (Parameters::default(), Faults::default());
    let kind = parameters.take("kind", asked.kind);
    if kind.chars().count() > KIND_LENGTH || kind.contains('\0') {
        faults.push("kind", "told-device-kind-length");
    }
    let states = [("active", false), ("disabled", true)];
    let (order, ascending) = parameters
        .choose(
            "sort",
            asked.sort,
            &[
                ("created", (Order::Created, true)),
                ("-created", (Order::Created, false)),
                ("signed_in", (Order::SignedIn, true)),
                ("-signed_in", (Order::SignedIn, false)),
            ],
        )
        .unwrap_or_default();
    let not_since = parameters.time("not_since", asked.not_since, &mut faults);
    let filter = Filter {
        disabled: parameters.choose("status", asked.status, &states),
        kind: Some(kind).filter(|kind| !kind.is_empty()),
        // Only the last sign-ins are in an order in which those before a time stand together.
        order: not_since.map_or(order, |_| Order::SignedIn),
        ascending,
        not_since,
        at: asked.at(LastUse::parse)?,
    };
    Ok(Question {
        filter,
        asked: parameters,
        faults,
    })
}

/// Devices, the newest first unless another order is asked for.
#[get("/admin/devices?<asked..>")]
pub async fn list(
    app: &State<Arc<App>>,
    by: Reader,
    asked: Asked<'_>,
) -> Result<Page<DevicesPage>, Fault> {
    let question = question(&asked)?;
    let filter = &question.filter;
    let (page, names) = if question.faults.is_empty() {
        listing::all_devices(app, filter, DEFAULT_LIMIT).await?
    } else {
        (cursor::Page::none(), HashMap::new())
    };
    let current = match (filter.order, filter.ascending) {
        (Order::Created, true) => "created",
        (Order::Created, false) => "-created",
        (Order::SignedIn, true) => "signed_in",
        (Order::SignedIn, false) => "-signed_in",
    };
    let columns = [
        Column::Plain("label-device"),
        Column::Plain("label-user"),
        Column::Plain("label-state"),
        Column::Sorts("devices-last-sign-in", "-signed_in"),
        if filter.not_since.is_none() {
            Column::Sorts("devices-first-used", "-created")
        } else {
            Column::Plain("devices-first-used")
        },
    ];
    let fields = vec![
        Field::choice(
            "status",
            "label-state",
            "list-all",
            [
                ("active", say("devices-not-disabled")),
                ("disabled", say("badge-disabled")),
            ],
        ),
        Field::text("kind", "list-kind"),
        Field::time("not_since", "list-not-since"),
        Field::choice(
            "sort",
            "list-order",
            "devices-order-newest",
            [
                ("created", say("devices-order-oldest")),
                ("-signed_in", say("devices-order-signed-in-latest")),
                ("signed_in", say("devices-order-signed-in-longest")),
            ],
        ),
    ];
    let around = Around::new(
        ("/admin/devices", "devices"),
        &question,
        fields,
        &columns,
        current,
        &filter.at,
        &page,
    );
    let lines = page.items.into_iter().map(|device| {
        let username = names.get(&device.user_id).cloned();
        DeviceLine::new(device, username.unwrap_or_default())
    });
    let bulk = bulk::new::link(&by.0, &question.asked, Kind::Devices);
    let page = DevicesPage {
        chrome: Chrome::new(&by.0, "devices", say("devices-title"), None),
        devices: lines.collect(),
        bulk,
        around,
    };
    Ok(Page::new(question.status(), page))
}

impl Source for Filter {
    const LIST: &'static str = "devices";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "user_id",
        "username",
        "name",
        "kind",
        "created_at",
        "signed_in_at",
        "last_used_at",
        "signed_in",
    ];
    const MORE: &'static [&'static str] = SUSPENSION;

    async fn next(&mut self, app: &App) -> Result<(Vec<Value>, bool), Error> {
        let (page, names) = listing::all_devices(app, self, PAGE).await?;
        let more = self.at.follow(&page, LastUse::parse);
        let rows = page.items.into_iter().map(|device| {
            let username = names.get(&device.user_id).cloned();
            let signed_in_at = serde_json::to_value(device.signed_in_at)?;
            let extra = [
                ("username", username.into()),
                ("signed_in_at", signed_in_at),
            ];
            record(serde_json::to_value(DeviceRecord::from(device)), extra)
        });
        Ok((rows.collect::<Result<_, Error>>()?, more))
    }
}
