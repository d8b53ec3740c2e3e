//! A device and a token as sheets: how they stand, and what can be done to them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{
    badge::Badge,
    consequence::Owner,
    deeds::{Deeds, Refused, Standing},
    ends::Ends,
    format,
    text::Text,
    time_line::uses,
};
use crate::{
    app::App,
    db::{
        devices::Device,
        disabling::Subject,
        refresh_tokens::{Grant, uses::Uses},
        users::User,
    },
    domain::{admin_session::Panelist, error::Error, time_line},
    ids::{DeviceId, UserId},
};

/// One printed device.
pub struct DeviceSheet {
    /// Its id.
    pub id: DeviceId,
    /// What it is called.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// Whose it is.
    pub user: UserId,
    /// That user's name.
    pub username: String,
    /// The last sign-in or refresh.
    pub last_used: Text,
    /// The first sign-in.
    pub created: Text,
    /// Disabled now.
    pub disabled: bool,
    /// How it stands.
    pub badge: Badge,
    /// Why it is disabled, while it is.
    pub reason: String,
    /// What can be done.
    pub deeds: Deeds,
}

/// One printed token.
pub struct GrantSheet {
    /// Its id.
    pub id: String,
    /// The device's name.
    pub device: String,
    /// The client.
    pub client: String,
    /// The sign-in.
    pub created: Text,
    /// The last refresh.
    pub last_used: Text,
    /// The end.
    pub expires: Text,
    /// It is bound to a key.
    pub bound: bool,
    /// How it stands.
    pub badge: Badge,
    /// Why it is disabled, while it is.
    pub reason: String,
    /// What ends when, while it is disabled; the page that tells it fills it in.
    pub ends: Text,
    /// What can be done.
    pub deeds: Deeds,
}

/// A device with how it was used.
pub struct DeviceEntry {
    /// The device.
    pub sheet: DeviceSheet,
    /// How it refreshed.
    pub uses: Text,
    /// What ends when, while it is disabled.
    pub ends: Text,
}

impl DeviceSheet {
    /// The sheet of an owner's device, with the forms that `by` may use.
    pub fn new(by: &Panelist, device: Device, owner: &Owner) -> Self {
        let standing = Standing {
            disabled: device.disabled,
            disabled_by: device.disabled_by_kind.as_deref(),
            live: device.signed_in,
            of_staff: owner.of_staff,
        };
        let (disabled, ended) = (
            owner.if_device_is_disabled(&device),
            owner.if_device_ends(&device),
        );
        Self {
            deeds: Deeds::new(by, "device", device.id, &standing).telling(disabled, ended),
            disabled: device.disabled,
            badge: Badge::of_device(&device),
            reason: format::reason(device.disabled, device.disabled_reason),
            id: device.id,
            name: device.name,
            kind: device.kind,
            user: owner.id,
            username: owner.name.clone(),
            last_used: format::time(device.last_used_at),
            created: format::time(device.created_at),
        }
    }
}

impl GrantSheet {
    /// The sheet of an owner's token on a device of this name.
    pub fn new(
        by: &Panelist,
        grant: Grant,
        device: String,
        owner: &Owner,
        now: DateTime<Utc>,
    ) -> Self {
        let live = grant.ended_at.is_none() && grant.expires_at > now;
        let standing = Standing {
            disabled: grant.disabled,
            disabled_by: grant.disabled_by_kind.as_deref(),
            live,
            of_staff: owner.of_staff,
        };
        let disabled = owner.if_token_is_disabled(grant.device_id, &device);
        let ended = vec![owner.others(grant.device_id)];
        Self {
            id: grant.id.to_string(),
            deeds: Deeds::new(by, "token", grant.id, &standing).telling(disabled, ended),
            badge: Badge::of_grant(&grant, now),
            reason: format::reason(grant.disabled, grant.disabled_reason),
            ends: Text::default(),
            device,
            client: grant.client_id.to_string(),
            created: format::time(grant.created_at),
            last_used: format::time(grant.last_used_at),
            expires: format::time(grant.expires_at),
            bound: grant.bound,
        }
    }
}

/// What of a user's page is disabled.
pub fn disabled(user: &User, devices: &[Device], grants: &[Grant]) -> Vec<Subject> {
    let own = user.disabled.then_some(Subject::User(user.id));
    let devices = devices.iter().filter(|device| device.disabled);
    let grants = grants.iter().filter(|grant| grant.disabled);
    own.into_iter()
        .chain(devices.map(|device| Subject::Device(device.id)))
        .chain(grants.map(|grant| Subject::Grant(grant.id)))
        .collect()
}

/// Devices with how they were used. What was refused just now goes back into the form that it was typed into.
///
/// # Errors
/// Those of the database.
pub async fn entries(
    app: &App,
    by: &Panelist,
    devices: Vec<Device>,
    owner: &Owner,
    (ends, refused): (&Ends, &mut Refused),
) -> Result<Vec<DeviceEntry>, Error> {
    let shown: Vec<DeviceId> = devices.iter().map(|device| device.id).collect();
    let found = time_line::uses(app, &shown).await?.into_iter();
    let mut found: HashMap<DeviceId, Uses> = found.map(|it| (it.device_id, it)).collect();
    let entries = devices.into_iter().map(|device| {
        let uses = uses(found.remove(&device.id));
        let ends = ends.tell(device.id.0, device.disabled, device.disabled_at);
        let mut sheet = DeviceSheet::new(by, device, owner);
        sheet.deeds.put_back(refused);
        DeviceEntry { sheet, uses, ends }
    });
    Ok(entries.collect())
}
