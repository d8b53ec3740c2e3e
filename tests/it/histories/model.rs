//! What Doorward promises of users, devices and grants, in as few lines as it can be said:
//! no database, no hashes, time in seconds. The histories hold the server against it.

pub const GRACE: i64 = 30;
pub const IDLE: i64 = 30 * 86_400;
pub const ABSOLUTE: i64 = 90 * 86_400;

/// Disabled, and until when; none: until enabled.
#[derive(Debug, Default, Clone, Copy)]
pub struct Suspension {
    pub on: bool,
    pub until: Option<i64>,
}

impl Suspension {
    pub fn holds(self, now: i64) -> bool {
        self.on && self.until.is_none_or(|until| until > now)
    }
}

#[derive(Debug, Default)]
pub struct User {
    pub id: String,
    pub name: String,
    pub password: String,
    pub suspension: Suspension,
    /// Sign-ins that were refused; from the fifth on the next may be put off.
    pub failures: usize,
}

#[derive(Debug, Default)]
pub struct Device {
    pub user: usize,
    /// Its id and its token, from the first sign-in on.
    pub known: Option<(String, String)>,
    pub suspension: Suspension,
}

#[derive(Debug)]
pub struct Grant {
    pub id: String,
    pub device: usize,
    /// Every token there was; the index is the generation.
    pub tokens: Vec<String>,
    pub retries: i32,
    pub ended: bool,
    pub suspension: Suspension,
    pub absolute_end: i64,
    pub expires_at: i64,
    rotated_at: i64,
}

impl Grant {
    pub fn generation(&self) -> usize {
        self.tokens.len() - 1
    }
}

/// What has to come over the wire.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200 with a token that nobody has seen.
    Granted,
    /// 200 with this token.
    Again(String),
    /// Status, `error` and `reason`.
    No(u16, &'static str, &'static str),
}

/// Which of the three is disabled, enabled or ended.
#[derive(Debug, Clone, Copy)]
pub enum Subject {
    User(usize),
    Device(usize),
    Grant(usize),
}

#[derive(Debug, Default)]
pub struct World {
    pub users: Vec<User>,
    pub devices: Vec<Device>,
    pub grants: Vec<Grant>,
    pub events: i64,
}

impl World {
    fn owner(&self, grant: usize) -> &User {
        &self.users[self.devices[self.grants[grant].device].user]
    }

    /// A refresh with the token of a generation, perhaps with a username.
    pub fn present(
        &mut self,
        index: usize,
        generation: usize,
        name: Option<&str>,
        now: i64,
    ) -> Answer {
        let (grant, owner) = (&self.grants[index], self.owner(index));
        let no = |reason| Answer::No(400, "invalid_grant", reason);
        let current = generation == grant.generation();
        let in_grace = generation + 1 == grant.generation() && now < grant.rotated_at + GRACE;
        let refusals = [
            (grant.ended, "token_ended"),
            (!current && !in_grace, "token_reused"),
            (grant.suspension.holds(now), "token_disabled"),
            (
                self.devices[grant.device].suspension.holds(now),
                "device_disabled",
            ),
            (owner.suspension.holds(now), "user_disabled"),
            (grant.expires_at <= now, "token_expired"),
            (name.is_some_and(|name| name != owner.name), "wrong_user"),
        ];
        let refusal = refusals.iter().find(|(applies, _)| *applies);
        let grant = &mut self.grants[index];
        match refusal {
            Some((_, "token_reused")) => {
                grant.ended = true;
                self.events += 1;
                no("token_reused")
            }
            Some((_, reason)) => no(reason),
            None if current => {
                grant.rotated_at = now;
                grant.expires_at = grant.absolute_end.min(now + IDLE);
                Answer::Granted
            }
            None => {
                grant.retries += 1;
                Answer::Again(grant.tokens[generation + 1].clone())
            }
        }
    }

    /// A sign-in on a device.
    pub fn sign_in(&mut self, device: usize, password: &str, now: i64) -> Answer {
        let (suspended, known) = (self.devices[device].suspension, &self.devices[device].known);
        let user = &mut self.users[self.devices[device].user];
        let refusal = if user.password != password {
            Answer::No(401, "invalid_grant", "bad_credentials")
        } else if user.suspension.holds(now) {
            Answer::No(403, "access_denied", "user_disabled")
        } else if known.is_some() && suspended.holds(now) {
            Answer::No(403, "access_denied", "device_disabled")
        } else {
            self.events += 1;
            let replaced = self
                .grants
                .iter_mut()
                .filter(|grant| grant.device == device);
            replaced.for_each(|grant| grant.ended = true);
            return Answer::Granted;
        };
        user.failures += 1;
        refusal
    }

    /// The grant that a sign-in made.
    pub fn granted(&mut self, device: usize, id: String, token: String, now: i64) {
        self.grants.push(Grant {
            id,
            device,
            tokens: vec![token],
            retries: 0,
            ended: false,
            suspension: Suspension::default(),
            absolute_end: now + ABSOLUTE,
            expires_at: now + IDLE,
            rotated_at: now,
        });
    }

    fn suspension(&mut self, subject: Subject) -> &mut Suspension {
        match subject {
            Subject::User(user) => &mut self.users[user].suspension,
            Subject::Device(device) => &mut self.devices[device].suspension,
            Subject::Grant(grant) => &mut self.grants[grant].suspension,
        }
    }

    fn has_ended(&self, subject: Subject) -> bool {
        matches!(subject, Subject::Grant(grant) if self.grants[grant].ended)
    }

    /// The status; what has ended for good is neither disabled nor enabled.
    pub fn disable(&mut self, subject: Subject, until: Option<i64>) -> u16 {
        if self.has_ended(subject) {
            return 409;
        }
        *self.suspension(subject) = Suspension { on: true, until };
        self.events += 1;
        200
    }

    pub fn enable(&mut self, subject: Subject, now: i64) -> u16 {
        if self.has_ended(subject) {
            return 409;
        }
        if self.suspension(subject).holds(now) {
            *self.suspension(subject) = Suspension::default();
            self.events += 1;
        }
        200
    }

    /// One event, where anything ended.
    pub fn end(&mut self, subject: Subject) {
        let devices = &self.devices;
        let meant = |(index, grant): &(usize, &mut Grant)| match subject {
            Subject::User(user) => devices[grant.device].user == user,
            Subject::Device(device) => grant.device == device,
            Subject::Grant(grant) => *index == grant,
        };
        let meant = self.grants.iter_mut().enumerate().filter(meant);
        let mut any = false;
        for (_, grant) in meant.filter(|(_, grant)| !grant.ended) {
            grant.ended = true;
            any = true;
        }
        self.events += i64::from(any);
    }

    /// An event of its own, whether any grant ends with it or not.
    pub fn change_password(&mut self, user: usize, password: String) {
        let events = self.events + 1;
        self.end(Subject::User(user));
        self.events = events;
        self.users[user].password = password;
        self.users[user].failures = 0;
    }
}
