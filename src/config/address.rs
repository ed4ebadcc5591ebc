//! What is asked of URLs, paths and addresses in several sections.

use url::Url;

/// The last part of a path may be so long: longer ones must not reach tide's router, see `server/http.rs`.
pub const MAX_LAST_PART_BYTES: usize = 23;

/// Whether the last part of a path is short enough.
pub(super) fn has_short_end(path: &str) -> bool {
    path.rsplit('/').next().is_none_or(|part| part.len() <= MAX_LAST_PART_BYTES)
}

/// Whether a text is an HTTP or HTTPS URL.
pub(super) fn is_web_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Whether a `host:port` is on this machine.
pub(super) fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
