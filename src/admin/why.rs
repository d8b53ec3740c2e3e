//! `/admin/why`: why something was refused, told by the id of a request or by a token. A token comes by
//! POST alone, so that it stands in no address, and never comes back.

mod answer;
mod rules;

use std::{collections::HashMap, sync::Arc};

use askama::Template;
use chrono::{DateTime, Utc};
use rocket::{State, get, http::Status, post};
use uuid::Uuid;

use super::{
    badge::Badge,
    chrome::Chrome,
    events::EventLine,
    fault::{Fault, Turn},
    format,
    page::Page,
    refusals::RefusalLine,
    words::Words,
};
use crate::{
    app::App,
    crypto::secret::Secret,
    db::{disabling::Suspension, refusals::Refusal},
    domain::{
        Caller,
        admin_session::Panelist,
        why::{self, Case, OfRequest, SignIn, Token},
    },
    guard::{form::Checked, session::Reader},
    ids::{DeviceId, UserId},
};
use answer::Answer;

/// The form, and what was found.
#[derive(Template)]
#[template(path = "admin/why.html")]
pub struct WhyPage {
    chrome: Chrome,
    fault: &'static str,
    answer: Option<Answer>,
    story: Story,
}

/// What the answer is about.
#[derive(Default)]
struct Story {
    user: Option<(UserId, String, Badge)>,
    device: Option<(DeviceId, String, Badge)>,
    client: String,
    token: Option<Badge>,
    /// Name and value.
    facts: Vec<(&'static str, Words)>,
    suspensions: Vec<SuspensionLine>,
    refusals: Vec<RefusalLine>,
    /// What there is to read about the events.
    happened: &'static str,
    events: Vec<EventLine>,
}

/// One printed suspension.
struct SuspensionLine {
    what: String,
    since: Words,
    by: String,
    until: Words,
    reason: String,
}

const NO_ID: &str =
    "This is no request id: it has 36 characters, as 0198c0de-0000-7000-8000-000000000000.";
const NOTHING_TYPED: &str = "Paste a request id, a refresh token or an access token.";

/// The form; with the id of a request, what was refused in it.
#[get("/admin/why?<request>")]
pub async fn show(
    app: &State<Arc<App>>,
    by: Reader,
    request: Option<&str>,
) -> Result<Page<WhyPage>, Fault> {
    let mut page = WhyPage::new(&by.0);
    match request.map(|text| Uuid::parse_str(text.trim())) {
        None => {}
        Some(Ok(id)) => page.tell_of_request(why::of_request(app, id).await?, app.clock.now()),
        Some(Err(_)) => return Ok(page.refused(NO_ID)),
    }
    Ok(Page::new(Status::Ok, page))
}

/// Looks into a token; the id of a request goes on to its page.
#[post("/admin/why", data = "<form>")]
pub async fn look(
    app: &State<Arc<App>>,
    by: Reader,
    caller: Caller,
    form: Checked,
) -> Result<Turn<WhyPage>, Fault> {
    let typed = form.0.secret("what");
    drop(form);
    let text = typed.expose().trim();
    let text = text.strip_prefix("Bearer ").unwrap_or(text).trim_start();
    let text = Secret::new(text.to_owned());
    drop(typed);
    if let Ok(id) = Uuid::parse_str(text.expose()) {
        return Ok(Turn::To(format!("/admin/why?request={id}")));
    }
    let mut page = WhyPage::new(&by.0);
    if text.expose().is_empty() {
        return Ok(Turn::Page(page.refused(NOTHING_TYPED)));
    }
    let (token, case) = why::of_token(app, &by.0, text, &caller).await?;
    page.tell_of_token(&token, case, app.clock.now());
    Ok(Turn::Page(Page::new(Status::Ok, page)))
}

impl WhyPage {
    fn new(by: &Panelist) -> Self {
        Self {
            chrome: Chrome::new(by, "audit", "Why was this refused?", None),
            fault: "",
            answer: None,
            story: Story::default(),
        }
    }

    fn refused(self, fault: &'static str) -> Page<Self> {
        Page::new(Status::UnprocessableEntity, Self { fault, ..self })
    }

    fn tell_of_request(&mut self, found: OfRequest, now: DateTime<Utc>) {
        let OfRequest {
            refusal,
            events,
            case,
        } = found;
        let Some(refusal) = refusal else {
            self.answer = Some(Answer::of_no_refusal(!events.is_empty()));
            self.story.happened = "Done in this request";
            self.story.events = events.into_iter().map(EventLine::from).collect();
            return;
        };
        self.answer = Some(Answer::of_refusal(&refusal.reason, &case));
        self.story = Story::of(case, now);
        self.story.facts.splice(0..0, circumstances(refusal));
    }

