//! `/admin/tokens`: the refresh tokens of all users, a row for each grant, by state or by client.

use std::{collections::HashMap, sync::Arc};

use askama::Template;
use chrono::{DateTime, Utc};
use rocket::{State, get};
use serde_json::Value;

use super::{
    asked::{Asked, Faults, Parameters, Question},
    badge::Badge,
    bulk,
    chrome::Chrome,
    export::{PAGE, SUSPENSION, Source, record},
    fault::Fault,
    format,
    list::{Around, Column, Field},
    page::Page,
    text::{Text, filters, say},
};
use crate::{
    api::error::Wire,
    app::App,
    db::{
        cursor::{self, DEFAULT_LIMIT},
        refresh_tokens::{Filter, Grant, Place, State as Standing},
    },
    domain::{
        bulk::Kind,
        error::Error,
        listing::{self, AllGrants},
    },
    guard::session::Reader,
    ids::{ClientId, DeviceId, GrantId, UserId},
    records::TokenRecord,
};

/// The list.
#[derive(Template)]
#[template(path = "admin/tokens.html")]
pub struct TokensPage {
    chrome: Chrome,
    by_end: bool,
    tokens: Vec<TokenLine>,
    /// To where all that the list shows can be disabled or enabled, for whoever may.
    bulk: Option<bulk::new::Link>,
    around: Around,
}

/// One printed token.
struct TokenLine {
    id: GrantId,
    device: DeviceId,
    device_name: String,
    user: UserId,
    username: String,
    client: String,
    badge: Badge,
    reason: String,
    created: Text,
    last_used: Text,
    expires: Text,
}

impl TokenLine {
    fn new(grant: Grant, username: String, device_name: String, now: DateTime<Utc>) -> Self {
        Self {
            id: grant.id,
            badge: Badge::of_grant(&grant, now),
            reason: format::reason(grant.disabled, grant.disabled_reason),
            device: grant.device_id,
            device_name,
            user: grant.user_id,
            username,
            client: grant.client_id.to_string(),
            created: format::time(grant.created_at),
            last_used: format::time(grant.last_used_at),
            expires: format::time(grant.expires_at),
        }
    }
}

/// Which tokens are asked for.
///
/// # Errors
/// 400 for a page that there is not.
pub fn question(asked: &Asked<'_>) -> Result<Question<Filter>, Wire> {
    let (mut parameters, mut faults) = (Parameters::default(), Faults::default());
    let states = [
        ("live", Standing::Live),
        ("disabled", Standing::Disabled),
        ("ended", Standing::Ended),
        ("expired", Standing::Expired),
    ];
    let state = parameters.choose("status", asked.status, &states);
    let client = parameters.take("client", asked.client);
    let client = match client.parse::<ClientId>() {
        Ok(client) => Some(client),
        Err(_) if client.is_empty() => None,
        Err(_) => {
            faults.push("client", "told-no-client");
            None
        }
    };
    if client.is_some() && state.is_some_and(|state| state != Standing::Disabled) {
        // See `db::refresh_tokens::Filter`.
        faults.push("client", "told-client-and-state");
    }
    let filter = Filter {
        state,
        client,
        at: asked.at(Place::parse)?,
    };
    Ok(Question {
        filter,
        asked: parameters,
        faults,
    })
}

/// Tokens, the latest sign-in first; those live or expired by the day of expiry.
#[get("/admin/tokens?<asked..>")]
pub async fn list(
    app: &State<Arc<App>>,
    by: Reader,
    asked: Asked<'_>,
) -> Result<Page<TokensPage>, Fault> {
    let question = question(&asked)?;
    let filter = &question.filter;
    let AllGrants {
        page,
        users,
        devices,
    } = if question.faults.is_empty() {
        listing::all_grants(app, filter, DEFAULT_LIMIT).await?
    } else {
        AllGrants {
            page: cursor::Page::none(),
            users: HashMap::new(),
            devices: HashMap::new(),
        }
    };
    let fields = vec![
        Field::choice(
            "status",
            "label-state",
            "list-all",
            [
                ("live", say("tokens-live")),
                ("disabled", say("tokens-disabled")),
                ("ended", say("tokens-ended")),
                ("expired", say("tokens-expired")),
            ],
        ),
        Field::text("client", "list-client-id"),
    ];
    let columns = [
        "tokens-signed-in",
        "label-user",
        "label-device",
        "label-state",
        "label-last-used",
    ];
    let around = Around::new(
        ("/admin/tokens", "tokens"),
        &question,
        fields,
        &columns.map(Column::Plain),
        "",
        &filter.at,
        &page,
    );
    let now = app.clock.now();
    let lines = page.items.into_iter().map(|grant| {
        let username = users.get(&grant.user_id).cloned();
        let device = devices.get(&grant.device_id).cloned();
        TokenLine::new(
            grant,
            username.unwrap_or_default(),
            device.unwrap_or_default(),
            now,
        )
    });
    let bulk = bulk::new::link(&by.0, &question.asked, Kind::Tokens);
    let page = TokensPage {
        chrome: Chrome::new(&by.0, "tokens", say("tokens-title"), None),
        by_end: matches!(filter.state, Some(Standing::Live | Standing::Expired)),
        tokens: lines.collect(),
        bulk,
        around,
    };
    Ok(Page::new(question.status(), page))
}

impl Source for Filter {
    const LIST: &'static str = "tokens";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "user_id",
        "username",
        "device_id",
        "device_name",
        "client_id",
        "created_at",
        "last_used_at",
        "expires_at",
        "generation",
        "ended_at",
        "ended_reason",
    ];
    const MORE: &'static [&'static str] = SUSPENSION;

    async fn next(&mut self, app: &App) -> Result<(Vec<Value>, bool), Error> {
        let found = listing::all_grants(app, self, PAGE).await?;
        let more = self.at.follow(&found.page, Place::parse);
        let rows = found.page.items.into_iter().map(|grant| {
            let username = found.users.get(&grant.user_id).cloned();
            let device = found.devices.get(&grant.device_id).cloned();
            let extra = [
                ("username", username.into()),
                ("device_name", device.into()),
            ];
            record(serde_json::to_value(TokenRecord::from(grant)), extra)
        });
        Ok((rows.collect::<Result<_, _>>()?, more))
    }
}
