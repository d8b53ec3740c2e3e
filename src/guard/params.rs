//! Ids in paths, and paths themselves. What is no id leads nowhere: 404, as for an id that nobody has.

use std::collections::HashSet;

use rocket::{
    Request,
    http::Status,
    request::{FromParam, FromRequest, Outcome},
};

use crate::{
    headers,
    ids::{ClientId, DeviceId, GrantId, NoClientId, UserId},
};

impl<'a> FromParam<'a> for UserId {
    type Error = uuid::Error;

    fn from_param(param: &'a str) -> Result<Self, Self::Error> {
        param.parse()
    }
}

impl<'a> FromParam<'a> for DeviceId {
    type Error = uuid::Error;

    fn from_param(param: &'a str) -> Result<Self, Self::Error> {
        param.parse()
    }
}

impl<'a> FromParam<'a> for ClientId {
    type Error = NoClientId;

    fn from_param(param: &'a str) -> Result<Self, Self::Error> {
        param.parse()
    }
}

impl<'a> FromParam<'a> for GrantId {
    type Error = uuid::Error;

    fn from_param(param: &'a str) -> Result<Self, Self::Error> {
        param.parse()
    }
}

/// A parameter of the query that is there twice: whoever reads the first and whoever reads the last
/// would take it for something else. Rocket would read an optional one as absent.
pub fn is_ambiguous(request: &Request<'_>) -> bool {
    let Some(query) = request.uri().query() else {
        return false;
    };
    let mut names = HashSet::new();
    query
        .segments()
        .any(|(name, _)| !names.insert(name.to_owned()))
}

/// The methods that the asked path answers to; no such path is a 404.
pub struct Methods(pub String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Methods {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let methods = headers::allowed_methods(request);
        if methods.is_empty() {
            Outcome::Forward(Status::NotFound)
        } else {
            Outcome::Success(Self(methods.join(", ")))
        }
    }
}
