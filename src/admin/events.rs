//! Audit events as lines, for every page that shows some.

use serde_json::Value;
use uuid::Uuid;

use super::{
    format,
    text::{Text, say, word_of},
};
use crate::db::audit_events::StoredEvent;

/// One printed event.
pub struct EventLine {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub time: Text,
    /// The stored word, such as `device.disabled`.
    pub action: String,
    /// A sign of trouble.
    pub alarming: bool,
    /// Who: a name, or in what capacity.
    pub actor: Text,
    /// The user it happened to; empty where there is none any more.
    pub username: String,
    /// That user's id.
    pub user: Option<Uuid>,
    /// What it happened to: `user`, `device`, `token`, `client`, `bulk` or `server`.
    pub subject: Text,
    /// The page about it, where there is one.
    pub about: Option<String>,
    /// Why and what else: name and value.
    pub facts: Vec<(Text, String)>,
}

/// The actions that somebody should look at.
pub const ALARMING: [&str; 2] = ["token.reused", "token.generation_ahead"];

impl From<StoredEvent> for EventLine {
    fn from(event: StoredEvent) -> Self {
        let known = event.actor_id.is_some();
        let actor = who(event.actor_username.as_deref(), known, &event.actor_kind);
        let user = event.username.as_ref().and(event.user_id);
        let about = match (user, event.subject_id, event.subject_kind.as_str()) {
            (Some(user), Some(device), "device") => {
                Some(format!("/admin/users/{user}?device={device}"))
            }
            (_, Some(act), "bulk") => Some(format!("/admin/bulk/{act}")),
            _ => None,
        };
        let mut facts = Vec::new();
        let subject = event.subject_id.map(|id| id.to_string());
        facts.extend(subject.map(|id| (word_of("subject", &event.subject_kind), id)));
        facts.extend(event.reason.map(|reason| (say("fact-reason"), reason)));
        if let Value::Object(details) = event.details {
            let told = details.into_iter().filter(|(_, value)| !value.is_null());
            facts.extend(told.map(|(name, value)| (word_of("fact", &name), plain(&value))));
        }
        facts.extend(event.address.map(|address| (say("fact-address"), address)));
        let agent = event.user_agent.filter(|agent| !agent.is_empty());
        facts.extend(agent.map(|agent| (say("fact-user-agent"), agent)));
        facts.push((say("fact-request"), event.request_id.to_string()));
        Self {
            id: event.id,
            time: format::time(event.created_at),
            alarming: ALARMING.contains(&event.action.as_str()),
            action: event.action,
            actor,
            user,
            username: event.username.unwrap_or_default(),
            subject: word_of("subject", &event.subject_kind),
            about,
            facts,
        }
    }
}

/// Who did something: a name, if there is one, and in what capacity.
pub fn who(name: Option<&str>, known: bool, kind: &str) -> Text {
    let kind = word_of("who", kind);
    match name {
        Some(name) => say("who-named").with("name", name).with("kind", kind),
        None if known => say("who-deleted").with("kind", kind),
        None => kind,
    }
}

/// A detail without the signs of JSON.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_told_in_words() {
        let list = serde_json::json!(["admin", "support"]);
        assert_eq!(plain(&list), "admin, support");
        assert_eq!(plain(&Value::from("a")), "a");
        assert_eq!(plain(&Value::from(2)), "2");
    }
}
