//! Turns bytes into tokens and back. Knows no database, no HTTP and no rule of
//! who may do what; names nothing above it.

pub mod access_token;
pub mod audit_key;
pub mod cores;
pub mod device_token;
pub mod dpop;
pub mod free_core;
pub mod hashing_queue;
pub mod jwe;
pub mod keyring;
pub mod opaque_token;
pub mod password;
pub mod public_jwk;
pub mod refresh_rate;
pub mod refresh_token;
pub mod seal;
pub mod secret;
pub mod server_key;
pub mod setup_code;
pub mod signer;
pub mod verified;
pub mod verifier;

use aws_lc_rs::{digest, rand};

/// `N` bytes from the operating system's generator.
#[expect(
    clippy::expect_used,
    reason = "without randomness no secret can be made; the process must not go on"
)]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// SHA-256, for secrets of full entropy only; passwords go through [`password`].
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}
