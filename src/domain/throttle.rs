//! Guessing is slowed: failures are counted per account and per address, in the
//! database, so that every server sees them. A device that has signed in before has
//! an allowance of its own, so that nobody can lock a user out by guessing.

use std::{net::IpAddr, time::Duration};

use sqlx::PgConnection;

use super::{
    Caller,
    error::{Error, TRY_AGAIN},
};
use crate::{
    app::App,
    db::throttles::{self, Bucket, Policy},
    ids::DeviceId,
};

/// Five failures are free, then 1, 2, 4 … seconds, up to a quarter of an hour. One is
/// forgotten per hour, so a patient guesser stays at the longest delay: four an hour.
const ACCOUNT: Policy = Policy {
    free: 5,
    leak: Duration::from_hours(1),
    delay: Duration::from_secs(1),
    longest_delay: Duration::from_mins(15),
};

/// Twenty failures in five minutes, then one every fifteen seconds.
const ADDRESS: Policy = Policy {
    free: 20,
    leak: Duration::from_secs(15),
    delay: Duration::from_secs(15),
    longest_delay: Duration::from_secs(15),
};

/// The oldest state that matters: by then every bucket has leaked empty.
pub const FORGOTTEN_AFTER: Duration = Duration::from_hours(30 * 24);

/// Whose failures are counted.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A device that has signed in as this user before.
    Device(DeviceId),
    /// Anybody else who tries this name, whether it exists or not.
    Account(&'a str),
}

/// An attempt that was counted as a failure beforehand, so that a hundred at once
/// count a hundred times; a success takes it back.
#[derive(Debug)]
pub struct Attempt {
    subject: [u8; 32],
    address: Option<[u8; 32]>,
}

impl Attempt {
    /// Counts an attempt. One statement.
    ///
    /// # Errors
    /// [`Error::Throttled`], before any password was looked at.
    pub async fn begin(
        app: &App,
        db: &mut PgConnection,
        subject: Subject<'_>,
        caller: &Caller,
    ) -> Result<Self, Error> {
        let (subject, address) = match subject {
            Subject::Device(device) => (format!("device {device}"), None),
            Subject::Account(name) => (format!("account {name}"), caller.address.map(network)),
        };
        let attempt = Self {
            subject: app.keys.current.throttle(&subject),
            address: address.map(|network| app.keys.current.throttle(&network)),
        };
        let of_address = attempt.address.map(|key| Bucket {
            key,
            policy: ADDRESS,
        });
        let of_subject = Bucket {
            key: attempt.subject,
            policy: ACCOUNT,
        };
        let buckets: Vec<Bucket> = of_address.into_iter().chain([of_subject]).collect();
        take(app, db, &buckets).await?;
        Ok(attempt)
    }

    /// The throttle whose failures a success forgets, and the one that then gets the attempt back.
    pub fn keys(&self) -> ([u8; 32], Option<[u8; 32]>) {
        (self.subject, self.address)
    }

    /// The password was right: the failures before it are forgotten. One statement.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn succeeded(&self, app: &App, db: &mut PgConnection) -> Result<(), Error> {
        Ok(throttles::clear(db, self.subject, self.address, app.clock.now()).await?)
    }

    /// No password was looked at: it was no attempt. One statement.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn withdrawn(&self, app: &App, db: &mut PgConnection) -> Result<(), Error> {
        let keys: Vec<[u8; 32]> = self.address.into_iter().chain([self.subject]).collect();
        Ok(throttles::give_back(db, &keys, app.clock.now()).await?)
    }
}

/// Counts a client that did not prove who it is. Only those are counted: a secret is 256 random
/// bits, and whoever has the right one is never kept waiting by somebody who guesses.
///
/// # Errors
/// [`Error::Throttled`] beyond the allowance of the caller's address.
pub async fn count_wrong_client(
    app: &App,
    db: &mut PgConnection,
    caller: &Caller,
) -> Result<(), Error> {
    let address = caller.address.map(network).unwrap_or_default();
    let key = app.keys.current.throttle(&format!("client {address}"));
    let policy = ADDRESS;
    take(app, db, &[Bucket { key, policy }]).await
}

/// Forgets the failures of an account: its password is another one now.
///
/// # Errors
/// Those of the database.
pub async fn forget_account(app: &App, db: &mut PgConnection, name: &str) -> Result<(), Error> {
    let key = app.keys.current.throttle(&format!("account {name}"));
    Ok(throttles::clear(db, key, None, app.clock.now()).await?)
}

/// Takes an attempt out of all of these buckets, or out of none.
async fn take(app: &App, db: &mut PgConnection, buckets: &[Bucket]) -> Result<(), Error> {
    let now = app.clock.now();
    let taken = throttles::take(db, buckets, now).await?;
    let is_taken = |bucket: &Bucket| taken.iter().any(|key| *key == bucket.key);
    let Some(closed) = buckets.iter().find(|bucket| !is_taken(bucket)) else {
        return Ok(());
    };
    let open: Vec<[u8; 32]> = buckets
        .iter()
        .filter(|bucket| is_taken(bucket))
        .map(|bucket| bucket.key)
        .collect();
    if !open.is_empty() {
        throttles::give_back(db, &open, now).await?;
    }
    let free_at = throttles::free_at(db, closed.key).await?;
    let wait = free_at
        .and_then(|free_at| (free_at - now).to_std().ok())
        .unwrap_or_default();
    // Retry-After is in whole seconds: rounded up, and never "now".
    let retry_after =
        Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(TRY_AGAIN);
    Err(Error::Throttled { retry_after })
}

/// What an address counts as: itself for IPv4, its /64 for IPv6, where one host has them all.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("address {address}"),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("address {a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_guesser() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2::3"), network("2001:db8:1:2:ffff::4"));
        assert_ne!(network("2001:db8:1:2::3"), network("2001:db8:1:3::3"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
