//! How something stands, in words and in a colour.

use chrono::{DateTime, Utc};

use super::{
    format,
    text::{Text, say, word_of},
};
use crate::db::{
    devices::Device, oauth_clients::Client, refresh_tokens::Grant, signing_keys::StoredKey,
    users::User,
};

/// A state; the colour only repeats the words.
pub struct Badge {
    /// The words.
    pub text: Text,
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
            Self::gone(say("badge-signed-out"))
        }
    }

    /// Of a grant's refresh token.
    pub fn of_grant(grant: &Grant, now: DateTime<Utc>) -> Self {
        match &grant.ended_reason {
            Some(how) => Self::gone(word_of("badge-ended", how)),
            None if grant.expires_at <= now => Self::gone(say("badge-expired")),
            None => Self::of(grant.disabled, grant.disabled_until),
        }
    }

    /// Of a signing key.
    pub fn of_key(key: &StoredKey) -> Self {
        match key.state.as_str() {
            "active" => Self {
                text: say("badge-key-signs"),
                tone: "good",
            },
            "next" => Self::gone(say("badge-key-next")),
            _ => Self::gone(say("badge-key-verifies")),
        }
    }

    fn of(disabled: bool, until: Option<DateTime<Utc>>) -> Self {
        let (text, tone) = match (disabled, until) {
            (false, _) => (say("badge-active"), "good"),
            (true, None) => (say("badge-disabled"), "off"),
            (true, Some(until)) => {
                let until = format::time(until);
                (say("badge-disabled-until").with("until", until), "off")
            }
        };
        Self { text, tone }
    }

    fn gone(text: Text) -> Self {
        Self { text, tone: "gone" }
    }
}
