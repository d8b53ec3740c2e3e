//! The rules that say no: the messages that say what each means and what to do next, and where that is done.

use crate::{
    crypto::access_token::Rejection,
    domain::{standing, why::AccessRefusal},
};

/// A rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The message that says it.
    pub said: &'static str,
    /// The message that says what to do about it.
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
const RULES: [(&str, Rule); 21] = [
    (
        "token_ended",
        Rule {
            said: "rule-token-ended",
            next: "rule-token-ended-next",
            place: Place::Device,
        },
    ),
    (
        "token_reused",
        Rule {
            said: "rule-token-reused",
            next: "rule-token-reused-next",
            place: Place::Device,
        },
    ),
    (
        "token_disabled",
        Rule {
            said: "rule-token-disabled",
            next: "rule-token-disabled-next",
            place: Place::Device,
        },
    ),
    (
        "device_disabled",
        Rule {
            said: "rule-device-disabled",
            next: "rule-device-disabled-next",
            place: Place::Device,
        },
    ),
    (
        "user_disabled",
        Rule {
            said: "rule-user-disabled",
            next: "rule-user-disabled-next",
            place: Place::User,
        },
    ),
    (
        "client_disabled",
        Rule {
            said: "rule-client-disabled",
            next: "rule-client-disabled-next",
            place: Place::Clients,
        },
    ),
    (
        "token_expired",
        Rule {
            said: "rule-token-expired",
            next: "rule-token-expired-next",
            place: Place::Device,
        },
    ),
    (
        "wrong_client",
        Rule {
            said: "rule-wrong-client",
            next: "rule-wrong-client-next",
            place: Place::Clients,
        },
    ),
    (
        "wrong_key",
        Rule {
            said: "rule-wrong-key",
            next: "rule-wrong-key-next",
            place: Place::Device,
        },
    ),
    (
        "wrong_user",
        Rule {
            said: "rule-wrong-user",
            next: "rule-wrong-user-next",
            place: Place::User,
        },
    ),
    (
        "scope_not_granted",
        Rule {
            said: "rule-scope-not-granted",
            next: "rule-scope-not-granted-next",
            place: Place::Clients,
        },
    ),
    (
        "unknown_token",
        Rule {
            said: "rule-unknown-token",
            next: "rule-unknown-token-next",
            place: Place::User,
        },
    ),
    (
        "bad_credentials",
        Rule {
            said: "rule-bad-credentials",
            next: "rule-bad-credentials-next",
            place: Place::User,
        },
    ),
    (
        "bad_client",
        Rule {
            said: "rule-bad-client",
            next: "rule-bad-client-next",
            place: Place::Clients,
        },
    ),
    (
        "grant_not_allowed",
        Rule {
            said: "rule-grant-not-allowed",
            next: "rule-grant-not-allowed-next",
            place: Place::Clients,
        },
    ),
    (
        "scope_not_allowed",
        Rule {
            said: "rule-scope-not-allowed",
            next: "rule-scope-not-allowed-next",
            place: Place::Clients,
        },
    ),
    (
        "audience_not_allowed",
        Rule {
            said: "rule-audience-not-allowed",
            next: "rule-audience-not-allowed-next",
            place: Place::Clients,
        },
    ),
    (
        "csrf",
        Rule {
            said: "rule-csrf",
            next: "rule-csrf-next",
            place: Place::User,
        },
    ),
    (
        "bad_form",
        Rule {
            said: "rule-bad-form",
            next: "rule-bad-form-next",
            place: Place::User,
        },
    ),
    (
        "no_session",
        Rule {
            said: "rule-no-session",
            next: "rule-no-session-next",
            place: Place::Nowhere,
        },
    ),
    (
        "role_required",
        Rule {
            said: "rule-role-required",
            next: "rule-role-required-next",
            place: Place::User,
        },
    ),
];

/// What an access token is refused by beyond that.
const EXPIRED: Rule = Rule {
    said: "rule-access-expired",
    next: "rule-access-expired-next",
    place: Place::Device,
};
const WRONG_AUDIENCE: Rule = Rule {
    said: "rule-access-wrong-audience",
    next: "rule-access-wrong-audience-next",
    place: Place::Clients,
};
const ROLES_CHANGED: Rule = Rule {
    said: "rule-access-roles-changed",
    next: "rule-access-roles-changed-next",
    place: Place::User,
};
const TOKEN_REVOKED: Rule = Rule {
    said: "rule-access-token-revoked",
    next: "rule-access-token-revoked-next",
    place: Place::Device,
};
const NOT_ACCEPTED: Rule = Rule {
    said: "rule-access-not-accepted",
    next: "rule-access-not-accepted-next",
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
        for reason in REASONS {
            assert!(of_reason(reason).is_some(), "{reason}");
        }
    }
}
