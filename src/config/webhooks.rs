//! `[[webhooks]]`: receivers of what happens, as Standard Webhooks has it
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::address::is_readable_on_the_way;
use super::checks::Checks;
use super::hosts::HostSettings;
use super::secret::Secret;
use super::text::dotted;
use crate::invite::event::EventKind;
use crate::invite::name::HostName;

/// `[[webhooks]]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct RawWebhook {
    /// Its name, in lists, commands and metrics.
    pub name: String,
    /// Where events are sent: an http or https URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// A file or credential that holds the URL, where that is a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// What events are signed with: `whsec_` and 24 to 64 bytes in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// A file or credential that holds that secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Which events are sent; default: all but `invites.open`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<EventKind>>,
    /// Of which hosts; default: all, and keys, which are of no host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<String>>,
}

/// A receiver of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSettings {
    /// Its name.
    pub name: String,
    /// Where it is; none if only the service gets to see it.
    pub url: Option<Url>,
    /// What events are signed with; none if only the service gets to see it.
    pub secret: Option<WebhookSecret>,
    /// What it is told of.
    pub events: BTreeSet<EventKind>,
    /// Of which hosts; none: of all, and of keys.
    pub hosts: Option<BTreeSet<HostName>>,
}

impl WebhookSettings {
    /// Where it is, without what may be a secret.
    #[must_use]
    pub fn shown_url(&self) -> String {
        let Some(url) = &self.url else { return "…".into() };
        let mut shown = url.clone();
        let _ = (shown.set_username(""), shown.set_password(None));
        shown.set_fragment(None);
        shown.set_query(None);
        if url.query().is_some() { format!("{shown}?…") } else { shown.into() }
    }
}

