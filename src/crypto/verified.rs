//! Access tokens whose signature was found good. A signature costs more than all the rest of a
//! request, and an app sends the same token until it expires.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::access_token::Claims;

/// How many tokens are remembered: at one and a half kilobytes each some seven megabytes.
const CAPACITY: usize = 5_000;

/// The claims of tokens seen, by the whole token: a digest of it would take as long as all else that is done
/// for one. Found by a hash whose key nobody has, so that the comparison tells no stranger how far
/// a guess is right.
pub struct Verified(Cache<Box<str>, Arc<Claims>>);

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
        if let Some(claims) = self.0.get(token) {
            return Ok(claims);
        }
        let claims = Arc::new(verify()?);
        self.0.insert(token.into(), Arc::clone(&claims));
        Ok(claims)
    }
}
