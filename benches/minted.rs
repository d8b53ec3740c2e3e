//! Access tokens that were never seen, and what verifying one costs.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use chrono::{TimeDelta, Utc};
use doorward::{
    crypto::{
        access_token::{Claims, Subject, UserClaims},
        keyring::{Keyring, SigningAlg, SigningKey},
        secret::Secret,
        server_key::ServerKey,
    },
    db::signing_keys,
    ids::{ClientId, DeviceId, GrantId, UserId},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Result, seed,
    stage::{self, Stage},
};

/// The server's own active key, taken out of its database.
pub async fn keyring(stage: &Stage) -> Result<Keyring> {
    let stored = signing_keys::list(&mut stage.connect().await?).await?;
    let active = stored.iter().find(|key| key.state == "active");
    let active = active.ok_or("there is no active key")?;
    let opened = ServerKey::new(&Secret::new(stage::SECRET_KEY))
        .signing_keys()
        .open(active.id.as_bytes(), &active.private_key_sealed);
    let private = opened.map_err(|_| "the key does not open")?;
    let key = SigningKey::from_pkcs8(SigningAlg::Es256, &private)?;
    Ok(Keyring::new("http://doorward.test", "doorward", vec![key])?)
}

/// How many tokens are verified in turn to see how long one takes.
const VERIFIED: u64 = 10_000;

/// An access token of its own.
pub fn token(ring: &Keyring, number: u64) -> Result<String> {
    let now = Utc::now();
    let claims = Claims {
        iss: ring.issuer().to_owned(),
        aud: ring.audience().to_owned(),
        exp: (now + TimeDelta::hours(1)).timestamp(),
        iat: now.timestamp(),
        nbf: now.timestamp(),
        jti: Uuid::now_v7(),
        client_id: ClientId::first_party(),
        scope: String::new(),
        cnf: None,
        subject: Subject::User(UserClaims {
            sub: UserId(seed::id(number)),
            auth_time: now.timestamp(),
            sid: GrantId(seed::id(number)),
            device_id: DeviceId(seed::id(number)),
            username: format!("user{number}"),
            roles: Vec::new(),
            status: None,
        }),
    };
    Ok(ring.sign(&claims)?.expose().clone())
}

/// Writes so many tokens into a file, a line each.
pub fn write(ring: &Keyring, many: u64, file: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(file)?);
    for number in 0..many {
        writeln!(file, "{}", token(ring, number)?)?;
    }
    Ok(file.flush()?)
}

/// How long verifying one token takes, when all cores do nothing else: jsonwebtoken alone, on one token
/// after the other: the same again and again is faster by a twentieth to a seventh.
pub fn verification(ring: &Keyring, for_so_long: Duration) -> Result<Duration> {
    let tokens: Vec<String> = (0..VERIFIED)
        .map(|number| token(ring, number))
        .collect::<Result<_>>()?;
    let jwks: Value = serde_json::from_str(ring.jwks())?;
    let key = DecodingKey::from_jwk(&serde_json::from_value(jwks["keys"][0].clone())?)?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["doorward"]);
    let verify_all = || {
        let (began, mut verified) = (Instant::now(), 0_u32);
        for token in tokens.iter().cycle() {
            if began.elapsed() >= for_so_long {
                break;
            }
            if jsonwebtoken::decode::<Value>(token, &key, &validation).is_ok() {
                verified += 1;
            }
        }
        began.elapsed() / verified.max(1)
    };
    let cores = thread::available_parallelism()?.get();
    let each: Vec<Duration> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(verify_all)).collect();
        threads
            .into_iter()
            .flat_map(thread::ScopedJoinHandle::join)
            .collect()
    });
    Ok(each.iter().sum::<Duration>() / u32::try_from(each.len().max(1))?)
}
