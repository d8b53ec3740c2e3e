//! A user's time line by device: what happened and what was refused, newest first, and how each device refreshed.
//! Nothing of a line is folded away, so that it can be printed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{
    agent,
    events::{ALARMING, plain},
    format,
    pager::Pager,
    refusals,
    words::Words,
};
use crate::{
    db::{audit_events::lookup::Happened, refresh_tokens::uses::Uses, refusals::Refusal},
    domain::time_line::{Entry, TimeLine},
    ids::{DeviceId, UserId},
};

/// How a device refreshed: a count and the last time, since a refresh writes no event.
pub struct UsesLine {
    /// How often.
    pub refreshes: String,
    /// How often an answer was asked for and given again; empty for never.
    pub retries: String,
    /// The last time.
    pub last: Option<Words>,
    /// From where, then; empty where it is not known.
    pub address: String,
    /// With what, then.
    pub agent: String,
}

impl UsesLine {
    /// Of a device, or of one that has no grant any more.
    pub fn new(uses: Option<Uses>) -> Self {
        let count = |many: i64, words| format::count(many, words);
        let (refreshes, retries) = uses
            .as_ref()
            .map(|uses| (uses.refreshes, uses.retries))
            .unwrap_or_default();
        let again = count(
            retries,
            ["lost answer given again", "lost answers given again"],
        );
        Self {
            refreshes: count(refreshes, ["refresh", "refreshes"]),
            retries: if retries == 0 { String::new() } else { again },
            last: uses
                .as_ref()
                .and_then(|uses| uses.refreshed_at)
                .map(format::second),
            address: uses
                .as_ref()
                .and_then(|uses| uses.address.clone())
                .unwrap_or_default(),
            agent: agent::words(&uses.and_then(|uses| uses.user_agent).unwrap_or_default()),
        }
    }
}

/// One line.
pub struct Line {
    /// When.
    pub time: Words,
    /// What.
    pub what: String,
    /// How the badge looks.
    pub tone: &'static str,
    /// By whom, if not by the user; empty otherwise.
    pub by: String,
    /// Why; empty for no reason.
    pub reason: String,
    /// What else.
    pub facts: Words,
    /// From where; empty where it is not known.
    pub address: String,
    /// With what, in a few words.
    pub agent: String,
    /// In which request, of what was refused.
    pub refused_in: Option<Uuid>,
}

/// The lines of one device, or of the user as a whole.
pub struct Group {
    /// The device, if it is of one.
    pub device: Option<DeviceId>,
    /// What it is called; empty for one that is gone.
    pub name: String,
    /// The newest first.
    pub lines: Vec<Line>,
}

/// A part of a time line, as printed.
pub struct TimeLineView {
    /// By device, the one with the newest line first, and the user as a whole at last.
    pub groups: Vec<Group>,
    /// To what is older, and back to the newest.
    pub pager: Pager,
}

impl TimeLineView {
    /// The time line of a user.
    pub fn new(user: UserId, line: TimeLine, pager: Pager) -> Self {
        let TimeLine { page, devices } = line;
        Self {
            groups: groups(user, page.items, &devices),
            pager,
        }
    }
}

fn groups(user: UserId, entries: Vec<Entry>, names: &HashMap<DeviceId, String>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for entry in entries {
        let device = entry.device();
        let line = match entry {
            Entry::Happened(event) => Line::of_event(user, event),
            Entry::Refused(refusal) => Line::of_refusal(refusal),
        };
        match groups.iter_mut().find(|group| group.device == device) {
            Some(group) => group.lines.push(line),
            None => groups.push(Group {
                name: device
                    .and_then(|id| names.get(&id).cloned())
                    .unwrap_or_default(),
                device,
                lines: vec![line],
            }),
        }
    }
    groups.sort_by_key(|group| group.device.is_none());
    groups
}

impl Line {
    fn of_event(user: UserId, event: Happened) -> Self {
        let by = match (event.actor_username, event.actor_id) {
            (_, Some(id)) if id == user.0 && event.actor_kind == "user" => String::new(),
            (Some(name), _) => format!("{name} ({})", event.actor_kind),
            (None, Some(_)) => format!("a deleted user ({})", event.actor_kind),
            (None, None) if event.actor_kind == "anonymous" => String::new(),
            (None, None) => event.actor_kind,
        };
        let details = event.details.as_object().into_iter().flatten();
        // The device is the heading.
        let told = details.filter(|(name, _)| *name != "device_id");
        let facts = told.filter_map(|(name, value)| fact(&name.replace('_', " "), value));
        Self {
            time: format::second(event.created_at),
            tone: tone(&event.action),
            what: event.action.replace(['.', '_'], " "),
            by,
            reason: event.reason.unwrap_or_default(),
            facts: facts
                .reduce(|told, fact| told.and(", ").and(fact))
                .unwrap_or_default(),
            address: event.address.unwrap_or_default(),
            agent: agent::words(&event.user_agent.unwrap_or_default()),
            refused_in: None,
        }
    }

    fn of_refusal(refusal: Refusal) -> Self {
        let what = if refusal.grant_id.is_some() {
            "refresh refused"
        } else {
            "refused"
        };
        Self {
            time: format::second(refusal.created_at),
            what: format!("{what}: {}", refusals::words(&refusal.reason)),
            tone: "off",
            by: String::new(),
            reason: String::new(),
            facts: format!(
                "{} so far",
                format::count(refusal.refused, ["time", "times"])
            )
            .into(),
            address: refusal.address.unwrap_or_default(),
            agent: agent::words(&refusal.user_agent.unwrap_or_default()),
            refused_in: Some(refusal.request_id),
        }
    }
}

/// A detail in words; none for what is not so. Which id it is stands in the audit log.
fn fact(name: &str, value: &Value) -> Option<Words> {
    let text = plain(value);
    match text.as_str() {
        "" | "null" | "false" | "0" => None,
        "true" => Some(name.into()),
        id if Uuid::parse_str(id).is_ok() => Some(name.into()),
        text => Some(match text.parse::<DateTime<Utc>>() {
            Ok(time) => format::second(time).within(|time| format!("{name} {time}")),
            Err(_) => format!("{name} {text}").into(),
        }),
    }
}

fn tone(action: &str) -> &'static str {
    if ALARMING.contains(&action) || action.ends_with(".disabled") {
        "off"
    } else if action.ends_with(".signed_in") || action.ends_with(".enabled") {
        "good"
    } else {
        "gone"
    }
}
