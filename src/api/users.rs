//! `/users …`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rocket::{State, delete, get, patch, post};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

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
        cursor::{self, At},
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
    records::{DeviceRecord, RefusalRecord, Role, TokenRecord, UserRecord},
};

/// Users by name.
#[utoipa::path(
    responses((status = 200, description = "A page of users.", body = Listed<UserRecord>)),
    security(("bearer" = ["admin", "support", "auditor"])),
)]
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
        at: At::after(parameter("cursor", cursor, Place::parse)?),
        ..Filter::default()
    };
    let page = listing::users(app, &filter, self::limit(limit)?).await?;
    Ok(Reply::ok(Listed::from_page(page)))
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({ "username": "ben", "email": "ben@example.com", "roles": ["support"] })))]
#[serde(deny_unknown_fields)]
pub struct CreateRequest {
    /// Letters of one script, digits and signs, no spaces (RFC 8265).
    #[schema(min_length = 1, max_length = 64)]
    username: String,
    /// Without one, the answer has a link to set it.
    #[schema(value_type = Option<String>, format = Password, max_length = 256)]
    password: Option<Secret<String>>,
    /// No mail is sent to it.
    #[schema(format = IdnEmail, max_length = 254)]
    email: Option<String>,
    /// None by default.
    #[schema(value_type = Vec<Role>)]
    #[serde(default)]
    roles: Vec<String>,
}

/// The record and, where no password was given, the link to set one: shown this once.
#[derive(Serialize, ToSchema)]
pub struct Created {
    #[serde(flatten)]
    user: UserRecord,
    /// A single-use link to set a password, where none was given.
    #[schema(format = "uri", nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    password_link: Option<String>,
    /// Until when it can be used.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    password_link_expires_at: Option<DateTime<Utc>>,
}

/// A single-use link.
#[derive(Serialize, ToSchema)]
#[schema(as = PasswordLink)]
pub struct LinkAnswer {
    /// The whole address. It is kept nowhere: hand it over.
    #[schema(format = "uri")]
    password_link: String,
    /// An hour from now.
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
#[utoipa::path(
    request_body = CreateRequest,
    responses(
        (status = 201, description = "The user.", body = Created),
        (status = 409, description = "`username_taken`."),
    ),
    security(("bearer" = ["admin"])),
)]
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
        password_link: link.as_ref().map(|link| link.url.expose().clone()),
        password_link_expires_at: link.map(|link| link.expires_at),
    }))
}

/// One user.
#[utoipa::path(
    responses((status = 200, description = "The user.", body = UserRecord)),
    security(("bearer" = ["admin", "support", "auditor"])),
)]
#[get("/users/<id>")]
pub async fn show(app: &State<Arc<App>>, _by: Auditor, id: UserId) -> Answer<UserRecord> {
    Ok(Reply::ok(listing::user(app, id).await?.into()))
}

/// What is to be different; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({ "email": "zoe@example.com" })))]
#[serde(deny_unknown_fields)]
pub struct ChangeRequest {
    /// Whoever is signed in stays so.
    #[schema(min_length = 1, max_length = 64)]
    username: Option<String>,
    /// Null takes it away.
    #[schema(value_type = Option<String>, format = IdnEmail, max_length = 254)]
    #[serde(default, deserialize_with = "named")]
    #[expect(clippy::option_option, reason = "see `named`")]
    email: Option<Option<String>>,
    /// The whole new set. It counts at once.
    #[schema(value_type = Option<Vec<Role>>)]
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
#[utoipa::path(
    request_body = ChangeRequest,
    responses(
        (status = 200, description = "The user as changed.", body = UserRecord),
        (status = 409, description = "`username_taken`, `last_admin`."),
    ),
    security(("bearer" = ["admin"])),
)]
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
#[utoipa::path(
    responses(
        (status = 204, description = "Deleted."),
        (status = 409, description = "`last_admin`."),
    ),
    security(("bearer" = ["admin"])),
)]
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
#[utoipa::path(
    request_body = SuspendRequest,
    responses(
        (status = 200, description = "The user, disabled.", body = UserRecord),
        (status = 409, description = "`last_admin`."),
    ),
    security(("bearer" = ["admin"])),
)]
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
#[utoipa::path(
    request_body = EnableRequest,
    responses((status = 200, description = "The user, enabled.", body = UserRecord)),
    security(("bearer" = ["admin"])),
)]
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
#[utoipa::path(
    request_body = EndRequest,
    responses((status = 200, description = "The user, signed out.", body = UserRecord)),
    security(("bearer" = ["admin"])),
)]
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
#[utoipa::path(
    responses((status = 200, description = "The link: shown this once.", body = LinkAnswer)),
    security(("bearer" = ["admin"])),
)]
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
#[utoipa::path(
    responses((status = 200, description = "A page of devices.", body = Listed<DeviceRecord>)),
    security(("bearer" = ["admin", "support", "auditor"])),
)]
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
#[utoipa::path(
    responses((status = 200, description = "A page of refresh tokens.", body = Listed<TokenRecord>)),
    security(("bearer" = ["admin", "support", "auditor"])),
)]
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
#[utoipa::path(
    responses((status = 200, description = "A page of refusals.", body = Listed<RefusalRecord>)),
    security(("bearer" = ["admin", "support", "auditor"])),
)]
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