    fn tell_of_token(&mut self, token: &Token, case: Case, now: DateTime<Utc>) {
        self.answer = Some(Answer::of_token(token, &case));
        self.story = Story::of(case, now);
        if let Token::Access { claims, .. } = token {
            let at = |seconds| {
                DateTime::from_timestamp(seconds, 0)
                    .map(format::time)
                    .unwrap_or_default()
            };
            let facts = [
                (
                    "This access token",
                    at(claims.iat).within(|time| format!("from {time}")),
                ),
                ("It expires", at(claims.exp)),
                ("It is for", claims.aud.clone().into()),
            ];
            self.story.facts.splice(0..0, facts);
        }
    }
}

/// What a refusal keeps of its request.
fn circumstances(refusal: Refusal) -> Vec<(&'static str, Words)> {
    let facts = [
        ("Refused", Some(format::time(refusal.created_at))),
        (
            "So far",
            Some(format!("{} for this reason", times(refusal.refused)).into()),
        ),
        ("From", refusal.address.map(Words::from)),
        (
            "By",
            refusal
                .user_agent
                .filter(|agent| !agent.is_empty())
                .map(Words::from),
        ),
        ("Request", Some(refusal.request_id.to_string().into())),
    ];
    let told = facts.into_iter();
    told.filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn times(many: i64) -> String {
    format::count(many, ["time", "times"]).replace("No times", "never")
}

impl Story {
    fn of(case: Case, now: DateTime<Utc>) -> Self {
        let user = case.user.as_ref();
        let names = user.map(|user| (user.id, user.username.clone()));
        let names: HashMap<UserId, String> = names.into_iter().collect();
        let sign_in = case.sign_in.as_ref();
        Self {
            user: case.user.map(|user| {
                let badge = Badge::of_user(&user);
                (user.id, user.username, badge)
            }),
            device: case.device.map(|device| {
                let badge = Badge::of_device(&device);
                (device.id, device.name, badge)
            }),
            client: case.client.map(|id| id.to_string()).unwrap_or_default(),
            token: sign_in.map(|it| Badge::of_grant(&it.grant, now)),
            facts: sign_in.map(facts).unwrap_or_default(),
            suspensions: case
                .suspensions
                .into_iter()
                .map(SuspensionLine::from)
                .collect(),
            refusals: case
                .refusals
                .into_iter()
                .map(|refusal| RefusalLine::new(refusal, &names))
                .collect(),
            happened: "What happened to the token and the device",
            events: case.events.into_iter().map(EventLine::from).collect(),
        }
    }
}

/// What the sign-in went through.
fn facts(sign_in: &SignIn) -> Vec<(&'static str, Words)> {
    let SignIn {
        grant,
        standing,
        trail,
        ..
    } = sign_in;
    let rotated = match standing.rotated_at {
        Some(at) => {
            let many = times(grant.generation.into());
            format::time(at).within(|time| format!("{many}, last {time}"))
        }
        None => "never".into(),
    };
    let ended = grant.ended_at.zip(grant.ended_reason.as_ref());
    let ended = ended.map(|(at, how)| {
        let how = how.replace('_', " ");
        format::time(at).and(format!(": {how}"))
    });
    let agent = Some(trail.last_user_agent.clone()).filter(|agent| !agent.is_empty());
    let told = [
        ("Signed in", Some(format::time(grant.created_at))),
        ("Refreshed", Some(rotated)),
        ("Answered again", Some(times(trail.retries.into()).into())),
        ("Last used", Some(format::time(grant.last_used_at))),
        (
            "Last used from",
            trail.last_address.clone().map(Words::from),
        ),
        ("Last used by", agent.map(Words::from)),
        ("Expires", Some(format::time(grant.expires_at))),
        (
            "Ends in any case",
            Some(format::time(standing.holder.absolute_expires_at)),
        ),
        ("Ended", ended),
        ("Token id", Some(grant.id.to_string().into())),
    ];
    told.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

impl From<Suspension> for SuspensionLine {
    fn from(suspension: Suspension) -> Self {
        let kind = suspension.disabled_by_kind.unwrap_or_default();
        Self {
            what: suspension.what,
            since: format::time(suspension.disabled_at),
            by: match suspension.disabled_by {
                Some(name) => format!("{name} ({kind})"),
                None => kind,
            },
            until: suspension.disabled_until.map_or_else(
                || "until it is enabled".into(),
                |at| format::time(at).within(|time| format!("until {time}")),
            ),
            reason: suspension.disabled_reason.unwrap_or_default(),
        }
    }
}
