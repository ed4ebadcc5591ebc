//! The use cases: whoever wants something of an invite asks here, be it over HTTP, on a page, or on the command line.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::{Scope, Settings, Used};
use crate::invite::link::{self, Landing};
use crate::invite::name::{Account, HostName};
use crate::invite::policy::{self, Bounds, MAX_USES, Order, Wrong};
use crate::invite::token::LedgerKey;
use crate::invite::{Change, Invite, InviteId, Source, Via};
use crate::key::{Admission, Failures, Flaw, Key, KeyRing, Once, Refused};
use crate::ledger::{Answer, ChangeError, CreateError, Filter, Ledger, LedgerError, RedeemError, Repeatable, Terms};
use crate::log::{Event, event};
use crate::metrics::{Metrics, Of};

/// One configuration at work: its settings and keys, over the ledger that outlives it.
pub struct Desk {
    settings: Settings,
    keys: KeyRing,
    failures: Arc<Failures>,
    ledger: Ledger,
    metrics: Arc<Metrics>,
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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Too many wrong keys came from its address.
    #[error("too many wrong keys from this address")]
    Wait(Duration),
    /// Its key opens nothing.
    #[error("{0}")]
    Refused(Refused),
    /// Whether its token was used before cannot be told.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
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
    Ledger(#[from] CreateError),
    /// There is nothing to make links of.
    #[error("public_url is not set in the configuration; links begin with it")]
    NoPublicUrl,
}

/// Why an invite was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmendError {
    /// Something that was asked for cannot be had.
    #[error("{}", .0.iter().map(Wrong::to_string).collect::<Vec<_>>().join("; "))]
    Fields(Vec<Wrong>),
    /// The ledger says no.
    #[error(transparent)]
    Ledger(#[from] ChangeError),
}

/// A request with an Idempotency-Key.
pub struct Repeat<'a, T> {
    /// What tells it from others: who asks, where, and the Idempotency-Key.
    pub parts: &'a [&'a str],
    /// Its body.
    pub body: &'a [u8],
    /// The answer to it.
    pub answer: Box<dyn FnOnce(T) -> Vec<u8> + Send>,
}

/// What links are made with.
#[derive(Clone)]
struct Links {
    key: LedgerKey,
    landing: Landing,
}

impl Links {
    fn issued(&self, invite: Invite) -> Issued {
        let token = self.key.token(invite.id);
        let landing_page = link::landing_page(&invite, &token, &self.landing);
        let uri = link::uri(&invite, &token);
        Issued { invite, token, landing_page, uri }
    }
}

