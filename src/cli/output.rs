//! The only place that prints: records as tables or JSON, and complaints in one line.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what the command line is for"
)]

use std::fmt::Display;

use chrono::SecondsFormat;
use serde::Serialize;

use super::Failure;
use crate::{
    crypto::secret::Secret,
    db::audience_keys::AudienceKey,
    records::{ClientRecord, DeviceRecord, SigningKeyRecord, TokenRecord, UserRecord},
};

/// A line on the standard output.
pub(super) fn line(text: impl Display) {
    println!("{text}");
}

/// A line on the standard error that is no error.
pub(super) fn notice(text: &str) {
    eprintln!("doorward: {text}");
}

/// What stopped the command.
pub(super) fn complain(failure: &Failure) {
    for line in failure.to_string().lines() {
        eprintln!("doorward: {line}");
    }
}

/// JSON on the standard output.
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Failure::Other(error.to_string()))?;
    println!("{text}");
    Ok(())
}

/// A user, as one line.
pub(super) fn user(record: &UserRecord) -> String {
    let roles = if record.roles.is_empty() {
        "-".to_owned()
    } else {
        record.roles.join(",")
    };
    let state = if record.suspension.disabled {
        "disabled"
    } else {
        "active"
    };
    format!("{}  {state:8}  {roles:13}  {}", record.id, record.username)
}

/// A device, as one line.
pub(super) fn device(record: &DeviceRecord) -> String {
    let state = if record.suspension.disabled {
        "disabled"
    } else {
        "active"
    };
    format!("{}  {state:8}  {}", record.id, record.name)
}

/// A refresh token, as one line.
pub(super) fn token(record: &TokenRecord) -> String {
    let state = match (&record.ended_at, record.suspension.disabled) {
        (Some(_), _) => "ended",
        (None, true) => "disabled",
        (None, false) => "active",
    };
    format!("{}  {state:8}  device {}", record.id, record.device_id)
}

/// A client, as one line.
pub(super) fn client(record: &ClientRecord) -> String {
    let state = if record.suspension.disabled {
        "disabled"
    } else {
        "active"
    };
    let grants = record.grant_types.join(",");
    format!(
        "{:24}  {state:8}  {:12}  {grants}",
        record.client_id.as_str(),
        record.kind
    )
}

/// A password: the first line of the standard input, or typed twice at a prompt.
pub(super) fn read_password(from_stdin: bool) -> Result<Secret<String>, Failure> {
    if from_stdin {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        let line = Secret::new(line);
        return Ok(Secret::new(
            line.expose().trim_end_matches(['\r', '\n']).to_owned(),
        ));
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt)
            .map(Secret::new)
            .map_err(|_| {
                Failure::Other(
                    "there is no terminal to type a password at: use --password-stdin".to_owned(),
                )
            })
    };
    let password = ask("Password: ")?;
    if ask("The same once more: ")? != password {
        return Err(Failure::Other("the two are not the same".to_owned()));
    }
    Ok(password)
}

/// A signing key, as one line.
pub(super) fn audience_key(key: &AudienceKey) -> String {
    format!(
        "{:24}  {:14}  {}  since {}",
        key.audience,
        key.alg,
        key.kid,
        key.created_at.to_rfc3339_opts(SecondsFormat::Secs, true)
    )
}

pub(super) fn signing_key(record: &SigningKeyRecord) -> String {
    let since = record.retired_at.or(record.activated_at);
    let since = since.unwrap_or(record.created_at);
    format!(
        "{}  {:7}  {:5}  since {}",
        record.kid,
        record.state,
        record.alg,
        since.to_rfc3339_opts(SecondsFormat::Secs, true)
    )
}
