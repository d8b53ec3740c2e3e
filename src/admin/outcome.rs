//! What was just done, told after the redirect. The address holds the id of the request that did it, and
//! all words come from the audit event of that request: nobody can put words on our page by a link. It is
//! told only to whoever did it, and only while things still are as the event left them.

use uuid::Uuid;

use super::{
    consequence::{Owner, Sentence},
    deeds::UNDONE,
    format,
    sheets::{DeviceSheet, GrantSheet},
};
use crate::{
    app::App,
    db::{audit_events::StoredEvent, users::User},
    domain::{
        admin_session::Panelist,
        error::{Error, Thing},
        listing, search,
    },
    ids::{DeviceId, GrantId},
};

/// What was just done.
pub struct Outcome {
    /// In sentences.
    pub told: Vec<Sentence>,
    /// What undoes it: the path that the form posts to.
    pub undo: Option<String>,
    /// Why, for the audit log, if it is undone.
    pub because: &'static str,
}

/// What an act leaves behind, and whether whoever looks may do the opposite.
struct After {
    /// How what is told begins.
    name: Sentence,
    /// What is told of the other devices.
    others: Option<Sentence>,
    /// Disabled now.
    disabled: bool,
    /// Disabled since the event.
    by_event: bool,
    /// Until when.
    until: Option<String>,
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
    let own = events.into_iter().find(|event| {
        event.request_id == request
            && event.actor_id == Some(by.user.0)
            && event.user_id == Some(user.id.0)
    });
    let Some(event) = own else {
        return Ok(None);
    };
    let after = match (event.subject_kind.as_str(), event.subject_id) {
        ("user", _) => Ok(of_user(user, owner, may, &event)),
        ("device", Some(id)) => of_device(app, by, owner, DeviceId(id), &event).await,
        ("token", Some(id)) => of_token(app, by, owner, GrantId(id), &event).await,
        _ => return Ok(None),
    };
    match after {
        Ok(after) => Ok(tell(after, &event)),
        // Purged, or deleted since.
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn of_user(user: &User, owner: &Owner, may: (bool, bool), event: &StoredEvent) -> After {
    After {
        name: Sentence {
            before: "",
            name: user.username.clone(),
            after: String::new(),
        },
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
        name: Sentence::on(&name, "”"),
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
        name: Sentence {
            before: "The token on “",
            name: device.name,
            after: "”".to_owned(),
        },
        others: Some(owner.others(device.id)),
        disabled,
        by_event: since == Some(event.created_at),
        until: until.map(format::time),
        may: (deeds.disable, deeds.enable),
        path: deeds.path,
    })
}

/// The words for an event, if things still are as it left them.
fn tell(after: After, event: &StoredEvent) -> Option<Outcome> {
    let what = event.action.split('.').next_back().unwrap_or_default();
    let (may_disable, may_enable) = after.may;
    let (said, undo) = match what {
        "disabled" if after.disabled && after.by_event => {
            let until = after.until.map(|until| format!(" until {until}"));
            let said = format!(" is disabled{}.", until.unwrap_or_default());
            // What had been disabled before was only changed: enabling would not bring that back.
            let again = event.details["again"].as_bool() == Some(true);
            (said, (may_enable && !again).then_some("enable"))
        }
        "enabled" if !after.disabled => (
            " is enabled again.".to_owned(),
            may_disable.then_some("disable"),
        ),
        "ended" if event.subject_kind == "user" => (" is signed out everywhere.".to_owned(), None),
        "ended" if event.subject_kind == "device" => (" is signed out for good.".to_owned(), None),
        "ended" => (" has ended for good.".to_owned(), None),
        _ => return None,
    };
    let mut first = after.name;
    first.after.push_str(&said);
    let path = after.path;
    Some(Outcome {
        told: std::iter::once(first).chain(after.others).collect(),
        undo: undo.map(|verb| format!("{path}/{verb}")),
        because: UNDONE,
    })
}