impl Desk {
    /// Brings a configuration to work.
    #[must_use]
    pub fn new(
        settings: Settings,
        keys: KeyRing,
        failures: Arc<Failures>,
        ledger: Ledger,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { settings, keys, failures, ledger, metrics }
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

    /// What is counted.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Lets a caller in by its key, which a token may have narrowed. Wrong keys are counted by address; a caller without a
    /// key guessed nothing. A token that is for one use is used when this returns, also if the request then fails.
    ///
    /// # Errors
    /// When the key opens nothing, too many were wrong, or the ledger cannot tell whether a token was used before.
    pub async fn authenticate(
        &self,
        presented: Option<&str>,
        client: IpAddr,
        now: Timestamp,
    ) -> Result<Arc<Key>, AuthError> {
        let rate = self.settings.http.auth_failures;
        if let Some(wait) = self.failures.wait(rate, client, now) {
            return Err(AuthError::Wait(wait));
        }
        let presented = presented.ok_or(AuthError::Refused(Refused::Missing))?;
        let refused = match self.keys.authenticate(presented, self.settings.public_url.as_ref(), now) {
            Ok(Admission { key, once: None }) => return Ok(key),
            Ok(Admission { key, once: Some(Once { jti, until }) }) => {
                if self.ledger.spend_once(&key.id, &jti, until, now).await? {
                    return Ok(key);
                }
                (Refused::Jwt(Flaw::Used), Some(key.id.clone()))
            }
            Err(refused) => refused,
        };
        let (reason, id) = refused;
        self.failures.note(rate, client, now);
        // An id that is none of ours may be a secret in the wrong place.
        let known = id.as_ref().filter(|_| reason != Refused::Unknown).map(|id| id as &dyn std::fmt::Display);
        event(&Event::KeyRefused { key: known, client: &client, reason: &reason });
        Err(AuthError::Refused(reason))
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
        match self.issue_once(key, host, order, count, None, now).await? {
            Answer::New(issued) => Ok(issued),
            // Only what is to be repeated was answered before.
            Answer::Before(_) => Ok(vec![]),
        }
    }

    /// The same for a request that may come again.
    ///
    /// # Errors
    /// Nothing was made.
    pub async fn issue_once(
        &self,
        key: Option<&Key>,
        host: Option<&str>,
        order: &Order,
        count: usize,
        repeat: Option<Repeat<'_, Vec<Issued>>>,
        now: Timestamp,
    ) -> Result<Answer<Vec<Issued>>, IssueError> {
        let answer = self.make(key, host, order, count, repeat, now).await;
        let whose = || of(self.host(key, host).ok(), key);
        match &answer {
            Ok(Answer::New(made)) => _ = self.metrics.created.get_or_create(&whose()).inc_by(made.len() as u64),
            Ok(Answer::Before(_)) => {}
            Err(_) => _ = self.metrics.refused.get_or_create(&whose()).inc(),
        }
        answer
    }

    async fn make(
        &self,
        key: Option<&Key>,
        host: Option<&str>,
        order: &Order,
        count: usize,
        repeat: Option<Repeat<'_, Vec<Issued>>>,
        now: Timestamp,
    ) -> Result<Answer<Vec<Issued>>, IssueError> {
        if key.is_some_and(|key| !key.settings.allow.contains(&Scope::Create)) {
            return Err(IssueError::Scope);
        }
        let host = self.host(key, host)?;
        let links = self.links()?;
        let bounds = Bounds {
            ttl: self.settings.invites.ttl,
            max_ttl: self.max_ttl(key),
            max_uses: max_uses(key),
            reserved: &self.settings.hosts[host].reserved_usernames,
        };
        let source = key.map_or(Source::Cli, |key| Source::Key(key.id.clone()));
        let mut draft = policy::draft(order, host, bounds, source, now).map_err(IssueError::Order)?;
        if count > 1 && draft.kind.reserves().is_some() {
            let reason = "several invites cannot reserve the same name".into();
            return Err(IssueError::Order(vec![Wrong { field: "count".into(), reason }]));
        }
        draft.inviter = draft.inviter.or_else(|| draft.kind.contact().map(ToString::to_string));
        let request = repeat.map(|repeat| {
            let (seal, links) = (self.ledger.seal().clone(), links.clone());
            Repeatable::<Vec<Invite>> {
                slot: seal.slot(repeat.parts),
                body: seal.digest(repeat.body),
                seal: Box::new(move |invites| {
                    let issued = invites.iter().map(|invite| links.issued(invite.clone())).collect();
                    seal.close(&(repeat.answer)(issued))
                }),
            }
        });
        match self.ledger.create(vec![draft; count], key.map(terms), request).await? {
            Answer::Before(sealed) => Ok(Answer::Before(self.open_answer(&sealed).map_err(CreateError::from)?)),
            Answer::New(invites) => {
                for Invite { id, draft, .. } in &invites {
                    event(&Event::InviteMade { invite: id, host: &draft.host, source: &draft.source });
                }
                Ok(Answer::New(invites.into_iter().map(|invite| links.issued(invite)).collect()))
            }
        }
    }

    fn open_answer(&self, sealed: &[u8]) -> Result<Vec<u8>, LedgerError> {
        let damaged = || LedgerError::Unavailable("a kept answer is damaged".into());
        self.ledger.seal().open(sealed).ok_or_else(damaged)
    }

    /// The longest life that `key` may give an invite.
    #[must_use]
    pub fn max_ttl(&self, key: Option<&Key>) -> Duration {
        self.settings.invites.max_ttl.min(key.and_then(|key| key.settings.max_ttl).unwrap_or(Duration::MAX))
    }

    fn links(&self) -> Result<Links, IssueError> {
        let landing = match (&self.settings.invites.landing, &self.settings.public_url) {
            (Some(template), _) => Landing::Elsewhere(template.as_str().into()),
            (None, Some(public_url)) => Landing::Own(public_url.base().into()),
            (None, None) => return Err(IssueError::NoPublicUrl),
        };
        Ok(Links { key: self.ledger.key().clone(), landing })
    }

    /// An invite with its links.
    ///
    /// # Errors
    /// When there is nothing to make links of.
    pub fn issued(&self, invite: Invite) -> Result<Issued, IssueError> {
        Ok(self.links()?.issued(invite))
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

    /// The invite called `id`, if `key` may know of it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn find(&self, key: &Key, id: InviteId) -> Result<Option<Invite>, LedgerError> {
        Ok(self.ledger.find(id).await?.filter(|invite| key.allows_host(&invite.draft.host)))
    }

    /// Invites, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(&self, filter: Filter, now: Timestamp) -> Result<Vec<Invite>, LedgerError> {
        self.ledger.list(filter, now).await
    }

