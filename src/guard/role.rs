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
    domain::{
        error::Error,
        standing::{self, Principal},
    },
};

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

async fn principal(request: &Request<'_>, roles: &[&str]) -> Outcome<Principal, ()> {
    let Bearer(claims) = match Bearer::from_request(request).await {
        Outcome::Success(bearer) => bearer,
        Outcome::Error(error) => return Outcome::Error(error),
        Outcome::Forward(status) => return Outcome::Forward(status),
    };
    let Some(app) = request.rocket().state::<Arc<App>>() else {
        return Wire::internal("no application is managed").fail(request);
    };
    match standing::of_bearer(app, &claims).await {
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
        principal(request, &["admin", "support", "auditor"])
            .await
            .map(Self)
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
