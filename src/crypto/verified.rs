//! Access tokens whose signature was found good. A signature costs more than all the rest of a
//! request, and an app sends the same token until it expires.

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use quick_cache::sync::Cache;
use serde_json::{Result as Written, value::RawValue};

use super::access_token::Claims;

/// How many tokens are remembered: at some two kilobytes each ten megabytes.
const CAPACITY: usize = 5_000;

/// The claims of tokens seen, by the whole token: a digest of it would take as long as all else that is done
/// for one. Found by a hash whose key nobody has, so that the comparison tells no stranger how far
/// a guess is right.
pub struct Verified(Cache<Box<str>, Arc<VerifiedToken>>);

/// The claims of a token that is good, and the answer that its bearer gets to the question what it says.
#[derive(Debug)]
pub struct VerifiedToken {
    claims: Claims,
    answer: OnceLock<Box<RawValue>>,
}

impl VerifiedToken {
    /// The answer, which `write` writes the first time; it depends on the claims alone.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn answer(
        &self,
        write: impl FnOnce(&Claims) -> Written<Box<RawValue>>,
    ) -> Written<&RawValue> {
        if let Some(answer) = self.answer.get() {
            return Ok(answer);
        }
        let answer = write(&self.claims)?;
        Ok(self.answer.get_or_init(|| answer))
    }
}

impl From<Claims> for VerifiedToken {
    fn from(claims: Claims) -> Self {
        Self {
            claims,
            answer: OnceLock::new(),
        }
    }
}

impl Deref for VerifiedToken {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.claims
    }
}

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
    ) -> Result<Arc<VerifiedToken>, E> {
        if let Some(good) = self.0.get(token) {
            return Ok(good);
        }
        let good = Arc::new(VerifiedToken::from(verify()?));
        self.0.insert(token.into(), Arc::clone(&good));
        Ok(good)
    }
}
