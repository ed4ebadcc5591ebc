//! A call as handlers get it, and who is calling: the peer, or whom a trusted proxy names.

mod proxies;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use tide::http::headers::{self, HeaderValue};

use crate::config::{ForwardedHeader, Settings};
use crate::desk::{AuthError, Desk};
use crate::server::UnroutedPath;
use proxies::Forwarding;
pub use proxies::ProxyNotices;

/// What handlers work with, under the configuration in force.
pub struct AppState {
    /// The use cases.
    pub desk: Desk,
    /// The configuration.
    pub settings: Arc<Settings>,
    /// What was told of proxies; outlives a reload.
    pub proxies: Arc<ProxyNotices>,
}

/// A request, as handlers get it.
pub type Request = tide::Request<Arc<AppState>>;

/// The path that was asked for, also where the router does not get to see it.
#[must_use]
pub fn path<State>(request: &tide::Request<State>) -> &str {
    request.ext::<UnroutedPath>().map_or_else(|| request.url().path(), |unrouted| &unrouted.0)
}

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
    let html = weight_of(request, &["text/html", "application/xhtml+xml"]);
    let json = weight_of(request, &["application/json", "application/problem+json"]);
    (html, json)
}

/// What `Accept` gives the best of some media types that it names, in thousandths; 0 if it names none of them.
#[must_use]
pub fn weight_of<State>(request: &tide::Request<State>, kinds: &[&str]) -> u32 {
    let accept = request.header(headers::ACCEPT).map_or("", |values| values.as_str());
    let weight = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let is_meant = kinds.iter().any(|other| kind.eq_ignore_ascii_case(other));
        is_meant.then(|| parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths))
    };
    accept.split(',').filter_map(weight).max().unwrap_or(0)
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

/// The address of whoever sent `request`. Tells, once, of proxies that name clients as they should not.
#[must_use]
pub fn address_of(request: &Request) -> IpAddr {
    let forwarding = forwarding(request);
    request.state().proxies.note(&forwarding, is_forwarded(request));
    forwarding.client
}

/// The same for a call that was refused for its key.
pub fn note_refused(request: &Request, error: &AuthError) {
    match error {
        AuthError::Wait(_) => note_slowed(request),
        AuthError::Refused(_) | AuthError::Ledger(_) => {}
    }
}

/// Tells, once, if `request`, which has to wait for what was wrong before, came by a trusted proxy that names nobody: then
/// all who come that way wait together.
pub fn note_slowed(request: &Request) {
    request.state().proxies.note(&forwarding(request), true);
}

/// The client's address, by its peer (`None` on a Unix socket) and by what `said` has, the value of the header that counts.
#[must_use]
pub fn client_address(peer: Option<IpAddr>, counted: ForwardedHeader, said: &str, trusted: &[IpNet]) -> IpAddr {
    Forwarding::new(peer, (counted, Some(said)), false, trusted).client
}

fn forwarding(request: &Request) -> Forwarding {
    let inner: &tide::http::Request = request.as_ref();
    let peer = inner.peer_addr().and_then(|peer| peer.parse::<SocketAddr>().ok()).map(|peer| peer.ip());
    let settings = &request.state().settings;
    let sent = |header: ForwardedHeader| {
        let values = request.header(header.name());
        values.map(|values| values.iter().map(HeaderValue::as_str).collect::<Vec<_>>().join(","))
    };
    let counted = settings.forwarded;
    let (said, other) = (sent(counted), sent(counted.other()).is_some());
    Forwarding::new(peer, (counted, said.as_deref()), other, &settings.trusted_proxies)
}

/// Whether `request` has what only proxies add.
fn is_forwarded(request: &Request) -> bool {
    let names = ["Via", "X-Real-IP", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Server"];
    let headers = ForwardedHeader::ALL.map(ForwardedHeader::name);
    names.into_iter().chain(headers).any(|name| request.header(name).is_some())
}
