//! `/status-lists`: which access tokens were cut off, for resource servers that do not ask about each.

use std::sync::Arc;

use rocket::{
    Request, State, get,
    http::ContentType,
    request::{FromRequest, Outcome},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::Wire,
    well_known::{Document, Published},
};
use crate::{app::App, domain::status_lists};

/// The only form of a list that there is here.
const FORM: (&str, &str) = ("application", "statuslist+jwt");

/// A caller who takes a list as a JWT (RFC 9110 §12.5.1).
pub struct TakesJwt;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for TakesJwt {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        // What cannot be read says nothing.
        let Some(accept) = request.accept() else {
            return Outcome::Success(Self);
        };
        let weight = |(top, sub)| {
            let mut ranges = accept.iter();
            let range = ranges.find(|range| *range.top() == top && *range.sub() == sub);
            range.map(|range| range.weight_or(1.0))
        };
        // The closest range counts.
        let weights = [FORM, (FORM.0, "*"), ("*", "*")].map(weight);
        if weights.into_iter().flatten().next().unwrap_or_default() > 0.0 {
            Outcome::Success(Self)
        } else {
            Wire::not_acceptable("A status list is application/statuslist+jwt.").fail(request)
        }
    }
}

/// A status list: two bits for each sign-in, 1 for one that has ended and 2 for one that is disabled.
///
/// It tells of what was cut off within the lifetime of an access token: look at `exp` first.
#[utoipa::path(
    responses(
        (status = 200, description = "The list as a JWT of type `statuslist+jwt`, signed with a key of the JWKS.",
            content_type = "application/statuslist+jwt", body = String,
            headers(("Cache-Control" = String, description = "As long as the list is fresh, `ttl` at the most."))),
        (status = 304, description = "It is still that of the `If-None-Match`."),
        (status = 404, description = "`no_such_path`: there is no such list. With HS256 there is none."),
        (status = 406, description = "`not_acceptable`: the list is wanted in another form."),
        (status = 501, description = "`time_not_supported`: no former lists are kept."),
    ),
)]
#[get("/status-lists/<number>?<time>")]
pub async fn list(
    app: &State<Arc<App>>,
    _takes: TakesJwt,
    number: &str,
    time: Option<&str>,
) -> Result<Published, Wire> {
    // As the tokens write it: what they name is what the list calls itself.
    let known = number
        .parse()
        .ok()
        .filter(|it: &u32| it.to_string() == number);
    let number = known.ok_or_else(Wire::no_such_path)?;
    if time.is_some() {
        return Err(Wire::not_implemented(
            "time_not_supported",
            "No former status lists are kept.",
        ));
    }
    let signed = status_lists::get(app, number.into()).await?;
    let signed = signed.ok_or_else(Wire::no_such_path)?;
    Ok(Published {
        text: signed.token.clone(),
        media_type: ContentType::new(FORM.0, FORM.1),
        max_age: signed.fresh_for(app),
    })
}

/// Where all lists are.
#[derive(Serialize, ToSchema)]
struct Lists {
    /// Their addresses.
    status_lists: Vec<String>,
}

/// All status lists. With HS256 there is none.
#[utoipa::path(
    responses(
        (status = 200, description = "Their addresses.", content_type = "application/json", body = Lists,
            headers(("Cache-Control" = String, description = "Five minutes."))),
        (status = 304, description = "They are still those of the `If-None-Match`."),
    ),
)]
#[get("/status-lists")]
pub async fn all(app: &State<Arc<App>>) -> Result<Document, Wire> {
    let status_lists = status_lists::uris(app).await?;
    serde_json::to_string(&Lists { status_lists })
        .map(Document)
        .map_err(Wire::internal)
}
