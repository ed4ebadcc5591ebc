//! `public_url`: what every link begins with; the whole service has one, and each host may have its own.

use std::str::FromStr;

use url::{Position, Url};

use super::address::{MAX_PATH_PART_BYTES, has_short_parts};
use super::checks::Checks;
use super::value::ValueError;

/// The public base URL, which ends in a slash, and its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    base: Url,
}

impl PublicUrl {
    /// `https://host/prefix/`
    #[must_use]
    pub fn base(&self) -> &str {
        self.base.as_str()
    }

    /// Whether guests come by HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Without the scheme, as one types it: `host/prefix`.
    #[must_use]
    pub fn typed(&self) -> &str {
        let base = self.base.as_str();
        base.split_once("://").map_or(base, |(_, rest)| rest).trim_end_matches('/')
    }

    /// Host and port, as the field `Host` of a request has them.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.base[Position::BeforeHost..Position::AfterPort]
    }

    /// The path prefix without a slash at its end; empty at the root.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.base.path().trim_end_matches('/')
    }
}

impl FromStr for PublicUrl {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let wrong = || ValueError("expected a URL such as \"https://invite.example.com/\"".into());
        let mut base = Url::parse(text).map_err(|_| wrong())?;
        let plain = base.query().is_none() && base.fragment().is_none() && base.username().is_empty();
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() || !plain || base.password().is_some() {
            return Err(wrong());
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self { base })
    }
}

/// Reads the public URL at `at`.
pub(super) fn resolve(text: Option<&str>, at: &[&str], checks: &mut Checks<'_>) -> Option<PublicUrl> {
    let url: PublicUrl = match text?.parse() {
        Ok(url) => url,
        Err(error) => return checks.fault_of(at, &error),
    };
    if !has_short_parts(url.prefix()) {
        let reason = format!("expected a path whose parts have at most {MAX_PATH_PART_BYTES} characters");
        checks.fault(at, &reason);
    }
    Some(url)
}

/// What the paths of all pages begin with: the path of each public URL. A request may come by any of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefixes {
    /// That of `public_url`.
    main: String,
    /// All, each once, the longest first: the path of one may begin with that of another.
    all: Vec<String>,
}

impl Default for Prefixes {
    fn default() -> Self {
        Self::of([])
    }
}

impl Prefixes {
    /// Those of `urls`, of which the first one counts where a path is below none of them.
    pub fn of<'a>(urls: impl IntoIterator<Item = &'a PublicUrl>) -> Self {
        let mut all: Vec<_> = urls.into_iter().map(|url| url.prefix().to_owned()).collect();
        let main = all.first().cloned().unwrap_or_default();
        all.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        all.dedup();
        if all.is_empty() {
            all.push(String::new());
        }
        Self { main, all }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(String::as_str)
    }

    /// The one that `path` begins with.
    #[must_use]
    pub fn of_path(&self, path: &str) -> &str {
        self.above(path).unwrap_or(&self.main)
    }

    /// Whether `path` begins with one of them.
    #[must_use]
    pub fn is_above(&self, path: &str) -> bool {
        self.above(path).is_some()
    }

    fn above(&self, path: &str) -> Option<&str> {
        let is_above =
            |prefix: &&str| path.strip_prefix(*prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.iter().find(is_above)
    }

    /// Whether `path` is `below` one of them.
    #[must_use]
    pub fn has(&self, path: &str, below: &str) -> bool {
        self.iter().any(|prefix| path.strip_prefix(prefix) == Some(below))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_the_longest_prefix_that_it_begins_with() {
        let urls =
            ["https://a.example/join/", "https://b.example/", "https://c.example/join/us/", "http://d.example/join"];
        let urls = urls.map(|url| url.parse::<PublicUrl>().unwrap());
        let prefixes = Prefixes::of(&urls);
        assert_eq!(prefixes.iter().collect::<Vec<_>>(), ["/join/us", "/join", ""]);
        for (path, prefix) in [
            ("/join/us/invite", "/join/us"),
            ("/join/us", "/join/us"),
            ("/join/usinvite", "/join"),
            ("/join/", "/join"),
            ("/joint", ""),
            ("/", ""),
        ] {
            assert_eq!(prefixes.of_path(path), prefix, "{path}");
        }
        assert!(prefixes.has("/join/us/invite", "/invite") && prefixes.has("/invite", "/invite"));
        assert!(!prefixes.has("/other/invite", "/invite"));
        assert_eq!(Prefixes::of(&urls[..1]).of_path("/elsewhere"), "/join");
        assert!(prefixes.is_above("/elsewhere") && !Prefixes::of(&urls[..1]).is_above("/joint"));
        assert_eq!(Prefixes::default().iter().collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn host_and_port_are_told_as_clients_send_them() {
        let authority = |url: &str| url.parse::<PublicUrl>().unwrap().authority().to_owned();
        assert_eq!(authority("https://Invite.example.com:443/x"), "invite.example.com");
        assert_eq!(authority("http://[::1]:5290/"), "[::1]:5290");
    }
}
