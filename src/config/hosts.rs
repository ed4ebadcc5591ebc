//! `[hosts]`: the XMPP domains for which invites are created.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::address::is_web_url;
use super::backend::{BackendKind, BackendSettings, RawBackend};
use super::checks::Checks;
use super::colour::{Accent, Colour};
use super::languages::{DEFAULT_LANGUAGE, LANGUAGES, language};
use super::manage::{RawUserInvites, UserInvites};
use super::picture::{Picture, read_logo};
use super::public_url::{self, PublicUrl};
use super::text::dotted;
use crate::invite::name::{HostName, Username};

/// The most characters of a password: as many as every XMPP server takes.
pub const MAX_PASSWORD_CHARS: usize = 1_000;

const RESERVED_USERNAMES: [&str; 7] = ["admin", "root", "abuse", "postmaster", "hostmaster", "webmaster", "security"];

/// `[hosts."example.com"]`
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct RawHost {
    /// Base of every link to invites of this host, where it has an address of its own; default: the one of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// What the site calls itself; default: the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    /// Offer the web sign-up form; default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<bool>,
    /// A web client to offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webchat_url: Option<String>,
    /// Terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms_url: Option<String>,
    /// Privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy_url: Option<String>,
    /// Whom guests may ask for help: a mail address, or a link (`xmpp:`, `mailto:`, `https:`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// A picture of the site beside its name, and in link previews where it is none of SVG: a file (SVG, PNG or WebP, up to
    /// 64 KiB) by its absolute path, by its name beside the file that sets this, or a credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_file: Option<PathBuf>,
    /// The colour of buttons and links, as in `"#2050a0"`; dark pages have a lighter one of the same hue. One that is too light
    /// to be read is refused, with the nearest that would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent_color: Option<String>,
    /// The language of link previews, and of pages for readers who want none of ours; default: en. docs/languages.md lists
    /// them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What passwords must be like.
    pub password: RawPassword,
    /// What users of the host may do on `/manage`, with their XMPP password; default: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_invites: Option<RawUserInvites>,
    /// Names that no invite may claim, and whose password only the command line resets; default: admin, root, abuse,
    /// postmaster, hostmaster, webmaster, security.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_usernames: Option<Vec<String>>,
    /// The XMPP server.
    pub backend: RawBackend,
}

/// `[hosts."example.com".password]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct RawPassword {
    /// The fewest characters of a password.
    pub min_length: u32,
}

impl Default for RawPassword {
    fn default() -> Self {
        Self { min_length: 12 }
    }
}

/// `[hosts."example.com"]`
#[derive(Clone, Debug)]
pub struct HostSettings {
    /// Base of every link to its invites, where it has one of its own.
    pub public_url: Option<PublicUrl>,
    /// What the site calls itself.
    pub site_name: String,
    /// Names that no invite may claim.
    pub reserved_usernames: BTreeSet<Username>,
    /// Whether the web sign-up form is offered.
    pub registration: bool,
    /// The fewest characters of a password.
    pub min_password_length: usize,
    /// What its users may do on `/manage`.
    pub user_invites: Option<UserInvites>,
    /// A web client to offer.
    pub webchat_url: Option<String>,
    /// Terms of service.
    pub terms_url: Option<String>,
    /// Privacy policy.
    pub privacy_url: Option<String>,
    /// Whom guests may ask for help.
    pub contact: Option<String>,
    /// A picture of it.
    pub logo: Option<Arc<Picture>>,
    /// Its colour.
    pub accent: Option<Accent>,
    /// The language of what no reader has chosen one for: one of [`LANGUAGES`].
    pub language: &'static str,
    /// What stands behind it.
    pub backend: BackendSettings,
}

/// Hosts by prepared domain.
pub(super) fn resolve(raw: &BTreeMap<String, RawHost>, checks: &mut Checks<'_>) -> BTreeMap<HostName, HostSettings> {
    let mut hosts = BTreeMap::new();
    for (name, host) in raw {
        let at = ["hosts", name.as_str()];
        let Ok(domain) = name.parse::<HostName>() else {
            checks.fault(&at, "expected a domain such as \"example.com\" as the table's name");
            continue;
        };
        let resolved = host.resolve(name, &domain, checks);
        if hosts.insert(domain, resolved).is_some() {
            checks.fault(&at, "this domain is declared twice, in two spellings");
        }
    }
    hosts
}

