//! Random histories of two users with two devices each, held against [`model`] step by step:
//! every answer, every audit event and, at the end, every row. A failure tells the seed and
//! all that was done; the seeds are the same in every run.

mod model;

use doorward::{
    crypto::{refresh_token::RefreshToken, secret::Secret},
    domain::set_password::set_by_operator,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{PASSWORD, Server, phone::Phone, reply::Reply, spawn_with};
use model::{Answer, Device, Subject, User, World};

const STEPS: usize = 30;

/// Numbers that look random (splitmix64), the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

struct History<'a> {
    server: &'a Server,
    seed: u64,
    dice: Dice,
    world: World,
    /// Signed in anew when its access token gets old.
    administrator: Phone<'a>,
    told: Vec<String>,
}

impl<'a> History<'a> {
    async fn begin(server: &'a Server, seed: u64, administrator: Phone<'a>) -> Self {
        let mut world = World::default();
        for name in ["ana", "ben"] {
            let name = format!("{name}-{seed}");
            let id = server.user(&name).await.id.to_string();
            for _ in 0..2 {
                let user = world.users.len();
                world.devices.push(Device {
                    user,
                    ..Device::default()
                });
            }
            world.users.push(User {
                id,
                name,
                password: PASSWORD.to_owned(),
                ..User::default()
            });
        }
        Self {
            server,
            seed,
            dice: Dice(seed),
            world,
            administrator,
            told: Vec::new(),
        }
    }

    fn now(&self) -> i64 {
        self.server.clock.now().timestamp()
    }

    #[track_caller]
    fn hold<T: PartialEq + std::fmt::Debug>(&self, what: &str, found: T, expected: T) {
        let (seed, told) = (self.seed, self.told.join("\n  "));
        assert_eq!(found, expected, "{what}; seed {seed}, after\n  {told}\n");
    }

    #[track_caller]
    fn answered(&self, reply: &Reply, expected: &Answer) {
        match expected {
            Answer::Granted => {
                self.hold("granted", (reply.status, &*reply.text), (200, &*reply.text));
                let token = reply.str("refresh_token");
                let mut seen = self.world.grants.iter().flat_map(|grant| &grant.tokens);
                self.hold("a new token", seen.any(|seen| seen == token), false);
            }
            Answer::Again(token) => {
                self.hold(
                    "granted again",
                    (reply.status, &*reply.text),
                    (200, &*reply.text),
                );
                self.hold("the same successor", reply.str("refresh_token"), token);
            }
            Answer::No(status, error, reason) => {
                let told = (reply.status, &reply.body["error"], &reply.body["reason"]);
                self.hold("refused", told, (*status, &json!(error), &json!(reason)));
            }
        }
    }

    async fn refresh(&mut self, grant: usize, generation: usize, name: Option<&str>) {
        self.told.push(format!(
            "refresh grant {grant}, generation {generation} as {name:?}"
        ));
        let expected = self.world.present(grant, generation, name, self.now());
        let token = &self.world.grants[grant].tokens[generation];
        let mut body = json!({ "refresh_token": token });
        if let Some(name) = name {
            body["username"] = json!(name);
        }
        let reply = self.server.post("/token", &body).await;
        self.answered(&reply, &expected);
        if expected == Answer::Granted {
            let token = reply.str("refresh_token").to_owned();
            self.world.grants[grant].tokens.push(token);
        }
    }

    async fn sign_in(&mut self, device: usize, password: &str) {
        self.told
            .push(format!("sign in on device {device} with {password:?}"));
        let Device { user, known, .. } = &self.world.devices[device];
        let user = *user;
        let mut body = json!({ "username": self.world.users[user].name, "password": password });
        if let Some((_, token)) = known {
            body["device"] = json!({ "token": token });
        }
        let reply = self.server.post("/login", &body).await;
        if self.world.users[user].failures >= 5 && reply.status == 429 {
            self.answered(&reply, &Answer::No(429, "slow_down", "throttled"));
            return;
        }
        let expected = self.world.sign_in(device, password, self.now());
        self.answered(&reply, &expected);
        if expected == Answer::Granted {
            let phone = Phone::from_answer(self.server, self.administrator.user, &reply);
            let id = (phone.device_id.clone(), phone.device_token.clone());
            let known = self.world.devices[device].known.get_or_insert(id);
            let same = known.0 == phone.device_id;
            self.hold("the same device", same, true);
            let (grant, now) = (phone.grant_id(), self.now());
            self.world.granted(device, grant, phone.refresh_token, now);
        }
    }

    /// As an administrator, on `/users/{id}`, `/devices/{id}` or `/tokens/{id}`.
    async fn administer(&mut self, subject: Subject, what: &str, body: &Value) -> u16 {
        let path = match subject {
            Subject::User(user) => format!("/users/{}", self.world.users[user].id),
            Subject::Device(device) => {
                format!(
                    "/devices/{}",
                    self.world.devices[device].known.as_ref().unwrap().0
                )
            }
            Subject::Grant(grant) => format!("/tokens/{}", self.world.grants[grant].id),
        };
        self.told.push(format!("{what} {subject:?} {body}"));
        if self.administrator.claims()["exp"].as_i64().unwrap() <= self.now() {
            let body = json!({
                "username": "root-of-trust", "password": PASSWORD,
                "device": { "token": self.administrator.device_token },
            });
            let reply = self.server.post("/login", &body).await.expect(200);
            self.administrator = Phone::from_answer(self.server, self.administrator.user, &reply);
        }
        let reply = self
            .administrator
            .post(&format!("{path}/{what}"), body)
            .await;
        if reply.status != 200 {
            reply.refused(409, "conflict", "already_ended");
        }
        reply.status
    }

