//! What each refusal is called and told: status, `error`, `reason` and a sentence.

use rocket::http::Status;

use super::{BASIC_REALM, REALM, Wire};
use crate::{
    crypto::{access_token::Rejection, dpop},
    domain::{
        clients,
        error::{Conflict, Error, Thing},
        refresh, sign_in, standing,
    },
};

/// RFC 9449 §5, §7.1.
const INVALID_PROOF: &str = "invalid_dpop_proof";

impl From<Error> for Wire {
    fn from(error: Error) -> Self {
        match error {
            Error::SignIn(refusal) => of_sign_in(refusal),
            Error::Client(refusal) => of_client(refusal),
            Error::Refresh(refusal) => of_refresh(refusal),
            Error::Standing(refusal) => of_standing(refusal),
            Error::Invalid { field, message } => {
                Self::invalid_request(format!("{field}: {message}."))
            }
            Error::WeakPassword(weakness) => Self::new(
                Status::BadRequest,
                "invalid_request",
                "weak_password",
                weakness.to_string(),
            ),
            Error::Forbidden => {
                let description = "Your role does not allow this.";
                let challenge = format!("{REALM}, error=\"insufficient_scope\"");
                Self {
                    challenge: Some(challenge),
                    ..Self::new(
                        Status::Forbidden,
                        "insufficient_scope",
                        "role_required",
                        description,
                    )
                }
            }
            Error::NotFound(thing) => of_missing(thing),
            Error::Conflict(conflict) => of_conflict(conflict),
            Error::Throttled { retry_after } => Self::throttled(retry_after),
            // In a flood, a second line in the log for each that is refused would be part of it.
            Error::Overloaded => Self {
                cause: None,
                ..Self::unavailable("")
            },
            Error::Unavailable(cause) => Self::unavailable(cause.map_or_else(
                || "a row kept changing".to_owned(),
                |cause| cause.to_string(),
            )),
            Error::Internal(cause) => Self::internal(cause),
        }
    }
}

impl From<Rejection> for Wire {
    fn from(rejection: Rejection) -> Self {
        let (reason, description) = match rejection {
            Rejection::Malformed => ("malformed_token", "This is no access token of this server."),
            Rejection::UnknownKey => (
                "unknown_key",
                "This access token was signed with a key that is not in use.",
            ),
            Rejection::BadSignature => (
                "bad_signature",
                "The signature of this access token is wrong.",
            ),
            Rejection::WrongIssuer => ("wrong_issuer", "This access token is of another issuer."),
            Rejection::WrongAudience => (
                "wrong_audience",
                "This access token is for another audience.",
            ),
            Rejection::NotYetValid => ("not_yet_valid", "This access token is not valid yet."),
            Rejection::Expired => (
                "token_expired",
                "This access token has expired. Refresh it.",
            ),
        };
        Self::invalid_token(reason, description)
    }
}

impl Wire {
    /// A proof of possession that is not good: 400 where tokens are given (RFC 9449 §5), 401 where they are used (§7.1).
    pub fn bad_proof(status: Status, rejection: dpop::Rejection) -> Self {
        use dpop::Rejection::{
            BadAlgorithm, BadKey, BadSignature, Malformed, Missing, NonceWanted, OutOfTime,
            Overloaded, Replayed, WrongKey, WrongRequest, WrongToken,
        };
        let (reason, description) = match rejection {
            Missing => ("proof_missing", "Send a proof in the header DPoP."),
            Malformed => (
                "proof_malformed",
                "Send one proof: a JWT of the type dpop+jwt with jti, htm, htu and iat.",
            ),
            BadAlgorithm => (
                "proof_algorithm",
                "This proof is signed with an algorithm that is not taken. See the metadata.",
            ),
            BadKey => (
                "proof_key",
                "Put the public key, and no more than that, into the header of the proof.",
            ),
            BadSignature => (
                "proof_signature",
                "The signature of this proof is not by the key in its header.",
            ),
            WrongRequest => (
                "proof_of_another_request",
                "The htm or htu of this proof is not that of the request, by the address of the metadata.",
            ),
            OutOfTime => (
                "proof_out_of_time",
                "This proof was made too long ago, or for a time to come.",
            ),
            WrongToken => (
                "proof_of_another_token",
                "The ath of this proof is not the hash of this access token.",
            ),
            WrongKey => (
                "wrong_key",
                "This access token is bound to another key than that of the proof.",
            ),
            NonceWanted => (
                "proof_nonce",
                "Make the proof again, with the nonce in the header DPoP-Nonce.",
            ),
            Replayed => (
                "proof_replayed",
                "This proof was used before. Make a new one.",
            ),
            Overloaded => return Self::from(Error::Overloaded),
        };
        let error = match rejection {
            NonceWanted => "use_dpop_nonce",
            _ => INVALID_PROOF,
        };
        let challenge = format!("{REALM}, error=\"{error}\", error_description=\"{description}\"");
        Self {
            challenge: (status == Status::Unauthorized).then_some(challenge),
            ..Self::new(status, error, reason, description)
        }
    }
}

fn of_sign_in(refusal: sign_in::Refusal) -> Wire {
    use sign_in::Refusal::{BadCredentials, DeviceDisabled, UserDisabled};
    let (status, error, description) = match refusal {
        BadCredentials => (
            Status::Unauthorized,
            "invalid_grant",
            "The username or the password is wrong.",
        ),
        UserDisabled => (
            Status::Forbidden,
            "access_denied",
            "This user is disabled. Ask your administrator.",
        ),
        DeviceDisabled => (
            Status::Forbidden,
            "access_denied",
            "This device is disabled. Ask your administrator.",
        ),
    };
    Wire::new(status, error, refusal.as_str(), description)
}

