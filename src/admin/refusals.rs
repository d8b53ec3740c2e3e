//! `/admin/refusals`: which sign-ins, refreshes and forms were refused, and why.

use std::{collections::HashMap, sync::Arc};

use askama::Template;
use rocket::{State, get};
use serde_json::Value;
use uuid::Uuid;

use super::{
    asked::{Asked, Faults, Parameters, Question},
    chrome::Chrome,
    export::{PAGE, Source, record},
    fault::Fault,
    format,
    list::{Around, Field},
    page::Page,
    words::Words,
};
use crate::{
    api::error::Wire,
    app::App,
    db::{
        cursor::{self, DEFAULT_LIMIT},
        refusals::{Filter, Refusal},
    },
    domain::{error::Error, listing},
    guard::session::Reader,
    ids::UserId,
    records::RefusalRecord,
};

/// Why somebody is refused: the stored words, and each as a phrase.
pub const REASONS: [(&str, &str); 20] = [
    ("csrf", "a form that none of our pages sent"),
    ("no_session", "a form after the session had ended"),
    ("bad_form", "a form that cannot be read"),
    ("audience_not_allowed", "audience not allowed"),
    ("bad_client", "bad client"),
    ("role_required", "beyond the role"),
    ("client_disabled", "client disabled"),
    ("device_disabled", "device disabled"),
    ("grant_not_allowed", "grant not allowed"),
    ("unknown_token", "no token of ours, or an outdated one"),
    ("scope_not_allowed", "scope not allowed"),
    ("scope_not_granted", "scope not granted"),
    ("wrong_user", "the token of another user"),
    ("token_disabled", "token disabled"),
    ("token_ended", "token ended"),
    ("token_expired", "token expired"),
    ("token_reused", "token reused"),
    ("user_disabled", "user disabled"),
    ("wrong_client", "wrong client"),
    ("bad_credentials", "wrong username or password"),
];

/// The list.
#[derive(Template)]
#[template(path = "admin/refusals.html")]
pub struct RefusalsPage {
    chrome: Chrome,
    refusals: Vec<RefusalLine>,
    around: Around,
}

/// One printed refusal.
pub struct RefusalLine {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub time: Words,
    /// Why, in words.
    pub why: String,
    /// In which request.
    pub request: Uuid,
    /// How often the same was refused for the same reason in all.
    pub times: i64,
    /// Whom; none where there is no such user.
    pub user: Option<UserId>,
    /// That user's name.
    pub username: String,
    /// What else: name and value.
    pub facts: Vec<(&'static str, String)>,
}

impl RefusalLine {
    /// A refusal of somebody in `names`, or of nobody.
    pub fn new(refusal: Refusal, names: &HashMap<UserId, String>) -> Self {
        let name = refusal.user_id.and_then(|user| names.get(&user)).cloned();
        let facts = [
            ("reason", Some(refusal.reason.clone())),
            ("address", refusal.address),
            (
                "user agent",
                refusal.user_agent.filter(|text| !text.is_empty()),
            ),
            ("device", refusal.device_id.map(|id| id.to_string())),
            ("token", refusal.grant_id.map(|id| id.to_string())),
            ("request", Some(refusal.request_id.to_string())),
        ];
        let facts = facts.into_iter();
        Self {
            id: refusal.id,
            time: format::time(refusal.created_at),
            why: words(&refusal.reason),
            request: refusal.request_id,
            times: refusal.refused,
            user: refusal.user_id.filter(|_| name.is_some()),
            username: name.unwrap_or_default(),
            facts: facts
                .filter_map(|(what, value)| Some((what, value?)))
                .collect(),
        }
    }
}

/// The stored word as a phrase.
pub fn words(reason: &str) -> String {
    let known = REASONS.iter().find(|(word, _)| *word == reason);
    known.map_or_else(
        || reason.replace('_', " "),
        |(_, words)| (*words).to_owned(),
    )
}

/// Which refusals are asked for.
///
/// # Errors
/// 400 for a page that there is not.
pub fn question(asked: &Asked<'_>) -> Result<Question<Filter>, Wire> {
    let (mut parameters, mut faults) = (Parameters::default(), Faults::default());
    let reasons = REASONS.map(|(word, _)| (word, word));
    let filter = Filter {
        reason: parameters
            .choose("reason", asked.reason, &reasons)
            .map(str::to_owned),
        since: parameters.time("since", asked.since, &mut faults),
        until: parameters.time("until", asked.until, &mut faults),
        at: asked.at(cursor::id)?,
    };
    Ok(Question {
        filter,
        asked: parameters,
        faults,
    })
}

/// Refusals, newest first.
#[get("/admin/refusals?<asked..>")]
pub async fn list(
    app: &State<Arc<App>>,
    by: Reader,
    asked: Asked<'_>,
) -> Result<Page<RefusalsPage>, Fault> {
    let question = question(&asked)?;
    let filter = &question.filter;
    let (page, names) = if question.faults.is_empty() {
        listing::all_refusals(app, filter, DEFAULT_LIMIT).await?
    } else {
        (cursor::Page::none(), HashMap::new())
    };
    let fields = vec![
        Field::choice("reason", "Why", "all", REASONS),
        Field::time("since", "Since, in UTC"),
        Field::time("until", "Before, in UTC"),
    ];
    let around = Around::new(
        ("/admin/refusals", "refusals"),
        &question,
        fields,
        &[],
        "",
        &filter.at,
        &page,
    );
    let lines = page.items.into_iter();
    let page = RefusalsPage {
        chrome: Chrome::new(&by.0, "audit", "Refusals", None),
        refusals: lines
            .map(|refusal| RefusalLine::new(refusal, &names))
            .collect(),
        around,
    };
    Ok(Page::new(question.status(), page))
}

impl Source for Filter {
    const LIST: &'static str = "refusals";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "created_at",
        "reason",
        "count",
        "user_id",
        "username",
        "device_id",
        "token_id",
        "address",
        "user_agent",
        "request_id",
    ];

    async fn next(&mut self, app: &App) -> Result<(Vec<Value>, bool), Error> {
        let (page, names) = listing::all_refusals(app, self, PAGE).await?;
        let more = self.at.follow(&page, cursor::id);
        let rows = page.items.into_iter().map(|refusal| {
            let user = refusal.user_id;
            let username = user.and_then(|user| names.get(&user)).cloned();
            let extra = [
                ("user_id", user.map(|user| user.to_string()).into()),
                ("username", username.into()),
            ];
            record(serde_json::to_value(RefusalRecord::from(refusal)), extra)
        });
        Ok((rows.collect::<Result<_, _>>()?, more))
    }
}
