//! The configuration: `Rocket.toml` and the environment through Rocket's Figment,
//! read once, checked whole, and passed on. Nothing else reads the environment.

mod values;

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use ipnet::IpNet;
use rocket::figment::{Figment, providers::Env, value::Value};

pub use values::secret_key as parse_secret_key;

use crate::crypto::{keyring::SigningAlg, secret::Secret};

/// Every key of the section `doorward`, as `docs/configuration.md` describes it.
const KEYS: [&str; 26] = [
    "issuer",
    "audience",
    "access_token_ttl",
    "refresh_token_idle_ttl",
    "refresh_token_max_ttl",
    "refresh_reuse_grace",
    "refresh_reuse_grace_bound",
    "dpop_nonce_ttl",
    "signing_alg",
    "signing_key_rotation",
    "signing_secret",
    "status_list_ttl",
    "password_min_length",
    "argon2_memory_kib",
    "argon2_iterations",
    "argon2_parallelism",
    "secret_key",
    "secret_key_previous",
    "max_grants_per_user",
    "cors_origins",
    "retention",
    "audit_retention",
    "idle_device_days",
    "trusted_proxies",
    "data_dir",
    "database_connections",
];

/// Read where Postgres is looked for, before there is a configuration.
const POSTGRES_BINARIES: &str = "pg_bin";

/// All that Doorward can be told. Durations are whole seconds.
#[derive(Debug, Clone)]
pub struct Config {
    /// `iss`, and the base of every published link; without a slash at its end.
    pub issuer: String,
    /// The default `aud`.
    pub audience: String,
    /// How long an access token lives.
    pub access_token_ttl: Duration,
    /// How long a refresh token lives unused.
    pub refresh_token_idle_ttl: Duration,
    /// How long a grant lives.
    pub refresh_token_max_ttl: Duration,
    /// How long a rotated token still gets the same successor; zero for never.
    pub refresh_reuse_grace: Duration,
    /// The same, for whoever proves to hold the key that the grant is bound to.
    pub refresh_reuse_grace_bound: Duration,
    /// How long a nonce for proofs of possession is good at least; zero: none is asked for.
    pub dpop_nonce_ttl: Duration,
    /// What new access tokens are signed with.
    pub signing_alg: SigningAlg,
    /// How long a signing key signs before the next takes its place; zero for ever.
    pub signing_key_rotation: Duration,
    /// The shared secret of HS256.
    pub signing_secret: Option<Secret<String>>,
    /// How long resource servers may keep a status list.
    pub status_list_ttl: Duration,
    /// The shortest password, in code points.
    pub password_min_length: usize,
    /// argon2id: memory in KiB.
    pub argon2_memory_kib: u32,
    /// argon2id: passes.
    pub argon2_iterations: u32,
    /// argon2id: lanes.
    pub argon2_parallelism: u32,
    /// The server's secret key; without one, a file in `data_dir` holds it.
    pub secret_key: Option<Secret<[u8; 32]>>,
    /// The one before, during a rotation.
    pub secret_key_previous: Option<Secret<[u8; 32]>>,
    /// How many live grants a user may have.
    pub max_grants_per_user: u32,
    /// Browser origins that may call the JSON API.
    pub cors_origins: Vec<String>,
    /// How long ended grants and refusals are kept.
    pub retention: Duration,
    /// How long audit events are kept.
    pub audit_retention: Duration,
    /// Devices not used for so many days are disabled every night; zero for never.
    pub idle_device_days: u32,
    /// Whose forwarded addresses are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Where the private Postgres and the secret key's file live.
    pub data_dir: PathBuf,
    /// Where Postgres is; without it, a private one is run.
    pub database_url: Option<Secret<String>>,
    /// How many connections to Postgres at the most.
    pub database_connections: u32,
    /// Notes for the operator, a line each.
    pub warnings: Vec<String>,
}

/// What is wrong with the configuration: a line per key, all at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<String>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Faults {}

/// Rocket's own figment with what Doorward decides in its place.
pub fn figment() -> Figment {
    rocket::Config::figment()
        // Anyone can send X-Real-IP; whom to believe is `trusted_proxies`' business.
        .merge(("ip_header", false))
        .merge(("ident", false))
        .merge(("log_level", "off"))
        .merge(("cli_colors", false))
}

