//! Where each front end wants its file, and what has it read that. The files are those of `examples/front-ends`, with other names
//! in them.

use std::path::Path;

use clap::ValueEnum;
use serde::Deserialize;

use crate::config::PublicUrl;

/// A web server or proxy that speaks HTTPS and passes requests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FrontEnd {
    /// Nginx
    Nginx,
    /// Caddy, which gets its certificates by itself
    Caddy,
    /// Apache
    Apache,
    /// `HAProxy`
    Haproxy,
    /// Lighttpd
    Lighttpd,
    /// Another one, or none
    None,
}

/// The file of a front end.
pub(super) struct FrontEndFile {
    /// Where Debian's package looks for it.
    pub(super) path: &'static str,
    example: &'static str,
    /// What has it read, as lines for a shell.
    pub(super) enable: &'static [&'static str],
    /// What an admin has to write into a file of their own first; then nothing is run.
    pub(super) include: Option<&'static str>,
}

macro_rules! example {
    ($file:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/front-ends/", $file))
    };
}

/// What the examples have where others have their own names: with a name of its own, and below a path of a site.
const NAME: &str = "invite.example.com";
const SITE: &str = "example.com";
const PREFIX: &str = "/invited/";
/// What looks like that path, and is none.
const SOCKET: &str = "/run/invited/http.sock";

/// With a name of its own, and below a path of a site that is there.
type Files = [FrontEndFile; 2];

const NGINX: Files = [
    FrontEndFile {
        path: "/etc/nginx/sites-available/invited.conf",
        example: example!("nginx/name.conf"),
        enable: &[
            "ln -sf ../sites-available/invited.conf /etc/nginx/sites-enabled/invited.conf",
            "nginx -t -q",
            "systemctl reload-or-restart nginx.service",
        ],
        include: None,
    },
    FrontEndFile {
        path: "/etc/nginx/snippets/invited.conf",
        example: example!("nginx/path.conf"),
        enable: &["nginx -t", "systemctl reload nginx.service"],
        include: Some("in the `server` block of the site: include snippets/invited.conf;"),
    },
];