/// RFC 6749 §5.2, RFC 8707 §2.
fn of_client(refusal: clients::Refusal) -> Wire {
    use clients::Refusal::{
        AudienceNotAllowed, BadClient, ClientDisabled, GrantNotAllowed, ScopeNotAllowed,
    };
    let (error, description) = match refusal {
        BadClient => (
            "invalid_client",
            "There is no such client, or its secret is wrong or missing.",
        ),
        ClientDisabled => (
            "invalid_client",
            "This client is disabled. Ask your administrator.",
        ),
        GrantNotAllowed => (
            "unauthorized_client",
            "This client was not given this grant type.",
        ),
        ScopeNotAllowed => (
            "invalid_scope",
            "This client does not have all of these scopes.",
        ),
        AudienceNotAllowed => (
            "invalid_target",
            "This client gets no access tokens for this resource.",
        ),
    };
    let status = match refusal {
        BadClient | ClientDisabled => Status::Unauthorized,
        GrantNotAllowed | ScopeNotAllowed | AudienceNotAllowed => Status::BadRequest,
    };
    let challenge = (status == Status::Unauthorized).then(|| BASIC_REALM.to_owned());
    Wire {
        challenge,
        ..Wire::new(status, error, refusal.as_str(), description)
    }
}

fn of_refresh(refusal: refresh::Refusal) -> Wire {
    use refresh::Refusal::{
        ClientDisabled, DeviceDisabled, ScopeNotGranted, TokenDisabled, TokenEnded, TokenExpired,
        TokenReused, UnknownToken, UserDisabled, WrongClient, WrongKey, WrongUser,
    };
    let description = match refusal {
        UnknownToken => "This is no refresh token of this server. Sign in again.",
        TokenEnded => "This device was signed out. Sign in again.",
        TokenReused => {
            "This token had been replaced before. The sign-in was ended for safety; sign in again."
        }
        TokenDisabled => "This token is disabled. Ask your administrator.",
        DeviceDisabled => "This device is disabled. Ask your administrator.",
        UserDisabled => "This user is disabled. Ask your administrator.",
        TokenExpired => "This token has expired. Sign in again.",
        ClientDisabled => return of_client(clients::Refusal::ClientDisabled),
        WrongClient => "This token was issued to another client. It stays good for its own.",
        WrongUser => "This token belongs to another user. It stays good for its own.",
        ScopeNotGranted => "More is asked for than was granted. The token is not used up.",
        WrongKey => {
            "This token is bound to a key. Send a proof by that key; the token is not used up."
        }
    };
    let error = match refusal {
        ScopeNotGranted => "invalid_scope",
        WrongKey => INVALID_PROOF,
        _ => "invalid_grant",
    };
    Wire::new(Status::BadRequest, error, refusal.as_str(), description)
}

fn of_standing(refusal: standing::Refusal) -> Wire {
    let (reason, description) = match refusal {
        standing::Refusal::TokenEnded => {
            ("token_ended", "This device was signed out. Sign in again.")
        }
        standing::Refusal::TokenDisabled => (
            "token_disabled",
            "This token is disabled. Ask your administrator.",
        ),
        standing::Refusal::DeviceDisabled => (
            "device_disabled",
            "This device is disabled. Ask your administrator.",
        ),
        standing::Refusal::UserDisabled => (
            "user_disabled",
            "This user is disabled. Ask your administrator.",
        ),
        standing::Refusal::RolesChanged => (
            "roles_changed",
            "The roles of this user have changed. Refresh this access token.",
        ),
        standing::Refusal::TokenRevoked => (
            "token_revoked",
            "This access token was revoked. Refresh it.",
        ),
        standing::Refusal::ClientDisabled => (
            "client_disabled",
            "This client is disabled. Ask your administrator.",
        ),
    };
    Wire::invalid_token(reason, description)
}

fn of_missing(thing: Thing) -> Wire {
    let (reason, description) = match thing {
        Thing::User => ("no_such_user", "There is no such user."),
        Thing::Device => ("no_such_device", "There is no such device."),
        Thing::Token => ("no_such_token", "There is no such token."),
        Thing::SigningKey => ("no_such_key", "There is no such signing key."),
        Thing::AudienceKey => ("no_such_key", "This audience has no key."),
        Thing::Client => ("no_such_client", "There is no such client."),
        Thing::BulkAct => ("no_such_bulk_act", "There is no such bulk act."),
        Thing::SetupCode => (
            "no_such_code",
            "This code was used, replaced by a later start, or is over an hour old.",
        ),
        Thing::PasswordLink => (
            "no_such_link",
            "This link was used, replaced, or is over an hour old.",
        ),
    };
    Wire::new(Status::NotFound, "not_found", reason, description)
}

fn of_conflict(conflict: Conflict) -> Wire {
    let (reason, description) = match conflict {
        Conflict::UsernameTaken => ("username_taken", "This username is taken. Choose another."),
        Conflict::ClientIdTaken => (
            "client_id_taken",
            "Another client has this id. Choose another.",
        ),
        Conflict::NoSecret => ("no_secret", "A public client has no secret."),
        Conflict::PreviewTooOld => (
            "preview_too_old",
            "This was looked at more than an hour ago. Look again.",
        ),
        Conflict::AlreadyEnded => (
            "already_ended",
            "This token has ended for good. A new sign-in makes a new one.",
        ),
        Conflict::LastAdmin => (
            "last_admin",
            "This is the last administrator who can sign in. Make another one first.",
        ),
    };
    Wire::new(Status::Conflict, "conflict", reason, description)
}
