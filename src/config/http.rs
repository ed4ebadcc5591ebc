//! `[http]`: limits of the HTTP server, and the path that can be changed. What people write is what is in force.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::{MAX_PATH_PART_BYTES, has_short_parts};
use super::checks::Checks;
use super::value::{Size, Span};
use crate::rate::Rate;

/// `[http]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct HttpSettings {
    /// Connections at once. When another comes, the one that has been idle for longest is closed; if all have requests in
    /// flight, it waits in the socket's backlog. One client address (IPv6: /64) has at most an eighth of them, or 16 if that
    /// is more; proxies in `trusted_proxies` and Unix sockets may have all.
    pub max_connections: u32,
    /// The largest request body; a larger one is answered 413.
    pub max_body: Size,
    /// A request head that is slower is answered 408.
    pub header_timeout: Span,
    /// A request body that is slower is answered 408.
    pub body_timeout: Span,
    /// A connection without a request is closed after this.
    pub idle_timeout: Span,
    /// How long answers in flight may take when the service stops.
    pub drain_timeout: Span,
    /// Whether connections begin with a PROXY line (version 1 or 2), which names the client; only peers in `trusted_proxies` and
    /// on Unix sockets may send one. Not those of `metrics.listen`.
    pub proxy_protocol: bool,
    /// Wrong keys per client address (IPv6: per /64), then wrong ones are answered 429; a valid key always gets in.
    pub auth_failures: Rate,
    /// Paths that can be changed.
    pub paths: HttpPaths,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            max_body: Size(64 << 10),
            header_timeout: Span::seconds(10),
            body_timeout: Span::seconds(10),
            idle_timeout: Span::seconds(60),
            drain_timeout: Span::seconds(20),
            proxy_protocol: false,
            auth_failures: Rate { count: 30, period: Duration::from_mins(1) },
            paths: HttpPaths::default(),
        }
    }
}

/// `[http.paths]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct HttpPaths {
    /// Where `mod_invites_api`'s call is answered, below `public_url`.
    pub invites_api: String,
}

impl Default for HttpPaths {
    fn default() -> Self {
        Self { invites_api: "/invites_api".into() }
    }
}

impl HttpSettings {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        if self.max_connections == 0 {
            checks.fault(&["http", "max_connections"], "expected at least 1");
        }
        if self.max_body.0 < 1024 || self.max_body.0 > 64 << 20 {
            checks.fault(&["http", "max_body"], "expected between 1KiB and 64MiB");
        }
        self.paths.check(checks);
    }
}

impl HttpPaths {
    fn check(&self, checks: &mut Checks<'_>) {
        let (path, at) = (self.invites_api.as_str(), ["http", "paths", "invites_api"]);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.' | '~');
        let clean = path.starts_with('/') && path.len() > 1 && !path.ends_with('/') && !path.contains("//");
        if !clean || !path.chars().all(plain) || path.split('/').any(|part| matches!(part, "." | "..")) {
            checks.fault(&at, "expected a path such as \"/invites_api\"");
        } else if matches!(path, "/invite" | "/register" | "/reset" | "/healthz" | "/readyz")
            || ["/api/", "/assets/", "/invite/"].iter().any(|taken| path.starts_with(taken))
        {
            checks.fault(&at, "this path is taken by another page");
        }
        if !has_short_parts(path) {
            checks.fault(&at, &format!("expected parts of at most {MAX_PATH_PART_BYTES} characters"));
        }
    }
}
