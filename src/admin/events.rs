//! Audit events as lines, for every page that shows some.

use serde_json::Value;
use uuid::Uuid;

use super::{format, words::Words};
use crate::db::audit_events::StoredEvent;

/// One printed event.
pub struct EventLine {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub time: Words,
    /// The stored word, such as `device.disabled`.
    pub action: String,
    /// A sign of trouble.
    pub alarming: bool,
    /// Who: a name, or in what capacity.
    pub actor: String,
    /// The user it happened to; empty where there is none any more.
    pub username: String,
    /// That user's id.
    pub user: Option<Uuid>,
    /// What it happened to: `user`, `device`, `token`, `client`, `bulk` or `server`.
    pub subject: String,
    /// The page about it, where there is one.
    pub about: Option<String>,
    /// Why and what else: name and value.
    pub facts: Vec<(String, String)>,
}

/// The actions that somebody should look at.
pub const ALARMING: [&str; 2] = ["token.reused", "token.generation_ahead"];

impl From<StoredEvent> for EventLine {
    fn from(event: StoredEvent) -> Self {
        let actor = match (event.actor_username, event.actor_id) {
            (Some(name), _) => format!("{name} ({})", event.actor_kind),
            (None, Some(_)) => format!("a deleted user ({})", event.actor_kind),
            (None, None) => event.actor_kind,
        };
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
        facts.extend(subject.map(|id| (event.subject_kind.clone(), id)));
        facts.extend(event.reason.map(|reason| ("reason".to_owned(), reason)));
        if let Value::Object(details) = event.details {
            let told = details.into_iter().filter(|(_, value)| !value.is_null());
            facts.extend(told.map(|(name, value)| (name.replace('_', " "), plain(&value))));
        }
        facts.extend(event.address.map(|address| ("address".to_owned(), address)));
        let agent = event.user_agent.filter(|agent| !agent.is_empty());
        facts.extend(agent.map(|agent| ("user agent".to_owned(), agent)));
        facts.push(("request".to_owned(), event.request_id.to_string()));
        Self {
            id: event.id,
            time: format::time(event.created_at),
            alarming: ALARMING.contains(&event.action.as_str()),
            action: event.action,
            actor,
            user,
            username: event.username.unwrap_or_default(),
            subject: event.subject_kind,
            about,
            facts,
        }
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
