//! Whether a proof of possession is good for a request (RFC 9449 §4.3).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    app::App,
    crypto::{
        dpop::{self, Proof, Rejection},
        sha256,
    },
    ids::Thumbprint,
};

/// How far, in seconds, a client's clock may be from ours.
const LEEWAY: u64 = 60;

/// For how many seconds after it came a proof can be good: one that was made for a time to come.
pub const GOOD_FOR: i64 = 2 * LEEWAY.cast_signed();

/// What came, and with which request.
pub struct Sent<'a> {
    /// The header `DPoP`.
    pub proof: &'a str,
    /// The request's method.
    pub method: &'a str,
    /// Its path, which the issuer is put before: it is by that name that the server is known.
    pub path: &'a str,
    /// The access token that came with it, if one did.
    pub token: Option<&'a str>,
}

/// The key that a request proves to come from. A signature, and no statement; the proof is not good again.
///
/// # Errors
/// The [`Rejection`].
pub fn check(app: &App, sent: &Sent<'_>) -> Result<Thumbprint, Rejection> {
    let proof = Proof::read(sent.proof)?;
    let own = format!("{}{}", app.config.issuer, sent.path);
    if proof.method != sent.method || !dpop::is_same(&proof.target, &own) {
        return Err(Rejection::WrongRequest);
    }
    let now = app.clock.now();
    if proof.issued_at.abs_diff(now.timestamp()) > LEEWAY {
        return Err(Rejection::OutOfTime);
    }
    let expected = sent
        .token
        .map(|token| URL_SAFE_NO_PAD.encode(sha256(token.as_bytes())));
    if expected.is_some() && proof.token_hash != expected {
        return Err(Rejection::WrongToken);
    }
    let ttl = app.config.dpop_nonce_ttl;
    let is_ours = |nonce: &String| dpop::is_nonce(nonce, &app.keys, ttl, now);
    if !ttl.is_zero() && !proof.nonce.as_ref().is_some_and(is_ours) {
        return Err(Rejection::NonceWanted);
    }
    app.proofs.note(&proof, now)?;
    Ok(proof.key)
}

/// The nonce that the next proof is to have, if proofs have to have one.
pub fn nonce(app: &App) -> Option<String> {
    let ttl = app.config.dpop_nonce_ttl;
    (!ttl.is_zero()).then(|| dpop::nonce(&app.keys, ttl, app.clock.now()))
}
