//! Fills [`Caller`]: the address as the trusted proxies tell it, the user agent, the request's id.

use std::{net::IpAddr, sync::Arc};

use ipnet::IpNet;
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use crate::{app::App, db::audit_events::Caller, telemetry};

/// The longest user agent that is kept, in characters.
const USER_AGENT_LENGTH: usize = 200;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Caller {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let trusted = request
            .rocket()
            .state::<Arc<App>>()
            .map_or(&[][..], |app| &app.config.trusted_proxies);
        let peer = request.remote().map(|peer| peer.ip().to_canonical());
        let forwarded: Vec<&str> = request.headers().get("X-Forwarded-For").collect();
        let standard: Vec<&str> = request.headers().get("Forwarded").collect();
        let user_agent = request.headers().get_one("User-Agent").unwrap_or_default();
        Outcome::Success(Self {
            address: peer.map(|peer| told(peer, &forwarded, &standard, trusted)),
            user_agent: user_agent
                .chars()
                .filter(|c| !c.is_control())
                .take(USER_AGENT_LENGTH)
                .collect(),
            request_id: telemetry::request_id(request),
        })
    }
}

/// The client that the proxies tell of. A proxy writes one of the two headers and may pass
/// the client's own other one through: where they disagree, neither is believed.
fn told(peer: IpAddr, x_forwarded_for: &[&str], forwarded: &[&str], trusted: &[IpNet]) -> IpAddr {
    let by_x = client(peer, &x_forwarded_for_hops(x_forwarded_for), trusted);
    let by_standard = client(peer, &forwarded_hops(forwarded), trusted);
    match (x_forwarded_for.is_empty(), forwarded.is_empty()) {
        (_, true) => by_x,
        (true, false) => by_standard,
        (false, false) if by_x == by_standard => by_x,
        (false, false) => peer,
    }
}

/// The addresses in `X-Forwarded-For`, the nearest last.
fn x_forwarded_for_hops(lines: &[&str]) -> Vec<Option<IpAddr>> {
    lines
        .iter()
        .flat_map(|line| line.split(','))
        .map(node)
        .collect()
}

/// The addresses in `Forwarded` (RFC 7239), the nearest last.
fn forwarded_hops(lines: &[&str]) -> Vec<Option<IpAddr>> {
    lines
        .iter()
        .flat_map(|line| line.split(','))
        .map(|element| {
            let mut pairs = element
                .split(';')
                .filter_map(|pair| pair.trim().split_once('='));
            pairs
                .find(|(name, _)| name.eq_ignore_ascii_case("for"))
                .and_then(|(_, value)| node(value))
        })
        .collect()
}

/// One node, with or without quotes, brackets and port.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = match text.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None if text.matches(':').count() == 1 => text.split(':').next().unwrap_or_default(),
        None => text,
    };
    bare.parse::<IpAddr>()
        .ok()
        .map(|address| address.to_canonical())
}

/// Walks back from the peer for as long as whoever noted the hop is trusted.
fn client(peer: IpAddr, hops: &[Option<IpAddr>], trusted: &[IpNet]) -> IpAddr {
    let mut nearest = peer;
    for hop in hops.iter().rev() {
        if !trusted.iter().any(|network| network.contains(&nearest)) {
            break;
        }
        match hop {
            Some(address) => nearest = *address,
            None => break,
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, x_forwarded_for: &[&str], forwarded: &[&str], trusted: &[&str]) -> String {
        let trusted: Vec<IpNet> = trusted
            .iter()
            .map(|network| network.parse().unwrap())
            .collect();
        told(peer.parse().unwrap(), x_forwarded_for, forwarded, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let proxies = ["10.0.0.0/8", "::1/128"];
        assert_eq!(
            seen("192.0.2.9", &["198.51.100.1"], &[], &proxies),
            "192.0.2.9"
        );
        assert_eq!(
            seen("10.0.0.1", &["198.51.100.1"], &[], &proxies),
            "198.51.100.1"
        );
        assert_eq!(
            seen(
                "10.0.0.1",
                &["6.6.6.6, 198.51.100.1, 10.0.0.2"],
                &[],
                &proxies
            ),
            "198.51.100.1"
        );
        assert_eq!(
            seen("10.0.0.1", &["6.6.6.6", "198.51.100.1"], &[], &proxies),
            "198.51.100.1"
        );
        assert_eq!(
            seen(
                "::1",
                &[],
                &["for=\"[2001:db8::7]:4711\";proto=https"],
                &proxies
            ),
            "2001:db8::7"
        );
        assert_eq!(
            seen("10.0.0.1", &["6.6.6.6"], &["for=198.51.100.1:99"], &proxies),
            "10.0.0.1"
        );
        let agreed = seen(
            "10.0.0.1",
            &["198.51.100.1"],
            &["for=198.51.100.1:99"],
            &proxies,
        );
        assert_eq!(agreed, "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["unknown"], &[], &proxies), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[], &[], &proxies), "10.0.0.1");
    }
}