impl Config {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// All [`Faults`], each a line that names its key.
    pub fn load(figment: &Figment) -> Result<Self, Faults> {
        Self::load_with(
            figment,
            Env::prefixed("DOORWARD_")
                .iter()
                .map(|(key, text)| (key.into_string(), text)),
        )
    }

    fn load_with(
        figment: &Figment,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Faults> {
        let mut reader = Reader::new(figment, environment);
        let config = reader.config(figment);
        match config {
            Some(config) if reader.faults.is_empty() => Ok(config),
            _ => Err(Faults(reader.faults)),
        }
    }

    /// Whether cookies are `Secure`, and HSTS is sent: the issuer is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https:")
    }

    /// The issuer's origin (RFC 6454): scheme, host and port, without a path.
    pub fn origin(&self) -> &str {
        let after_scheme = self.issuer.find("://").map_or(0, |at| at + 3);
        let path = self.issuer[after_scheme..]
            .find('/')
            .map_or(self.issuer.len(), |at| after_scheme + at);
        &self.issuer[..path]
    }
}

/// The section's values as text, and the faults found so far.
struct Reader {
    values: BTreeMap<String, String>,
    faults: Vec<String>,
    warnings: Vec<String>,
}

impl Reader {
    /// `environment` is what `DOORWARD_*` holds, without the prefix. It is read as plain
    /// text: Figment would take a secret of digits for a number.
    fn new(figment: &Figment, environment: impl Iterator<Item = (String, String)>) -> Self {
        let mut reader = Self {
            values: BTreeMap::new(),
            faults: Vec::new(),
            warnings: Vec::new(),
        };
        match figment.find_value("doorward") {
            Ok(Value::Dict(_, section)) => {
                for (key, value) in section {
                    if !KEYS.contains(&key.as_str()) {
                        reader.fault(&key, "is not a key of Doorward; see docs/configuration.md");
                    } else if let Some(text) = values::text(&value) {
                        reader.values.insert(key, text);
                    } else {
                        reader.fault(&key, "is neither a value nor a list of values");
                    }
                }
            }
            Ok(_) => reader
                .faults
                .push("doorward: is not a section; write [default.doorward]".to_owned()),
            Err(_) => {}
        }
        for (key, text) in environment {
            let key = key.to_lowercase();
            if KEYS.contains(&key.as_str()) {
                reader.values.insert(key, text);
            } else if key != POSTGRES_BINARIES {
                let name = key.to_uppercase();
                reader.warnings.push(format!(
                    "DOORWARD_{name} is not a setting of Doorward and is ignored"
                ));
            }
        }
        reader
    }

    fn fault(&mut self, key: &str, fault: &str) {
        self.faults.push(format!("doorward.{key}: {fault}"));
    }

    /// The value of `key` as `parse` reads it; on a fault the default, which is never used then.
    fn read<T>(
        &mut self,
        key: &str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        let Some(text) = self.values.get(key) else {
            return default;
        };
        match parse(text) {
            Ok(value) => value,
            Err(fault) => {
                self.fault(key, &fault);
                default
            }
        }
    }

    fn duration(&mut self, key: &str, default: &str, at_least: &str, at_most: &str) -> Duration {
        let bound = |text| humantime::parse_duration(text).unwrap_or_default();
        self.read(key, bound(default), |text| {
            let value = humantime::parse_duration(text).map_err(|_| {
                format!(
                    "{text:?} is no duration; write {default:?} or another number with s, m, h or d"
                )
            })?;
            if value < bound(at_least) || value > bound(at_most) || value.subsec_nanos() != 0 {
                return Err(format!(
                    "{text:?} is out of range; write from {at_least:?} to {at_most:?}"
                ));
            }
            Ok(value)
        })
    }

    fn number(&mut self, key: &str, default: u32, at_least: u32, at_most: u32) -> u32 {
        self.read(key, default, |text| match text.parse() {
            Ok(value) if (at_least..=at_most).contains(&value) => Ok(value),
            _ => Err(format!(
                "{text:?} is not a whole number from {at_least} to {at_most}"
            )),
        })
    }

