//! In which language a page is read: the one that was chosen at the foot of a page, which a cookie keeps; or else the
//! first that there is of those that the browser asks for.

use std::sync::Arc;

use rocket::{
    Request, State,
    http::{Cookie, CookieJar, SameSite, uri::Origin},
    post,
    request::{FromRequest, Outcome},
    time::Duration,
};
use unic_langid::LanguageIdentifier;

use super::{LANGUAGES, Language};
use crate::{
    admin::{
        fault::{Fault, Turn},
        login::{HOME, LoginPage, local},
    },
    api::error::Wire,
    app::App,
    guard::form::CheckedAtAnyTime,
    headers,
};

/// The cookie with what was chosen.
const COOKIE: &str = "doorward-language";

/// How long it is kept.
const KEPT: Duration = Duration::days(365);

/// A longer list of wishes is not read.
const LONGEST: usize = 500;

/// In which language whoever asks reads.
pub fn of(request: &Request<'_>) -> &'static Language {
    let cookie = request.cookies().get(COOKIE);
    let chosen = cookie.and_then(|cookie| tagged(cookie.value()));
    let wishes: Vec<&str> = request.headers().get("Accept-Language").collect();
    chosen
        .or_else(|| first_of(&wishes.join(",")))
        .unwrap_or(&LANGUAGES[0])
}

fn tagged(tag: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.tag == tag)
}

/// The first that there is of those in an `Accept-Language` (RFC 9110 §12.5.4), by its weights. A wish for a region is
/// one for its language.
fn first_of(wishes: &str) -> Option<&'static Language> {
    let read = |wish: &str| {
        let (range, weight) = wish.split_once(';').unwrap_or((wish, "q=1"));
        let range = match range.trim() {
            "*" => None,
            tag => Some(tag.parse::<LanguageIdentifier>().ok()?.language),
        };
        let weight = weight.trim().strip_prefix(['q', 'Q'])?.strip_prefix('=')?;
        let weight: f32 = weight.parse().ok()?;
        (0.0..=1.0).contains(&weight).then_some((range, weight))
    };
    let mut wishes: Vec<_> = if wishes.len() > LONGEST {
        Vec::new()
    } else {
        wishes.split(',').filter_map(read).collect()
    };
    wishes.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let names = |range: &Option<unic_langid::subtags::Language>, language: &Language| {
        range.is_some_and(|range| range.as_str() == language.tag)
    };
    wishes
        .iter()
        .filter(|(_, weight)| *weight > 0.0)
        .find_map(|(range, _)| {
            LANGUAGES.iter().find(|language| match range {
                None => !wishes.iter().any(|(other, _)| names(other, language)),
                range => names(range, language),
            })
        })
}

/// The page of the panel that a form was sent from, if the browser says so, and it can be opened again; or else the
/// first page. Only its path is looked at, so it leads nowhere else.
pub struct CameFrom(String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for CameFrom {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let page = request.headers().get_one("Referer").unwrap_or_default();
        let path = page
            .split_once("://")
            .and_then(|(_, rest)| Some(&rest[rest.find('/')?..]));
        let path = local(path.unwrap_or(HOME));
        let opens = Origin::parse(path)
            .is_ok_and(|uri| headers::methods_of(request, &uri).contains(&"GET"));
        Outcome::Success(Self(if opens { path } else { HOME }.to_owned()))
    }
}

/// Keeps which language is chosen, and leads back.
#[post("/admin/language", data = "<form>")]
pub fn choose(
    app: &State<Arc<App>>,
    jar: &CookieJar<'_>,
    from: CameFrom,
    form: CheckedAtAnyTime,
) -> Result<Turn<LoginPage>, Fault> {
    let language = tagged(form.0.text("language"));
    let language = language.ok_or_else(|| Wire::invalid_request("The request cannot be read."))?;
    let cookie = Cookie::build((COOKIE, language.tag))
        .path("/")
        .http_only(true)
        .secure(app.config.is_https())
        .same_site(SameSite::Lax)
        .max_age(KEPT);
    jar.add(cookie.build());
    Ok(Turn::To(from.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_there_is_is_taken_by_weight() {
        for (wishes, tag) in [
            ("de", Some("de")),
            ("de-AT, en;q=0.8", Some("de")),
            ("DE", Some("de")),
            ("fr, de;q=0.4, en;q=0.6", Some("en")),
            ("en;q=0.1,de;q=0.2", Some("de")),
            ("en; q=0.1 , de;Q=0.200", Some("de")),
            ("en;q=0, *", Some("de")),
            ("en;q=0", None),
            ("*", Some("en")),
            ("fr, ja", None),
            ("", None),
            (";;;,,q=,de;q=2,de;q=-1,de;q=NaN,de;w=1,\u{fffd}", None),
            ("zz-zz-zz-zz, de", Some("de")),
            (&"de,".repeat(200), None),
        ] {
            let found = first_of(wishes).map(|language| language.tag);
            assert_eq!(found, tag, "{wishes}");
        }
    }
}
