//! What is said of a refusal and of a token: the rule, which token it is, and what to do next.

use super::rules::{self, Place, Rule};
use crate::{
    admin::text::{Text, say},
    crypto::{access_token::Rejection, refresh_token::Alien},
    domain::{
        refresh::Verdict,
        why::{Age, Case, SignIn, Token},
    },
};

/// What is said of the request or the token.
#[derive(Default)]
pub struct Answer {
    /// The rule, or what the token is.
    pub title: Text,
    /// More of it, a sentence or some.
    pub told: Vec<Text>,
    /// The message that says what to do; empty for nothing.
    pub next: &'static str,
    /// Path, and the message with its words.
    pub links: Vec<(String, &'static str)>,
}

impl Answer {
    /// Of a refusal: the rule, and whether it is still so.
    pub fn of_refusal(reason: &str, case: &Case) -> Self {
        let mut answer = match rules::of_reason(reason) {
            Some(rule) => Self::by(rule, case),
            None => Self {
                title: say("why-refused-otherwise").with("reason", reason.replace('_', " ")),
                ..Self::default()
            },
        };
        let sign_in = case.sign_in.as_ref();
        answer
            .told
            .extend(sign_in.map(|it| as_it_is_now(it, reason)));
        answer
    }

    fn by(rule: Rule, case: &Case) -> Self {
        let device = case.device.as_ref();
        let place = match (rule.place, device, &case.user, &case.client) {
            (Place::Device, Some(device), _, _) => Some((
                format!("/admin/users/{}?device={}", device.user_id, device.id),
                "why-to-device",
            )),
            (Place::Device | Place::User, _, Some(user), _) => {
                Some((format!("/admin/users/{}", user.id), "why-to-user"))
            }
            (Place::Clients, _, _, Some(client)) => {
                Some((format!("/admin/clients#client-{client}"), "why-to-client"))
            }
            (Place::Clients, _, _, None) => Some(("/admin/clients".to_owned(), "why-to-clients")),
            _ => None,
        };
        Self {
            title: say(rule.said),
            told: Vec::new(),
            next: rule.next,
            links: place.into_iter().collect(),
        }
    }

    fn says(title: &'static str, told: &'static str, next: &'static str) -> Self {
        Self {
            title: say(title),
            told: vec![say(told)],
            next,
            links: Vec::new(),
        }
    }

    /// Of a request in which nothing was refused, as far as is known.
    pub fn of_no_refusal(something_done: bool) -> Self {
        if something_done {
            return Self::says("why-nothing-refused", "why-nothing-refused-told", "");
        }
        Self::says(
            "why-nothing-kept",
            "why-nothing-kept-told",
            "why-nothing-kept-next",
        )
    }

    /// Of a token.
    pub fn of_token(token: &Token, case: &Case) -> Self {
        match token {
            Token::Unknown => Self::says("why-no-token", "why-no-token-told", "why-no-token-next"),
            Token::Alien(Alien::Malformed) => {
                Self::says("why-malformed", "why-malformed-told", "why-malformed-next")
            }
            Token::Alien(Alien::OtherKey) => {
                Self::says("why-other-key", "why-other-key-told", "why-other-key-next")
            }
            Token::Alien(Alien::Altered) => {
                Self::says("why-altered", "why-altered-told", "why-altered-next")
            }
            Token::Rejected(rejection) => Self::of_rejection(*rejection),
            Token::Gone => Self::says("why-gone", "why-gone-told", "why-gone-next"),
            Token::Refresh { age, verdict } => Self::of_refresh_token(*age, *verdict, case),
            Token::Access { refusal, .. } => match refusal {
                Some(refusal) => Self::by(rules::of_access(*refusal), case),
                None => Self {
                    told: vec![say("why-works")],
                    ..Self::by(GOOD, case)
                },
            },
        }
    }

    fn of_rejection(rejection: Rejection) -> Self {
        let (title, told) = match rejection {
            Rejection::UnknownKey => ("why-unknown-key", "why-unknown-key-told"),
            Rejection::BadSignature => ("why-bad-signature", "why-bad-signature-told"),
            Rejection::WrongIssuer => ("why-wrong-issuer", "why-wrong-issuer-told"),
            _ => ("why-no-access-token", "why-no-access-token-told"),
        };
        Self::says(title, told, "why-rejected-next")
    }

    fn of_refresh_token(age: Age, verdict: Verdict, case: &Case) -> Self {
        let which = match age {
            Age::Current => say("why-age-current"),
            Age::Predecessor => say("why-age-predecessor"),
            Age::Older(by) => say("why-age-older").with("by", i64::from(by)),
            Age::Ahead => say("why-age-ahead"),
        };
        let (rule, told) = match verdict {
            Verdict::TryAgain => (Some(GOOD), Some("why-works")),
            Verdict::Replay => (Some(GOOD), Some("why-replayed")),
            Verdict::Reused => (rules::of_reason("token_reused"), Some("why-would-end")),
            Verdict::Refused(refusal) => (rules::of_reason(refusal.as_str()), None),
            Verdict::FromTheFuture => (rules::of_reason("unknown_token"), None),
        };
        let mut answer = rule.map_or_else(Self::default, |rule| Self::by(rule, case));
        if verdict == Verdict::Reused {
            answer.title = say("why-reuse");
        }
        answer.told = [which].into_iter().chain(told.map(say)).collect();
        answer
    }
}

const GOOD: Rule = Rule {
    said: "rule-good",
    next: "rule-good-next",
    place: Place::Device,
};

fn as_it_is_now(sign_in: &SignIn, reason: &str) -> Text {
    match sign_in.refused_now {
        None => say("why-now-taken"),
        Some(refusal) if refusal.as_str() == reason => say("why-still-so"),
        Some(refusal) => {
            let rule = rules::of_reason(refusal.as_str());
            let said = rule.map_or_else(Text::default, |rule| say(rule.said));
            say("why-now").with("said", said)
        }
    }
}