    /// Changes an invite within what `key` may.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn amend(
        &self,
        key: &Key,
        id: InviteId,
        mut change: Change,
        now: Timestamp,
    ) -> Result<Invite, AmendError> {
        let mut wrong = Vec::new();
        let mut refuse = |field: &'static str, reason: String| wrong.push(Wrong { field: field.into(), reason });
        if let Some(note) = &change.note
            && !policy::is_note(note)
        {
            refuse("note", policy::NOTE_EXPECTED.into());
        }
        if let Some(uses) = change.uses
            && !(1..=max_uses(Some(key))).contains(&uses)
        {
            refuse("uses", format!("expected 1 to {}", max_uses(Some(key))));
        }
        if let Some(expires_at) = &mut change.expires_at {
            // The ledger counts milliseconds.
            *expires_at = Timestamp::from_millisecond(expires_at.as_millisecond()).unwrap_or(*expires_at);
            let latest = jiff::SignedDuration::try_from(self.max_ttl(Some(key)))
                .ok()
                .and_then(|max_ttl| now.checked_add(max_ttl).ok())
                .unwrap_or(Timestamp::MAX);
            if *expires_at <= now || *expires_at > latest {
                refuse("expires_at", format!("expected a time to come, at most {latest}"));
            }
        }
        if !wrong.is_empty() {
            return Err(AmendError::Fields(wrong));
        }
        if self.find(key, id).await.map_err(ChangeError::from)?.is_none() {
            return Err(ChangeError::Absent.into());
        }
        let revoked = change.revoked;
        let invite = self.ledger.change(id, change, Some(terms(key)), now).await?;
        if revoked == Some(true) && invite.revoked_at == Some(now) {
            event(&Event::InviteRevoked { invite: &invite.id, host: &invite.draft.host });
        }
        Ok(invite)
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

    /// Spends one use of the invite that `token` opens, for a caller's own sign-up.
    ///
    /// # Errors
    /// Nothing was spent.
    pub async fn redeem(
        &self,
        key: &Key,
        token: &str,
        account: Option<Account>,
        repeat: Option<Repeat<'_, Invite>>,
        now: Timestamp,
    ) -> Result<Answer<Invite>, RedeemError> {
        let invite = self.open(token).await?.filter(|invite| key.allows_host(&invite.draft.host));
        let Invite { id, draft, .. } = invite.ok_or(RedeemError::Absent)?;
        if account.as_ref().and_then(|account| account.host.as_ref()).is_some_and(|host| *host != draft.host) {
            return Err(RedeemError::OtherName);
        }
        let account = account.map(|account| account.user);
        let request = repeat.map(|repeat| {
            let seal = self.ledger.seal().clone();
            Repeatable::<Invite> {
                slot: seal.slot(repeat.parts),
                body: seal.digest(repeat.body),
                seal: Box::new(move |invite| seal.close(&(repeat.answer)(invite.clone()))),
            }
        });
        match self.ledger.redeem(id, account, Via::Api, request, now).await? {
            Answer::Before(sealed) => Ok(Answer::Before(self.open_answer(&sealed)?)),
            Answer::New(invite) => {
                let source = Source::Key(key.id.clone());
                self.metrics.redeemed.get_or_create(&of(Some(&invite.draft.host), Some(key))).inc();
                event(&Event::InviteRedeemed {
                    invite: &id,
                    host: &invite.draft.host,
                    via: &Via::Api,
                    source: &source,
                });
                Ok(Answer::New(invite))
            }
        }
    }

    /// How much of `key`'s rate is used.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn rate_used(&self, key: &Key) -> Result<Used, LedgerError> {
        self.ledger.rate_used(key.id.clone()).await
    }

    /// How many pending invites `key` has.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn pending_of(&self, key: &Key, now: Timestamp) -> Result<u64, LedgerError> {
        self.ledger.pending_of(Source::Key(key.id.clone()), now).await
    }
}

fn max_uses(key: Option<&Key>) -> u32 {
    key.and_then(|key| key.settings.max_uses).unwrap_or(MAX_USES).min(MAX_USES)
}

fn terms(key: &Key) -> Terms {
    Terms { key: key.id.clone(), limit: key.settings.limit, max_pending: key.settings.max_pending }
}

/// Whose an invite is, for counting.
fn of(host: Option<&HostName>, key: Option<&Key>) -> Of {
    Of {
        host: host.map(ToString::to_string).unwrap_or_default(),
        key: key.map_or_else(|| Source::Cli.to_string(), |key| key.id.to_string()),
    }
}
