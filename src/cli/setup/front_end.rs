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
    /// Caddy
    Caddy,
    /// Apache
    Apache,
    /// HAProxy
    Haproxy,
    /// Lighttpd
    Lighttpd,
    /// Another one, or none
    None,
}

/// The file of a front end.
pub(super) struct FrontEndFile {
    /// Where it is put.
    pub(super) path: &'static str,
    example: &'static str,
    /// What has it read, as lines for a shell; none where a person has to take it over.
    pub(super) enable: &'static [&'static str],
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

/// With a name of its own, and below a path of a site that is there. What cannot go in beside an admin's own file is put where it is
/// at hand; its first lines say where it belongs.
type Files = [FrontEndFile; 2];

/// A file that a person takes over.
const fn at_hand(path: &'static str, example: &'static str) -> FrontEndFile {
    FrontEndFile { path, example, enable: &[] }
}

const NGINX: Files = [
    FrontEndFile {
        path: "/etc/nginx/sites-available/invited",
        example: example!("nginx/name.conf"),
        enable: &[
            "ln -sf ../sites-available/invited /etc/nginx/sites-enabled/invited",
            "nginx -t -q",
            "systemctl reload-or-restart nginx.service",
        ],
    },
    at_hand("/etc/invited/front-end/nginx.conf", example!("nginx/path.conf")),
];

const CADDY: Files = [
    at_hand("/etc/invited/front-end/Caddyfile", example!("caddy/name.caddy")),
    at_hand("/etc/invited/front-end/Caddyfile", example!("caddy/path.caddy")),
];

const APACHE: Files = [
    FrontEndFile {
        path: "/etc/apache2/sites-available/invited.conf",
        example: example!("apache/name.conf"),
        enable: &[
            "a2enmod -q ssl http2 headers proxy_http",
            "a2ensite -q invited",
            "apachectl configtest",
            "systemctl restart apache2.service",
        ],
    },
    at_hand("/etc/invited/front-end/apache.conf", example!("apache/path.conf")),
];

const HAPROXY: Files = [
    at_hand("/etc/invited/front-end/haproxy.cfg", example!("haproxy/name.cfg")),
    at_hand("/etc/invited/front-end/haproxy.cfg", example!("haproxy/path.cfg")),
];

const LIGHTTPD: Files = [
    at_hand("/etc/invited/front-end/lighttpd.conf", example!("lighttpd/name.conf")),
    at_hand("/etc/invited/front-end/lighttpd.conf", example!("lighttpd/path.conf")),
];

impl FrontEnd {
    pub(super) const ALL: [Self; 5] = [Self::Nginx, Self::Caddy, Self::Apache, Self::Haproxy, Self::Lighttpd];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "Caddy",
            Self::Apache => "Apache",
            Self::Haproxy => "HAProxy",
            Self::Lighttpd => "lighttpd",
            Self::None => "no front end",
        }
    }

    /// By which it is known to be installed.
    pub(super) fn program(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Apache => "apache2",
            Self::Haproxy => "haproxy",
            Self::Lighttpd => "lighttpd",
            Self::None => "",
        }
    }

    /// As which it connects, on Debian.
    pub(super) fn group(self) -> &'static str {
        match self {
            Self::Nginx | Self::Apache | Self::Lighttpd | Self::None => "www-data",
            Self::Caddy => "caddy",
            Self::Haproxy => "haproxy",
        }
    }

    /// Its file for links that begin so.
    pub(super) fn file(self, url: &PublicUrl) -> Option<&'static FrontEndFile> {
        let [name, path] = match self {
            Self::Nginx => &NGINX,
            Self::Caddy => &CADDY,
            Self::Apache => &APACHE,
            Self::Haproxy => &HAPROXY,
            Self::Lighttpd => &LIGHTTPD,
            Self::None => return None,
        };
        Some(if url.prefix().is_empty() { name } else { path })
    }
}

impl FrontEndFile {
    /// The example with these names in it.
    pub(super) fn text(&self, url: &PublicUrl, certificates: Option<&Path>) -> String {
        let (of_example, prefix) = if url.prefix().is_empty() { (NAME, None) } else { (SITE, Some(url.prefix())) };
        let mut text = self.example.to_owned();
        if let Some(dir) = certificates {
            text = text.replace(&format!("/etc/ssl/{of_example}"), &dir.display().to_string());
        }
        text = text.replace(of_example, url.authority());
        match prefix {
            // The socket's path has that in it, too.
            Some(prefix) => {
                let parts: Vec<_> =
                    text.split(SOCKET).map(|part| part.replace(PREFIX, &format!("{prefix}/"))).collect();
                parts.join(SOCKET)
            }
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_for_the_names_that_are_asked_for() {
        for front_end in FrontEnd::ALL {
            for url in ["https://join.example.org/", "https://chat.example.net/rooms/new/"] {
                let url: PublicUrl = url.parse().unwrap();
                let text = front_end.file(&url).unwrap().text(&url, Some(Path::new("/certificates")));
                assert!(text.contains(url.authority()) || !url.prefix().is_empty(), "{front_end:?}: {text}");
                assert!(text.contains(url.prefix()) && text.contains(SOCKET), "{front_end:?}: {text}");
                let of_example: Vec<_> =
                    [SITE, PREFIX].into_iter().filter(|name| text.replace(SOCKET, "").contains(name)).collect();
                assert!(
                    of_example.is_empty() && !text.contains("/etc/ssl/"),
                    "{front_end:?} has {of_example:?}: {text}"
                );
            }
        }
    }
}
