//! The whole configuration: as people write it, and as it is in force. What has no table of its own is checked here;
//! each table has a file of its own.
//!
//! The doc comments of the raw forms are the texts of the table in docs/settings.md and of `nix/module.nix`; a test holds them
//! together.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::apps::{App, RawApps};
use super::checks::{Checks, Purpose, Unread};
use super::component::{ComponentSettings, RawComponent};
use super::cors::{self, CorsOrigins};
use super::direction;
use super::exposure;
use super::forwarded::ForwardedHeader;
use super::hosts::{self, HostSettings, RawHost};
use super::http::HttpSettings;
use super::invites::{InviteSettings, RawInvites, RemindedAdmin};
use super::keys::{self, KeySettings, RawKey};
use super::ledger::{LedgerSettings, RawLedger};
use super::listeners;
use super::mail::{MailSettings, RawMail};
use super::manage::ManageSettings;
use super::merged::Merged;
use super::metrics::MetricsSettings;
use super::origin::{ConfigFault, Origin};
use super::public_url::{self, Prefixes, PublicUrl};
use super::secret::Credentials;
use super::tls::{RawTls, TlsSettings};
use super::value::{Listen, Network, Span};
use super::webhooks::{self, RawWebhook, WebhookSettings};
use crate::invite::name::{HostName, KeyId};

/// The state directory where nobody sets another one.
pub const DEFAULT_STATE_DIR: &str = "/var/lib/invited";

/// Everything.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct RawConfig {
    /// Base of every link handed out, with the path prefix if there is one; required by `serve`. Hosts may have their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Where to listen: `host:port`, `[v6]:port` or `unix:/path`; unused where systemd passes sockets.
    pub listen: Vec<Listen>,
    /// The one directory that is written; default `$STATE_DIRECTORY`, else `/var/lib/invited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_dir: Option<PathBuf>,
    /// Networks of proxies whose word about the client is trusted; a peer on a Unix socket always is.
    pub trusted_proxies: Vec<Network>,
    /// In which header they name it: `x-forwarded-for`, or `forwarded` (RFC 7239). The other one is not looked at.
    pub forwarded: ForwardedHeader,
    /// Origins of web pages that may call `/invites_api` and `/api`; `*` for any.
    pub cors_origins: Vec<String>,
    /// Under socket activation only: stop after so long without a request, but not where a host is on Prosody, which asks
    /// it, and not while apps hold tokens of another XMPP server, or events wait to be sent; off by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_exit: Option<Span>,
    /// Limits of the HTTP server.
    pub http: HttpSettings,
    /// Speak HTTPS ourselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<RawTls>,
    /// Where invites are kept.
    pub ledger: RawLedger,
    /// What invites are like.
    pub invites: RawInvites,
    /// Metrics in a listener of their own.
    pub metrics: MetricsSettings,
    /// The hosts for which invites are created, by domain.
    pub hosts: BTreeMap<String, RawHost>,
    /// Declared keys, by id.
    pub keys: BTreeMap<String, RawKey>,
    /// XEP-0401 commands for users, as a XEP-0114 component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<RawComponent>,
    /// The page on which invites are created, for people who are no admins of the machine.
    pub manage: ManageSettings,
    /// Who is told of what happens to invites and keys.
    pub webhooks: Vec<RawWebhook>,
    /// Links of invites by mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<RawMail>,
    /// The apps offered on the pages.
    pub apps: RawApps,
}

impl Default for RawConfig {
    fn default() -> Self {
        Self {
            public_url: None,
            listen: vec![Listen::Tcp("127.0.0.1:5290".into())],
            state_dir: None,
            trusted_proxies: vec![
                Network(IpAddr::from([127, 0, 0, 1]).into()),
                Network(IpAddr::from(Ipv6Addr::LOCALHOST).into()),
            ],
            forwarded: ForwardedHeader::default(),
            cors_origins: vec!["*".into()],
            idle_exit: None,
            http: HttpSettings::default(),
            tls: None,
            ledger: RawLedger::default(),
            invites: RawInvites::default(),
            metrics: MetricsSettings::default(),
            hosts: BTreeMap::new(),
            keys: BTreeMap::new(),
            component: None,
            manage: ManageSettings::default(),
            webhooks: vec![],
            mail: None,
            apps: RawApps::default(),
        }
    }
}