    /// A grant of a device, most often the last; none where there was no sign-in yet.
    fn some_grant(&mut self, device: usize) -> Option<usize> {
        let of_device = |index: &usize| self.world.grants[*index].device == device;
        let grants: Vec<usize> = (0..self.world.grants.len()).filter(of_device).collect();
        match grants.last() {
            Some(&last) if self.dice.below(10) > 0 => Some(last),
            Some(_) => Some(self.dice.one(&grants)),
            None => None,
        }
    }

    fn some_subject(&mut self, grant: usize) -> Subject {
        let device = self.world.grants[grant].device;
        match self.dice.below(3) {
            0 => Subject::User(self.world.devices[device].user),
            1 => Subject::Device(device),
            _ => Subject::Grant(grant),
        }
    }

    async fn step(&mut self) {
        let device = self.dice.below(self.world.devices.len());
        let user = self.world.devices[device].user;
        let Some(grant) = self.some_grant(device) else {
            let password = self.world.users[user].password.clone();
            return self.sign_in(device, &password).await;
        };
        let current = self.world.grants[grant].generation();
        match self.dice.below(100) {
            0..35 => self.refresh(grant, current, None).await,
            35..48 => self.refresh(grant, current.saturating_sub(1), None).await,
            48..52 => {
                let generation = self.dice.below(current + 1);
                self.refresh(grant, generation, None).await;
            }
            52..56 => {
                let name = self.world.users[self.dice.below(2)].name.clone();
                self.refresh(grant, current, Some(&name)).await;
            }
            56..63 => {
                let password = self.world.users[user].password.clone();
                self.sign_in(device, &password).await;
            }
            63..65 => self.sign_in(device, "not the password").await,
            65..72 => {
                let subject = self.some_subject(grant);
                let until = self.dice.one(&[None, Some(20), Some(4_000), Some(90_000)]);
                let until = until.map(|seconds| self.now() + seconds);
                let time = until.map(|at| chrono::DateTime::from_timestamp(at, 0).unwrap());
                let status = self
                    .administer(subject, "disable", &json!({ "until": time }))
                    .await;
                let expected = self.world.disable(subject, until);
                self.hold("disable", status, expected);
            }
            72..82 => {
                let subject = self.some_subject(grant);
                let status = self.administer(subject, "enable", &json!({})).await;
                let expected = self.world.enable(subject, self.now());
                self.hold("enable", status, expected);
            }
            82..84 => {
                let subject = self.some_subject(grant);
                let status = self.administer(subject, "end", &json!({})).await;
                self.world.end(subject);
                self.hold("end", status, 200);
            }
            84..85 => self.change_password(user).await,
            _ => {
                let some = [
                    1,
                    9,
                    20,
                    29,
                    30,
                    31,
                    290,
                    3_600,
                    86_400,
                    15 * 86_400,
                    29 * 86_400,
                ];
                let seconds = self.dice.one(&some);
                self.told.push(format!("{seconds} s go by"));
                self.server.advance(seconds);
            }
        }
    }

    async fn change_password(&mut self, user: usize) {
        let password = format!("meadow pilot canyon {}", self.told.len());
        self.told
            .push(format!("user {user} gets the password {password:?}"));
        let (id, new) = (
            self.world.users[user].id.parse().unwrap(),
            Secret::new(password.clone()),
        );
        let operator = self.server.operator();
        set_by_operator(&self.server.app, &operator, id, &new)
            .await
            .unwrap();
        self.world.change_password(user, password);
    }

    /// How many audit events are about the two users.
    async fn events(&self) -> i64 {
        let ids = self.world.users.iter().map(|user| user.id.parse().unwrap());
        let sql = "SELECT count(*) FROM audit_events WHERE user_id = ANY ($1) AND action <> 'user.created'";
        sqlx::query_scalar(sql)
            .bind(ids.collect::<Vec<Uuid>>())
            .fetch_one(&self.server.rows)
            .await
            .unwrap()
    }

    /// The rows say what the model says: above all, which one token of a grant is live.
    async fn compare_rows(&self) {
        for grant in &self.world.grants {
            let sql = "SELECT generation, retries, ended_at IS NOT NULL, secret_hash,
                              extract(epoch FROM expires_at)::bigint, extract(epoch FROM absolute_expires_at)::bigint
                       FROM refresh_tokens WHERE id = $1";
            let row: (i32, i32, bool, Vec<u8>, i64, i64) = sqlx::query_as(sql)
                .bind(Uuid::parse_str(&grant.id).unwrap())
                .fetch_one(&self.server.rows)
                .await
                .unwrap();
            let live = RefreshToken::parse(grant.tokens.last().unwrap(), &self.server.app.keys);
            let expected = (
                i32::try_from(grant.generation()).unwrap(),
                grant.retries,
                grant.ended,
                live.unwrap().hash().to_vec(),
                grant.expires_at,
                grant.absolute_end,
            );
            self.hold(&grant.id, row, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_history_goes_as_the_contract_says() {
    let server = spawn_with(|config| {
        (config.argon2_memory_kib, config.argon2_iterations) = (64, 1);
    })
    .await;
    let mut administrator = server.administrator().await;
    for seed in 1..=200 {
        let mut history = History::begin(&server, seed, administrator).await;
        for _ in 0..STEPS {
            history.step().await;
            let (found, expected) = (history.events().await, history.world.events);
            history.hold("audit events", found, expected);
        }
        history.compare_rows().await;
        administrator = history.administrator;
    }
}
