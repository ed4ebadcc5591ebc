//! The use cases: whoever wants something of an invite asks here, be it over HTTP, on a page, or on the command line.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::{Scope, Settings};
use crate::invite::link::{self, Landing};
use crate::invite::name::HostName;
use crate::invite::policy::{self, Bounds, MAX_USES, Order, Wrong};
use crate::invite::{Invite, InviteId, Source};
use crate::key::{Failures, Key, KeyRing, Refused};
use crate::ledger::{Filter, Ledger, LedgerError, Terms};
use crate::log::{Event, event};

/// One configuration at work: its settings and keys, over the ledger that outlives it.
pub struct Desk {
    settings: Settings,
    keys: KeyRing,
    failures: Arc<Failures>,
    ledger: Ledger,
}

/// An invite with what its holder needs.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The invite.
    pub invite: Invite,
    /// Its token: secret.
    pub token: String,
    /// The link to hand out.
    pub landing_page: String,
    /// The same for an app.
    pub uri: String,
}

/// Why a caller is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Too many wrong keys came from its address.
    #[error("too many wrong keys from this address")]
    Wait(Duration),
    /// Its key opens nothing.
    #[error("{0}")]
    Refused(Refused),
}

/// Why an invite was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The key may not make invites.
    #[error("the key may not create invites")]
    Scope,
    /// The key may not make invites for this host, or it is none of ours.
    #[error("not a host for which invites can be made here; see [hosts] in the configuration")]
    Host,
    /// Several hosts are possible.
    #[error("several hosts are declared; name one")]
    WhichHost,
    /// Something that was asked for cannot be had.
    #[error("{}", .0.iter().map(Wrong::to_string).collect::<Vec<_>>().join("; "))]
    Order(Vec<Wrong>),
    /// The ledger says no.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There is nothing to make links of.
    #[error("public_url is not set in the configuration; links begin with it")]
    NoPublicUrl,
}

impl Desk {
    /// Brings a configuration to work.
    #[must_use]
    pub fn new(settings: Settings, keys: KeyRing, failures: Arc<Failures>, ledger: Ledger) -> Self {
        Self { settings, keys, failures, ledger }
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The keys in force.
    #[must_use]
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Lets a caller in by its key. Wrong keys are counted by address; a caller without a key guessed nothing.
    ///
    /// # Errors
    /// When the key opens nothing, or too many were wrong.
    pub fn authenticate(&self, presented: Option<&str>, client: IpAddr, now: Timestamp) -> Result<Arc<Key>, AuthError> {
        let rate = self.settings.http.auth_failures;
        if let Some(wait) = self.failures.wait(rate, client, now) {
            return Err(AuthError::Wait(wait));
        }
        let presented = presented.ok_or(AuthError::Refused(Refused::Missing))?;
        self.keys.authenticate(presented, now).map_err(|(reason, id)| {
            self.failures.note(rate, client, now);
            // An id that is none of ours may be a secret in the wrong place.
            let known = id.as_ref().filter(|_| reason != Refused::Unknown).map(|id| id as &dyn std::fmt::Display);
            event(&Event::KeyRefused { key: known, client: &client, reason: &reason });
            AuthError::Refused(reason)
        })
    }

    /// The host that is meant: the one named, or the only one possible.
    fn host(&self, key: Option<&Key>, named: Option<&str>) -> Result<&HostName, IssueError> {
        let may = |host: &&HostName| key.is_none_or(|key| key.allows_host(host));
        if let Some(name) = named {
            let name: HostName = name.parse().map_err(|_| IssueError::Host)?;
            return self.settings.hosts.get_key_value(&name).map(|(host, _)| host).filter(may).ok_or(IssueError::Host);
        }
        let mut possible = self.settings.hosts.keys().filter(may);
        match (possible.next(), possible.next()) {
            (Some(host), None) => Ok(host),
            (Some(_), Some(_)) => Err(IssueError::WhichHost),
            (None, _) => Err(IssueError::Host),
        }
    }

    /// Makes `count` invites alike, all or none. They are durable when this returns.
    ///
    /// # Errors
    /// Nothing was made.
    pub async fn issue(
        &self,
        key: Option<&Key>,
        host: Option<&str>,
        order: &Order,
        count: usize,
        now: Timestamp,
    ) -> Result<Vec<Issued>, IssueError> {
        if key.is_some_and(|key| !key.settings.allow.contains(&Scope::Create)) {
            return Err(IssueError::Scope);
        }
        let host = self.host(key, host)?;
        let landing = self.landing()?;
        let invites = &self.settings.invites;
        let key_max_ttl = key.and_then(|key| key.settings.max_ttl).unwrap_or(Duration::MAX);
        let bounds = Bounds {
            ttl: invites.ttl,
            max_ttl: invites.max_ttl.min(key_max_ttl),
            max_uses: key.and_then(|key| key.settings.max_uses).unwrap_or(MAX_USES),
            reserved: &self.settings.hosts[host].reserved_usernames,
        };
        let source = key.map_or(Source::Cli, |key| Source::Key(key.id.clone()));
        let terms = key.map(|key| Terms {
            key: key.id.clone(),
            limit: key.settings.limit,
            max_pending: key.settings.max_pending,
        });
        let draft = policy::draft(order, host, bounds, source, now).map_err(IssueError::Order)?;
        let invites = self.ledger.create(vec![draft; count], terms).await?;
        for Invite { id, draft, .. } in &invites {
            event(&Event::InviteMade { invite: id, host: &draft.host, source: &draft.source });
        }
        Ok(invites.into_iter().map(|invite| self.with_links(invite, landing)).collect())
    }

    fn landing(&self) -> Result<Landing<'_>, IssueError> {
        if let Some(template) = &self.settings.invites.landing {
            return Ok(Landing::Elsewhere(template));
        }
        let public_url = self.settings.public_url.as_ref().ok_or(IssueError::NoPublicUrl)?;
        Ok(Landing::Own(public_url.base()))
    }

    fn with_links(&self, invite: Invite, landing: Landing<'_>) -> Issued {
        let token = self.ledger.key().token(invite.id);
        let landing_page = link::landing_page(&invite, &token, landing);
        let uri = link::uri(&invite, &token);
        Issued { invite, token, landing_page, uri }
    }

    /// An invite with its links.
    ///
    /// # Errors
    /// When there is nothing to make links of.
    pub fn issued(&self, invite: Invite) -> Result<Issued, IssueError> {
        Ok(self.with_links(invite, self.landing()?))
    }

    /// The invite that `token` opens. Spends nothing.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn open(&self, token: &str) -> Result<Option<Invite>, LedgerError> {
        match self.ledger.key().open(token) {
            Some(id) => self.ledger.find(id).await,
            None => Ok(None),
        }
    }

    /// Invites, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(&self, filter: Filter, now: Timestamp) -> Result<Vec<Invite>, LedgerError> {
        self.ledger.list(filter, now).await
    }

    /// Revokes invites; gives those that were pending.
    ///
    /// # Errors
    /// Nothing was revoked.
    pub async fn revoke(&self, ids: Vec<InviteId>, now: Timestamp) -> Result<Vec<Invite>, LedgerError> {
        let revoked = self.ledger.revoke(ids, now).await?;
        for invite in &revoked {
            event(&Event::InviteRevoked { invite: &invite.id, host: &invite.draft.host });
        }
        Ok(revoked)
    }
}
