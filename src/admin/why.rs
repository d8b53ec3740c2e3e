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
    events::{EventLine, who},
    fault::{Fault, Turn},
    format,
    page::Page,
    refusals::RefusalLine,
    text::{Text, filters, say, word_of},
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
    /// The message that names it, and the value.
    facts: Vec<(&'static str, Text)>,
    suspensions: Vec<SuspensionLine>,
    refusals: Vec<RefusalLine>,
    /// What there is to read about the events.
    happened: &'static str,
    events: Vec<EventLine>,
}

/// One printed suspension.
struct SuspensionLine {
    what: Text,
    told: Text,
    reason: String,
}

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
        Some(Err(_)) => return Ok(page.refused("why-no-id")),
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
        return Ok(Turn::Page(page.refused("why-nothing-typed")));
    }
    let (token, case) = why::of_token(app, &by.0, text, &caller).await?;
    page.tell_of_token(&token, case, app.clock.now());
    Ok(Turn::Page(Page::new(Status::Ok, page)))
}

impl WhyPage {
    fn new(by: &Panelist) -> Self {
        Self {
            chrome: Chrome::new(by, "audit", say("why-title"), None),
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
            self.story.happened = "search-done-in-request";
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
                    "why-access-token",
                    say("why-access-token-from").with("time", at(claims.iat)),
                ),
                ("why-access-token-expires", at(claims.exp)),
                ("why-access-token-for", claims.aud.clone().into()),
            ];
            self.story.facts.splice(0..0, facts);
        }
    }
}

/// What a refusal keeps of its request.
fn circumstances(refusal: Refusal) -> Vec<(&'static str, Text)> {
    let agent = refusal.user_agent.filter(|agent| !agent.is_empty());
    let facts = [
        ("why-refused", Some(format::time(refusal.created_at))),
        (
            "refusals-so-far",
            Some(say("why-so-far").with("number", refusal.refused)),
        ),
        ("why-from", refusal.address.map(Text::from)),
        ("why-by", agent.map(Text::from)),
        ("why-request", Some(refusal.request_id.to_string().into())),
    ];
    let told = facts.into_iter();
    told.filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn times(many: i64) -> Text {
    say("count-times-or-never").with("number", many)
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
            happened: "why-happened",
            events: case.events.into_iter().map(EventLine::from).collect(),
        }
    }
}

/// What the sign-in went through.
fn facts(sign_in: &SignIn) -> Vec<(&'static str, Text)> {
    let SignIn {
        grant,
        standing,
        trail,
        ..
    } = sign_in;
    let rotated = match standing.rotated_at {
        Some(at) => say("why-refreshed-last")
            .with("number", i64::from(grant.generation))
            .with("last", format::time(at)),
        None => say("time-never"),
    };
    let ended = grant.ended_at.zip(grant.ended_reason.as_ref());
    let ended = ended.map(|(at, how)| {
        let how = word_of("ended", how);
        say("why-ended-how")
            .with("time", format::time(at))
            .with("how", how)
    });
    let agent = Some(trail.last_user_agent.clone()).filter(|agent| !agent.is_empty());
    let time = |at| Some(format::time(at));
    let told = [
        ("tokens-signed-in", time(grant.created_at)),
        ("why-refreshed", Some(rotated)),
        ("overview-retried", Some(times(trail.retries.into()))),
        ("label-last-used", time(grant.last_used_at)),
        (
            "why-last-used-from",
            trail.last_address.as_ref().map(Text::from),
        ),
        ("why-last-used-by", agent.map(Text::from)),
        ("why-expires", time(grant.expires_at)),
        (
            "why-ends-in-any-case",
            time(standing.holder.absolute_expires_at),
        ),
        ("why-ended", ended),
        ("why-token-id", Some(grant.id.to_string().into())),
    ];
    told.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

impl From<Suspension> for SuspensionLine {
    fn from(suspension: Suspension) -> Self {
        let kind = suspension.disabled_by_kind.unwrap_or_default();
        let told = match suspension.disabled_until {
            None => say("why-disabled-until-enabled"),
            Some(until) => say("why-disabled-until").with("until", format::time(until)),
        };
        Self {
            what: word_of("why-disabled", &suspension.what),
            told: told
                .with("since", format::time(suspension.disabled_at))
                .with("who", who(suspension.disabled_by.as_deref(), false, &kind)),
            reason: suspension.disabled_reason.unwrap_or_default(),
        }
    }
}