impl RawHost {
    /// `name` is the domain as it is written.
    fn resolve(&self, name: &str, domain: &HostName, checks: &mut Checks<'_>) -> HostSettings {
        for (key, link) in
            [("webchat_url", &self.webchat_url), ("terms_url", &self.terms_url), ("privacy_url", &self.privacy_url)]
        {
            if link.as_ref().is_some_and(|text| !is_web_url(text)) {
                checks.fault(&["hosts", name, key], "expected an http or https URL");
            }
        }
        let contact = self.contact.as_ref().map(|text| contact_link(text));
        if contact == Some(None) {
            let reason = "expected a mail address, or a link such as \"xmpp:help@example.com\" or \
                          \"https://example.com/help\"";
            checks.fault(&["hosts", name, "contact"], reason);
        }
        let tag = self.language.as_deref().map_or(Some(DEFAULT_LANGUAGE), language);
        if tag.is_none() {
            checks.fault(&["hosts", name, "language"], &format!("expected one of {}", LANGUAGES.join(", ")));
        }
        let min_password_length = usize::try_from(self.password.min_length).unwrap_or(usize::MAX);
        if min_password_length > MAX_PASSWORD_CHARS {
            let expected =
                format!("expected at most {MAX_PASSWORD_CHARS}, the most characters that a password can have");
            checks.fault(&["hosts", name, "password", "min_length"], &expected);
        }
        let reserved_usernames = self.resolve_reserved(name, checks);
        let has_none = matches!(self.backend.kind, None | Some(BackendKind::Ledger));
        if self.registration == Some(true) && has_none {
            let at = dotted(&["hosts", name, "registration"]);
            checks.notice(format!("{at}: has no effect, because backend.kind = \"ledger\" creates no accounts"));
        }
        let kind = self.backend.kind.unwrap_or(BackendKind::Ledger);
        HostSettings {
            user_invites: self.user_invites.as_ref().and_then(|users| users.resolve(name, kind, checks)),
            public_url: public_url::resolve(self.public_url.as_deref(), &["hosts", name, "public_url"], checks),
            site_name: self.site_name.clone().unwrap_or_else(|| domain.to_string()),
            reserved_usernames,
            registration: self.registration.unwrap_or(true),
            min_password_length,
            webchat_url: self.webchat_url.clone(),
            terms_url: self.terms_url.clone(),
            privacy_url: self.privacy_url.clone(),
            contact: contact.flatten(),
            logo: self.logo_file.as_ref().and_then(|file| read_logo(file, &["hosts", name, "logo_file"], checks)),
            accent: self.accent_color.as_ref().and_then(|text| accent(text, &["hosts", name, "accent_color"], checks)),
            language: tag.unwrap_or(DEFAULT_LANGUAGE),
            backend: self.backend.resolve(name, checks),
        }
    }

    fn resolve_reserved(&self, name: &str, checks: &mut Checks<'_>) -> BTreeSet<Username> {
        let names = match &self.reserved_usernames {
            Some(names) => names.clone(),
            None => RESERVED_USERNAMES.map(String::from).to_vec(),
        };
        let mut reserved = BTreeSet::new();
        for text in names {
            match text.parse() {
                Ok(username) => _ = reserved.insert(username),
                Err(error) => checks.fault(&["hosts", name, "reserved_usernames"], &format!("{text:?}: {error}")),
            }
        }
        reserved
    }
}

/// The accent that is written `text` at `at`.
fn accent(text: &str, at: &[&str], checks: &mut Checks<'_>) -> Option<Accent> {
    let accent = text.parse::<Colour>().map_err(|error| error.to_string()).and_then(Accent::of);
    accent.map_err(|reason| checks.fault(at, &reason)).ok()
}

/// The link that a guest can follow to somebody who helps. A bare address is one for mail: who has no account yet cannot
/// chat.
fn contact_link(text: &str) -> Option<String> {
    let is_address = |text: &str| {
        let parts = text.split_once('@').filter(|(name, domain)| !name.is_empty() && !domain.is_empty());
        parts.is_some() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || ":/?#".contains(c))
    };
    if is_address(text) {
        return Some(format!("mailto:{text}"));
    }
    let url = Url::parse(text).ok()?;
    let leads_somewhere = match url.scheme() {
        "http" | "https" => true,
        "mailto" => is_address(url.path()),
        "xmpp" => !url.path().is_empty(),
        _ => false,
    };
    leads_somewhere.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_can_follow_a_contact() {
        for good in
            ["https://e.example/help", "mailto:help@e.example", "xmpp:room@muc.e.example?join", "xmpp:e.example"]
        {
            assert_eq!(contact_link(good).as_deref(), Some(good));
        }
        assert_eq!(contact_link("help@e.example").as_deref(), Some("mailto:help@e.example"));
        for wrong in ["javascript:alert(1)", "javascript:a@b", "mailto:", "xmpp:", "tel:110", "help", "@", "a b@c", ""]
        {
            assert_eq!(contact_link(wrong), None, "{wrong}");
        }
    }
}
