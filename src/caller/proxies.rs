//! Whom proxies name as the client, and what an admin is told of it.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use ipnet::IpNet;

use crate::config::ForwardedHeader;

/// Stands for a caller on a Unix socket that no proxy named.
const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// So many peers that are not trusted are told of.
const MOST_PEERS: usize = 8;

/// Who sent a request, by what its peer and its headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Forwarding {
    /// The client's address.
    pub(super) client: IpAddr,
    peer: Peer,
    counted: ForwardedHeader,
    is_trusted: bool,
    said: Said,
    /// Whether the one that does not count came.
    has_other: bool,
}

/// What the header that counts says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// It did not come.
    Nothing,
    /// It names no address.
    Nobody,
    /// Whom the peer took the request from.
    Somebody,
}

/// None: a Unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Peer(Option<IpAddr>);

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => write!(f, "at {address}"),
            None => f.write_str("on the Unix socket"),
        }
    }
}

impl Forwarding {
    /// The header that counts is read from the right, past the proxies that are trusted; the first other one is the client,
    /// whatever it claims to its left. A peer on a Unix socket (`None`) is a proxy: the socket's mode says who.
    pub(super) fn new(
        peer: Option<IpAddr>,
        (counted, said): (ForwardedHeader, Option<&str>),
        has_other: bool,
        trusted: &[IpNet],
    ) -> Self {
        let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(&address.to_canonical()));
        let mut forwarding = Self {
            client: peer.unwrap_or(LOCAL).to_canonical(),
            peer: Peer(peer.map(|peer| peer.to_canonical())),
            counted,
            is_trusted: peer.as_ref().is_none_or(is_trusted),
            said: if said.is_some() { Said::Nobody } else { Said::Nothing },
            has_other,
        };
        if forwarding.is_trusted {
            for hop in hops(counted, said.unwrap_or_default()).into_iter().rev() {
                // What is no address hides who is beyond it.
                let Some(address) = hop else { break };
                forwarding.said = Said::Somebody;
                forwarding.client = address.to_canonical();
                if !is_trusted(&forwarding.client) {
                    break;
                }
            }
        }
        forwarding
    }
}

/// The hops that proxies named, the nearest last.
fn hops(header: ForwardedHeader, said: &str) -> Vec<Option<IpAddr>> {
    let hops = said.split(',').map(str::trim).filter(|hop| !hop.is_empty());
    match header {
        ForwardedHeader::XForwardedFor => hops.map(address).collect(),
        ForwardedHeader::Forwarded => hops.map(for_of).collect(),
    }
}

/// Whom an element of `Forwarded` is for (RFC 7239, 4): its parameters are separated by semicolons.
fn for_of(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then(|| address(value.trim().trim_matches('"')))?
    })
}

/// An address, maybe with a port, maybe in brackets.
fn address(text: &str) -> Option<IpAddr> {
    if let Ok(socket) = text.parse::<SocketAddr>() {
        return Some(socket.ip());
    }
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).parse().ok()
}

/// What was told of proxies: each once, as long as the process lives.
#[derive(Default)]
pub struct ProxyNotices {
    unnamed: AtomicBool,
    both: AtomicBool,
    stripped: AtomicBool,
    untrusted: Mutex<BTreeSet<IpAddr>>,
}

