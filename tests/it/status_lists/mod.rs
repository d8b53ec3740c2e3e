//! Status lists: what was cut off stands in them at the next look, and nothing else does; each grant has a place of its
//! own; there is never a list made of nothing.

mod cut_off;
mod http;
mod places;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use miniz_oxide::inflate::decompress_to_vec_zlib;
use serde_json::Value;

use crate::support::{
    Server,
    phone::{Phone, claims},
    reply::Reply,
};

const VALID: u8 = 0;
const INVALID: u8 = 1;
const SUSPENDED: u8 = 2;

const LIST: &str = "/status-lists/0";

/// Place and list of a phone's access token.
fn place(phone: &Phone<'_>) -> (usize, String) {
    let claim = phone.claims()["status"]["status_list"].clone();
    let place = claim["idx"]
        .as_u64()
        .unwrap_or_else(|| panic!("{}", phone.claims()));
    let uri = claim["uri"].as_str().unwrap().to_owned();
    (usize::try_from(place).unwrap(), uri)
}

/// The places of a list, each with its value.
fn unpacked(list: &Value) -> Vec<u8> {
    let status_list = &list["status_list"];
    assert_eq!(status_list["bits"], 2);
    let text = status_list["lst"].as_str().unwrap();
    let bytes = decompress_to_vec_zlib(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    assert_eq!(bytes.len(), 1 << 18);
    let each = bytes.iter();
    each.flat_map(|byte| (0..4).map(move |at| byte >> (2 * at) & 0b11))
        .collect()
}

/// A list, as a server tells it.
async fn list(at: &Server, uri: &str) -> Vec<u8> {
    let path = uri.strip_prefix("http://doorward.test").unwrap();
    let answer = at.get(path).await.expect(200);
    let list = claims(&answer.text);
    assert_eq!(list["sub"], uri);
    unpacked(&list)
}

/// What a server's list says of a phone's access token.
async fn told(at: &Server, phone: &Phone<'_>) -> u8 {
    let (place, uri) = place(phone);
    list(at, &uri).await[place]
}

/// The same at the next look, which is a second later at the earliest.
async fn told_next(at: &Server, phone: &Phone<'_>) -> u8 {
    at.advance(1);
    told(at, phone).await
}

/// The list with some header.
async fn with_header(at: &Server, name: &str, value: &str) -> Reply {
    Reply::of(at.request("GET", LIST).header(name, value)).await
}
