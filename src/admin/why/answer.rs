//! What is said of a refusal and of a token: the rule, which token it is, and what to do next.

use super::rules::{self, Place, Rule};
use crate::{
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
    pub title: String,
    /// More of it, a sentence or some.
    pub told: Vec<String>,
    /// What to do.
    pub next: &'static str,
    /// Path and words.
    pub links: Vec<(String, &'static str)>,
}

impl Answer {
    /// Of a refusal: the rule, and whether it is still so.
    pub fn of_refusal(reason: &str, case: &Case) -> Self {
        let mut answer = match rules::of_reason(reason) {
            Some(rule) => Self::by(rule, case),
            None => Self {
                title: format!("Refused: {}.", reason.replace('_', " ")),
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
                "To the device and its token",
            )),
            (Place::Device | Place::User, _, Some(user), _) => {
                Some((format!("/admin/users/{}", user.id), "To the user"))
            }
            (Place::Clients, _, _, Some(client)) => {
                Some((format!("/admin/clients#client-{client}"), "To the client"))
            }
            (Place::Clients, _, _, None) => Some(("/admin/clients".to_owned(), "To the clients")),
            _ => None,
        };
        Self {
            title: rule.said.to_owned(),
            told: Vec::new(),
            next: rule.next,
            links: place.into_iter().collect(),
        }
    }

    fn says(title: &str, told: &str, next: &'static str) -> Self {
        Self {
            title: title.to_owned(),
            told: vec![told.to_owned()],
            next,
            links: Vec::new(),
        }
    }

    /// Of a request in which nothing was refused, as far as is known.
    pub fn of_no_refusal(something_done: bool) -> Self {
        if something_done {
            return Self::says(
                "Nothing was refused in this request.",
                "It did what is told below.",
                "",
            );
        }
        Self::says(
            "Nothing is kept of this request.",
            "Of one kind for one user or token the latest twenty refusals are kept, for as long as the retention says. \
             Nothing is kept of what costs nothing to refuse: a refresh token that is none of ours, an access token, \
             a throttled sign-in, a form that cannot be read.",
            "Paste the token itself: what it is can be told from it alone.",
        )
    }

    /// Of a token.
    pub fn of_token(token: &Token, case: &Case) -> Self {
        match token {
            Token::Unknown => Self::says(
                "This is no token of this server.",
                "A refresh token begins with dwr_ and has 100 characters; an access token has three parts with dots between.",
                "Copy the whole of it, as the app stores or sends it.",
            ),
            Token::Alien(Alien::Malformed) => Self::says(
                "This is no refresh token.",
                "It begins like one of this server and has not the form of one.",
                "Copy the whole of it: 100 characters, none beside.",
            ),
            Token::Alien(Alien::OtherKey) => Self::says(
                "This refresh token was made under another server key.",
                "It is of another server, or of this one before its secret key was changed. To whoever presents it, it is \
                 unknown_token.",
                "The app must talk to the server that it signed in at; after a change of the secret key the user signs in again.",
            ),
            Token::Alien(Alien::Altered) => Self::says(
                "This refresh token was changed, or made up.",
                "It has the form of one, and names this server's key; its check is wrong.",
                "Copy it again. If the app presents it like this, it stores it badly.",
            ),
            Token::Rejected(rejection) => Self::of_rejection(*rejection),
            Token::Gone => Self::says(
                "This token is genuine, and what it was for is gone.",
                "Its user was deleted, or its sign-in ended or expired so long ago that it was purged.",
                "The user signs in again.",
            ),
            Token::Refresh { age, verdict } => Self::of_refresh_token(*age, *verdict, case),
            Token::Access { refusal, .. } => match refusal {
                Some(refusal) => Self::by(rules::of_access(*refusal), case),
                None => Self {
                    told: vec![WORKS.to_owned()],
                    ..Self::by(GOOD, case)
                },
            },
        }
    }

    fn of_rejection(rejection: Rejection) -> Self {
        let (title, told) = match rejection {
            Rejection::UnknownKey => (
                "This access token was signed with a key that is not in use.",
                "It is of another server, or the key was taken away, or retired for longer than its tokens last.",
            ),
            Rejection::BadSignature => (
                "The signature of this access token is wrong.",
                "It was changed, or somebody made it up.",
            ),
            Rejection::WrongIssuer => (
                "This access token is of another issuer.",
                "It was signed with a key of this server under another setting of issuer.",
            ),
            _ => (
                "This is no access token of this server.",
                "It has three parts as one, and its header or its claims are not those of an access token.",
            ),
        };
        Self::says(
            title,
            told,
            "The app must talk to the server that it signed in at, and send the access token as it came.",
        )
    }

    fn of_refresh_token(age: Age, verdict: Verdict, case: &Case) -> Self {
        let which = match age {
            Age::Current => "It is the current token of its sign-in.".to_owned(),
            Age::Predecessor => "It is the token before the current one.".to_owned(),
            Age::Older(by) => format!("It is {by} generations older than the current token."),
            Age::Ahead => "It is newer than anything that this database knows.".to_owned(),
        };
        let (rule, told) = match verdict {
            Verdict::TryAgain => (Some(GOOD), WORKS),
            Verdict::Replay => (Some(GOOD), REPLAYED),
            Verdict::Reused => (rules::of_reason("token_reused"), WOULD_END),
            Verdict::Refused(refusal) => (rules::of_reason(refusal.as_str()), ""),
            Verdict::FromTheFuture => (rules::of_reason("unknown_token"), ""),
        };
        let mut answer = rule.map_or_else(Self::default, |rule| Self::by(rule, case));
        if verdict == Verdict::Reused {
            "Reuse: this token had been replaced.".clone_into(&mut answer.title);
        }
        let told = [which.as_str(), told].into_iter();
        answer.told = told
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .collect();
        answer
    }
}

const GOOD: Rule = Rule {
    said: "Nothing speaks against this token.",
    next: "Whoever has it is its user to this server. If it came by mail or by chat, end it, and have the user sign in again.",
    place: Place::Device,
};
const WORKS: &str = "If its own app presents it now, it is taken.";
const REPLAYED: &str = "It was replaced so lately that its app may not have got the answer: it gets the same successor once more.";
const WOULD_END: &str = "Presented by an app, it ends the sign-in at once, since one of the two who have it may be a thief. \
                         Looking at it here has ended nothing.";

fn as_it_is_now(sign_in: &SignIn, reason: &str) -> String {
    match sign_in.refused_now {
        None => "As things are now, the current token of this sign-in is taken.".to_owned(),
        Some(refusal) if refusal.as_str() == reason => "It is still so.".to_owned(),
        Some(refusal) => {
            let rule = rules::of_reason(refusal.as_str());
            let said = rule.map_or("", |rule| rule.said);
            format!("As things are now: {said}")
        }
    }
}
