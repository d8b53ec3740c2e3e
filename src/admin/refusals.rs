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
    text::{Text, filters, say, word_of},
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

/// Why somebody is refused: the stored words. Each is a message too, `refusal-csrf` and so on.
pub const REASONS: [&str; 21] = [
    "csrf",
    "no_session",
    "bad_form",
    "audience_not_allowed",
    "bad_client",
    "role_required",
    "client_disabled",
    "device_disabled",
    "grant_not_allowed",
    "unknown_token",
    "scope_not_allowed",
    "scope_not_granted",
    "wrong_user",
    "token_disabled",
    "token_ended",
    "token_expired",
    "token_reused",
    "user_disabled",
    "wrong_client",
    "wrong_key",
    "bad_credentials",
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
    pub time: Text,
    /// Why, in words.
    pub why: Text,
    /// In which request.
    pub request: Uuid,
    /// How often the same was refused for the same reason in all.
    pub times: Text,
    /// Whom; none where there is no such user.
    pub user: Option<UserId>,
    /// That user's name.
    pub username: String,
    /// What else: the message that names it, and the value.
    pub facts: Vec<(&'static str, String)>,
}

impl RefusalLine {
    /// A refusal of somebody in `names`, or of nobody.
    pub fn new(refusal: Refusal, names: &HashMap<UserId, String>) -> Self {
        let name = refusal.user_id.and_then(|user| names.get(&user)).cloned();
        let facts = [
            ("fact-reason", Some(refusal.reason.clone())),
            ("fact-address", refusal.address),
            (
                "fact-user-agent",
                refusal.user_agent.filter(|text| !text.is_empty()),
            ),
            ("fact-device", refusal.device_id.map(|id| id.to_string())),
            ("fact-token", refusal.grant_id.map(|id| id.to_string())),
            ("fact-request", Some(refusal.request_id.to_string())),
        ];
        let facts = facts.into_iter();
        Self {
            id: refusal.id,
            time: format::time(refusal.created_at),
            why: words(&refusal.reason),
            request: refusal.request_id,
            times: refusal.refused.into(),
            user: refusal.user_id.filter(|_| name.is_some()),
            username: name.unwrap_or_default(),
            facts: facts
                .filter_map(|(what, value)| Some((what, value?)))
                .collect(),
        }
    }
}

/// The stored word as a phrase.
pub fn words(reason: &str) -> Text {
    word_of("refusal", reason)
}

/// Which refusals are asked for.
///
/// # Errors
/// 400 for a page that there is not.
pub fn question(asked: &Asked<'_>) -> Result<Question<Filter>, Wire> {
    let (mut parameters, mut faults) = (Parameters::default(), Faults::default());
    let reasons = REASONS.map(|word| (word, word));
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
        Field::choice(
            "reason",
            "label-why",
            "list-all",
            REASONS.map(|word| (word, words(word))),
        ),
        Field::time("since", "list-since"),
        Field::time("until", "list-before"),
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
        chrome: Chrome::new(&by.0, "audit", say("refusals-title"), None),
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
