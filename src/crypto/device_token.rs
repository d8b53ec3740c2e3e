//! The device token: proves at a sign-in that this is the device it was before.
//!
//! `dwd_` and base64url of the server key's id (4 bytes), the device (16) and an
//! HMAC-SHA256 over both (32). Nothing of it is stored: any server can make and
//! check it, and whether the device still counts for anything is its row's word.
//! It is no credential: it lets nobody in without the password.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::{
    secret::Secret,
    server_key::{KeyId, ServerKeys},
};
use crate::ids::DeviceId;

const PREFIX: &str = "dwd_";
const BODY_LENGTH: usize = 20;
const TOKEN_LENGTH: usize = BODY_LENGTH + 32;

/// The token of a device, under the current server key.
pub fn encode(device: DeviceId, keys: &ServerKeys) -> Secret<String> {
    let mut bytes = Vec::with_capacity(TOKEN_LENGTH);
    bytes.extend_from_slice(&keys.current.id());
    bytes.extend_from_slice(device.0.as_bytes());
    let check = hmac::sign(keys.current.device(), &bytes);
    bytes.extend_from_slice(check.as_ref());
    Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// The device that a token proves; `None` for everything we did not make.
pub fn parse(text: &str, keys: &ServerKeys) -> Option<DeviceId> {
    let mut bytes = [0; TOKEN_LENGTH];
    let length = URL_SAFE_NO_PAD
        .decode_slice(text.strip_prefix(PREFIX)?, &mut bytes)
        .ok()?;
    if length != TOKEN_LENGTH {
        return None;
    }
    let (body, check) = bytes.split_at(BODY_LENGTH);
    let (key_id, device) = body.split_first_chunk::<4>()?;
    hmac::verify(keys.find(KeyId::from(*key_id))?.device(), body, check).ok()?;
    Some(DeviceId(Uuid::from_slice(device).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::server_key::ServerKey;

    #[test]
    fn proves_its_device_and_nothing_else() {
        let keys = |byte| ServerKeys {
            current: ServerKey::new(&Secret::new([byte; 32])),
            previous: None,
        };
        let device = DeviceId(Uuid::from_u128(9));
        let text = encode(device, &keys(1));
        assert_eq!(parse(text.expose(), &keys(1)), Some(device));
        assert_eq!(parse(text.expose(), &keys(2)), None);
        let other = text.expose().replacen("dwd_", "dwr_", 1);
        assert_eq!(parse(&other, &keys(1)), None);
        let mut changed = text.expose().clone();
        changed.replace_range(20..21, if &changed[20..21] == "A" { "B" } else { "A" });
        assert_eq!(parse(&changed, &keys(1)), None);
    }
}