impl ProxyNotices {
    /// Tells what is to be told. `is_proxied` says that the peer is a proxy for sure, or that it matters which client it is: a
    /// program on this machine that calls by itself need name nobody.
    pub(super) fn note(&self, forwarding: &Forwarding, is_proxied: bool) {
        let Forwarding { client: _, peer, counted, is_trusted, said, has_other } = *forwarding;
        let (other, is_sent) = (counted.other(), said != Said::Nothing);
        if !is_trusted {
            if (is_sent || has_other) && self.is_new(peer) {
                let sent = if is_sent { counted } else { other };
                tracing::warn!(
                    "the peer {peer} sent {sent}, and is not in trusted_proxies: it counts as the client itself; if it is \
                     your proxy, add it to trusted_proxies"
                );
            }
            return;
        }
        if is_sent && has_other && !self.both.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the proxy {peer} sent {counted} and {other}: only {counted} counts, as the setting `forwarded` says; see that \
                 it is the one that your proxy sets, and have the proxy remove the other"
            );
        }
        if said != Said::Somebody && is_proxied && !self.unnamed.swap(true, Ordering::Relaxed) {
            let hint = if has_other { "; it sent the other header: see the setting `forwarded`" } else { "" };
            tracing::warn!(
                "the trusted proxy {peer} names no client in {counted}, so all who come that way count as one address; have \
                 it set that header, or, if it is no proxy, take it out of trusted_proxies{hint}"
            );
        }
    }

    /// Tells that a path came without `prefix`, which every route is below.
    pub fn note_stripped(&self, prefix: &str) {
        if !self.stripped.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "a request came without {prefix}/, the path of public_url, and was answered 404: if the proxy strips it, have it \
                 pass the whole path on (Caddy: handle and not handle_path; nginx: proxy_pass without a path)"
            );
        }
    }

    fn is_new(&self, peer: Peer) -> bool {
        let mut told = self.untrusted.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < MOST_PEERS && peer.0.is_some_and(|peer| told.insert(peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(peer: &str, header: ForwardedHeader, said: &str) -> Forwarding {
        let trusted = ["127.0.0.1/32", "::1/128", "10.0.0.0/8"].map(|text| text.parse().unwrap());
        Forwarding::new(peer.parse().ok(), (header, (!said.is_empty()).then_some(said)), false, &trusted)
    }

    fn client(peer: &str, forwarded_for: &str) -> String {
        read(peer, ForwardedHeader::XForwardedFor, forwarded_for).client.to_string()
    }

    #[test]
    fn only_trusted_proxies_name_the_client() {
        assert_eq!(client("192.0.2.1", "203.0.113.5"), "192.0.2.1");
        assert_eq!(client("127.0.0.1", "203.0.113.5"), "203.0.113.5");
        assert_eq!(client("127.0.0.1", ""), "127.0.0.1");
        assert_eq!(client("unix", "203.0.113.5"), "203.0.113.5");
        assert_eq!(client("unix", ""), "0.0.0.0");
        assert_eq!(client("::ffff:127.0.0.1", "203.0.113.5"), "203.0.113.5");
        assert_eq!(client("::1", "203.0.113.5:8080"), "203.0.113.5");
    }

    #[test]
    fn a_client_cannot_name_itself() {
        assert_eq!(client("127.0.0.1", "1.1.1.1, 203.0.113.5, 10.1.1.1"), "203.0.113.5");
        assert_eq!(client("127.0.0.1", "203.0.113.5, nonsense, 10.1.1.1"), "10.1.1.1");
        assert_eq!(client("127.0.0.1", "for=1.1.1.1"), "127.0.0.1");
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_writes_it() {
        let client = |said| read("::1", ForwardedHeader::Forwarded, said).client.to_string();
        assert_eq!(client("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60");
        assert_eq!(client("For=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17");
        assert_eq!(client("for=203.0.113.9, for=10.0.0.1"), "203.0.113.9");
        for nobody in ["for=unknown", "203.0.113.9", "by=203.0.113.9", "for"] {
            assert_eq!(client(nobody), "::1", "{nobody}");
        }
    }

    #[test]
    fn a_proxy_names_somebody_where_its_own_word_is_an_address() {
        let is_named = |said| read("127.0.0.1", ForwardedHeader::XForwardedFor, said).said == Said::Somebody;
        // Also itself: a browser on the same machine.
        assert!(is_named("203.0.113.5") && is_named("127.0.0.1") && is_named("unknown, 203.0.113.5"));
        assert!(!is_named("") && !is_named(" ") && !is_named("unknown") && !is_named("203.0.113.5, unknown"));
    }
}
