//! What is the caller's own: `/test_jwt`, `/me`, own devices, password, `/logout`.

use std::sync::Arc;

use chrono::SecondsFormat;
use rocket::{State, delete, get, post};
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use serde_json::value::to_raw_value;
use utoipa::ToSchema;

use super::{
    answer::{Answer, Done, Listed, Reply, limit, parameter},
    body::Body,
    error::Wire,
};
use crate::{
    app::App,
    crypto::{
        access_token::{Claims, Subject},
        secret::Secret,
    },
    db::{audit_events::Caller, devices::LastUse},
    domain::{
        end, listing,
        set_password::{self, Owner},
        throttle::Subject as Guesser,
    },
    guard::{bearer::Bearer, role::SignedIn},
    ids::{ClientId, DeviceId, UserId},
    records::{DeviceRecord, Role, UserRecord},
};

/// What an access token says of its bearer. A client that acts for itself has neither name nor
/// device.
#[derive(Serialize, ToSchema)]
pub struct TestAnswer<'a> {
    /// The user's id, or the client's.
    #[schema(value_type = String)]
    sub: Sub<'a>,
    /// As it was when the token was signed.
    username: Option<&'a str>,
    /// The same.
    #[schema(value_type = Vec<Role>)]
    roles: &'a [String],
    /// Where the user is signed in.
    #[schema(value_type = Option<Uuid>)]
    device_id: Option<DeviceId>,
    /// When the access token expires.
    #[schema(value_type = String, format = DateTime)]
    expires_at: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Sub<'a> {
    User(UserId),
    Client(&'a ClientId),
}

impl<'a> From<&'a Claims> for TestAnswer<'a> {
    fn from(claims: &'a Claims) -> Self {
        let (sub, user) = match &claims.subject {
            Subject::User(user) => (Sub::User(user.sub), Some(user)),
            Subject::Client { sub } => (Sub::Client(sub), None),
        };
        Self {
            sub,
            username: user.map(|user| user.username.as_str()),
            roles: user.map_or(&[], |user| &user.roles),
            device_id: user.map(|user| user.device_id),
            // In whole seconds, as in the claim.
            expires_at: claims
                .expires_at()
                .to_rfc3339_opts(SecondsFormat::Secs, true),
        }
    }
}

impl Serialize for Bearer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let answer = self
            .0
            .answer(|claims| to_raw_value(&TestAnswer::from(claims)));
        answer.map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// Tells what a valid access token says, without asking the database.
#[utoipa::path(
    responses((status = 200, description = "The token is good.", body = TestAnswer)),
    security(("bearer" = [])),
)]
#[get("/test_jwt")]
pub fn test_jwt(bearer: Bearer) -> Reply<Bearer> {
    Reply::ok(bearer)
}

/// The caller's own record.
#[utoipa::path(
    responses((status = 200, description = "Your record.", body = UserRecord)),
    security(("bearer" = [])),
)]
#[get("/me")]
pub async fn me(app: &State<Arc<App>>, by: SignedIn) -> Answer<UserRecord> {
    Ok(Reply::ok(listing::user(app, by.0.user).await?.into()))
}

/// The caller's own devices, newest use first.
#[utoipa::path(
    responses((status = 200, description = "A page of your devices.", body = Listed<DeviceRecord>)),
    security(("bearer" = [])),
)]
#[get("/me/devices?<limit>&<cursor>")]
pub async fn devices(
    app: &State<Arc<App>>,
    by: SignedIn,
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Answer<Listed<DeviceRecord>> {
    let before = parameter("cursor", cursor, LastUse::parse)?;
    let page = listing::devices(app, by.0.user, before, self::limit(limit)?).await?;
    let page = page.map(|device| {
        let current = Some(device.id == by.0.device);
        DeviceRecord {
            current,
            ..device.into()
        }
    });
    Ok(Reply::ok(Listed {
        items: page.items,
        next_cursor: page.next_cursor,
    }))
}

/// Signs one of the caller's own devices out.
#[utoipa::path(
    responses((status = 204, description = "Signed out.")),
    security(("bearer" = [])),
)]
#[delete("/me/devices/<id>")]
pub async fn sign_out_device(
    app: &State<Arc<App>>,
    by: SignedIn,
    caller: Caller,
    id: DeviceId,
) -> Result<Done, Wire> {
    end::sign_out_device(app, &by.0, id, &caller).await?;
    Ok(Done::and_nothing_to_say())
}

/// The current password and the one to be.
#[derive(Deserialize, ToSchema)]
#[schema(examples(json!({ "current_password": "meadow pilot canyon 47", "new_password": "violet harbour cactus 92" })))]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// A wrong one counts as a failed sign-in.
    #[schema(value_type = String, format = Password)]
    current_password: Secret<String>,
    /// Long enough, and none that attackers try first.
    #[schema(value_type = String, format = Password, max_length = 256)]
    new_password: Secret<String>,
}

/// Changes the caller's own password and ends every other grant.
#[utoipa::path(
    request_body = PasswordRequest,
    responses(
        (status = 200, description = "Changed.", body = UserRecord),
        (status = 401, description = "`bad_credentials`: the current password is wrong. Or the access token is not good."),
        (status = 429),
    ),
    security(("bearer" = [])),
)]
#[post("/me/password", data = "<body>")]
pub async fn change_password(
    app: &State<Arc<App>>,
    by: SignedIn,
    caller: Caller,
    body: Body<PasswordRequest>,
) -> Answer<UserRecord> {
    let Body(request) = body;
    let owner = Owner {
        user: by.0.user,
        guesser: Guesser::Device(by.0.device),
        grant: Some(by.0.grant),
        session: None,
    };
    set_password::change_own(
        app,
        &owner,
        &request.current_password,
        &request.new_password,
        &caller,
    )
    .await?;
    Ok(Reply::ok(listing::user(app, by.0.user).await?.into()))
}

/// Signs the calling device out.
#[utoipa::path(
    responses((status = 204, description = "Signed out.")),
    security(("bearer" = [])),
)]
#[post("/logout")]
pub async fn logout(app: &State<Arc<App>>, by: SignedIn, caller: Caller) -> Result<Done, Wire> {
    end::logout(app, &by.0, &caller).await?;
    Ok(Done::and_nothing_to_say())
}
