//! An alarm: a refresh token is presented although it, its device or its user is disabled. Told on the pages of the
//! device and the user, and on the overview.

use super::{
    agent, format, refusals,
    text::{Text, say},
};
use crate::{
    db::refusals::{KEPT, tries::Try},
    ids::DeviceId,
};

/// One printed alarm.
pub struct TriedLine {
    /// Of which device.
    pub device: DeviceId,
    /// Told beside the user or the device.
    pub of_this: Text,
    /// Told where it is not clear whose it is.
    pub of_somebody: Text,
}

impl From<Try> for TriedLine {
    fn from(tried: Try) -> Self {
        let last = format::second(tried.created_at);
        let told = |id| {
            say(id)
                .with("user", tried.user_id.to_string())
                .with("username", &tried.username)
                .with("device", tried.device_id.to_string())
                .with("device-name", &tried.device)
                .with("why", refusals::words(&tried.reason))
                .with("number", tried.times)
                // All are counted, but since when is known only of those that are kept.
                .with("more", if tried.times < KEPT { "no" } else { "yes" })
                .with("time", last.clone())
                .seen_from(tried.address.as_deref())
                .with(
                    "agent",
                    agent::words(tried.user_agent.as_deref().unwrap_or_default()),
                )
        };
        Self {
            device: tried.device_id,
            of_this: told("tried-of-this"),
            of_somebody: told("tried-of-somebody"),
        }
    }
}