/// Everything the program wants to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Base of every link but for hosts that have their own; `serve` and whatever prints links need it.
    pub public_url: Option<PublicUrl>,
    /// The paths of all of them.
    pub prefixes: Prefixes,
    /// Where to listen without systemd.
    pub listen: Vec<Listen>,
    /// Where metrics are served without systemd.
    pub metrics: MetricsSettings,
    /// The one directory that is written.
    pub state_dir: PathBuf,
    /// Who is trusted to name the client's address.
    pub trusted_proxies: Vec<IpNet>,
    /// In which header they name it.
    pub forwarded: ForwardedHeader,
    /// Who may call from a web page.
    pub cors_origins: CorsOrigins,
    /// Stop after so long without a request.
    pub idle_exit: Option<Duration>,
    /// Limits of the HTTP server.
    pub http: HttpSettings,
    /// Certificate and key, if we speak HTTPS.
    pub tls: Option<TlsSettings>,
    /// Where invites are kept.
    pub ledger: LedgerSettings,
    /// What invites are like.
    pub invites: InviteSettings,
    /// The apps that guests are offered, in order.
    pub apps: Vec<App>,
    /// Commands for users, if they are served.
    pub component: Option<ComponentSettings>,
    /// Who may use the page on which invites are created, beside users of hosts.
    pub manage: ManageSettings,
    /// Who is told of what happens.
    pub webhooks: Vec<WebhookSettings>,
    /// By which server links are mailed, if they are.
    pub mail: Option<MailSettings>,
    /// Hosts, by prepared domain.
    pub hosts: BTreeMap<HostName, HostSettings>,
    /// Declared keys and who declared them.
    pub keys: BTreeMap<KeyId, (KeySettings, Origin)>,
    /// What an admin should know, or what could not be judged here; for the log.
    pub notices: Vec<String>,
}

impl Settings {
    /// What links to invites of `host` begin with.
    #[must_use]
    pub fn public_url_of(&self, host: &HostName) -> Option<&PublicUrl> {
        self.hosts.get(host).and_then(|host| host.public_url.as_ref()).or(self.public_url.as_ref())
    }

    /// Whether users of the component's host are sent messages.
    #[must_use]
    pub fn sends_messages(&self) -> bool {
        let is_by_message = |admin: &RemindedAdmin| matches!(admin, RemindedAdmin::Message(_));
        let tells = |component: &ComponentSettings| {
            !component.tell_inviters.is_empty() || self.invites.remind.iter().any(is_by_message)
        };
        self.component.as_ref().is_some_and(tells)
    }

    /// Whether there is a page on which invites are created: for holders of keys, or for users of a host.
    #[must_use]
    pub fn has_manage(&self) -> bool {
        self.manage.keys || self.hosts.values().any(|host| host.user_invites.is_some())
    }

    /// Every URL by which the service is reached, that of all hosts first; some may be there twice.
    pub fn public_urls(&self) -> impl Iterator<Item = &PublicUrl> {
        urls(self.public_url.as_ref(), &self.hosts)
    }
}

fn urls<'a>(
    of_all: Option<&'a PublicUrl>,
    hosts: &'a BTreeMap<HostName, HostSettings>,
) -> impl Iterator<Item = &'a PublicUrl> {
    of_all.into_iter().chain(hosts.values().filter_map(|host| host.public_url.as_ref()))
}

