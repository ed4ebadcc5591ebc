//! `[invites]`: what invites are like.

use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::address::is_web_url;
use super::checks::Checks;
use super::value::{Span, ValueError};
use crate::invite::mail::MailAddress;
use crate::invite::name::Jid;

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
    /// Who is reminded once a week of invites that live longer than 30 days and are still open: `mailto:ADDRESS` by `[mail]`,
    /// `xmpp:JID` by a message of `[component]`. Webhooks are by `invites.open`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remind: Vec<String>,
}

impl Default for RawInvites {
    fn default() -> Self {
        Self { ttl: Span::days(7), max_ttl: Span::days(365), landing: None, remind: vec![] }
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
    /// Who is reminded of invites that are open for long.
    pub remind: Vec<RemindedAdmin>,
}

/// An admin who is reminded, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemindedAdmin {
    /// By mail.
    Mail(MailAddress),
    /// By a message.
    Message(Jid),
}

/// What names one.
const ADMIN_EXPECTED: &str = "expected \"mailto:admin@example.com\" or \"xmpp:admin@example.com\"";

impl FromStr for RemindedAdmin {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let wrong = || ValueError(ADMIN_EXPECTED.into());
        match text.split_once(':') {
            Some(("mailto", address)) => address.parse().map(Self::Mail).map_err(|_| wrong()),
            Some(("xmpp", jid)) => jid.parse().map(Self::Message).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

impl RawInvites {
    /// `mail` says whether mail can be sent, and `users` of which host the users can be sent messages.
    pub(super) fn resolve(&self, mail: bool, users: Option<&str>, checks: &mut Checks<'_>) -> InviteSettings {
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
        let remind = self.reminded(mail, users, checks);
        InviteSettings { ttl: self.ttl.0, max_ttl: self.max_ttl.0, landing, remind }
    }

    fn reminded(&self, mail: bool, users: Option<&str>, checks: &mut Checks<'_>) -> Vec<RemindedAdmin> {
        let mut reminded = Vec::new();
        for text in &self.remind {
            let lacks = match (text.parse(), users) {
                (Err(ValueError(expected)), _) => Some(expected),
                (Ok(RemindedAdmin::Mail(_)), _) if !mail => Some("needs [mail], by which it is sent".into()),
                (Ok(RemindedAdmin::Message(_)), None) => Some("needs [component], by which it is sent".into()),
                (Ok(RemindedAdmin::Message(jid)), Some(host)) if jid.host.as_str() != host => {
                    Some(format!("expected somebody at {host}, to whose users alone the component sends messages"))
                }
                (Ok(admin), _) => {
                    reminded.push(admin);
                    None
                }
            };
            if let Some(lacks) = lacks {
                checks.fault(&["invites", "remind"], &format!("{text:?}: {lacks}"));
            }
        }
        reminded
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
    use crate::config::checks::checked;

    #[test]
    fn admins_are_reminded_by_what_there_is() {
        let resolve = |mail, users, admin: &str| {
            let raw = RawInvites { remind: vec![admin.into()], ..RawInvites::default() };
            let (settings, faults) = checked(|checks| raw.resolve(mail, users, checks));
            if faults.is_empty() { Ok(settings.remind) } else { Err(faults.join("; ")) }
        };
        let (mail, jid) = ("mailto:admin@example.net", "xmpp:admin@example.com");
        let found = resolve(true, None, mail).unwrap();
        assert!(matches!(&found[..], [RemindedAdmin::Mail(to)] if to.reveal() == "admin@example.net"), "{found:?}");
        let found = resolve(false, Some("example.com"), jid).unwrap();
        assert!(
            matches!(&found[..], [RemindedAdmin::Message(to)] if to.to_string() == "admin@example.com"),
            "{found:?}"
        );
        for (mail, users, admin, lacks) in [
            (false, Some("example.com"), mail, "needs [mail]"),
            (true, None, jid, "needs [component]"),
            (true, Some("example.org"), jid, "expected somebody at example.org"),
            (true, Some("example.com"), "admin@example.com", "mailto:admin@example.com"),
            (true, Some("example.com"), "mailto:admin", "mailto:admin@example.com"),
            (true, Some("example.com"), "xmpp:example.com", "mailto:admin@example.com"),
            (true, Some("example.com"), "https://example.com/", "mailto:admin@example.com"),
        ] {
            let fault = resolve(mail, users, admin).unwrap_err();
            assert!(fault.contains(lacks), "{admin}: {fault}");
        }
    }

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
