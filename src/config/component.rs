//! `[component]`: commands for users of a host, over XMPP.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::{is_host_and_port, is_loopback};
use super::checks::Checks;
use super::hosts::HostSettings;
use super::secret::Secret;
use crate::invite::name::{HostName, Jid, NameError};
use crate::rate::Rate;

/// `[component]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct RawComponent {
    /// The component's own domain.
    pub jid: String,
    /// Where the XMPP server takes components.
    pub server: String,
    /// The shared secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// A file or credential that holds the shared secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// The host for which it creates invites.
    pub host: String,
    /// Who may run `urn:xmpp:invite#invite`: all of `host` by its name, or users by their JIDs.
    #[serde(default)]
    pub contact_invites: Vec<String>,
    /// Who may run `urn:xmpp:invite#create-account`, likewise.
    #[serde(default)]
    pub account_invites: Vec<String>,
    /// Invites per user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_user: Option<Rate>,
    /// What users of `host` are told by message of invites that they had created: `joined`, that somebody has an account by one, and
    /// `expiring`, that one that may still be used expires within a day; default: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tell_inviters: Vec<News>,
}

/// What users are told of invites that they had created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Somebody has an account by one.
    Joined,
    /// One that may still be used expires within a day.
    Expiring,
}

/// `[component]`: XEP-0401 commands for users of a host, served as a component (XEP-0114).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentSettings {
    /// Its domain.
    pub jid: HostName,
    /// `host:port` where the server takes components.
    pub server: String,
    /// What it shares with the server; none if only the service gets to see it.
    pub secret: Option<Secret>,
    /// For which host it creates invites.
    pub host: HostName,
    /// Who may have contacts invited.
    pub contact_invites: Vec<Users>,
    /// Who may have account invites created.
    pub account_invites: Vec<Users>,
    /// Invites that each of them may have created.
    pub per_user: Option<Rate>,
    /// What they are told of these.
    pub tell_inviters: BTreeSet<News>,
}

/// A user, or all of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Users {
    /// All.
    OfHost(HostName),
    /// One.
    One(Jid),
}

impl Users {
    /// Where they are.
    #[must_use]
    pub fn host(&self) -> &HostName {
        match self {
            Self::OfHost(host) => host,
            Self::One(jid) => &jid.host,
        }
    }

    /// Whether `user` is one of them.
    #[must_use]
    pub fn are(&self, user: &Jid) -> bool {
        match self {
            Self::OfHost(host) => *host == user.host,
            Self::One(jid) => jid == user,
        }
    }
}

impl FromStr for Users {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains('@') { text.parse().map(Self::One) } else { text.parse().map(Self::OfHost) }
    }
}

impl RawComponent {
    pub(super) fn resolve(
        &self,
        hosts: &BTreeMap<HostName, HostSettings>,
        checks: &mut Checks<'_>,
    ) -> Option<ComponentSettings> {
        let jid = self.jid.parse::<HostName>();
        let host = self.host.parse::<HostName>();
        match &jid {
            Err(_) => checks.fault(&["component", "jid"], "expected a domain such as \"invites.example.com\""),
            Ok(jid) if hosts.contains_key(jid) => {
                checks.fault(&["component", "jid"], "expected a domain of its own, and not one of [hosts]");
            }
            Ok(_) => {}
        }
        if !host.as_ref().is_ok_and(|host| hosts.contains_key(host)) {
            checks.fault(&["component", "host"], "expected one of [hosts]");
        }
        if !is_host_and_port(&self.server) {
            checks.fault(&["component", "server"], "expected \"host:port\", such as \"127.0.0.1:5347\"");
        } else if !is_loopback(&self.server) {
            let notice =
                "component.server is not on loopback: the protocol has no encryption, so the way there needs some";
            checks.notice(notice.into());
        }
        if self.secret.is_none() && self.secret_file.is_none() {
            checks.fault(&["component"], "needs `secret` or `secret_file`, which the XMPP server has, too");
        }
        let (plain, file) = (self.secret.as_ref(), self.secret_file.as_ref());
        let secret = checks.secret(&["component"], ["secret", "secret_file"], plain, file);
        let (jid, host) = (jid.ok()?, host.ok()?);
        let contact_invites = users("contact_invites", &self.contact_invites, &host, checks);
        let account_invites = users("account_invites", &self.account_invites, &host, checks);
        let (server, per_user) = (self.server.clone(), self.per_user);
        let of_page = hosts.get(&host).and_then(|host| host.user_invites.as_ref()).map(|users| users.per_user);
        match (of_page, per_user) {
            (Some(of_page), Some(per_user)) if of_page != per_user => checks.notice(format!(
                "component.per_user and hosts.\"{host}\".user_invites.per_user differ, and are one budget: whoever has used \
                 the smaller one waits for both; set them to the same"
            )),
            (Some(_), None) => checks.notice(format!(
                "component.per_user is not set: what users create in apps does not count against \
                 hosts.\"{host}\".user_invites.per_user; set it to the same"
            )),
            _ => {}
        }
        let tell_inviters: BTreeSet<_> = self.tell_inviters.iter().copied().collect();
        if !tell_inviters.is_empty() && contact_invites.is_empty() && account_invites.is_empty() && of_page.is_none() {
            checks.notice(format!(
                "component.tell_inviters: nobody is told of anything, as no user of {host} may have invites created; see \
                 component.contact_invites, component.account_invites and hosts.\"{host}\".user_invites"
            ));
        }
        Some(ComponentSettings { jid, server, secret, host, contact_invites, account_invites, per_user, tell_inviters })
    }
}

/// Users of `host`, as a list in `[component]` has them.
fn users(field: &str, list: &[String], host: &HostName, checks: &mut Checks<'_>) -> Vec<Users> {
    let mut users = Vec::new();
    for text in list {
        match text.parse::<Users>() {
            Ok(one) if one.host() == host => users.push(one),
            _ => {
                let expected = format!("{text:?}: expected {host}, or the address of a user there without a resource");
                checks.fault(&["component", field], &expected);
            }
        }
    }
    users
}