impl RawConfig {
    /// Checks and converts; what is wrong is added to `faults`, and the rest is resolved all the same.
    pub(super) fn resolve(
        &self,
        credentials: &Credentials,
        purpose: Purpose,
        merged: &Merged,
        unread: Unread,
        faults: &mut Vec<ConfigFault>,
    ) -> Settings {
        let mut checks = Checks::new(merged, credentials, purpose, unread, faults);
        direction::refuse(&merged.tree, &mut checks);
        let state_dir = self.state_dir.clone().unwrap_or_else(|| default_state_dir().0);
        if !state_dir.is_absolute() {
            checks.fault(&["state_dir"], "expected an absolute path");
        }
        let public_url = public_url::resolve(self.public_url.as_deref(), &["public_url"], &mut checks);
        if checks.is_to_serve() {
            self.check_for_serve(&mut checks);
            exposure::note(merged, &state_dir, &mut checks);
        }
        listeners::check(&self.listen, &self.metrics.listen, &mut checks);
        self.note_trust_in_all(&mut checks);
        let hosts = hosts::resolve(&self.hosts, &mut checks);
        let keys = keys::resolve(&self.keys, &hosts, self.mail.is_some(), &mut checks);
        let ledger = self.ledger.resolve(&state_dir, &mut checks);
        let cors_origins = cors::resolve(&self.cors_origins, &mut checks);
        self.http.check(&mut checks);
        let prefixes = Prefixes::of(urls(public_url.as_ref(), &hosts));
        let component = self.component.as_ref().and_then(|component| component.resolve(&hosts, &mut checks));
        let users = self.component.as_ref().map(|component| component.host.as_str());
        let invites = self.invites.resolve(self.mail.is_some(), users, &mut checks);
        Settings {
            public_url,
            prefixes,
            listen: self.listen.clone(),
            metrics: self.metrics.clone(),
            trusted_proxies: self.trusted_proxies.iter().map(|network| network.0).collect(),
            forwarded: self.forwarded,
            cors_origins,
            idle_exit: self.idle_exit.map(|span| span.0),
            http: self.http.clone(),
            tls: self.tls.as_ref().and_then(|tls| tls.resolve(&mut checks)),
            apps: self.apps.resolve(&mut checks),
            invites,
            component,
            manage: self.manage.clone(),
            webhooks: webhooks::resolve(&self.webhooks, &hosts, &mut checks),
            mail: self.mail.as_ref().and_then(|mail| mail.resolve(&mut checks)),
            ledger,
            hosts,
            keys,
            state_dir,
            notices: checks.into_notices(),
        }
    }

    /// More than a network of one's own, as whole internets are.
    fn note_trust_in_all(&self, checks: &mut Checks<'_>) {
        for network in self.trusted_proxies.iter().filter(|network| network.is_boundless()) {
            checks.notice(format!(
                "trusted_proxies: in {network} anybody may claim to be a proxy, and to have any address, so that no limit \
                 per address holds; name the proxies alone"
            ));
        }
    }

    fn check_for_serve(&self, checks: &mut Checks<'_>) {
        if self.public_url.is_none() {
            checks.fault(&["public_url"], "is needed; expected a URL such as \"https://invite.example.com/\"");
        }
        if self.hosts.is_empty() {
            checks.fault(&["hosts"], "needs at least one host, such as [hosts.\"example.com\"]");
        }
        if self.listen.is_empty() {
            checks.notice("listen = []: nobody reaches the service unless systemd passes it a socket".into());
        }
    }
}

/// The state directory where no setting names one, and who does. `$STATE_DIRECTORY` is what systemd's `StateDirectory=` set;
/// several are separated by colons (systemd.exec(5)).
pub(super) fn default_state_dir() -> (PathBuf, Origin) {
    const PASSED: &str = "STATE_DIRECTORY";
    let passed = std::env::var(PASSED).ok();
    match passed.as_deref().and_then(|dirs| dirs.split(':').find(|dir| !dir.is_empty())) {
        Some(first) => (first.into(), Origin::Variable(PASSED.into())),
        None => (DEFAULT_STATE_DIR.into(), Origin::Default),
    }
}
