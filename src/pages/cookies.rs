//! Cookies: what a browser sends back to us alone, and no script of a page reads.

use tide::Response;
use tide::http::headers;

use crate::caller::{self, Request};
use crate::config::PublicUrl;

/// The value of the cookie that is called `name`.
pub(super) fn cookie(request: &Request, name: &str) -> Option<String> {
    let name = full_name(request, name);
    let header = request.header(headers::COOKIE)?;
    let pairs =
        header.iter().flat_map(|value| value.as_str().split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(other, _)| *other == name).map(|(_, value)| value.to_owned())
}

/// A line that gives the browser a cookie, for as long as the browser runs, or for so many seconds. None is sent along with what
/// another site links to or posts.
pub(super) fn given(request: &Request, name: &str, value: &str, seconds: Option<i64>) -> String {
    let (name, path) = (full_name(request, name), prefix(request));
    let secure = if is_https(request) { "; Secure" } else { "" };
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    format!("{name}={value}; Path={path}/{age}; HttpOnly; SameSite=Strict{secure}")
}

/// Gives the browser a cookie beside others.
pub(super) fn put(response: &mut Response, cookie: &str) {
    response.append_header(headers::SET_COOKIE, cookie);
}

/// The prefix has browsers refuse a cookie that another host of the domain has set (RFC 6265bis, 4.1.3.2). It wants HTTPS
/// and the whole host.
fn full_name(request: &Request, name: &str) -> String {
    let is_whole = prefix(request).is_empty() && is_https(request);
    if is_whole { format!("__Host-{name}") } else { name.to_owned() }
}

/// What the path of this page begins with, as those of all pages that it leads to.
fn prefix(request: &Request) -> &str {
    request.state().settings.prefixes.of_path(caller::path(request))
}

/// Whether the reader came by HTTPS: by the public URL of that path, and of that host where it is told, as behind some proxies
/// it is not.
fn is_https(request: &Request) -> bool {
    let prefix = prefix(request);
    let all: Vec<_> = request.state().settings.public_urls().filter(|url| url.prefix() == prefix).collect();
    let host = request.header(headers::HOST).map_or("", |host| host.as_str());
    let named: Vec<_> = all.iter().copied().filter(|url| url.authority().eq_ignore_ascii_case(host)).collect();
    let urls = if named.is_empty() { all } else { named };
    !urls.is_empty() && urls.into_iter().all(PublicUrl::is_https)
}
