//! The rules that say no, in plain words: what each means, and what to do next.

use crate::{
    crypto::access_token::Rejection,
    domain::{standing, why::AccessRefusal},
};

/// A rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// What it says.
    pub said: &'static str,
    /// What to do about it.
    pub next: &'static str,
    /// Where that is done.
    pub place: Place,
}

/// Where something is done about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the page of the device, with its token.
    Device,
    /// On the page of the user.
    User,
    /// Among the clients.
    Clients,
    /// Not in this panel.
    Nowhere,
}

/// Rules by the reason that is stored and answered.
const RULES: [(&str, Rule); 20] = [
    (
        "token_ended",
        Rule {
            said: "The sign-in has ended for good.",
            next: "The user signs in again on the device. Nothing brings back what has ended.",
            place: Place::Device,
        },
    ),
    (
        "token_reused",
        Rule {
            said: "A token that had been replaced was used again. One of the two who have it may be a thief, so that \
                   ends the sign-in for both.",
            next: "The user signs in again. If it happens to many with one app, look at the app: it must store the new \
                   token before it uses it, and must not refresh twice at once.",
            place: Place::Device,
        },
    ),
    (
        "token_disabled",
        Rule {
            said: "The token is disabled.",
            next: "Enable the token when it may work again. The app goes on with what it has.",
            place: Place::Device,
        },
    ),
    (
        "device_disabled",
        Rule {
            said: "The device is disabled.",
            next: "Enable the device when it may work again. The app goes on with what it has.",
            place: Place::Device,
        },
    ),
    (
        "user_disabled",
        Rule {
            said: "The user is disabled.",
            next: "Enable the user when all devices may work again. Their apps go on with what they have.",
            place: Place::User,
        },
    ),
    (
        "client_disabled",
        Rule {
            said: "The client is disabled: the app or service through which the user signed in.",
            next: "Enable the client when it may get tokens again.",
            place: Place::Clients,
        },
    ),
    (
        "token_expired",
        Rule {
            said: "The token has expired: it was not used for too long, or the sign-in is as old as one may be.",
            next: "The user signs in again. How long it may be is set by refresh_token_idle_ttl and refresh_token_max_ttl.",
            place: Place::Device,
        },
    ),
    (
        "wrong_client",
        Rule {
            said: "The token was presented by another client than the one it was issued to.",
            next: "Look at the client_id that the app sends: it must be the one that it signed in with. The token stays good.",
            place: Place::Clients,
        },
    ),
    (
        "wrong_user",
        Rule {
            said: "The username that came with the token is not its user's.",
            next: "Look at the account that the app takes for signed in. The token stays good for its own user.",
            place: Place::User,
        },
    ),
    (
        "scope_not_granted",
        Rule {
            said: "More scopes were asked for than were granted at the sign-in.",
            next: "The app asks for less, or the user signs in again with more. The token stays good.",
            place: Place::Clients,
        },
    ),
    (
        "unknown_token",
        Rule {
            said: "The token is genuine, but the database does not know it: its sign-in was deleted, or the database was \
                   restored from a state before the token was made.",
            next: "The user signs in again. Nobody is taken for a thief by this.",
            place: Place::User,
        },
    ),
    (
        "bad_credentials",
        Rule {
            said: "The username or the password was wrong.",
            next: "Whoever has forgotten the password gets a password link. Many of these from one address are guesses.",
            place: Place::User,
        },
    ),
    (
        "bad_client",
        Rule {
            said: "There is no such client, or its secret was wrong or missing.",
            next: "Look at the client's id, and make another secret if the one in use is lost.",
            place: Place::Clients,
        },
    ),
    (
        "grant_not_allowed",
        Rule {
            said: "The client was not given this grant type.",
            next: "A client's grant types are chosen when it is added. Add another one for what this one may not do.",
            place: Place::Clients,
        },
    ),
    (
        "scope_not_allowed",
        Rule {
            said: "The client does not have all of the scopes that it asked for.",
            next: "A client's scopes are chosen when it is added. The app asks for less, or gets another client.",
            place: Place::Clients,
        },
    ),
    (
        "audience_not_allowed",
        Rule {
            said: "The client gets no access tokens for the resource that it named.",
            next: "A client's audiences are chosen when it is added. Look at the resource that the app names.",
            place: Place::Clients,
        },
    ),
    (
        "csrf",
        Rule {
            said: "A form of the panel came without the token of its session, or from a page that is not ours.",
            next: "Whoever had the page open for long opens it again. Who did not send it was led here by another site.",
            place: Place::User,
        },
    ),
    (
        "bad_form",
        Rule {
            said: "A form of the panel was no form, was too long, or had a field twice.",
            next: "No page of ours sends such a form. Ask whoever was signed in what was tried.",
            place: Place::User,
        },
    ),
    (
        "no_session",
        Rule {
            said: "A form of the panel came after its session had ended, or without any.",
            next: "Whoever it was signs in again and repeats it. Nothing was changed.",
            place: Place::Nowhere,
        },
    ),
    (
        "role_required",
        Rule {
            said: "A form of the panel asked for more than the role of its user allows.",
            next: "No page shows such a form to this role. Ask whoever sent it, or look at what roles the user has.",
            place: Place::User,
        },
    ),
];

