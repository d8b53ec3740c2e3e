//! Roles as parameters. Standing and roles are the database's word of this moment.

use std::sync::Arc;

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use super::bearer::{Bearer, Scheme};
use crate::{
    api::error::Wire,
    app::App,
    crypto::{access_token::Subject, verified::VerifiedToken},
    domain::{
        error::Error,
        standing::{self, Principal},
    },
};

/// What a client must have been granted to listen to the live feed.
const FEED_SCOPE: &str = "events";

/// The roles of whoever may read.
const AUDITORS: [&str; 3] = ["admin", "support", "auditor"];

/// Any user in good standing.
pub struct SignedIn(pub Principal);

/// An administrator.
pub struct Admin(pub Principal);

/// Support, or an administrator.
pub struct Support(pub Principal);

/// Whoever may read: auditor, support or administrator.
pub struct Auditor(pub Principal);

/// An administrator, where the request comes with an access token at all: clients come with
/// credentials of their own.
pub struct AdminIfBearer(pub Option<Principal>);

/// Who may listen to the live feed: whoever may read the audit log, or a client with the scope `events`.
pub struct FeedListener(pub Arc<VerifiedToken>);

async fn principal(request: &Request<'_>, roles: &[&str]) -> Outcome<Principal, ()> {
    match Bearer::from_request(request).await {
        Outcome::Success(Bearer(claims)) => of_bearer(request, &claims, roles).await,
        Outcome::Error(error) => Outcome::Error(error),
        Outcome::Forward(status) => Outcome::Forward(status),
    }
}

async fn of_bearer(
    request: &Request<'_>,
    claims: &VerifiedToken,
    roles: &[&str],
) -> Outcome<Principal, ()> {
    let Some(app) = request.rocket().state::<Arc<App>>() else {
        return Wire::internal("no application is managed").fail(request);
    };
    match standing::of_bearer(app, claims).await {
        Ok(principal) if roles.is_empty() || roles.iter().any(|role| principal.has(role)) => {
            Outcome::Success(principal)
        }
        Ok(_) => Wire::from(Error::Forbidden).fail(request),
        Err(error) => Wire::from(error).fail(request),
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignedIn {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        principal(request, &[]).await.map(Self)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Admin {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        principal(request, &["admin"]).await.map(Self)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Support {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        principal(request, &["admin", "support"]).await.map(Self)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Auditor {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        principal(request, &AUDITORS).await.map(Self)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for FeedListener {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let Bearer(claims) = match Bearer::from_request(request).await {
            Outcome::Success(bearer) => bearer,
            Outcome::Error(error) => return Outcome::Error(error),
            Outcome::Forward(status) => return Outcome::Forward(status),
        };
        match &claims.subject {
            // A proof of possession is good once, so the token is not looked at again.
            Subject::User(_) => of_bearer(request, &claims, &AUDITORS)
                .await
                .map(|_| Self(Arc::clone(&claims))),
            Subject::Client { .. } if claims.has_scope(FEED_SCOPE) => {
                Outcome::Success(Self(claims))
            }
            Subject::Client { .. } => Wire::scope_required(FEED_SCOPE).fail(request),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AdminIfBearer {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let mut headers = request.headers().get("Authorization");
        if headers.any(|header| Scheme::of(header).is_some()) {
            principal(request, &["admin"])
                .await
                .map(|it| Self(Some(it)))
        } else {
            Outcome::Success(Self(None))
        }
    }
}
