//! What was just done, told after the redirect. The address holds the id of the request that did it, and
//! all words come from the audit event of that request: nobody can put words on our page by a link. It is
//! told only to whoever did it, and only while things still are as the event left them.

use std::slice;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    consequence::Owner,
    deeds::UNDONE,
    ends::Ends,
    format,
    sheets::{DeviceSheet, GrantSheet},
    text::{Text, say},
};
use crate::{
    app::App,
    db::{audit_events::StoredEvent, disabling::Subject, users::User},
    domain::{
        admin_session::Panelist,
        error::{Error, Thing},
        listing, search,
    },
    ids::{DeviceId, GrantId, UserId},
};

/// What was just done.
pub struct Outcome {
    /// In sentences.
    pub told: Vec<Text>,
    /// What ends when, of what is disabled now; empty otherwise.
    pub ends: Text,
    /// What undoes it: the path that the form posts to.
    pub undo: Option<String>,
    /// Why, for the audit log, if it is undone: what is disabled again is so for the reason that it was.
    pub because: String,
    /// Until when it is disabled again, as a form says it; empty for no end.
    pub until: String,
}

/// What an act leaves behind, and whether whoever looks may do the opposite.
struct After {
    /// What it is called, or what its device is.
    name: String,
    /// What is told of the other devices.
    others: Option<Text>,
    /// Disabled now.
    disabled: bool,
    /// Disabled since the event.
    by_event: bool,
    /// Until when.
    until: Option<Text>,
    /// The path of its forms.
    path: String,
    /// It may be disabled, and it may be enabled.
    may: (bool, bool),
}

