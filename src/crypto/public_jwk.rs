//! What others hand in as a public key (RFC 7517): without the half that is nobody's business but its owner's.

use serde_json::{Map, Value};

/// The members that a public key does not have (RFC 7518 §6, RFC 8037 §2).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Whether nothing of a private key, or of a shared one, came along.
pub fn is_public(jwk: &Map<String, Value>) -> bool {
    PRIVATE.iter().all(|name| !jwk.contains_key(*name))
}
