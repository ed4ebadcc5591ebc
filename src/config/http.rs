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
    /// Old links of `mod_invites_page`, `/invites_page?TOKEN`: they lead to the invite's page. Empty: they are not answered.
    pub invites_page: String,
    /// Old links of `mod_invites_register_web`, `/invites_register_web?t=TOKEN`: they lead to the sign-up form. Empty: they are
    /// not answered.
    pub invites_register_web: String,
    /// What links with the token in their path begin with, `/invite/TOKEN` and `/invite/TOKEN/register`: they lead to the same
    /// two pages. Empty: they are not answered.
    pub invite: String,
}

impl Default for HttpPaths {
    fn default() -> Self {
        Self {
            invites_api: "/invites_api".into(),
            invites_page: "/invites_page".into(),
            invites_register_web: "/invites_register_web".into(),
            invite: "/invite".into(),
        }
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
        let paths = [
            ("invites_api", &self.invites_api),
            ("invites_page", &self.invites_page),
            ("invites_register_web", &self.invites_register_web),
            ("invite", &self.invite),
        ];
        for (number, (name, path)) in paths.iter().enumerate() {
            let is_closed = path.is_empty() && *name != "invites_api";
            // Below the landing page's own path nothing else is in the way of links.
            let is_beside_ours = *name == "invite" && *path == "/invite";
            let reason = if is_closed || is_beside_ours {
                None
            } else if paths[..number].iter().any(|(_, other)| other == path) {
                Some("another of these paths is the same".to_owned())
            } else {
                wrong_path(path)
            };
            if let Some(reason) = reason {
                checks.fault(&["http", "paths", name], &reason);
            }
        }
    }
}

/// What is wrong with a path below `public_url`.
fn wrong_path(path: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.' | '~');
    let clean = path.starts_with('/') && path.len() > 1 && !path.ends_with('/') && !path.contains("//");
    if !clean || !path.chars().all(plain) || path.split('/').any(|part| matches!(part, "." | "..")) {
        return Some("expected a path such as \"/invites_api\"".into());
    }
    if matches!(path, "/api" | "/assets" | "/invite" | "/manage" | "/register" | "/reset" | "/healthz" | "/readyz")
        || ["/api/", "/assets/", "/invite/", "/manage/"].iter().any(|taken| path.starts_with(taken))
    {
        return Some("this path is taken by another page".into());
    }
    (!has_short_parts(path)).then(|| format!("expected parts of at most {MAX_PATH_PART_BYTES} characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_is_in_the_way_of_another() {
        for path in ["/x", "/old/page", "/invites_page", "/i.v~1", "/assets2"] {
            assert_eq!(wrong_path(path), None, "{path}");
        }
        for path in [
            "/api",
            "/api/x",
            "/assets",
            "/assets/x",
            "/invite",
            "/invite/x",
            "/manage/x",
            "/register",
            "/reset",
            "/healthz",
        ] {
            assert_eq!(wrong_path(path).as_deref(), Some("this path is taken by another page"), "{path}");
        }
        for path in ["", "/", "x", "/x/", "//x", "/a b", "/../x", "/x?y", "/%41"] {
            assert_eq!(wrong_path(path).as_deref(), Some("expected a path such as \"/invites_api\""), "{path}");
        }
    }
}
