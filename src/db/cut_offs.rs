//! What was cut off lately, as every replica knows it in memory: loaded from the tables, fed by
//! notifications that commit with the change that they tell of. With it the bearer of an access
//! token is refused before the token expires, and without a query (invariants I6 and I13).

use std::{
    collections::{HashMap, HashSet},
    sync::{
        PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use crossbeam_utils::sync::{ShardedLock, ShardedLockReadGuard};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, audit_events};
use crate::{
    clock::Clock,
    ids::{ClientId, UserId},
};

/// A token can be signed so much later than the statement that it follows from.
const LATE: Duration = Duration::from_secs(30);

/// Something that access tokens which are already out must learn of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CutOff {
    /// A user, a device or a grant is disabled, perhaps until a time.
    Suspended(Uuid, Option<DateTime<Utc>>),
    /// It is enabled again.
    Resumed(Uuid),
    /// A grant has ended, a user was deleted, or a single access token was revoked.
    Ended(Uuid),
    /// A user has these roles now.
    Roles(UserId, Vec<String>),
    /// A client is disabled, perhaps until a time.
    ClientSuspended(ClientId, Option<DateTime<Utc>>),
    /// It is enabled again.
    ClientResumed(ClientId),
}

impl CutOff {
    /// As a notification says it.
    pub(super) fn told(&self) -> String {
        let suspended = |what: &str, id: &dyn std::fmt::Display, until: &Option<DateTime<Utc>>| {
            let until = until.map(|until| format!(" {}", until.timestamp_micros()));
            format!("{what} {id}{}", until.unwrap_or_default())
        };
        match self {
            Self::Suspended(id, until) => suspended("suspended", id, until),
            Self::Resumed(id) => format!("resumed {id}"),
            Self::Ended(id) => format!("ended {id}"),
            Self::Roles(user, roles) => format!("roles {user} {}", roles.join(",")),
            Self::ClientSuspended(client, until) => suspended("client-suspended", client, until),
            Self::ClientResumed(client) => format!("client-resumed {client}"),
        }
    }

    /// What a notification says; `None` for what no Doorward of this version says.
    pub(super) fn heard(text: &str) -> Option<Self> {
        let mut words = text.splitn(3, ' ');
        let (what, name, rest) = (words.next()?, words.next()?, words.next());
        let until = || match rest {
            None => Some(None),
            Some(until) => DateTime::from_timestamp_micros(until.parse().ok()?).map(Some),
        };
        match what {
            "client-suspended" => Some(Self::ClientSuspended(name.parse().ok()?, until()?)),
            "client-resumed" => Some(Self::ClientResumed(name.parse().ok()?)),
            "suspended" => Some(Self::Suspended(name.parse().ok()?, until()?)),
            "resumed" => Some(Self::Resumed(name.parse().ok()?)),
            "ended" => Some(Self::Ended(name.parse().ok()?)),
            "roles" => {
                let roles = rest?.split(',').filter(|role| !role.is_empty());
                let roles = roles.map(str::to_owned).collect();
                Some(Self::Roles(name.parse().ok()?, roles))
            }
            _ => None,
        }
    }
}

/// All cut-offs within the lifetime of an access token.
#[derive(Debug, Default)]
pub struct CutOffs {
    // Written by the changes of this process and by the one task that listens; read once at
    // every bearer check, for some hundred nanoseconds: each thread by a lock of its own, since one that
    // two cores take in turn costs more than what it guards.
    sets: ShardedLock<Sets>,
    // How often something was learned.
    learned: AtomicU64,
}

#[derive(Debug, Default, PartialEq)]
struct Sets {
    suspended: HashMap<Uuid, Option<DateTime<Utc>>>,
    ended: HashSet<Uuid>,
    roles: HashMap<Uuid, Vec<String>>,
    clients: HashMap<ClientId, Option<DateTime<Utc>>>,
}

impl Sets {
    fn learn(&mut self, cut_off: CutOff) {
        match cut_off {
            CutOff::Suspended(id, until) => {
                self.suspended.insert(id, until);
            }
            CutOff::Resumed(id) => {
                self.suspended.remove(&id);
            }
            CutOff::Ended(id) => {
                self.ended.insert(id);
            }
            CutOff::Roles(user, roles) => {
                self.roles.insert(user.0, roles);
            }
            CutOff::ClientSuspended(client, until) => {
                self.clients.insert(client, until);
            }
            CutOff::ClientResumed(client) => {
                self.clients.remove(&client);
            }
        }
    }
}

/// What is known at this moment. To be looked at and let go: nothing is learned meanwhile.
pub struct Known<'a>(ShardedLockReadGuard<'a, Sets>);

impl Known<'_> {
    /// Whether a user, a device or a grant is disabled now, as far as was heard.
    pub fn is_suspended(&self, id: Uuid, now: DateTime<Utc>) -> bool {
        let until = self.0.suspended.get(&id);
        until.is_some_and(|until| until.is_none_or(|until| until > now))
    }

    /// Whether a client is disabled now, as far as was heard.
    pub fn is_client_suspended(&self, client: &ClientId, now: DateTime<Utc>) -> bool {
        let until = self.0.clients.get(client);
        until.is_some_and(|until| until.is_none_or(|until| until > now))
    }

    /// Whether a grant has ended, a user was deleted or an access token was revoked, as far as was heard.
    pub fn has_ended(&self, id: Uuid) -> bool {
        self.0.ended.contains(&id)
    }

    /// Whether a user's roles have lately become others than these.
    pub fn has_other_roles(&self, user: UserId, roles: &[String]) -> bool {
        let now = self.0.roles.get(&user.0);
        now.is_some_and(|now| now != roles)
    }
}