    fn list<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        self.read(key, Vec::new(), |text| {
            text.split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(parse)
                .collect()
        })
    }

    /// 32 bytes in base64. A fault never quotes the value: it is a secret.
    fn key(&mut self, key: &str) -> Option<Secret<[u8; 32]>> {
        self.read(key, None, |text| parse_secret_key(text).map(Some))
    }

    fn config(&mut self, figment: &Figment) -> Option<Config> {
        let rocket: rocket::Config = match figment.extract() {
            Ok(rocket) => rocket,
            Err(error) => {
                self.faults
                    .extend(error.into_iter().map(|fault| fault.to_string()));
                return None;
            }
        };
        let origin = values::served_origin(&rocket);
        let issuer = self.read("issuer", origin, values::issuer);
        let config = Config {
            issuer,
            audience: self.read("audience", "doorward".to_owned(), |text| match text {
                "" => Err("is empty; leave it out for \"doorward\"".to_owned()),
                text => Ok(text.to_owned()),
            }),
            access_token_ttl: self.duration("access_token_ttl", "5m", "10s", "1h"),
            refresh_token_idle_ttl: self.duration("refresh_token_idle_ttl", "30d", "1m", "3650d"),
            refresh_token_max_ttl: self.duration("refresh_token_max_ttl", "90d", "1m", "3650d"),
            refresh_reuse_grace: self.duration("refresh_reuse_grace", "30s", "0s", "60s"),
            refresh_reuse_grace_bound: self.duration(
                "refresh_reuse_grace_bound",
                "24h",
                "0s",
                "7d",
            ),
            dpop_nonce_ttl: self.duration("dpop_nonce_ttl", "0s", "0s", "1h"),
            signing_alg: self.read("signing_alg", SigningAlg::Es256, |text| {
                SigningAlg::parse(text)
                    .ok_or_else(|| format!("{text:?} is none of ES256, EdDSA, RS256, HS256"))
            }),
            signing_key_rotation: self.duration("signing_key_rotation", "90d", "0s", "3650d"),
            signing_secret: self.read("signing_secret", None, |text| match text.len() {
                0..32 => Err(
                    "is shorter than 32 bytes; make one with `openssl rand -base64 48`".to_owned(),
                ),
                _ => Ok(Some(Secret::new(text.to_owned()))),
            }),
            status_list_ttl: self.duration("status_list_ttl", "30s", "1s", "60s"),
            password_min_length: self.number("password_min_length", 15, 8, 256) as usize,
            argon2_memory_kib: self.number("argon2_memory_kib", 19_456, 12_288, 262_144),
            argon2_iterations: self.number("argon2_iterations", 2, 1, 32),
            argon2_parallelism: self.number("argon2_parallelism", 1, 1, 16),
            secret_key: self.key("secret_key"),
            secret_key_previous: self.key("secret_key_previous"),
            max_grants_per_user: self.number("max_grants_per_user", 50, 1, 10_000),
            cors_origins: self.list("cors_origins", values::origin),
            retention: self.duration("retention", "90d", "1d", "3650d"),
            audit_retention: self.duration("audit_retention", "400d", "1d", "36500d"),
            idle_device_days: self.number("idle_device_days", 0, 0, 3650),
            trusted_proxies: self.list("trusted_proxies", values::network),
            data_dir: self.read("data_dir", PathBuf::from("./data"), |text| {
                Ok(PathBuf::from(text))
            }),
            database_url: database_url(),
            database_connections: self.number("database_connections", 16, 1, 1000),
            warnings: std::mem::take(&mut self.warnings),
        };
        self.check_together(&config);
        Some(config)
    }

    /// What two keys say together.
    fn check_together(&mut self, config: &Config) {
        if config.refresh_token_idle_ttl > config.refresh_token_max_ttl {
            self.fault(
                "refresh_token_idle_ttl",
                "is longer than refresh_token_max_ttl; make it shorter",
            );
        }
        if config.signing_alg == SigningAlg::Hs256 && config.signing_secret.is_none() {
            self.fault(
                "signing_secret",
                "is needed by HS256; make one with `openssl rand -base64 48`",
            );
        }
        // The floor of OWASP ASVS 5.0, appendix C.
        let strong = match config.argon2_iterations {
            1 => 47_104,
            2 => 19_456,
            _ => 12_288,
        };
        if config.argon2_memory_kib < strong {
            let passes = config.argon2_iterations;
            self.fault(
                "argon2_memory_kib",
                &format!("is too little for {passes} iterations; write {strong} or more"),
            );
        }
    }
}

fn database_url() -> Option<Secret<String>> {
    Env::var("DATABASE_URL")
        .filter(|url| !url.trim().is_empty())
        .map(Secret::new)
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
