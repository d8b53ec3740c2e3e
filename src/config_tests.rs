//! What the configuration takes, and what it says of what it does not take.

use rocket::figment::providers::{Format, Toml};

use super::*;

fn load_in(section: &str, environment: &[(&str, &str)]) -> Result<Config, Faults> {
    let toml = format!("[default.doorward]\n{section}");
    let figment = Figment::from(rocket::Config::default())
        .select("debug")
        .merge(Toml::string(&toml).nested());
    let environment = environment
        .iter()
        .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()));
    Config::load_with(&figment, environment)
}

fn load(section: &str) -> Result<Config, Faults> {
    load_in(section, &[])
}

#[test]
fn without_a_word_everything_has_its_default() {
    let config = load("").unwrap();
    assert_eq!(
        (config.issuer.as_str(), config.audience.as_str()),
        ("http://127.0.0.1:8000", "doorward")
    );
    assert_eq!(config.access_token_ttl, Duration::from_mins(5));
    assert_eq!(config.refresh_reuse_grace, Duration::from_secs(30));
    assert_eq!(config.refresh_reuse_grace_bound, Duration::from_hours(24));
    assert_eq!(config.dpop_nonce_ttl, Duration::ZERO);
    assert_eq!(
        (config.password_min_length, config.argon2_memory_kib),
        (15, 19_456)
    );
}

#[test]
fn impossible_values_are_named_with_a_way_out_and_all_at_once() {
    let cases = [
        (
            "access_token_ttl = \"5\"",
            "doorward.access_token_ttl: \"5\" is no duration",
        ),
        (
            "access_token_ttl = 5",
            "doorward.access_token_ttl: \"5\" is no duration",
        ),
        (
            "refresh_reuse_grace = \"61s\"",
            "doorward.refresh_reuse_grace: \"61s\" is out of range",
        ),
        (
            "refresh_reuse_grace_bound = \"8d\"",
            "doorward.refresh_reuse_grace_bound: \"8d\" is out of range",
        ),
        (
            "dpop_nonce_ttl = \"2h\"",
            "doorward.dpop_nonce_ttl: \"2h\" is out of range",
        ),
        (
            "signing_alg = \"none\"",
            "doorward.signing_alg: \"none\" is none of",
        ),
        (
            "signing_alg = \"HS256\"",
            "doorward.signing_secret: is needed",
        ),
        (
            "signing_secret = \"short\"",
            "doorward.signing_secret: is shorter than 32 bytes",
        ),
        (
            "password_min_length = 7",
            "doorward.password_min_length: \"7\" is not",
        ),
        (
            "argon2_iterations = 1",
            "doorward.argon2_memory_kib: is too little",
        ),
        (
            "secret_key = \"AAAA\"",
            "doorward.secret_key: is not 32 bytes",
        ),
        ("issuer = \"https://x/?a\"", "doorward.issuer: "),
        ("issuer = \"https://x.example/\"", "doorward.issuer: "),
        ("issuer = \"ftp://x\"", "doorward.issuer: "),
        (
            "cors_origins = [\"https://a.example/x\"]",
            "doorward.cors_origins: ",
        ),
        (
            "trusted_proxies = \"10.0.0.0/99\"",
            "doorward.trusted_proxies: ",
        ),
        (
            "acess_token_ttl = \"5m\"",
            "doorward.acess_token_ttl: is not a key",
        ),
        (
            "refresh_token_idle_ttl = \"91d\"",
            "doorward.refresh_token_idle_ttl: is longer",
        ),
    ];
    for (section, expected) in cases {
        let faults = load(section).unwrap_err();
        assert!(
            faults.0.len() == 1 && faults.0[0].starts_with(expected),
            "{section}: {faults}"
        );
    }
    assert_eq!(
        load("audience = \"\"\nsigning_alg = \"x\"")
            .unwrap_err()
            .0
            .len(),
        2
    );
}

#[test]
fn a_fault_never_quotes_a_secret() {
    for key in ["secret_key", "signing_secret", "secret_key_previous"] {
        let faults = load(&format!("{key} = \"hunter2\"")).unwrap_err();
        assert!(!faults.to_string().contains("hunter2"), "{faults}");
    }
    let config = load(&format!("signing_secret = \"{}\"", "s".repeat(40))).unwrap();
    assert!(!format!("{config:?}").contains("sss"));
}

#[test]
fn the_environment_wins_as_plain_text_and_strangers_in_it_are_only_warned_about() {
    let digits = "12345678901234567890123456789012";
    let environment = [
        ("AUDIENCE", digits),
        ("CORS_ORIGINS", "https://a.example, https://b.example:8443"),
        ("SERVICE_PORT", "tcp://10.0.0.1"),
    ];
    let config = load_in("audience = \"file\"", &environment).unwrap();
    assert_eq!(config.audience, digits);
    assert_eq!(
        config.cors_origins,
        ["https://a.example", "https://b.example:8443"]
    );
    assert_eq!(
        config.warnings,
        ["DOORWARD_SERVICE_PORT is not a setting of Doorward and is ignored"]
    );
}

#[test]
fn the_origin_is_the_issuer_without_its_path() {
    let config = load("issuer = \"https://auth.example.com:8443/tenant\"").unwrap();
    assert_eq!(config.origin(), "https://auth.example.com:8443");
    assert!(config.is_https());
}
