//! `/admin/clients`: the apps and services that get tokens, and what can be done about them.

use std::sync::Arc;

use askama::Template;
use rocket::{State, get, http::Status, post};

use super::{
    badge::Badge,
    chrome::Chrome,
    confirm,
    deeds::{Deeds, Refused, disabling, reason},
    fault::{Fault, Turn},
    format,
    page::Page,
    text::{Text, filters, say, told_as},
};
use crate::{
    app::App,
    crypto::secret::Secret,
    db::oauth_clients::Client,
    domain::{
        Caller,
        admin_session::Panelist,
        clients::{self, CLIENT_CREDENTIALS, NewClient, REFRESH_TOKEN},
        error::{Conflict, Error},
    },
    guard::{
        fields::Fields,
        form::Checked,
        session::{Administrator, Reader},
    },
    ids::ClientId,
};

/// The list.
#[derive(Template)]
#[template(path = "admin/clients.html")]
pub struct ClientsPage {
    chrome: Chrome,
    clients: Vec<ClientSheet>,
}

/// One printed client.
struct ClientSheet {
    id: String,
    name: String,
    kind: String,
    badge: Badge,
    reason: String,
    grants: String,
    scopes: String,
    audiences: String,
    redirect_uris: String,
    created: Text,
    last_used: Text,
    /// It has a secret, of which another can be made.
    new_secret: bool,
    deeds: Deeds,
}

impl ClientSheet {
    fn new(by: &Panelist, client: Client) -> Self {
        let (admin, confidential) = (by.has("admin"), client.secret_hash.is_some());
        let id = client.client_id.as_str();
        Self {
            deeds: Deeds {
                id: format!("client-{id}"),
                path: format!("/admin/clients/{id}"),
                what: "client",
                disable: admin,
                enable: admin && client.disabled,
                end: false,
                new_password: false,
                open: false,
                if_disabled: vec![say("clients-if-disabled").with("client", id)],
                if_enabled: Vec::new(),
                if_ended: Vec::new(),
                refused: Refused::default(),
            },
            badge: Badge::of_client(&client),
            reason: format::reason(client.disabled, client.disabled_reason),
            id: client.client_id.to_string(),
            name: client.name,
            kind: client.kind,
            grants: client.grant_types.join(", "),
            scopes: client.scopes.join(" "),
            audiences: client.audiences.join(" "),
            redirect_uris: client.redirect_uris.join(" "),
            created: format::time(client.created_at),
            last_used: format::last(client.last_used_at),
            new_secret: admin && confidential,
        }
    }
}

async fn page(
    app: &App,
    by: &Panelist,
    done: Option<&str>,
    mut refused: Refused,
) -> Result<Page<ClientsPage>, Fault> {
    let status = if refused.fault.is_empty() {
        Status::Ok
    } else {
        Status::UnprocessableEntity
    };
    let found = clients::list(app).await?.into_iter();
    let mut sheets: Vec<ClientSheet> = found.map(|it| ClientSheet::new(by, it)).collect();
    for sheet in &mut sheets {
        sheet.deeds.put_back(&mut refused);
    }
    let page = ClientsPage {
        chrome: Chrome::new(by, "clients", say("clients-title"), done),
        clients: sheets,
    };
    Ok(Page::new(status, page))
}

/// The list.
#[get("/admin/clients?<done>")]
pub async fn list(
    app: &State<Arc<App>>,
    by: Reader,
    done: Option<&str>,
) -> Result<Page<ClientsPage>, Fault> {
    page(app, &by.0, done, Refused::default()).await
}

/// Disables a client.
#[post("/admin/clients/<id>/disable", data = "<form>")]
pub async fn disable(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    id: ClientId,
    form: Checked,
) -> Result<Turn<ClientsPage>, Fault> {
    let done = match disabling(&form.0, app.clock.now()) {
        Ok(disabling) => clients::disable(app, &by.0.actor(&caller), &id, &disabling).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(Turn::To("/admin/clients?done=client-disabled".to_owned())),
        Err(error) => {
            let refused = Refused::of(format!("/admin/clients/{id}/disable"), error, &form.0)?;
            Ok(Turn::Page(page(app, &by.0, None, refused).await?))
        }
    }
}

/// Enables a client again.
#[post("/admin/clients/<id>/enable", data = "<form>")]
pub async fn enable(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    id: ClientId,
    form: Checked,
) -> Result<Turn<ClientsPage>, Fault> {
    let done = match reason(&form.0) {
        Ok(reason) => clients::enable(app, &by.0.actor(&caller), &id, Some(reason)).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(Turn::To("/admin/clients?done=client-enabled".to_owned())),
        Err(error) => {
            let refused = Refused::of(format!("/admin/clients/{id}/enable"), error, &form.0)?;
            Ok(Turn::Page(page(app, &by.0, None, refused).await?))
        }
    }
}

