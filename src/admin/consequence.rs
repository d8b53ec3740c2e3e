//! What an act does, in sentences: told before it is confirmed, and after it is done. Pure functions
//! of what the database says; names that users typed stand apart from our words.

use super::words::Words;
use crate::{
    db::{devices::Device, users::User},
    ids::{DeviceId, UserId},
};

/// A sentence around a name.
pub struct Sentence {
    /// Our words.
    pub before: &'static str,
    /// As users typed it.
    pub name: String,
    /// Our words.
    pub after: Words,
}

impl Sentence {
    /// About a thing, whose name is quoted; `after` begins with the closing quote.
    pub fn on(name: &str, after: impl Into<Words>) -> Self {
        Self {
            before: "“",
            name: name.to_owned(),
            after: after.into(),
        }
    }

    /// Without a name.
    pub fn plain(words: &'static str) -> Self {
        Self {
            before: words,
            name: String::new(),
            after: Words::default(),
        }
    }
}

/// Whose the things on a page are.
pub struct Owner {
    /// Which user.
    pub id: UserId,
    /// The user's name.
    pub name: String,
    /// The user has a role.
    pub of_staff: bool,
    disabled: bool,
    working: Vec<DeviceId>,
}

impl Owner {
    /// A user; `working` are the devices that get something, other users' among them.
    pub fn new(user: &User, working: &[(UserId, DeviceId)]) -> Self {
        let own = working.iter().filter(|(owner, _)| *owner == user.id);
        Self {
            id: user.id,
            name: user.username.clone(),
            of_staff: !user.roles.is_empty(),
            disabled: user.disabled,
            working: own.map(|(_, device)| *device).collect(),
        }
    }

    fn says(&self, after: impl Into<Words>) -> Sentence {
        Sentence {
            before: "",
            name: self.name.clone(),
            after: after.into(),
        }
    }

    /// What becomes of the user's devices but this one.
    pub fn others(&self, but: DeviceId) -> Sentence {
        self.but(&[but])
    }

    /// What becomes of the user's devices but these.
    pub fn but(&self, these: &[DeviceId]) -> Sentence {
        let others = self.working.iter().filter(|it| !these.contains(it));
        self.says(match (self.disabled, others.count()) {
            (true, _) => " is disabled: no device of this user gets anything.".to_owned(),
            (false, 0) => " is signed in on no other device.".to_owned(),
            (false, 1) => "'s one other device stays signed in.".to_owned(),
            (false, many) => format!("'s {} other devices stay signed in.", number(many)),
        })
    }

    /// What becomes of all of the user's devices: the end of a sentence, for one and for more.
    fn all(&self, one: &str, more: &str) -> Sentence {
        self.says(match self.working.len() {
            0 => " is signed in on no device.".to_owned(),
            1 => format!("'s one device {one}."),
            many => format!("'s {} devices {more}.", number(many)),
        })
    }

    /// If a device is disabled.
    pub fn if_device_is_disabled(&self, device: &Device) -> Vec<Sentence> {
        let after = if device.disabled {
            "” gets nothing now; this sets another reason and another end."
        } else if self.disabled {
            "” stays shut out when the user is enabled again."
        } else if device.signed_in {
            "” gets nothing more within a second."
        } else {
            "” is signed out; nobody can sign in on it until it is enabled."
        };
        vec![Sentence::on(&device.name, after), self.others(device.id)]
    }

    /// If a device is ended.
    pub fn if_device_ends(&self, device: &Device) -> Vec<Sentence> {
        let after = "” gets nothing more until somebody signs in on it again.";
        vec![Sentence::on(&device.name, after), self.others(device.id)]
    }

    /// If the token on a device is disabled.
    pub fn if_token_is_disabled(&self, device: DeviceId, name: &str) -> Vec<Sentence> {
        let after = "” gets nothing more by this sign-in within a second; a new one is possible.";
        vec![Sentence::on(name, after), self.others(device)]
    }

    /// If the user is disabled.
    pub fn if_disabled(&self) -> Vec<Sentence> {
        if self.disabled {
            return vec![self.says(" gets nothing now; this sets another reason and another end.")];
        }
        let more = "get nothing more within a second";
        vec![
            self.all("gets nothing more within a second", more),
            self.says(" can sign in nowhere until enabled."),
        ]
    }

    /// If all devices are disabled, but one perhaps.
    pub fn if_devices_are_disabled(&self) -> Vec<Sentence> {
        let more = "get nothing more within a second, but the one that is left out";
        vec![
            self.all("gets nothing more within a second", more),
            Sentence::plain("Nobody can sign in on them until they are enabled. "),
            Sentence::plain("Whoever knows the password can still sign in on a new device."),
        ]
    }

    /// Now that so many devices are disabled, or enabled again.
    pub fn devices_are(&self, many: usize, how: Words) -> Sentence {
        self.says(how.within(|how| match many {
            1 => format!(": one device is {how}."),
            many => format!(": {} devices are {how}.", number(many)),
        }))
    }

    /// Whether there is more than one device that gets something.
    pub fn has_several(&self) -> bool {
        self.working.len() > 1
    }

    /// If the user is signed out everywhere.
    pub fn if_ended(&self) -> Vec<Sentence> {
        vec![self.all("must sign in again", "must sign in again")]
    }

    /// Now that the user is disabled.
    pub fn now_disabled(&self) -> Sentence {
        self.all("gets nothing more", "get nothing more")
    }
}

/// A number as a word, up to twelve.
fn number(of: usize) -> String {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    WORDS
        .get(of)
        .map_or_else(|| of.to_string(), |&word| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn owner(devices: u128, disabled: bool) -> Owner {
        Owner {
            id: UserId(Uuid::nil()),
            name: "ana".to_owned(),
            of_staff: false,
            disabled,
            working: (0..devices).map(|n| DeviceId(Uuid::from_u128(n))).collect(),
        }
    }

    #[test]
    fn the_other_devices_are_counted_without_the_one_in_question() {
        let this = DeviceId(Uuid::from_u128(0));
        let elsewhere = DeviceId(Uuid::max());
        for (devices, but, said) in [
            (0, this, " is signed in on no other device."),
            (1, this, " is signed in on no other device."),
            (1, elsewhere, "'s one other device stays signed in."),
            (3, this, "'s two other devices stay signed in."),
            (14, this, "'s 13 other devices stay signed in."),
        ] {
            assert_eq!(owner(devices, false).others(but).after, said);
        }
        let said = owner(3, true).others(this).after;
        let none = " is disabled: no device of this user gets anything.";
        assert_eq!(said, none);
    }

    #[test]
    fn a_users_devices_are_counted() {
        for (devices, said) in [
            (0, " is signed in on no device."),
            (1, "'s one device gets nothing more."),
            (12, "'s twelve devices get nothing more."),
        ] {
            assert_eq!(owner(devices, true).now_disabled().after, said);
        }
    }
}