/// What a request of `by` did to a user, or to a device or a token of that user.
///
/// # Errors
/// Those of the database.
pub async fn of_request(
    app: &App,
    by: &Panelist,
    (user, owner, may): (&User, &Owner, (bool, bool)),
    request: Uuid,
) -> Result<Option<Outcome>, Error> {
    let events = search::events_of_request(app, request).await?;
    let own = events.into_iter().filter(|event| {
        event.request_id == request
            && event.actor_id == Some(by.user.0)
            && event.user_id == Some(user.id.0)
    });
    let own: Vec<StoredEvent> = own.collect();
    if let [one, other, ..] = own.as_slice()
        && one.subject_kind == "device"
        && one.action == other.action
    {
        return of_devices(app, by, owner, &own).await;
    }
    let Some(event) = own.into_iter().next() else {
        return Ok(None);
    };
    let after = match (event.subject_kind.as_str(), event.subject_id) {
        ("user", _) => Ok(of_user(user, owner, may, &event)),
        ("device", Some(id)) => of_device(app, by, owner, DeviceId(id), &event).await,
        ("token", Some(id)) => of_token(app, by, owner, GrantId(id), &event).await,
        _ => return Ok(None),
    };
    match after {
        Ok(after) => {
            let mut outcome = tell(after, &event, app.clock.now());
            if let Some(told) = outcome.as_mut() {
                told.ends = ends_of(app, slice::from_ref(&event)).await?;
            }
            Ok(outcome)
        }
        // Purged, or deleted since.
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What was done to several devices at once, as far as they still are as the events left them.
async fn of_devices(
    app: &App,
    by: &Panelist,
    owner: &Owner,
    events: &[StoredEvent],
) -> Result<Option<Outcome>, Error> {
    let of = |id: DeviceId| events.iter().find(|event| event.subject_id == Some(id.0));
    let ids: Vec<DeviceId> = events
        .iter()
        .filter_map(|it| it.subject_id.map(DeviceId))
        .collect();
    let disabled = events.iter().all(|event| event.action == "device.disabled");
    let mut still = listing::some_devices(app, &ids).await?;
    still.retain(|device| {
        let since = of(device.id).map(|event| event.created_at);
        device.disabled == disabled && (!disabled || device.disabled_at == since)
    });
    let (Some(event), Some(device)) = (events.first(), still.first()) else {
        return Ok(None);
    };
    let (many, request) = (still.len(), event.request_id);
    let told = if disabled {
        owner.devices_are_disabled(many, device.disabled_until.map(format::time))
    } else {
        owner.devices_are_enabled(many)
    };
    let mut sheets = still
        .into_iter()
        .map(|device| DeviceSheet::new(by, device, owner));
    let may_undo = disabled && sheets.all(|sheet| sheet.deeds.enable);
    let path = format!("/admin/users/{}/devices/enable/{request}", owner.id);
    let ends = ends_of(app, events).await?;
    Ok(Some(Outcome {
        ends,
        told: vec![told, owner.but(&ids)],
        undo: may_undo.then_some(path),
        because: UNDONE.to_owned(),
        until: String::new(),
    }))
}

/// What ends when, after these events: nothing after others than those that disable.
async fn ends_of(app: &App, events: &[StoredEvent]) -> Result<Text, Error> {
    let disabled = events.iter().filter(|it| it.action.ends_with(".disabled"));
    let subjects = disabled.filter_map(|event| {
        let id = event.subject_id?;
        Some(match event.subject_kind.as_str() {
            "user" => Subject::User(UserId(id)),
            "device" => Subject::Device(DeviceId(id)),
            _ => Subject::Grant(GrantId(id)),
        })
    });
    let subjects: Vec<Subject> = subjects.collect();
    let Some(event) = events.first().filter(|_| !subjects.is_empty()) else {
        return Ok(Text::default());
    };
    Ok(Ends::of(app, &subjects).await?.tell_all(event.created_at))
}

fn of_user(user: &User, owner: &Owner, may: (bool, bool), event: &StoredEvent) -> After {
    After {
        name: user.username.clone(),
        others: (event.action == "user.disabled").then(|| owner.now_disabled()),
        disabled: user.disabled,
        by_event: user.disabled_at == Some(event.created_at),
        until: user.disabled_until.map(format::time),
        path: format!("/admin/users/{}", user.id),
        may,
    }
}

async fn of_device(
    app: &App,
    by: &Panelist,
    owner: &Owner,
    id: DeviceId,
    event: &StoredEvent,
) -> Result<After, Error> {
    let device = listing::device(app, id).await?;
    let (disabled, since) = (device.disabled, device.disabled_at);
    let (until, name) = (device.disabled_until, device.name.clone());
    let deeds = DeviceSheet::new(by, device, owner).deeds;
    Ok(After {
        name,
        others: Some(owner.others(id)),
        disabled,
        by_event: since == Some(event.created_at),
        until: until.map(format::time),
        may: (deeds.disable, deeds.enable),
        path: deeds.path,
    })
}

async fn of_token(
    app: &App,
    by: &Panelist,
    owner: &Owner,
    id: GrantId,
    event: &StoredEvent,
) -> Result<After, Error> {
    let grant = listing::grant(app, id).await?;
    let device = listing::device(app, grant.device_id).await;
    let device = device.map_err(|error| match error {
        Error::NotFound(_) => Error::NotFound(Thing::Token),
        error => error,
    })?;
    let (disabled, since, until) = (grant.disabled, grant.disabled_at, grant.disabled_until);
    let now = app.clock.now();
    let deeds = GrantSheet::new(by, grant, device.name.clone(), owner, now).deeds;
    Ok(After {
        name: device.name,
        others: Some(owner.others(device.id)),
        disabled,
        by_event: since == Some(event.created_at),
        until: until.map(format::time),
        may: (deeds.disable, deeds.enable),
        path: deeds.path,
    })
}

/// The words for an event, if things still are as it left them.
fn tell(after: After, event: &StoredEvent, now: DateTime<Utc>) -> Option<Outcome> {
    let what = event.action.split('.').next_back().unwrap_or_default();
    let (may_disable, may_enable) = after.may;
    let was = |fact: &str| event.details[fact].as_str();
    let was_until = was("was_until").and_then(|until| until.parse::<DateTime<Utc>>().ok());
    let (said, undo) = match what {
        "disabled" if after.disabled && after.by_event => {
            let said = match after.until {
                None => say("outcome-disabled"),
                Some(until) => say("outcome-disabled-until").with("until", until),
            };
            // What had been disabled before was only changed: enabling would not bring that back.
            let again = event.details["again"].as_bool() == Some(true);
            (said, (may_enable && !again).then_some("enable"))
        }
        "enabled" if !after.disabled => (
            say("outcome-enabled"),
            // There is no way back to a suspension that would be over.
            (may_disable && was_until.is_none_or(|until| until > now)).then_some("disable"),
        ),
        "ended" if event.subject_kind == "user" => (say("outcome-user-ended"), None),
        "ended" if event.subject_kind == "device" => (say("outcome-device-ended"), None),
        "ended" => (say("outcome-token-ended"), None),
        _ => return None,
    };
    let kind = event.subject_kind.as_str();
    let first = said.with("what", kind).with("name", after.name);
    let path = after.path;
    Some(Outcome {
        told: std::iter::once(first).chain(after.others).collect(),
        ends: Text::default(),
        undo: undo.map(|verb| format!("{path}/{verb}")),
        because: was("was_reason").unwrap_or(UNDONE).to_owned(),
        until: was_until.map(format::field_time).unwrap_or_default(),
    })
}