/// The form for a new client, with what was typed and what is wrong.
#[derive(Template)]
#[template(path = "admin/new_client.html")]
pub struct NewClientPage {
    chrome: Chrome,
    typed: Typed,
}

/// As typed.
#[derive(Default)]
struct Typed {
    client_id: String,
    name: String,
    public: bool,
    refresh_token: bool,
    client_credentials: bool,
    scopes: String,
    audiences: String,
    redirect_uris: String,
    /// The field that the fault is beside.
    field: &'static str,
    fault: Text,
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        Self {
            client_id: fields.text("client_id").trim().to_owned(),
            name: fields.text("name").to_owned(),
            public: fields.text("kind") == "public",
            refresh_token: fields.ticked("refresh_token"),
            client_credentials: fields.ticked("client_credentials"),
            scopes: fields.text("scopes").to_owned(),
            audiences: fields.text("audiences").to_owned(),
            redirect_uris: fields.text("redirect_uris").to_owned(),
            ..Self::default()
        }
    }

    /// With the fault, if the error is one to be mended in the form.
    fn refused(self, error: Error) -> Result<Self, Error> {
        let (field, fault) = match error {
            Error::Invalid { field, message } => (field, told_as(message)),
            Error::Conflict(taken @ Conflict::ClientIdTaken) => {
                ("client_id", told_as(&taken.to_string()))
            }
            error => return Err(error),
        };
        Ok(Self {
            field,
            fault,
            ..self
        })
    }
}

/// Words, whatever is between them.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The form for a new client.
#[get("/admin/clients/new")]
pub fn new(by: Administrator) -> Page<NewClientPage> {
    let page = NewClientPage {
        chrome: Chrome::new(&by.0, "clients", say("clients-new-title"), None),
        typed: Typed {
            refresh_token: true,
            public: true,
            ..Typed::default()
        },
    };
    Page::new(Status::Ok, page)
}

/// A client's secret, shown on the page that answers the POST and never again.
#[derive(Template)]
#[template(path = "admin/secret.html")]
pub struct SecretPage {
    chrome: Chrome,
    client_id: String,
    what: &'static str,
    secret: String,
}

impl SecretPage {
    fn of(by: &Panelist, what: &'static str, client: &ClientId, secret: &Secret<String>) -> Self {
        Self {
            chrome: Chrome::new(by, "clients", say("secret-title"), None),
            client_id: client.to_string(),
            what,
            secret: secret.expose().clone(),
        }
    }
}

/// What follows a form that can be answered with a secret.
type Answer = Result<Result<Turn<SecretPage>, Page<NewClientPage>>, Fault>;

/// Adds a client.
#[post("/admin/clients", data = "<form>")]
pub async fn add(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    form: Checked,
) -> Answer {
    let typed = Typed::of(&form.0);
    let ticked = [
        (REFRESH_TOKEN, typed.refresh_token),
        (CLIENT_CREDENTIALS, typed.client_credentials),
    ];
    let ticked = ticked.iter().filter(|(_, ticked)| *ticked);
    let grant_types: Vec<String> = ticked.map(|(grant, _)| (*grant).to_owned()).collect();
    let new = NewClient {
        client_id: &typed.client_id,
        name: Some(typed.name.as_str()).filter(|name| !name.trim().is_empty()),
        public: typed.public,
        grant_types: &grant_types,
        scopes: &words(&typed.scopes),
        audiences: &words(&typed.audiences),
        redirect_uris: &words(&typed.redirect_uris),
    };
    if !new.public {
        let doing = "confirm-add-client";
        confirm::ask(app, &by.0, &caller, &form.0, doing).await?;
    }
    match clients::add(app, &by.0.actor(&caller), &new).await {
        Ok((client, Some(secret))) => {
            let page = SecretPage::of(&by.0, "secret-client-added", &client.client_id, &secret);
            Ok(Ok(Turn::Page(Page::new(Status::Created, page))))
        }
        Ok((_, None)) => Ok(Ok(Turn::To("/admin/clients?done=client-added".to_owned()))),
        Err(error) => {
            let page = NewClientPage {
                chrome: Chrome::new(&by.0, "clients", say("clients-new-title"), None),
                typed: typed.refused(error)?,
            };
            Ok(Err(Page::new(Status::UnprocessableEntity, page)))
        }
    }
}

/// Makes a confidential client another secret.
#[post("/admin/clients/<id>/secret", data = "<form>")]
pub async fn make_secret(
    app: &State<Arc<App>>,
    by: Administrator,
    caller: Caller,
    id: ClientId,
    form: Checked,
) -> Result<Page<SecretPage>, Fault> {
    let doing = "confirm-client-secret";
    confirm::ask(app, &by.0, &caller, &form.0, doing).await?;
    let secret = clients::make_secret(app, &by.0.actor(&caller), &id).await?;
    let what = "secret-another";
    let page = SecretPage::of(&by.0, what, &id, &secret);
    Ok(Page::new(Status::Ok, page))
}
