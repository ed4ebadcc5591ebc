//! `public_url`: what every link begins with.

use std::str::FromStr;

use url::Url;

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
