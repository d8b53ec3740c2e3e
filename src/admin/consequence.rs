//! What an act does, in sentences: told before it is confirmed, and after it is done. Pure functions
//! of what the database says.

use super::text::{Text, say};
use crate::{
    db::{devices::Device, users::User},
    ids::{DeviceId, UserId},
};

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

    fn says(&self, id: &'static str) -> Text {
        say(id).with("name", &self.name)
    }

    /// What becomes of the user's devices but this one.
    pub fn others(&self, but: DeviceId) -> Text {
        self.but(&[but])
    }

    /// What becomes of the user's devices but these.
    pub fn but(&self, these: &[DeviceId]) -> Text {
        if self.disabled {
            return self.says("consequence-nobody-works");
        }
        let others = self.working.iter().filter(|it| !these.contains(it));
        self.says("consequence-others")
            .with("number", others.count())
    }

    /// What becomes of all of the user's devices.
    fn all(&self, id: &'static str) -> Text {
        self.says(id).with("number", self.working.len())
    }

    /// If a device is disabled.
    pub fn if_device_is_disabled(&self, device: &Device) -> Vec<Text> {
        let id = if device.disabled {
            "consequence-device-again"
        } else if self.disabled {
            "consequence-device-shut-out"
        } else if device.signed_in {
            "consequence-device"
        } else {
            "consequence-device-signed-out"
        };
        vec![say(id).with("device", &device.name), self.others(device.id)]
    }

    /// If a device is ended.
    pub fn if_device_ends(&self, device: &Device) -> Vec<Text> {
        let ends = say("consequence-device-ends").with("device", &device.name);
        vec![ends, self.others(device.id)]
    }

    /// If the token on a device is disabled.
    pub fn if_token_is_disabled(&self, device: DeviceId, name: &str) -> Vec<Text> {
        let token = say("consequence-token").with("device", name);
        vec![token, self.others(device)]
    }

    /// If the user is disabled.
    pub fn if_disabled(&self) -> Vec<Text> {
        if self.disabled {
            return vec![self.says("consequence-user-again")];
        }
        vec![
            self.all("consequence-if-disabled"),
            self.says("consequence-user-nowhere"),
        ]
    }

    /// If all devices are disabled, but one perhaps.
    pub fn if_devices_are_disabled(&self) -> Vec<Text> {
        vec![
            self.all("consequence-if-devices-disabled"),
            say("consequence-devices-until-enabled"),
            say("consequence-new-device"),
        ]
    }

    /// Now that so many devices are disabled, perhaps until then.
    pub fn devices_are_disabled(&self, many: usize, until: Option<Text>) -> Text {
        let told = match until {
            None => self.says("outcome-devices-disabled"),
            Some(until) => self
                .says("outcome-devices-disabled-until")
                .with("until", until),
        };
        told.with("number", many)
    }

    /// Now that so many devices are enabled again.
    pub fn devices_are_enabled(&self, many: usize) -> Text {
        self.says("outcome-devices-enabled").with("number", many)
    }

    /// Whether there is more than one device that gets something.
    pub fn has_several(&self) -> bool {
        self.working.len() > 1
    }

    /// If the user is signed out everywhere.
    pub fn if_ended(&self) -> Vec<Text> {
        vec![self.all("consequence-if-ended")]
    }

    /// Now that the user is disabled.
    pub fn now_disabled(&self) -> Text {
        self.all("consequence-now-disabled")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::language::LANGUAGES;
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

    /// What is said after the name.
    fn english(text: &Text) -> String {
        let said = text.html(&LANGUAGES[0]);
        said.strip_prefix("<bdi>ana</bdi>").unwrap().to_owned()
    }

    #[test]
    fn the_other_devices_are_counted_without_the_one_in_question() {
        let this = DeviceId(Uuid::from_u128(0));
        let elsewhere = DeviceId(Uuid::max());
        for (devices, but, said) in [
            (0, this, " is signed in on no other device."),
            (1, this, " is signed in on no other device."),
            (1, elsewhere, "&#39;s one other device stays signed in."),
            (3, this, "&#39;s two other devices stay signed in."),
            (14, this, "&#39;s 13 other devices stay signed in."),
        ] {
            assert_eq!(english(&owner(devices, false).others(but)), said);
        }
        let said = english(&owner(3, true).others(this));
        assert!(said.starts_with(" is disabled"), "{said}");
    }

    #[test]
    fn a_users_devices_are_counted() {
        for (devices, said) in [
            (0, " is signed in on no device."),
            (1, "&#39;s one device gets nothing more."),
            (12, "&#39;s twelve devices get nothing more."),
        ] {
            assert_eq!(english(&owner(devices, true).now_disabled()), said);
        }
    }
}
