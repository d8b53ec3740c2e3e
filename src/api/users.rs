//! `/users …`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rocket::{State, delete, get, patch, post};
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    answer::{Answer, Done, Listed, Reply, limit, parameter},
    body::Body,
    devices::{EnableRequest, EndRequest, SuspendRequest},
    error::Wire,
};
use crate::{
    app::App,
    crypto::secret::Secret,
    db::{
        audit_events::Caller,
        cursor,
        devices::LastUse,
        disabling::Subject,
        users::{Filter, Place},
    },
    domain::{
        self, listing,
        set_password::{self, Link},
        username,
        users::{self, Changes, NewUser},
    },
    guard::role::{Admin, Auditor},
    ids::{GrantId, UserId},
    records::{DeviceRecord, RefusalRecord, TokenRecord, UserRecord},
};

/// Users by name.
#[get("/users?<query>&<status>&<limit>&<cursor>")]
pub async fn list(
    app: &State<Arc<App>>,
    _by: Auditor,
    query: Option<&str>,
    status: Option<&str>,
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Answer<Listed<UserRecord>> {
    let filter = Filter {
        prefix: parameter("query", query, |text| {
            (!text.contains('\0')).then(|| username::beginning(text))
        })?
        .unwrap_or_default(),
        disabled: parameter("status", status, |text| match text {
            "active" => Some(false),
            "disabled" => Some(true),
            _ => None,
        })?,
        after: parameter("cursor", cursor, Place::parse)?,
    };
    let page = listing::users(app, &filter, self::limit(limit)?).await?;
    Ok(Reply::ok(Listed::from_page(page)))
}

/// A new user.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateRequest {
    username: String,
    password: Option<Secret<String>>,
    email: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

/// The record and, where no password was given, the link to set one: shown this once.
#[derive(Serialize)]
pub struct Created {
    #[serde(flatten)]
    user: UserRecord,
    #[serde(flatten)]
    link: Option<LinkAnswer>,
}

/// A single-use link.
#[derive(Serialize)]
pub struct LinkAnswer {
    password_link: String,
    password_link_expires_at: DateTime<Utc>,
}

impl From<Link> for LinkAnswer {
    fn from(link: Link) -> Self {
        Self {
            password_link: link.url.expose().clone(),
            password_link_expires_at: link.expires_at,
        }
    }
}

/// Creates a user.
#[post("/users", data = "<body>")]
pub async fn create(
    app: &State<Arc<App>>,
    by: Admin,
    caller: Caller,
    body: Body<CreateRequest>,
) -> Answer<Created> {
    let Body(request) = body;
    let new = NewUser {
        username: &request.username,
        password: request.password.as_ref(),
        email: request.email.as_deref(),
        roles: &request.roles,
    };
    let (id, link) = users::create(app, &by.0.actor(&caller), &new).await?;
    let user = listing::user(app, id).await?.into();
    Ok(Reply::created(Created {
        user,
        link: link.map(LinkAnswer::from),
    }))
}

/// One user.
#[get("/users/<id>")]
pub async fn show(app: &State<Arc<App>>, _by: Auditor, id: UserId) -> Answer<UserRecord> {
    Ok(Reply::ok(listing::user(app, id).await?.into()))
}

/// What is to be different; what is not named stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRequest {
    username: Option<String>,
    #[serde(default, deserialize_with = "named")]
    #[expect(clippy::option_option, reason = "see `named`")]
    email: Option<Option<String>>,
    roles: Option<Vec<String>>,
}

/// Tells `"email": null`, which takes it away, from no email, which leaves it.
#[expect(
    clippy::option_option,
    reason = "not named, named as null, and named are three things"
)]
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Changes name, e-mail or roles.
#[patch("/users/<id>", data = "<body>")]
pub async fn change(
    app: &State<Arc<App>>,
    by: Admin,
    caller: Caller,
    id: UserId,
    body: Body<ChangeRequest>,
) -> Answer<UserRecord> {
    let Body(request) = body;
    let changes = Changes {
        username: request.username.as_deref(),
        email: request.email.as_ref().map(Option::as_deref),
        roles: request.roles.as_deref(),
    };
    users::change(app, &by.0.actor(&caller), id, &changes).await?;
    Ok(Reply::ok(listing::user(app, id).await?.into()))
}

