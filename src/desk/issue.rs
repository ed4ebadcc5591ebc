//! Making invites, and their links.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Desk, Repeat, max_uses, terms};
use crate::backend::{self, Backends, CallError, Refusal};
use crate::config::Scope;
use crate::invite::link::{self, Landing};
use crate::invite::name::{HostName, Jid};
use crate::invite::policy::{self, Bounds, Minting, Order, Wrong};
use crate::invite::token::LedgerKey;
use crate::invite::{Draft, Invite, Kind, Source};
use crate::key::Key;
use crate::ledger::{Answer, CreateError, Repeatable, Seal, Terms};
use crate::log::{Event, event};
use crate::metrics::Of;
use crate::rate::Rate;

/// An invite with what its holder needs.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The invite.
    pub invite: Invite,
    /// Its token: secret.
    pub token: String,
    /// The link to hand out.
    pub landing_page: String,
    /// The same for an app; none where the server has tokens of its own and none was made yet, or makes none.
    pub uri: Option<String>,
    /// Until when an app can use that, where the server's own limit is shorter than the invite's life.
    pub uri_expires_at: Option<Timestamp>,
    /// Why apps cannot sign up with it, if they cannot.
    pub web_only: Option<WebOnly>,
}

/// Why apps cannot sign up with an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebOnly {
    /// The server would not obey the ledger.
    Disobeyed,
    /// The server has no room for another token now.
    NoRoom,
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
    /// It can be had, but not as the host's server would have it.
    #[error("{}", .0.iter().map(Wrong::to_string).collect::<Vec<_>>().join("; "))]
    NotForServer(Vec<Wrong>),
    /// The ledger says no.
    #[error(transparent)]
    Ledger(#[from] CreateError),
    /// Tokens for apps were wanted by all means, and there is none.
    #[error("no token for apps: {0}")]
    NoAppToken(CallError),
    /// There is nothing to make links of.
    #[error("public_url is not set in the configuration; links begin with it")]
    NoPublicUrl,
}

/// What links are made with.
#[derive(Clone)]
struct Links {
    key: LedgerKey,
    seal: Seal,
    landing: Landing,
    backends: Arc<Backends>,
}

impl Links {
    fn issued(&self, invite: Invite) -> Issued {
        let token = self.key.token(invite.id);
        let backend = self.backends.of(&invite.draft.host);
        let out = invite.draft.app_token.as_ref().filter(|out| backend.is_some() && !out.is_withdrawing);
        // Where there is no server, the ledger's own token is all there is.
        let app_token = match out {
            _ if backend.is_none() => Some(token.clone()),
            Some(out) => self.seal.open(&out.sealed).and_then(|token| String::from_utf8(token).ok()),
            None => None,
        };
        let uri_expires_at = out.map(|out| out.expires_at).filter(|end| *end < invite.draft.expires_at);
        let uri = app_token.map(|token| link::uri(&invite, &token));
        let landing_page = link::landing_page(&invite, &token, uri.as_deref(), &self.landing);
        let web_only = backend.filter(|backend| !backend.abilities().in_app.has(&invite.draft.kind));
        // What is out is out, and what a user of the server made is the server's to judge.
        let web_only = web_only.filter(|_| uri.is_none()).map(|backend| match &invite.draft.kind {
            Kind::Account { username: None } if backend.is_full() => WebOnly::NoRoom,
            Kind::Account { .. } | Kind::Contact { .. } | Kind::Reset { .. } => WebOnly::Disobeyed,
        });
        Issued { invite, token, landing_page, uri, uri_expires_at, web_only }
    }
}

/// Who asks for an invite.
enum Asker<'a> {
    Admin,
    Key(&'a Key),
    /// A user of the host, who may make so many.
    User(&'a Jid, Option<Rate>),
}

impl<'a> Asker<'a> {
    fn of(key: Option<&'a Key>) -> Self {
        key.map_or(Self::Admin, Self::Key)
    }

    fn key(&self) -> Option<&'a Key> {
        match self {
            Self::Key(key) => Some(key),
            Self::Admin | Self::User(..) => None,
        }
    }

    fn source(&self) -> Source {
        match self {
            Self::Admin => Source::Cli,
            Self::Key(key) => Source::Key(key.id.clone()),
            Self::User(jid, _) => Source::Xmpp((*jid).clone()),
        }
    }

    fn terms(&self) -> Option<Terms> {
        match self {
            Self::Admin => None,
            Self::Key(key) => Some(terms(key)),
            Self::User(_, limit) => Some(Terms { source: self.source(), limit: *limit, max_pending: None }),
        }
    }
}

