//! `/admin/login`, `/admin/logout`: the way in and out.

use std::sync::Arc;

use askama::Template;
use rocket::{
    Responder, State, get,
    http::{Header, Status, uri::Origin},
    post,
    response::Redirect,
};

use super::{
    fault::{Fault, LOGIN_PATH, Turn},
    page::Page,
    text::{Text, filters, of_wire, say},
};
use crate::{
    api::error::Wire,
    app::App,
    crypto::opaque_token::{OpaqueToken, Purpose},
    domain::{Caller, admin_session, error::Error, listing, setup::SETUP_PATH, sign_in::Refusal},
    guard::{
        form::{Checked, CheckedBefore},
        session::{Browser, Reader},
    },
};

/// Where one comes from the sign-in without a wish.
pub const HOME: &str = "/admin";

/// The form, with what was wrong with the last try.
#[derive(Template)]
#[template(path = "admin/login.html")]
pub struct LoginPage {
    title: &'static str,
    csrf: String,
    next: String,
    username: String,
    fault: Option<Text>,
}

/// The CSRF token for forms that are shown before a sign-in; makes the browser's cookie if there is none.
pub fn before_csrf(browser: &Browser<'_>) -> String {
    let known = browser
        .sent()
        .and_then(|text| OpaqueToken::parse(Purpose::BeforeSession, text));
    known.map_or_else(
        || {
            let token = OpaqueToken::generate(Purpose::BeforeSession);
            browser.hand_over(&token);
            token.csrf()
        },
        |token| token.csrf(),
    )
}

/// Where to go after signing in, or after another language was chosen: a page of the panel, or its first one.
pub fn local(next: &str) -> &str {
    let rest = next.strip_prefix(HOME);
    let panel = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    // Browsers take /admin/../users for /users, however the dots are written.
    let path = next.split('?').next().unwrap_or_default().to_lowercase();
    let climbs = path.replace("%2e", ".").split('/').any(|part| part == "..");
    let strange =
        climbs || next.contains("//") || next.contains(|c: char| c == '\\' || c.is_control());
    if panel && !strange && Origin::parse(next).is_ok() {
        next
    } else {
        HOME
    }
}

/// The sign-in; for whoever is signed in, the panel.
#[get("/admin/login?<next>")]
pub async fn show(
    app: &State<Arc<App>>,
    browser: Browser<'_>,
    next: Option<&str>,
) -> Result<Turn<LoginPage>, Fault> {
    let next = local(next.unwrap_or(HOME));
    if let Some(cookie) = browser.sent()
        && admin_session::of_cookie(app, cookie, true).await?.is_some()
    {
        return Ok(Turn::To(next.to_owned()));
    }
    if !listing::anybody_with_role(app).await? {
        return Ok(Turn::To(SETUP_PATH.to_owned()));
    }
    let page = LoginPage {
        title: "login-title",
        csrf: before_csrf(&browser),
        next: next.to_owned(),
        username: String::new(),
        fault: None,
    };
    Ok(Turn::Page(Page::new(Status::Ok, page)))
}

/// Signs in with a new session, whatever the browser held before.
#[post("/admin/login", data = "<form>")]
pub async fn sign_in(
    app: &State<Arc<App>>,
    browser: Browser<'_>,
    caller: Caller,
    form: CheckedBefore,
) -> Result<Turn<LoginPage>, Fault> {
    let CheckedBefore(fields) = form;
    let (username, next) = (fields.text("username"), local(fields.text("next")));
    let signed_in =
        admin_session::sign_in(app, username, &fields.secret("password"), &caller).await;
    let fault = match signed_in {
        Ok(token) => {
            browser.hand_over(&token);
            return Ok(Turn::To(next.to_owned()));
        }
        Err(Error::Forbidden) => Wire::from(Error::Forbidden),
        Err(
            error @ (Error::SignIn(Refusal::BadCredentials | Refusal::UserDisabled)
            | Error::Throttled { .. }),
        ) => error.into(),
        Err(error) => return Err(error.into()),
    };
    let page = LoginPage {
        title: "login-title",
        csrf: before_csrf(&browser),
        next: next.to_owned(),
        username: username.to_owned(),
        fault: Some(match fault.status().code {
            403 if fault.description().contains("role") => say("login-no-role"),
            _ => of_wire(&fault),
        }),
    };
    Ok(Turn::Page(Page::new(fault.status(), page)))
}

/// The way out; the browser forgets what it kept of the pages.
#[derive(Responder)]
pub struct SignedOut {
    redirect: Redirect,
    clear: Header<'static>,
    no_store: Header<'static>,
}

/// Ends this session.
#[post("/admin/logout", data = "<_form>")]
pub async fn sign_out(
    app: &State<Arc<App>>,
    by: Reader,
    browser: Browser<'_>,
    caller: Caller,
    _form: Checked,
) -> Result<SignedOut, Fault> {
    admin_session::end(app, &by.0, by.0.session, &caller).await?;
    browser.take_away();
    Ok(SignedOut {
        redirect: Redirect::to(LOGIN_PATH),
        clear: Header::new("Clear-Site-Data", "\"cache\", \"cookies\", \"storage\""),
        no_store: Header::new("Cache-Control", "no-store"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_leads_to_a_page_of_the_panel_or_to_the_first_one() {
        for good in [
            "/admin",
            "/admin/users?query=a%2Fb",
            "/admin?done=setup",
            "/admin/audit",
        ] {
            assert_eq!(local(good), good);
        }
        for bad in [
            "",
            "/",
            "/users",
            "/administrator",
            "//evil.test/admin",
            "https://evil.test/admin",
            "/admin//evil.test",
            "/admin/\\evil.test",
            "\\\\evil.test",
            "/admin\r\nSet-Cookie: a=b",
            "/admin\t",
            "/admin@evil.test",
            "/admin.evil.test",
            "/admin/../users",
            "/admin/%2E%2e/users",
            "/admin/..",
            "javascript:alert(1)",
            "/admin/ü b",
        ] {
            assert_eq!(local(bad), HOME, "{bad:?}");
        }
    }
}
