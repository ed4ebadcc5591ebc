//! `[invites]`: what invites are like.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::address::is_web_url;
use super::checks::Checks;
use super::value::Span;

/// `[invites]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct RawInvites {
    /// Lifetime of an invite, unless the caller asks for another.
    pub ttl: Span,
    /// The longest lifetime that a caller may ask for.
    pub max_ttl: Span,
    /// Somebody else's landing page, with `{token}`, `{preauth}`, `{uri}` and `{host}`; default: our own. `{preauth}` is what an
    /// app shows to the host's server, where that has tokens of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landing: Option<String>,
}

impl Default for RawInvites {
    fn default() -> Self {
        Self { ttl: Span::days(7), max_ttl: Span::days(365), landing: None }
    }
}

/// `[invites]`
#[derive(Clone, Debug)]
pub struct InviteSettings {
    /// Lifetime, unless the caller asks for another.
    pub ttl: Duration,
    /// Longest lifetime.
    pub max_ttl: Duration,
    /// Somebody else's landing page.
    pub landing: Option<String>,
}

impl RawInvites {
    pub(super) fn resolve(&self, checks: &mut Checks<'_>) -> InviteSettings {
        if self.ttl.0 > self.max_ttl.0 {
            checks.fault(&["invites", "ttl"], &format!("expected at most invites.max_ttl, {}", self.max_ttl));
        }
        let landing = self.landing.as_ref().and_then(|text| {
            let landing = landing_template(text);
            if landing.is_none() {
                checks.fault(
                    &["invites", "landing"],
                    "expected a URL with {token}, {preauth} or {uri}, and maybe {host}",
                );
            }
            landing
        });
        InviteSettings { ttl: self.ttl.0, max_ttl: self.max_ttl.0, landing }
    }
}

/// Somebody else's landing page, as it may stand in a header: what is no ASCII is written as URLs do. None if it is none.
fn landing_template(text: &str) -> Option<String> {
    const PLACES: [&str; 4] = ["{token}", "{preauth}", "{uri}", "{host}"];
    let filled = PLACES.iter().fold(text.to_owned(), |text, place| text.replace(place, "x"));
    let tells = PLACES[..3].iter().any(|place| text.contains(place));
    if !is_web_url(&filled) || filled.contains(['{', '}']) || !tells {
        return None;
    }
    // Where a URL has no braces, they are encoded, too.
    let encoded = |place: &str| place.replace('{', "%7B").replace('}', "%7D");
    let url = Url::parse(text).ok()?;
    Some(PLACES.iter().fold(url.into(), |url: String, place| url.replace(&encoded(place), place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn landing_pages_are_urls_that_fit_into_a_header() {
        let is = |text: &str, expected: Option<&str>| assert_eq!(landing_template(text).as_deref(), expected, "{text}");
        is("https://e.example/{host}/#{uri}", Some("https://e.example/{host}/#{uri}"));
        is("https://e.example/i/{token}?h={host}", Some("https://e.example/i/{token}?h={host}"));
        is("https://{host}/{token}", Some("https://{host}/{token}"));
        is("https://e.example/?inv={preauth}", Some("https://e.example/?inv={preauth}"));
        is("https://bücher.example/grüß/{token}", Some("https://xn--bcher-kva.example/gr%C3%BC%C3%9F/{token}"));
        is("https://e.example/?ж={token}\n", Some("https://e.example/?%D0%B6={token}"));
        for wrong in ["", "nope", "https://e.example/", "javascript:{uri}", "https://e.example/{token}/{x}", "{token}"]
        {
            is(wrong, None);
        }
    }
}