impl Desk {
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
        self.make_and_count(&Asker::of(key), host, order, count, repeat, now).await
    }

    /// Makes an invite for a user of `host`, who may have so many made as `limit` says.
    ///
    /// # Errors
    /// Nothing was made.
    pub async fn issue_to_user(
        &self,
        user: &Jid,
        limit: Option<Rate>,
        host: &HostName,
        order: &Order,
        now: Timestamp,
    ) -> Result<Issued, IssueError> {
        let asker = Asker::User(user, limit);
        // Better said now than to the guest. A server that is away is no reason not to make it.
        if let (Some(Ok(name)), Some(backend)) = (order.username.as_deref().map(str::parse), self.backend(host))
            && backend.exists(&name).await == Ok(true)
        {
            return Err(CreateError::NameReserved(name).into());
        }
        match self.make_and_count(&asker, Some(host.as_str()), order, 1, None, now).await? {
            Answer::New(issued) => issued.into_iter().next().ok_or(IssueError::Host),
            // Only what is to be repeated was answered before.
            Answer::Before(_) => Err(IssueError::Host),
        }
    }

    async fn make_and_count(
        &self,
        asker: &Asker<'_>,
        host: Option<&str>,
        order: &Order,
        count: usize,
        repeat: Option<Repeat<'_, Vec<Issued>>>,
        now: Timestamp,
    ) -> Result<Answer<Vec<Issued>>, IssueError> {
        let answer = self.make(asker, host, order, count, repeat, now).await;
        let whose = || {
            let host = self.host(asker.key(), host).map(ToString::to_string).unwrap_or_default();
            Of { host, key: asker.source().label() }
        };
        match &answer {
            Ok(Answer::New(made)) => _ = self.metrics.created.get_or_create(&whose()).inc_by(made.len() as u64),
            Ok(Answer::Before(_)) => {}
            Err(_) => _ = self.metrics.refused.get_or_create(&whose()).inc(),
        }
        answer
    }

    async fn make(
        &self,
        asker: &Asker<'_>,
        host: Option<&str>,
        order: &Order,
        count: usize,
        repeat: Option<Repeat<'_, Vec<Issued>>>,
        now: Timestamp,
    ) -> Result<Answer<Vec<Issued>>, IssueError> {
        let key = asker.key();
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
        let mut draft = policy::draft(order, host, bounds, asker.source(), now).map_err(IssueError::Order)?;
        let (mut lacking, changed) = (self.lacking(&draft), self.changed(&draft));
        if !lacking.is_empty() {
            lacking.extend(changed);
            return Err(IssueError::Order(lacking));
        }
        if !changed.is_empty() {
            return Err(IssueError::NotForServer(changed));
        }
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
        let wanted = if links.landing.has_uri() { order.minting.max(Minting::IfPossible) } else { order.minting };
        let slot = request.as_ref().map(|request| request.slot.clone());
        let is_new = match asker.terms() {
            Some(terms) if wanted != Minting::Later => {
                self.ledger.would_create(terms, count, slot, now).await.map_err(CreateError::from)?
            }
            _ => true,
        };
        // What will be refused, or was answered before, needs no tokens.
        let minting = if is_new { wanted } else { Minting::Later };
        let drafts = self.with_tokens(vec![draft; count], minting, now).await?;
        let minted: Vec<_> = drafts.iter().filter_map(|draft| draft.app_token.clone()).collect();
        let created = self.ledger.create(drafts, asker.terms(), request).await;
        if !matches!(created, Ok(Answer::New(_))) {
            for token in &minted {
                self.discard(host, token).await;
            }
        }
        match created? {
            Answer::Before(sealed) => Ok(Answer::Before(self.open_answer(&sealed).map_err(CreateError::from)?)),
            Answer::New(invites) => {
                for Invite { id, draft, .. } in &invites {
                    event(&Event::InviteMade { invite: id, host: &draft.host, source: &draft.source });
                }
                Ok(Answer::New(invites.into_iter().map(|invite| links.issued(invite)).collect()))
            }
        }
    }

    /// What the host's server could never give to whoever redeems this: better refused now than promised.
    fn lacking(&self, draft: &Draft) -> Vec<Wrong> {
        let Some(backend) = self.backend(&draft.host) else { return vec![] };
        let abilities = backend.abilities();
        let kind = backend.kind().word();
        let lacks = |field: &'static str, what: &str| Wrong {
            field: field.into(),
            reason: format!("{what} cannot be had on {}: its backend is of kind {kind}", draft.host),
        };
        let mut lacking = Vec::new();
        match draft.kind {
            Kind::Contact { .. } if !abilities.contacts => lacking.push(lacks("contact", "contacts")),
            Kind::Reset { .. } if !(abilities.reset || abilities.in_app.reset) => {
                lacking.push(lacks("reset", "new passwords"));
            }
            Kind::Account { .. } | Kind::Contact { .. } | Kind::Reset { .. } => {}
        }
        for (field, words) in [("groups", &draft.groups), ("roles", &draft.roles)] {
            if !words.is_empty() && !abilities.groups {
                lacking.push(lacks(field, field));
            }
        }
        lacking
    }

    /// Names that the host's server would make others of.
    fn changed(&self, draft: &Draft) -> Vec<Wrong> {
        if self.backend(&draft.host).is_none() {
            return vec![];
        }
        let (contact, reset) = match &draft.kind {
            Kind::Contact { contact, .. } => (Some(&contact.user), None),
            Kind::Reset { username } => (None, Some(username)),
            Kind::Account { .. } => (None, None),
        };
        let names = [("username", draft.kind.reserves()), ("contact", contact), ("reset", reset)];
        let changed = names.into_iter().filter_map(|(field, name)| Some((field, name?)));
        let changed = changed.filter(|(_, name)| !backend::is_kept(name));
        changed
            .map(|(field, name)| {
                let reason = format!(
                    "{name} is not what an XMPP server makes of it (Nodeprep, RFC 6122 appendix A); choose another name, \
                     such as one with ss for ß"
                );
                Wrong { field: field.into(), reason }
            })
            .collect()
    }

    fn links(&self) -> Result<Links, IssueError> {
        let landing = match (&self.settings.invites.landing, &self.settings.public_url) {
            (Some(template), own) => {
                Landing::Elsewhere(template.as_str().into(), own.as_ref().map(|own| own.base().into()))
            }
            (None, Some(public_url)) => Landing::Own(public_url.base().into()),
            (None, None) => return Err(IssueError::NoPublicUrl),
        };
        let (key, seal) = (self.ledger.key().clone(), self.ledger.seal().clone());
        Ok(Links { key, seal, landing, backends: Arc::clone(&self.backends) })
    }

    /// Gives each draft a token for apps, if that is wanted: before the invites are made, so that a request that comes
    /// again is answered with the same tokens.
    async fn with_tokens(
        &self,
        mut drafts: Vec<Draft>,
        wanted: Minting,
        now: Timestamp,
    ) -> Result<Vec<Draft>, IssueError> {
        if wanted == Minting::Later {
            return Ok(drafts);
        }
        for at in 0..drafts.len() {
            let error = match self.mint(&drafts[at], now).await {
                Ok(Some(token)) => {
                    drafts[at].app_token = Some(token);
                    continue;
                }
                Ok(None) => match self.backend(&drafts[at].host) {
                    None => break,
                    Some(backend) if backend.is_full() => Refusal::NoRoom.into(),
                    Some(_) => Refusal::Unsupported.into(),
                },
                Err(error) => error,
            };
            if wanted == Minting::Required {
                for draft in &drafts[..at] {
                    if let Some(token) = &draft.app_token {
                        self.discard(&draft.host, token).await;
                    }
                }
                return Err(IssueError::NoAppToken(error));
            }
            break;
        }
        Ok(drafts)
    }

    /// An invite with its links.
    ///
    /// # Errors
    /// When there is nothing to make links of.
    pub fn issued(&self, invite: Invite) -> Result<Issued, IssueError> {
        Ok(self.links()?.issued(invite))
    }
}
