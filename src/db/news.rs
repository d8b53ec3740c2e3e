//! What is new, in the rough: of which kinds things have changed, here or on another server. Told with the seal of
//! the audit events and with the counts, once for all pages that are open; it says nothing of whom or what.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

/// A page was made a little before it listens. What became new meanwhile is news to it.
const BEFORE: Duration = Duration::from_secs(2);

/// A kind of things that pages show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Events of the audit log.
    Audit,
    /// How often what happened.
    Counts,
    /// Devices.
    Devices,
    /// What was refused.
    Refusals,
    /// Refresh tokens.
    Tokens,
    /// Users.
    Users,
}

/// Some kinds of things.
pub type Topics = BTreeSet<Topic>;

impl Topic {
    /// All.
    pub const ALL: [Self; 6] = [
        Self::Audit,
        Self::Counts,
        Self::Devices,
        Self::Refusals,
        Self::Tokens,
        Self::Users,
    ];

    /// As it is told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Counts => "counts",
            Self::Devices => "devices",
            Self::Refusals => "refusals",
            Self::Tokens => "tokens",
            Self::Users => "users",
        }
    }

    /// What an event in the audit log changed, by what it happened to.
    pub fn of_event(subject_kind: &str) -> &'static [Self] {
        match subject_kind {
            // With a user who signs in come a device and a token.
            "user" => &[Self::Audit, Self::Users, Self::Devices, Self::Tokens],
            "device" | "token" => &[Self::Audit, Self::Devices, Self::Tokens],
            _ => &[Self::Audit],
        }
    }
}

/// In words, with spaces between.
pub fn told(topics: &Topics) -> String {
    let words: Vec<_> = topics.iter().map(|topic| topic.as_str()).collect();
    words.join(" ")
}

/// What was told; a newer server may tell of what this one does not know.
pub fn heard(words: &str) -> Topics {
    let known = |word| Topic::ALL.into_iter().find(|topic| topic.as_str() == word);
    words.split(' ').filter_map(known).collect()
}

/// When there was last something new of each kind, as far as this server has heard.
#[derive(Debug, Default)]
pub struct News {
    // Written by the one task that listens; every open page waits for it.
    latest: watch::Sender<BTreeMap<Topic, Instant>>,
}

impl News {
    /// There is something new of these kinds.
    pub fn tell(&self, topics: impl IntoIterator<Item = Topic>) {
        let now = Instant::now();
        self.latest
            .send_modify(|latest| latest.extend(topics.into_iter().map(|topic| (topic, now))));
    }

    /// Begins to listen.
    pub fn listen(&self) -> Listener {
        self.listen_from(Instant::now() - BEFORE)
    }

    fn listen_from(&self, since: Instant) -> Listener {
        let mut latest = self.latest.subscribe();
        let mut known = latest.borrow_and_update().clone();
        known.retain(|_, at| *at < since);
        latest.mark_changed();
        Listener { latest, known }
    }
}

/// Somebody who wants to know of everything new.
pub struct Listener {
    latest: watch::Receiver<BTreeMap<Topic, Instant>>,
    known: BTreeMap<Topic, Instant>,
}

impl Listener {
    /// Waits until there is something new since the last time, and says of which kinds: however much happened, each is
    /// named once. `None` when nobody tells any more.
    pub async fn next(&mut self) -> Option<Topics> {
        loop {
            self.latest.changed().await.ok()?;
            let latest = self.latest.borrow_and_update().clone();
            let new = latest
                .iter()
                .filter(|(topic, at)| self.known.get(topic) != Some(at));
            let new: Topics = new.map(|(topic, _)| *topic).collect();
            self.known = latest;
            if !new.is_empty() {
                return Some(new);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_heard() {
        let topics = Topics::from([Topic::Refusals, Topic::Audit]);
        assert_eq!(told(&topics), "audit refusals");
        assert_eq!(heard("audit refusals"), topics);
        assert_eq!(heard("refusals something audit"), topics);
        assert_eq!(heard(&told(&Topic::ALL.into())), Topic::ALL.into());
        assert_eq!(heard(""), Topics::new());
    }

    #[tokio::test]
    async fn a_listener_hears_of_each_kind_once_and_of_what_was_new_just_before() {
        let news = News::default();
        news.tell([Topic::Users]);
        let made_at = Instant::now();
        news.tell([Topic::Audit]);
        let mut listener = news.listen_from(made_at);
        assert_eq!(listener.next().await, Some([Topic::Audit].into()));
        news.tell([Topic::Devices]);
        news.tell([Topic::Users, Topic::Devices]);
        let both = [Topic::Devices, Topic::Users];
        assert_eq!(listener.next().await, Some(both.into()));
        drop(news);
        assert_eq!(listener.next().await, None);
    }
}
