//! A call as handlers get it, and who is calling: the peer, or whom a trusted proxy names.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use tide::http::headers::{self, HeaderValue};

use crate::config::Settings;
use crate::desk::Desk;

/// What handlers work with, under the configuration in force.
pub struct AppState {
    /// The use cases.
    pub desk: Desk,
    /// The configuration.
    pub settings: Arc<Settings>,
}

/// A request, as handlers get it.
pub type Request = tide::Request<Arc<AppState>>;

/// The credentials of `Bearer`, the scheme in any letter case (RFC 9110, 11.1). Another scheme presents nothing.
#[must_use]
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, credentials) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| credentials.trim())
}

/// Whether `Accept` ranks HTML above JSON. Whoever does not say gets JSON where there is a choice.
#[must_use]
pub fn prefers_html<State>(request: &tide::Request<State>) -> bool {
    let (html, json) = ranks(request);
    html > json
}

/// Whether `Accept` ranks JSON above HTML; for pages, which are HTML to whoever does not say.
#[must_use]
pub fn prefers_json<State>(request: &tide::Request<State>) -> bool {
    let (html, json) = ranks(request);
    json > html
}

/// The weights of HTML and JSON (RFC 9110, 12.5.1), in thousandths.
fn ranks<State>(request: &tide::Request<State>) -> (u32, u32) {
    let (mut html, mut json) = (0, 0);
    let accept = request.header(headers::ACCEPT).map_or("", |values| values.as_str());
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
        match kind.to_ascii_lowercase().as_str() {
            "text/html" | "application/xhtml+xml" => html = html.max(weight),
            "application/json" | "application/problem+json" => json = json.max(weight),
            _ => {}
        }
    }
    (html, json)
}

/// A weight, in thousandths.
#[must_use]
pub fn thousandths(weight: &str) -> u32 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let mut digits = fraction.bytes().chain(*b"000").take(3);
    let fraction = digits.try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')));
    whole.parse::<u32>().unwrap_or(0).min(1) * 1000 + fraction.unwrap_or(0)
}

/// Whether a browser asks ahead of its user.
#[must_use]
pub fn is_prefetch(request: &Request) -> bool {
    ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"].iter().filter_map(|name| request.header(*name)).any(|values| {
        let value = values.as_str().to_ascii_lowercase();
        ["prefetch", "prerender", "preview"].iter().any(|word| value.contains(word))
    })
}

/// The address of whoever sent `request`.
#[must_use]
pub fn address_of(request: &Request) -> IpAddr {
    let inner: &tide::http::Request = request.as_ref();
    let peer = inner.peer_addr().and_then(|peer| peer.parse::<SocketAddr>().ok()).map(|peer| peer.ip());
    let joined = |name: &str| {
        let values = request.header(name).map(|values| values.iter().map(HeaderValue::as_str).collect::<Vec<_>>());
        values.unwrap_or_default().join(",")
    };
    let trusted = &request.state().settings.trusted_proxies;
    client_address(peer, &joined("X-Forwarded-For"), &joined("Forwarded"), trusted)
}

/// Stands for a caller on a Unix socket that no proxy named.
const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The client's address. The headers are read from the right, past the proxies that are trusted; the first other one is
/// the client, whatever it claims to its left. A peer on a Unix socket (`None`) is a proxy: the socket's mode says who.
#[must_use]
pub fn client_address(peer: Option<IpAddr>, forwarded_for: &str, forwarded: &str, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(&address.to_canonical()));
    if peer.as_ref().is_some_and(|peer| !is_trusted(peer)) {
        return peer.unwrap_or(LOCAL).to_canonical();
    }
    let mut client = peer.unwrap_or(LOCAL).to_canonical();
    for hop in hops(forwarded_for, forwarded).into_iter().rev() {
        // What is no address hides who is beyond it.
        let Some(address) = hop else { break };
        client = address.to_canonical();
        if !is_trusted(&client) {
            break;
        }
    }
    client
}

/// The hops that proxies named, the nearest last. `X-Forwarded-For` counts where both are there: it is what most proxies
/// append to, and then they pass the other one on as the client wrote it.
fn hops(forwarded_for: &str, forwarded: &str) -> Vec<Option<IpAddr>> {
    if !forwarded_for.is_empty() {
        return forwarded_for.split(',').map(|hop| address(hop.trim())).collect();
    }
    // RFC 7239, 4: elements by comma, parameters by semicolon, `for` among them.
    let for_of = |element: &str| {
        element.split(';').find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            name.eq_ignore_ascii_case("for").then(|| address(value.trim().trim_matches('"')))
        })
    };
    forwarded.split(',').filter(|element| !element.trim().is_empty()).map(|element| for_of(element).flatten()).collect()
}

/// An address, maybe with a port, maybe in brackets.
fn address(text: &str) -> Option<IpAddr> {
    if let Ok(socket) = text.parse::<SocketAddr>() {
        return Some(socket.ip());
    }
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded_for: &str, forwarded: &str) -> String {
        let trusted = ["127.0.0.1/32", "::1/128", "10.0.0.0/8"].map(|text| text.parse().unwrap());
        client_address(peer.parse().ok(), forwarded_for, forwarded, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_name_the_client() {
        assert_eq!(client("192.0.2.1", "203.0.113.5", ""), "192.0.2.1");
        assert_eq!(client("127.0.0.1", "203.0.113.5", ""), "203.0.113.5");
        assert_eq!(client("127.0.0.1", "", ""), "127.0.0.1");
        assert_eq!(client("unix", "203.0.113.5", ""), "203.0.113.5");
        assert_eq!(client("unix", "", ""), "0.0.0.0");
        assert_eq!(client("::ffff:127.0.0.1", "203.0.113.5", ""), "203.0.113.5");
    }

    #[test]
    fn a_client_cannot_name_itself() {
        assert_eq!(client("127.0.0.1", "1.1.1.1, 203.0.113.5, 10.1.1.1", ""), "203.0.113.5");
        assert_eq!(client("127.0.0.1", "203.0.113.5, nonsense, 10.1.1.1", ""), "10.1.1.1");
        assert_eq!(client("127.0.0.1", "203.0.113.5", "for=1.1.1.1"), "203.0.113.5");
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_writes_it() {
        assert_eq!(client("::1", "", "for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60");
        assert_eq!(client("::1", "", "For=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17");
        assert_eq!(client("::1", "", "for=203.0.113.9, for=10.0.0.1"), "203.0.113.9");
        assert_eq!(client("::1", "", "for=unknown"), "::1");
        assert_eq!(client("::1", "203.0.113.5:8080", ""), "203.0.113.5");
    }
}
