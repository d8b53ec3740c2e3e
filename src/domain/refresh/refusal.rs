//! Why a refresh was refused.

/// Why a refresh was refused. Told only to the holder of a genuine token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not ours, or of a grant that is not there.
    UnknownToken,
    /// Ended for good.
    TokenEnded,
    /// Rotated before: the grant has been ended.
    TokenReused,
    /// The token is disabled.
    TokenDisabled,
    /// The device is disabled.
    DeviceDisabled,
    /// The user is disabled.
    UserDisabled,
    /// Idle or absolute end.
    TokenExpired,
    /// The client is disabled.
    ClientDisabled,
    /// It was issued to another client.
    WrongClient,
    /// Another user's name was sent with it.
    WrongUser,
    /// More is asked for than was granted (RFC 6749 §6).
    ScopeNotGranted,
    /// The key that it is bound to was not proven (RFC 9449 §5).
    WrongKey,
}

impl Refusal {
    /// The stable `reason` of answers and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownToken => "unknown_token",
            Self::TokenEnded => "token_ended",
            Self::TokenReused => "token_reused",
            Self::TokenDisabled => "token_disabled",
            Self::DeviceDisabled => "device_disabled",
            Self::UserDisabled => "user_disabled",
            Self::TokenExpired => "token_expired",
            Self::ClientDisabled => "client_disabled",
            Self::WrongClient => "wrong_client",
            Self::WrongUser => "wrong_user",
            Self::ScopeNotGranted => "scope_not_granted",
            Self::WrongKey => "wrong_key",
        }
    }
}
