//! The refresh token: format, keyed check, hash, and the seal that lets only the
//! predecessor's holder have the successor again.
//!
//! `dwr_` and 96 characters of base64url: the id of the server key (4 bytes), the
//! grant (16), the generation (4), the secret (32) and an HMAC-SHA256 over all of
//! that, cut to 16 bytes. The check refuses junk without a query and proves that a
//! token many generations old was really ours.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::{
    random,
    seal::SealingKey,
    secret::Secret,
    server_key::{KeyId, ServerKeys},
    sha256,
};
use crate::ids::GrantId;

/// What each begins with, so that scanners for secrets know it.
pub const PREFIX: &str = "dwr_";
const BODY_LENGTH: usize = 56;
const CHECK_LENGTH: usize = 16;
const TOKEN_LENGTH: usize = BODY_LENGTH + CHECK_LENGTH;

/// What the client holds (RFC 6749 §1.5). Has no `Display` and no `Serialize`.
pub struct RefreshToken {
    /// The grant that it belongs to.
    pub grant: GrantId,
    /// How often the grant's token had been rotated when this one was made.
    pub generation: i32,
    secret: Secret<[u8; 32]>,
}

/// Why a string is no refresh token of a server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alien {
    /// It has not the form of one.
    Malformed,
    /// It has, and was made under a server key that is not one of ours.
    OtherKey,
    /// It names a key of ours, and its check is wrong: somebody made it up, or it was copied badly.
    Altered,
}

impl RefreshToken {
    /// The first token of a new grant.
    pub fn first(grant: GrantId) -> Self {
        Self {
            grant,
            generation: 0,
            secret: Secret::new(random()),
        }
    }

    /// The token that takes this one's place: the next generation, a fresh secret.
    #[must_use]
    pub fn successor(&self) -> Self {
        Self {
            grant: self.grant,
            generation: self.generation.saturating_add(1),
            secret: Secret::new(random()),
        }
    }