/// What an access token is refused by beyond that.
const EXPIRED: Rule = Rule {
    said: "The access token has expired, as each does within minutes.",
    next: "The app refreshes. If that is refused too, look into the refresh token or into the id of that request.",
    place: Place::Device,
};
const WRONG_AUDIENCE: Rule = Rule {
    said: "The access token is for another audience. The API of this server refuses it; whom it is for takes it.",
    next: "Look at where the app sends it.",
    place: Place::Clients,
};
const ROLES_CHANGED: Rule = Rule {
    said: "The user has other roles than the access token says.",
    next: "The app refreshes, and gets one that says what is so now.",
    place: Place::User,
};
const TOKEN_REVOKED: Rule = Rule {
    said: "This one access token was revoked by its client.",
    next: "The app refreshes. The sign-in goes on.",
    place: Place::Device,
};
const NOT_ACCEPTED: Rule = Rule {
    said: "The access token is not accepted.",
    next: "The app refreshes.",
    place: Place::Device,
};

/// The rule behind a stored reason; `None` for one that only a newer Doorward knows.
pub fn of_reason(reason: &str) -> Option<Rule> {
    let found = RULES.iter().find(|(word, _)| *word == reason);
    found.map(|(_, rule)| *rule)
}

/// The rule that refuses an access token.
pub fn of_access(refusal: AccessRefusal) -> Rule {
    let reason = match refusal {
        AccessRefusal::Rejected(Rejection::Expired) => return EXPIRED,
        AccessRefusal::Rejected(Rejection::WrongAudience) => return WRONG_AUDIENCE,
        AccessRefusal::Rejected(_) => return NOT_ACCEPTED,
        AccessRefusal::Standing(refusal) => match refusal {
            standing::Refusal::RolesChanged => return ROLES_CHANGED,
            standing::Refusal::TokenRevoked => return TOKEN_REVOKED,
            standing::Refusal::TokenEnded => "token_ended",
            standing::Refusal::TokenDisabled => "token_disabled",
            standing::Refusal::DeviceDisabled => "device_disabled",
            standing::Refusal::UserDisabled => "user_disabled",
            standing::Refusal::ClientDisabled => "client_disabled",
        },
    };
    of_reason(reason).unwrap_or(NOT_ACCEPTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::refusals::REASONS;

    #[test]
    fn every_reason_that_is_stored_has_its_rule() {
        for (reason, _) in REASONS {
            assert!(of_reason(reason).is_some(), "{reason}");
        }
    }
}
