//! An alarm: a refresh token is presented although it, its device or its user is disabled. Told on the pages of the
//! device and the user, and on the overview.

use super::{agent, format, refusals, words::Words};
use crate::{
    db::refusals::{KEPT, tries::Try},
    ids::{DeviceId, UserId},
};

/// One printed alarm.
pub struct TriedLine {
    /// Whose token.
    pub user: UserId,
    /// That user's name.
    pub username: String,
    /// Of which device.
    pub device: DeviceId,
    /// What that is called.
    pub name: String,
    /// What is disabled.
    pub why: String,
    /// How often since then.
    pub times: String,
    /// The last time.
    pub last: Words,
    /// From where, then; empty where it is not known.
    pub address: String,
    /// With what, then.
    pub agent: String,
}

impl From<Try> for TriedLine {
    fn from(tried: Try) -> Self {
        let times = format::count(tried.times, ["time", "times"]);
        Self {
            user: tried.user_id,
            username: tried.username,
            device: tried.device_id,
            name: tried.device,
            why: refusals::words(&tried.reason),
            // All are counted, but since when is known only of those that are kept.
            times: if tried.times < KEPT {
                times
            } else {
                format!("{times} or more")
            },
            last: format::second(tried.created_at),
            address: tried.address.unwrap_or_default(),
            agent: agent::words(&tried.user_agent.unwrap_or_default()),
        }
    }
}
