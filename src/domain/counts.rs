//! How often what happens, counted in the memory of this server until it is written
//! ([`super::rollups`]). A refresh that goes well adds to one number, and waits for nothing.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use arc_swap::ArcSwap;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::{active::Active, error::Error, refresh};
use crate::{
    db::rollups::{Counted, Kind, What},
    ids::ClientId,
};

/// How many clients are counted apart; those that come later are counted together. The rows that
/// a page reads are bounded by it.
const CLIENTS: usize = 64;

/// What happened since it was last written.
#[derive(Default)]
pub struct Counts {
    /// Who was there.
    pub active: Active,
    // Replaced as a whole when a client comes for the first time: whoever refreshes takes no lock.
    refreshes: ArcSwap<HashMap<ClientId, Arc<AtomicI64>>>,
    refreshes_of_others: AtomicI64,
    // All else is rare, or costs a statement anyway.
    others: Mutex<HashMap<What, i64>>,
    // Taken from the above and not yet written. Held while it is: two would write the same.
    unwritten: tokio::sync::Mutex<Counted>,
}

impl Counts {
    /// A refresh token was rotated.
    pub fn refreshed(&self, client: &ClientId) {
        if let Some(refreshes) = self.refreshes.load().get(client) {
            refreshes.fetch_add(1, Ordering::Relaxed);
        } else {
            let added = self.refreshes_of_new(client);
            let added = added.as_deref().unwrap_or(&self.refreshes_of_others);
            added.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The number of a client that comes for the first time; none if there are enough.
    fn refreshes_of_new(&self, client: &ClientId) -> Option<Arc<AtomicI64>> {
        if self.refreshes.load().len() < CLIENTS {
            self.refreshes.rcu(|known| {
                let mut known = HashMap::clone(known);
                known.entry(client.clone()).or_default();
                known
            });
        }
        self.refreshes.load().get(client).cloned()
    }

    /// Something else that went well, or a reuse.
    pub fn count(&self, kind: Kind, client: Option<&ClientId>) {
        self.add(kind, "", client);
    }

    /// A refusal. What was put off, and what is our own fault, is none; a reuse was counted when its
    /// grant ended.
    pub fn refused(&self, kind: Kind, client: Option<&ClientId>, error: &Error) {
        let reason = match error {
            Error::Refresh(refresh::Refusal::TokenReused)
            | Error::Standing(_)
            | Error::Invalid { .. }
            | Error::WeakPassword(_)
            | Error::NotFound(_)
            | Error::Conflict(_)
            | Error::Overloaded
            | Error::Unavailable(_)
            | Error::Internal(_) => return,
            Error::SignIn(refusal) => refusal.as_str(),
            Error::Client(refusal) => refusal.as_str(),
            Error::Refresh(refusal) => refusal.as_str(),
            Error::Forbidden => "role_required",
            Error::Throttled { .. } => "throttled",
        };
        self.add(kind, reason, client);
    }

    /// A form of the panel was refused.
    pub fn form_refused(&self, reason: &'static str) {
        self.add(Kind::FormRefused, reason, None);
    }

    fn add(&self, kind: Kind, reason: &'static str, client: Option<&ClientId>) {
        let is_apart = |client: &&ClientId| {
            self.refreshes.load().contains_key(*client) || self.refreshes_of_new(client).is_some()
        };
        let what = What {
            kind,
            reason,
            client: client.filter(is_apart).cloned(),
        };
        *self.others().entry(what).or_default() += 1;
    }

    fn others(&self) -> MutexGuard<'_, HashMap<What, i64>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that is to be written: what was not written before, and what was counted until now, to the
    /// minute. Whoever has written it empties it.
    pub async fn unwritten(&self, now: DateTime<Utc>) -> tokio::sync::MutexGuard<'_, Counted> {
        let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        let mut unwritten = self.unwritten.lock().await;
        let rotation = |client: Option<&ClientId>| What {
            kind: Kind::Refreshed,
            reason: "",
            client: client.cloned(),
        };
        let mut counted: Vec<(What, i64)> = self.others().drain().collect();
        let of_others = self.refreshes_of_others.swap(0, Ordering::Relaxed);
        counted.push((rotation(None), of_others));
        for (client, refreshes) in self.refreshes.load().iter() {
            let refreshes = refreshes.swap(0, Ordering::Relaxed);
            counted.push((rotation(Some(client)), refreshes));
        }
        for (what, n) in counted.into_iter().filter(|(_, n)| *n > 0) {
            *unwritten.entry((minute, what)).or_default() += n;
        }
        unwritten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(n: usize) -> ClientId {
        format!("client-{n}").parse().unwrap()
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[tokio::test]
    async fn of_too_many_clients_the_later_ones_are_counted_together() {
        let counts = Counts::default();
        for n in 0..CLIENTS + 3 {
            counts.refreshed(&client(n));
            counts.refreshed(&client(n));
            counts.count(Kind::Retried, Some(&client(n)));
        }
        let counted = counts.unwritten(now()).await;
        let of = |kind, client| {
            let what = What {
                kind,
                reason: "",
                client,
            };
            counted.get(&(now(), what)).copied()
        };
        let last = CLIENTS - 1;
        assert_eq!(of(Kind::Refreshed, Some(client(last))), Some(2));
        assert_eq!(of(Kind::Retried, Some(client(last))), Some(1));
        assert_eq!(of(Kind::Refreshed, Some(client(last + 1))), None);
        assert_eq!(of(Kind::Refreshed, None), Some(6));
        assert_eq!(of(Kind::Retried, None), Some(3));
        assert_eq!(counted.len(), 2 * (CLIENTS + 1));
    }

    #[tokio::test]
    async fn what_was_not_written_is_there_the_next_time_with_its_own_time() {
        let counts = Counts::default();
        for seconds in [0, 30, 59] {
            counts.refreshed(&client(1));
            drop(counts.unwritten(now() + TimeDelta::seconds(seconds)).await);
        }
        counts.refreshed(&client(1));
        let later = now() + TimeDelta::minutes(1);
        let mut counted = counts.unwritten(later).await;
        let mut at: Vec<_> = counted.iter().map(|((at, _), n)| (*at, *n)).collect();
        at.sort_unstable();
        assert_eq!(at, [(now(), 3), (later, 1)]);
        counted.clear();
        drop(counted);
        assert!(counts.unwritten(later).await.is_empty());
    }

    #[tokio::test]
    async fn what_was_put_off_is_no_refusal() {
        let counts = Counts::default();
        for error in [
            Error::Overloaded,
            Error::Unavailable(None),
            Error::Refresh(refresh::Refusal::TokenReused),
        ] {
            counts.refused(Kind::RefreshRefused, None, &error);
        }
        assert!(counts.unwritten(now()).await.is_empty());
        let expired = Error::Refresh(refresh::Refusal::TokenExpired);
        counts.refused(Kind::RefreshRefused, None, &expired);
        assert_eq!(counts.unwritten(now()).await.len(), 1);
    }
}
