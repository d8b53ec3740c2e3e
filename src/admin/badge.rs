//! How something stands, in words and in a colour.

use chrono::{DateTime, Utc};

use super::{format, words::Words};
use crate::db::{
    devices::Device, oauth_clients::Client, refresh_tokens::Grant, signing_keys::StoredKey,
    users::User,
};

/// A state; the colour only repeats the words.
pub struct Badge {
    /// The words.
    pub text: Words,
    /// `good`, `off` or `gone`.
    pub tone: &'static str,
}

impl Badge {
    /// Of a user.
    pub fn of_user(user: &User) -> Self {
        Self::of(user.disabled, user.disabled_until)
    }

    /// Of a client.
    pub fn of_client(client: &Client) -> Self {
        Self::of(client.disabled, client.disabled_until)
    }

    /// Of a device.
    pub fn of_device(device: &Device) -> Self {
        if device.disabled || device.signed_in {
            Self::of(device.disabled, device.disabled_until)
        } else {
            Self::gone("signed out")
        }
    }

    /// Of a grant's refresh token.
    pub fn of_grant(grant: &Grant, now: DateTime<Utc>) -> Self {
        let ended = grant.ended_reason.as_ref().map(|how| how.replace('_', " "));
        match ended {
            Some(how) if how.starts_with("ended") => Self::gone(how),
            Some(how) => Self::gone(format!("ended: {how}")),
            None if grant.expires_at <= now => Self::gone("expired"),
            None => Self::of(grant.disabled, grant.disabled_until),
        }
    }

    /// Of a signing key.
    pub fn of_key(key: &StoredKey) -> Self {
        match key.state.as_str() {
            "active" => Self {
                text: "signs".into(),
                tone: "good",
            },
            "next" => Self::gone("next"),
            _ => Self::gone("verifies only"),
        }
    }

    fn of(disabled: bool, until: Option<DateTime<Utc>>) -> Self {
        let (text, tone) = match (disabled, until) {
            (false, _) => ("active".into(), "good"),
            (true, None) => ("disabled".into(), "off"),
            (true, Some(until)) => {
                let until = format::time(until);
                (until.within(|time| format!("disabled until {time}")), "off")
            }
        };
        Self { text, tone }
    }

    fn gone(text: impl Into<Words>) -> Self {
        Self {
            text: text.into(),
            tone: "gone",
        }
    }
}
