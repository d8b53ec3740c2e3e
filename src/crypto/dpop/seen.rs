//! The proofs that came lately, so that none is good twice (RFC 9449 §11.1). In the memory of this server alone: a
//! statement for each would double what a refresh asks of the database. Where there are several servers, whoever can
//! read a whole request has two minutes to send it to another of them once more.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};

use super::{Proof, Rejection};
use crate::crypto::sha256;

/// How many are remembered from each span: some eighteen megabytes. So many signatures in two minutes are more
/// than a machine of this size has time to check.
const CAPACITY: usize = 1 << 19;

/// Which proofs came: by a hash, so that it does not matter how long their ids are, and of key and id, so that nobody
/// can use up another's.
pub struct Seen {
    /// In seconds: how long a proof can be good after it came.
    span: i64,
    spans: Mutex<Spans>,
}

/// What came in this span, and in the one before: what is older is not good any more.
#[derive(Default)]
struct Spans {
    began: i64,
    this: HashSet<u128>,
    before: HashSet<u128>,
}

impl Seen {
    /// Nothing came yet.
    pub fn for_seconds(span: i64) -> Self {
        Self {
            span,
            spans: Mutex::default(),
        }
    }

    /// Remembers a proof.
    ///
    /// # Errors
    /// [`Rejection::Replayed`] for one that is remembered; [`Rejection::Overloaded`] when there is no room, rather
    /// than to forget one that is still good.
    pub fn note(&self, proof: &Proof, now: DateTime<Utc>) -> Result<(), Rejection> {
        let hash = hash(proof);
        let now = now.timestamp();
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        if now - spans.began >= self.span {
            let this = std::mem::take(&mut spans.this);
            let is_over = now - spans.began >= 2 * self.span;
            spans.before = if is_over { HashSet::new() } else { this };
            spans.began = now;
        }
        if spans.before.contains(&hash) || spans.this.contains(&hash) {
            return Err(Rejection::Replayed);
        }
        if spans.this.len() >= CAPACITY {
            return Err(Rejection::Overloaded);
        }
        spans.this.insert(hash);
        Ok(())
    }
}

fn hash(proof: &Proof) -> u128 {
    // A thumbprint is always of the same length: no two pairs give the same text.
    let text = [proof.key.as_str(), &proof.id].concat();
    let mut half = [0; 16];
    half.copy_from_slice(&sha256(text.as_bytes())[..16]);
    u128::from_be_bytes(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(key: &str, id: &str) -> Proof {
        Proof {
            key: key.to_owned().into(),
            id: id.to_owned(),
            method: String::new(),
            target: String::new(),
            issued_at: 0,
            token_hash: None,
            nonce: None,
        }
    }

    #[test]
    fn a_proof_is_remembered_as_long_as_it_can_be_good_and_no_more_than_twice_that() {
        let at = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        for first in [0, 50, 119] {
            let seen = Seen::for_seconds(120);
            assert_eq!(seen.note(&proof("a", "other"), at(0)), Ok(()));
            assert_eq!(seen.note(&proof("a", "1"), at(first)), Ok(()));
            for later in [0, 60, 119] {
                let again = seen.note(&proof("a", "1"), at(first + later));
                assert_eq!(again, Err(Rejection::Replayed), "{first} + {later}");
            }
            assert_eq!(seen.note(&proof("b", "1"), at(first)), Ok(()));
            assert_eq!(seen.note(&proof("a", "1"), at(first + 240)), Ok(()));
        }
    }
}