/// The key by which a receiver knows that an event is ours. It never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// So many bytes may a key have.
    const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

    /// Reads `whsec_…`.
    fn read(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
        Self::BYTES.contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The key itself.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// For tests elsewhere.
#[cfg(test)]
pub(crate) fn webhook_secret(text: &str) -> Option<WebhookSecret> {
    WebhookSecret::read(text)
}

/// Names are part of what a command prints and a metric has.
const MAX_NAME_CHARS: usize = 64;

/// What is wrong with a secret, of which nothing is shown.
#[derive(Debug, thiserror::Error)]
#[error("expected \"whsec_\" and 24 to 64 bytes in base64, as this prints: echo \"whsec_$(openssl rand -base64 32)\"")]
struct NoWebhookSecret;

/// Webhooks, in the order in which they are declared.
pub(super) fn resolve(
    raw: &[RawWebhook],
    hosts: &BTreeMap<HostName, HostSettings>,
    checks: &mut Checks<'_>,
) -> Vec<WebhookSettings> {
    let mut webhooks: Vec<WebhookSettings> = Vec::new();
    for (at, webhook) in raw.iter().enumerate() {
        let number = at.to_string();
        if webhooks.iter().any(|other| other.name == webhook.name) {
            checks.fault(&["webhooks", &number, "name"], "this name is there twice; each webhook has one of its own");
        }
        webhooks.push(webhook.resolve(&number, hosts, checks));
    }
    webhooks
}

impl RawWebhook {
    fn resolve(
        &self,
        number: &str,
        hosts: &BTreeMap<HostName, HostSettings>,
        checks: &mut Checks<'_>,
    ) -> WebhookSettings {
        let at = ["webhooks", number];
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_name = !self.name.starts_with('.') && !self.name.starts_with('-') && self.name.chars().all(is_plain);
        if !is_name || self.name.is_empty() || self.name.len() > MAX_NAME_CHARS {
            let expected = format!("expected at most {MAX_NAME_CHARS} letters, digits, \"-\", \"_\" and \".\"");
            checks.fault(&["webhooks", number, "name"], &expected);
        }
        if self.url.is_none() && self.url_file.is_none() {
            checks.fault(&at, "needs `url`, or `url_file`");
        }
        if self.secret.is_none() && self.secret_file.is_none() {
            checks.fault(&at, "needs `secret` or `secret_file`, which its receiver has, too");
        }
        let url = checks.secret(&at, ["url", "url_file"], self.url.as_ref(), self.url_file.as_ref());
        let secret = checks.secret(&at, ["secret", "secret_file"], self.secret.as_ref(), self.secret_file.as_ref());
        let secret = secret.and_then(|secret| self.read_secret(number, &secret, checks));
        if self.events.as_ref().is_some_and(Vec::is_empty) {
            checks.fault(&["webhooks", number, "events"], "expected at least one event; leave it out for all");
        }
        let mut events = self.events.iter().flatten();
        if let (Some(_), Some(kind)) = (&self.hosts, events.find(|kind| kind.is_of_no_host())) {
            let at = dotted(&["webhooks", number, "events"]);
            checks.notice(format!("{at}: {kind} is of no host, and not sent to a webhook that has `hosts`"));
        }
        WebhookSettings {
            name: self.name.clone(),
            url: url.and_then(|url| self.read_url(number, &url, checks)),
            secret,
            events: self.events.clone().map_or_else(EventKind::happening, |events| events.into_iter().collect()),
            hosts: self.hosts.as_ref().map(|names| read_hosts(number, names, hosts, checks)),
        }
    }

    fn read_secret(&self, number: &str, secret: &Secret, checks: &mut Checks<'_>) -> Option<WebhookSecret> {
        let read = WebhookSecret::read(secret.reveal());
        if read.is_none() {
            let name = if self.secret.is_some() { "secret" } else { "secret_file" };
            checks.secret_fault(&["webhooks", number, name], &NoWebhookSecret);
        }
        read
    }

    fn read_url(&self, number: &str, url: &Secret, checks: &mut Checks<'_>) -> Option<Url> {
        let name = if self.url.is_some() { "url" } else { "url_file" };
        let read = Url::parse(url.reveal()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(read) = read.filter(Url::has_host) else {
            checks.fault(&["webhooks", number, name], "expected a URL such as \"https://example.com/hook\"");
            return None;
        };
        if is_readable_on_the_way(&read) {
            let at = dotted(&["webhooks", number, name]);
            checks.notice(format!("{at}: what is sent can be read on the way there; use https"));
        }
        Some(read)
    }
}

fn read_hosts(
    number: &str,
    names: &[String],
    hosts: &BTreeMap<HostName, HostSettings>,
    checks: &mut Checks<'_>,
) -> BTreeSet<HostName> {
    let mut read = BTreeSet::new();
    for name in names {
        match name.parse::<HostName>() {
            Ok(host) if hosts.contains_key(&host) => _ = read.insert(host),
            Ok(_) | Err(_) => {
                checks.fault(&["webhooks", number, "hosts"], &format!("{name:?} is not declared under [hosts]"));
            }
        }
    }
    if names.is_empty() {
        checks.fault(&["webhooks", number, "hosts"], "expected at least one of [hosts]; leave it out for all");
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_what_standard_webhooks_says() {
        let of = |length: usize| format!("whsec_{}", STANDARD.encode(vec![7; length]));
        for length in [24, 32, 64] {
            assert_eq!(WebhookSecret::read(&of(length)).unwrap().bytes(), vec![7; length]);
        }
        for wrong in [of(23), of(65), of(24)[6..].to_owned(), "whsec_".into(), "whsec_!".into(), "s3cret".into()] {
            assert_eq!(WebhookSecret::read(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_url_is_shown_without_what_may_be_a_secret() {
        let shown = |url: &str| {
            let url = Some(url.parse().unwrap());
            WebhookSettings { name: "a".into(), url, secret: None, events: BTreeSet::new(), hosts: None }.shown_url()
        };
        assert_eq!(shown("https://example.com/hook"), "https://example.com/hook");
        assert_eq!(shown("https://u:s3cret@example.com:8443/hook?key=s3cret#a"), "https://example.com:8443/hook?…");
    }
}
