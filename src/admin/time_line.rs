//! A user's time line by device: what happened and what was refused, newest first, and how each device refreshed.
//! Nothing of a line is folded away, so that it can be printed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{
    agent,
    events::{ALARMING, plain, who},
    format,
    pager::Pager,
    refusals,
    text::{Text, say, word_of},
};
use crate::{
    db::{audit_events::lookup::Happened, refresh_tokens::uses::Uses, refusals::Refusal},
    domain::time_line::{Entry, TimeLine},
    ids::{DeviceId, UserId},
};

/// How a device refreshed, or one that has no grant any more: a count and the last time, since a refresh writes no
/// event.
pub fn uses(uses: Option<Uses>) -> Text {
    let Some(uses) = uses else {
        return say("uses-never").with("number", 0).with("retries", 0);
    };
    let told = match uses.refreshed_at.map(format::second) {
        None => say("uses-never"),
        Some(last) => say("uses-last").with("time", last),
    };
    told.with("number", uses.refreshes)
        .with("retries", uses.retries)
        .seen_from(uses.address.as_deref())
        .with(
            "agent",
            agent::words(uses.user_agent.as_deref().unwrap_or_default()),
        )
}

/// One line.
pub struct Line {
    /// When.
    pub time: Text,
    /// What.
    pub what: Text,
    /// How the badge looks.
    pub tone: &'static str,
    /// By whom, if not by the user; empty otherwise.
    pub by: Text,
    /// Why; empty for no reason.
    pub reason: String,
    /// What else.
    pub facts: Text,
    /// From where; empty where it is not known.
    pub address: String,
    /// With what, in a few words.
    pub agent: Text,
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
        let by = match (event.actor_id, event.actor_kind.as_str()) {
            (Some(id), "user") if id == user.0 => Text::default(),
            (None, "anonymous") => Text::default(),
            (id, kind) => who(event.actor_username.as_deref(), id.is_some(), kind),
        };
        let details = event.details.as_object().into_iter().flatten();
        // The device is the heading.
        let told = details.filter(|(name, _)| *name != "device_id");
        let facts = told.filter_map(|(name, value)| fact(name, value));
        Self {
            time: format::second(event.created_at),
            tone: tone(&event.action),
            what: word_of("happened", &event.action),
            by,
            reason: event.reason.unwrap_or_default(),
            facts: Text::listed(facts.collect()),
            address: event.address.unwrap_or_default(),
            agent: agent::words(&event.user_agent.unwrap_or_default()),
            refused_in: None,
        }
    }

    fn of_refusal(refusal: Refusal) -> Self {
        let what = if refusal.grant_id.is_some() {
            "line-refresh-refused"
        } else {
            "line-refused"
        };
        Self {
            time: format::second(refusal.created_at),
            what: say(what).with("why", refusals::words(&refusal.reason)),
            tone: "off",
            by: Text::default(),
            reason: String::new(),
            facts: say("line-so-far").with("number", refusal.refused),
            address: refusal.address.unwrap_or_default(),
            agent: agent::words(&refusal.user_agent.unwrap_or_default()),
            refused_in: Some(refusal.request_id),
        }
    }
}

/// A detail in words; none for what is not so. Which id it is stands in the audit log.
fn fact(name: &str, value: &Value) -> Option<Text> {
    let (text, name) = (plain(value), word_of("fact", name));
    match text.as_str() {
        "" | "null" | "false" | "0" => None,
        "true" => Some(name),
        id if Uuid::parse_str(id).is_ok() => Some(name),
        text => {
            let time = text.parse::<DateTime<Utc>>().map(format::second);
            let value = time.unwrap_or_else(|_| text.into());
            Some(say("line-fact").with("name", name).with("value", value))
        }
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
