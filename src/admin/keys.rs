//! `/admin/keys`: the signing keys, and what can be done about them.

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status, post};

use super::{
    badge::Badge,
    chrome::Chrome,
    confirm,
    fault::{Fault, Turn},
    format,
    page::Page,
    text::{Text, filters, say},
};
use crate::{
    app::App,
    db::{audience_keys::AudienceKey, signing_keys::StoredKey},
    domain::{Caller, audience_keys, keys},
    guard::{
        form::Checked,
        session::{Administrator, Reader},
    },
};

/// The list.
#[derive(Template)]
#[template(path = "admin/keys.html")]
pub struct KeysPage {
    chrome: Chrome,
    keys: Vec<KeyLine>,
    audiences: Vec<AudienceLine>,
}

/// One printed key.
struct KeyLine {
    kid: String,
    alg: String,
    badge: Badge,
    /// When it was made, and from when to when it signs.
    life: Text,
}

/// One audience whose tokens are encrypted.
struct AudienceLine {
    audience: String,
    kid: String,
    alg: String,
    since: Text,
}

impl From<AudienceKey> for AudienceLine {
    fn from(key: AudienceKey) -> Self {
        Self {
            audience: key.audience,
            kid: key.kid,
            alg: key.alg,
            since: say("keys-encrypted-since").with("since", format::time(key.created_at)),
        }
    }
}

impl From<StoredKey> for KeyLine {
    fn from(key: StoredKey) -> Self {
        let time = |at: Option<_>| at.map(format::time).unwrap_or_default();
        let life = match (key.activated_at, key.retired_at) {
            (None, None) => say("keys-made"),
            (Some(_), None) => say("keys-signing"),
            (Some(_), Some(_)) => say("keys-signed"),
            (None, Some(_)) => say("keys-never-signed"),
        };
        Self {
            badge: Badge::of_key(&key),
            life: life
                .with("made", format::time(key.created_at))
                .with("since", time(key.activated_at))
                .with("until", time(key.retired_at)),
            kid: key.kid,
            alg: key.alg,
        }
    }
}

/// The page.
#[get("/admin/keys?<done>")]
pub async fn list(
    app: &State<Arc<App>>,
    by: Reader,
    done: Option<&str>,
) -> Result<Page<KeysPage>, Fault> {
    let stored = keys::list(app).await?.into_iter();
    let audiences = audience_keys::list(app).await?.into_iter();
    let page = KeysPage {
        chrome: Chrome::new(&by.0, "keys", say("keys-title"), done),
        keys: stored.map(KeyLine::from).collect(),
        audiences: audiences.map(AudienceLine::from).collect(),
    };
    Ok(Page::new(Status::Ok, page))
}

/// Has the next key sign from now on.
#[post("/admin/keys/rotate", data = "<form>")]
pub async fn rotate(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    form: Checked,
) -> Result<Turn<KeysPage>, Fault> {
    confirm::ask(app, &by.0, &caller, &form.0, "confirm-rotate-keys").await?;
    keys::rotate(app, &by.0.actor(&caller)).await?;
    Ok(Turn::To("/admin/keys?done=keys-rotated".to_owned()))
}

/// Takes a key away at once.
#[post("/admin/keys/<kid>/retire", data = "<form>")]
pub async fn retire(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    kid: &str,
    form: Checked,
) -> Result<Turn<KeysPage>, Fault> {
    confirm::ask(app, &by.0, &caller, &form.0, "confirm-retire-key").await?;
    keys::retire(app, &by.0.actor(&caller), kid).await?;
    Ok(Turn::To("/admin/keys?done=key-retired".to_owned()))
}
