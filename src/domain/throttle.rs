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
    db::throttles::{self, Policy},
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
    /// Counts an attempt. One statement, or two for somebody unknown.
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
        if let Some(address) = attempt.address {
            take(app, db, address, ADDRESS).await?;
        }
        if let Err(refusal) = take(app, db, attempt.subject, ACCOUNT).await {
            if let Some(address) = attempt.address {
                throttles::give_back(db, address, app.clock.now()).await?;
            }
            return Err(refusal);
        }
        Ok(attempt)
    }

    /// The password was right: the failures before it are forgotten.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn succeeded(&self, app: &App, db: &mut PgConnection) -> Result<(), Error> {
        throttles::clear(db, self.subject).await?;
        self.give_back_address(app, db).await
    }

    /// No password was looked at: it was no attempt.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn withdrawn(&self, app: &App, db: &mut PgConnection) -> Result<(), Error> {
        throttles::give_back(db, self.subject, app.clock.now()).await?;
        self.give_back_address(app, db).await
    }

    async fn give_back_address(&self, app: &App, db: &mut PgConnection) -> Result<(), Error> {
        if let Some(address) = self.address {
            throttles::give_back(db, address, app.clock.now()).await?;
        }
        Ok(())
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
    take(app, db, key, ADDRESS).await
}

/// Forgets the failures of an account: its password is another one now.
///
/// # Errors
/// Those of the database.
pub async fn forget_account(app: &App, db: &mut PgConnection, name: &str) -> Result<(), Error> {
    Ok(throttles::clear(db, app.keys.current.throttle(&format!("account {name}"))).await?)
}

async fn take(
    app: &App,
    db: &mut PgConnection,
    key: [u8; 32],
    policy: Policy,
) -> Result<(), Error> {
    let now = app.clock.now();
    if throttles::take(db, key, policy, now).await?.is_some() {
        return Ok(());
    }
    let free_at = throttles::free_at(db, key).await?;
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