impl CutOffs {
    /// What is known at this moment.
    pub fn known(&self) -> Known<'_> {
        Known(self.sets.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Learns of what has been committed.
    pub fn learn(&self, cut_offs: impl IntoIterator<Item = CutOff>) {
        let mut sets = self.sets.write().unwrap_or_else(PoisonError::into_inner);
        for cut_off in cut_offs {
            sets.learn(cut_off);
            self.learned.fetch_add(1, Ordering::Release);
        }
    }

    /// How often something was learned: what was made of the tables while this was less may be out of date.
    pub fn learned(&self) -> u64 {
        self.learned.load(Ordering::Acquire)
    }

    fn replace(&self, cut_offs: impl IntoIterator<Item = CutOff>) {
        let mut anew = Sets::default();
        for cut_off in cut_offs {
            anew.learn(cut_off);
        }
        let mut sets = self.sets.write().unwrap_or_else(PoisonError::into_inner);
        if *sets != anew {
            *sets = anew;
            self.learned.fetch_add(1, Ordering::Release);
        }
    }
}

/// Reads what was cut off since the oldest access token that can still be valid was signed.
/// One statement; what it says of 1970 is what three indexes are for.
///
/// # Errors
/// Those of the database.
pub async fn load(
    db: &mut PgConnection,
    cut_offs: &CutOffs,
    clock: &Clock,
    access_token_ttl: Duration,
) -> Result<(), Error> {
    let now = clock.now();
    let since = now - access_token_ttl - LATE;
    let found = sqlx::query!(
        r#"
        SELECT 'suspended' AS "what!", id AS "id!", disabled_until, NULL::text[] AS roles,
               NULL AS "client: ClientId"
        FROM users WHERE disabled_at > $1 AND disabled_at > '1970-01-01 00:00+00'
        UNION ALL
        SELECT 'suspended', id, disabled_until, NULL, NULL FROM devices
        WHERE disabled_at > $1 AND disabled_at > '1970-01-01 00:00+00'
        UNION ALL
        SELECT 'suspended', id, disabled_until, NULL, NULL FROM refresh_tokens
        WHERE disabled_at > $1 AND disabled_at > '1970-01-01 00:00+00'
        UNION ALL
        SELECT 'suspended', id, disabled_until, NULL, client_id FROM oauth_clients WHERE disabled_at > $1
        UNION ALL
        SELECT 'ended', id, NULL, NULL, NULL FROM refresh_tokens WHERE ended_at > $1
        UNION ALL
        SELECT 'ended', id, NULL, NULL, NULL FROM revoked_access_tokens WHERE expires_at > $2
        UNION ALL
        SELECT 'ended', subject_id, NULL, NULL, NULL FROM audit_events
        WHERE action = 'user.deleted' AND created_at > $1 AND id >= $3
        UNION ALL
        SELECT 'roles', u.id, NULL, u.roles, NULL
        FROM audit_events e
        JOIN users u ON u.id = e.subject_id
        WHERE e.action = 'user.changed' AND e.created_at > $1 AND e.id >= $3
        "#,
        since,
        now,
        // The months before are not looked into.
        audit_events::least_id(since),
    )
    .fetch_all(db)
    .await?;
    cut_offs.replace(
        found
            .into_iter()
            .map(|row| match (row.what.as_str(), row.client) {
                ("suspended", Some(client)) => CutOff::ClientSuspended(client, row.disabled_until),
                ("suspended", None) => CutOff::Suspended(row.id, row.disabled_until),
                ("ended", _) => CutOff::Ended(row.id),
                _ => CutOff::Roles(UserId(row.id), row.roles.unwrap_or_default()),
            }),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_heard() {
        let id = Uuid::max();
        let until = DateTime::from_timestamp_micros(1_900_000_000_123_456).unwrap();
        for cut_off in [
            CutOff::Suspended(id, None),
            CutOff::Suspended(id, Some(until)),
            CutOff::Resumed(id),
            CutOff::Ended(id),
            CutOff::Roles(UserId(id), vec![]),
            CutOff::Roles(UserId(id), vec!["admin".to_owned(), "support".to_owned()]),
            CutOff::ClientSuspended(ClientId::first_party(), None),
            CutOff::ClientSuspended(ClientId::first_party(), Some(until)),
            CutOff::ClientResumed(ClientId::first_party()),
        ] {
            assert_eq!(CutOff::heard(&cut_off.told()), Some(cut_off));
        }
        for strange in ["", "ended", "ended x", "forgiven 0", "suspended 0 soon"] {
            assert_eq!(CutOff::heard(strange), None, "{strange}");
        }
    }

    #[test]
    fn a_suspension_is_over_when_it_is_undone_or_its_time_has_come() {
        let (cut_offs, id) = (CutOffs::default(), Uuid::max());
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        cut_offs.learn([CutOff::Suspended(id, Some(at(10)))]);
        assert!(
            cut_offs.known().is_suspended(id, at(9)) && !cut_offs.known().is_suspended(id, at(10))
        );
        cut_offs.learn([CutOff::Suspended(id, None)]);
        assert!(cut_offs.known().is_suspended(id, at(10)));
        cut_offs.learn([CutOff::Resumed(id)]);
        assert!(!cut_offs.known().is_suspended(id, at(9)));
    }
}