/// Deletes a user; the audit log keeps the bare id.
#[delete("/users/<id>")]
pub async fn delete(
    app: &State<Arc<App>>,
    by: Admin,
    caller: Caller,
    id: UserId,
) -> Result<Done, Wire> {
    users::delete(app, &by.0.actor(&caller), id).await?;
    Ok(Done::and_nothing_to_say())
}

/// Disables a user with all devices.
#[post("/users/<id>/disable", data = "<body>")]
pub async fn disable(
    app: &State<Arc<App>>,
    by: Admin,
    caller: Caller,
    id: UserId,
    body: Body<SuspendRequest>,
) -> Answer<UserRecord> {
    domain::disable::disable(app, &by.0.actor(&caller), Subject::User(id), &body.0.into()).await?;
    Ok(Reply::ok(listing::user(app, id).await?.into()))
}

/// Enables a user again.
#[post("/users/<id>/enable", data = "<body>")]
pub async fn enable(
    app: &State<Arc<App>>,
    by: Admin,
    caller: Caller,
    id: UserId,
    body: Body<EnableRequest>,
) -> Answer<UserRecord> {
    domain::disable::enable(
        app,
        &by.0.actor(&caller),
        Subject::User(id),
        body.0.reason(),
    )
    .await?;
    Ok(Reply::ok(listing::user(app, id).await?.into()))
}

/// Signs a user out everywhere, for good.
#[post("/users/<id>/end", data = "<body>")]
pub async fn end(
    app: &State<Arc<App>>,
    by: Admin,
    caller: Caller,
    id: UserId,
    body: Body<EndRequest>,
) -> Answer<UserRecord> {
    domain::end::end(
        app,
        &by.0.actor(&caller),
        Subject::User(id),
        body.0.reason(),
    )
    .await?;
    Ok(Reply::ok(listing::user(app, id).await?.into()))
}

/// Makes a single-use link to set a new password.
#[post("/users/<id>/password-link")]
pub async fn password_link(
    app: &State<Arc<App>>,
    by: Admin,
    caller: Caller,
    id: UserId,
) -> Answer<LinkAnswer> {
    let link = set_password::make_link(app, &by.0.actor(&caller), id).await?;
    Ok(Reply::ok(link.into()))
}

/// A user's devices, newest use first.
#[get("/users/<id>/devices?<limit>&<cursor>")]
pub async fn devices(
    app: &State<Arc<App>>,
    _by: Auditor,
    id: UserId,
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Answer<Listed<DeviceRecord>> {
    let before = parameter("cursor", cursor, LastUse::parse)?;
    let page = listing::devices(app, id, before, self::limit(limit)?).await?;
    Ok(Reply::ok(Listed::from_page(page)))
}

/// A user's refresh tokens, newest first.
#[get("/users/<id>/tokens?<limit>&<cursor>")]
pub async fn tokens(
    app: &State<Arc<App>>,
    _by: Auditor,
    id: UserId,
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Answer<Listed<TokenRecord>> {
    let before = parameter("cursor", cursor, cursor::id)?.map(GrantId);
    let page = listing::grants(app, id, None, before, self::limit(limit)?).await?;
    Ok(Reply::ok(Listed::from_page(page)))
}

/// What a user was refused, and why, newest first.
#[get("/users/<id>/refusals?<limit>&<cursor>")]
pub async fn refusals(
    app: &State<Arc<App>>,
    _by: Auditor,
    id: UserId,
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Answer<Listed<RefusalRecord>> {
    let before = parameter("cursor", cursor, cursor::id)?;
    let page = listing::refusals(app, id, before, self::limit(limit)?).await?;
    Ok(Reply::ok(Listed::from_page(page)))
}
