//! Access tokens whose signature was found good. A signature costs more than all the rest of a
//! request, and an app sends the same token until it expires.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::{access_token::Claims, sha256};

/// How many tokens are remembered: at less than a kilobyte each some ten megabytes.
const CAPACITY: usize = 10_000;

/// The claims of tokens seen, by the SHA-256 of the whole token. Holds no token.
pub struct Verified(Cache<[u8; 32], Arc<Claims>>);

impl Verified {
    /// Of no token yet.
    pub fn none() -> Self {
        Self(Cache::new(CAPACITY))
    }

    /// What a token says: remembered, or else as `verify` finds it, which is remembered if it is
    /// good. Nothing is remembered of others, so that nobody can fill it with junk.
    ///
    /// # Errors
    /// Those of `verify`.
    pub fn claims<E>(
        &self,
        token: &str,
        verify: impl FnOnce() -> Result<Claims, E>,
    ) -> Result<Arc<Claims>, E> {
        let key = sha256(token.as_bytes());
        if let Some(claims) = self.0.get(&key) {
            return Ok(claims);
        }
        let claims = Arc::new(verify()?);
        self.0.insert(key, Arc::clone(&claims));
        Ok(claims)
    }
}