    /// What the row keeps of it: SHA-256 of the secret, which cannot be turned back.
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.secret.expose())
    }

    /// The string for the client, with a check under the current server key.
    pub fn encode(&self, keys: &ServerKeys) -> Secret<String> {
        let mut bytes = Vec::with_capacity(TOKEN_LENGTH);
        bytes.extend_from_slice(&keys.current.id());
        bytes.extend_from_slice(self.grant.0.as_bytes());
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(self.secret.expose());
        let check = hmac::sign(keys.current.refresh(), &bytes);
        bytes.extend(check.as_ref().iter().take(CHECK_LENGTH));
        let text = format!(
            "{PREFIX}{}",
            URL_SAFE_NO_PAD.encode(Secret::new(bytes).expose())
        );
        Secret::new(text)
    }

    /// Reads a string that claims to be one of ours; `None` for everything that a
    /// server with these keys did not make.
    pub fn parse(text: &str, keys: &ServerKeys) -> Option<Self> {
        Self::read(text, keys).ok()
    }

    /// The same, with what is wrong: for those who may know, and for nobody who presents it.
    ///
    /// # Errors
    /// The [`Alien`].
    pub fn read(text: &str, keys: &ServerKeys) -> Result<Self, Alien> {
        let mut bytes = [0; TOKEN_LENGTH];
        let encoded = text.strip_prefix(PREFIX).ok_or(Alien::Malformed)?;
        match URL_SAFE_NO_PAD.decode_slice(encoded, &mut bytes) {
            Ok(TOKEN_LENGTH) => {}
            _ => return Err(Alien::Malformed),
        }
        let (body, check) = bytes.split_at(BODY_LENGTH);
        let (key_id, rest) = body.split_first_chunk::<4>().ok_or(Alien::Malformed)?;
        let key = keys.find(KeyId::from(*key_id)).ok_or(Alien::OtherKey)?;
        let expected = hmac::sign(key.refresh(), body);
        let expected = expected.as_ref().get(..CHECK_LENGTH);
        constant_time::verify_slices_are_equal(expected.unwrap_or_default(), check)
            .map_err(|_| Alien::Altered)?;

        let (grant, rest) = rest.split_first_chunk::<16>().ok_or(Alien::Malformed)?;
        let (generation, secret) = rest.split_first_chunk::<4>().ok_or(Alien::Malformed)?;
        let generation = i32::from_be_bytes(*generation);
        let secret = <[u8; 32]>::try_from(secret).map_err(|_| Alien::Malformed)?;
        let secret = Secret::new(secret);
        if generation < 0 {
            return Err(Alien::Malformed);
        }
        Ok(Self {
            grant: GrantId(Uuid::from_bytes(*grant)),
            generation,
            secret,
        })
    }

    /// Seals the successor's secret so that the row can hold it and only the holder
    /// of this token can have it.
    pub fn seal_successor(&self, successor: &Self) -> Vec<u8> {
        self.sealing_key()
            .seal(&self.seal_context(), successor.secret.expose())
    }

    /// The successor that [`RefreshToken::seal_successor`] sealed; `None` if it was
    /// sealed for another predecessor.
    pub fn open_successor(&self, sealed: &[u8]) -> Option<Self> {
        let secret = self.sealing_key().open(&self.seal_context(), sealed).ok()?;
        let secret = <[u8; 32]>::try_from(secret.expose().as_slice()).ok()?;
        Some(Self {
            grant: self.grant,
            generation: self.generation.saturating_add(1),
            secret: Secret::new(secret),
        })
    }

    fn sealing_key(&self) -> SealingKey {
        SealingKey::derive(self.secret.expose(), "successor seal v1")
    }

    /// Binds the seal to its row and its place in it.
    fn seal_context(&self) -> Vec<u8> {
        [
            self.grant.0.as_bytes().as_slice(),
            &self.generation.to_be_bytes(),
        ]
        .concat()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RefreshToken({}, generation {}, [secret])",
            self.grant, self.generation
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::server_key::ServerKey;

    fn keys(byte: u8) -> ServerKeys {
        ServerKeys {
            current: ServerKey::new(&Secret::new([byte; 32])),
            previous: None,
        }
    }

    fn token() -> RefreshToken {
        RefreshToken::first(GrantId(Uuid::from_u128(7)))
    }

    #[test]
    fn what_is_encoded_parses_to_the_same_token() {
        let token = token().successor();
        let text = token.encode(&keys(1));
        assert_eq!(text.expose().len(), 100);
        let parsed = RefreshToken::parse(text.expose(), &keys(1)).unwrap();
        assert_eq!(
            (parsed.grant, parsed.generation, parsed.hash()),
            (token.grant, 1, token.hash())
        );
    }

    #[test]
    fn junk_and_every_changed_character_is_refused() {
        let text = token().encode(&keys(1));
        let text = text.expose();
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(
                RefreshToken::parse(&changed, &keys(1)).is_none(),
                "character {at}"
            );
        }
        for junk in [
            "",
            "dwr_",
            "dwr_é",
            &text[..99],
            &format!("{text}A"),
            &text[4..],
            &"A".repeat(100_000),
        ] {
            assert!(RefreshToken::parse(junk, &keys(1)).is_none());
        }
    }

    #[test]
    fn a_token_of_the_previous_server_key_still_checks_and_of_another_does_not() {
        let text = token().encode(&keys(1));
        let rotated = ServerKeys {
            previous: Some(keys(1).current),
            ..keys(2)
        };
        assert!(RefreshToken::parse(text.expose(), &rotated).is_some());
        assert!(RefreshToken::parse(text.expose(), &keys(2)).is_none());
        let read = |text: &str, byte| RefreshToken::read(text, &keys(byte)).err();
        assert_eq!(read(text.expose(), 2), Some(Alien::OtherKey));
        let altered = text.expose().replace(&text.expose()[90..], "AAAAAAAAAA");
        assert_eq!(read(&altered, 1), Some(Alien::Altered));
        assert_eq!(read(&text.expose()[..99], 1), Some(Alien::Malformed));
    }

    #[test]
    fn only_the_predecessor_opens_the_sealed_successor() {
        let first = token();
        let second = first.successor();
        let sealed = first.seal_successor(&second);
        assert_eq!(first.open_successor(&sealed).unwrap().hash(), second.hash());
        assert!(second.open_successor(&sealed).is_none());
        assert!(token().open_successor(&sealed).is_none());
    }

    #[test]
    fn debug_tells_no_secret() {
        let token = token();
        let text = token.encode(&keys(1));
        let shown = format!("{token:?} {text:?}");
        assert!(
            shown.contains("[secret]") && !shown.contains("dwr_"),
            "{shown}"
        );
    }
}
