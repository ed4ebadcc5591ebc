//! What is asked of URLs, paths and addresses in several sections.

use url::Url;

/// What stands between two slashes of a path that we serve may be so long. tide's router keeps such parts in a smartstring
/// 0.2, which with today's layout of [`String`] reads a longer one as garbage; see `docs/architecture.md`.
pub const MAX_PATH_PART_BYTES: usize = 23;

// So much a smartstring holds in place of a `String`: where that is smaller, the limit must be, too.
const _: () = assert!(MAX_PATH_PART_BYTES < size_of::<String>());

/// Whether every part of a path is short enough.
pub(super) fn has_short_parts(path: &str) -> bool {
    path.split('/').all(|part| part.len() <= MAX_PATH_PART_BYTES)
}

/// Whether a text is an HTTP or HTTPS URL.
pub(super) fn is_web_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Whether what is sent to a URL can be read on the way there: it leaves this machine, and is not encrypted.
pub(super) fn is_readable_on_the_way(url: &Url) -> bool {
    url.scheme() == "http" && url.host_str().is_some_and(|host| !is_loopback(&format!("{host}:0")))
}

/// Whether a `host:port` is on this machine.
pub(super) fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a text is `host:port`, as one connects to it.
pub(super) fn is_host_and_port(text: &str) -> bool {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty() && !host.contains('/'));
    port.is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0))
}
