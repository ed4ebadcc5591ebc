//! How accounts and in-app tokens come to be on a host's XMPP server.
//!
//! [`Adapter`] is what a kind of server can be asked, and each kind is a stranger to the others. [`Backend`] stands
//! before an adapter and keeps the service whole when the server is not: every call has a deadline, few may wait, and a
//! server that is away is left alone for a while ([`breaker`]). Whether somebody may have an account is never decided
//! here: that is the ledger's.

mod breaker;
mod dns;
pub mod ejabberd;
mod guarded;
mod net;
pub mod prosody;
pub mod xmpp;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::config::secret::Secret;
use crate::config::{BackendSettings, HostSettings};
use crate::invite::Kind;
use crate::invite::name::{HostName, Jid, Username};
use crate::metrics::Metrics;
pub use guarded::{Backend, State};

/// Every call is given so long.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// What can be asked of a kind of server. Names are prepared; everything else is as somebody typed it.
///
/// A call that is given up at its [`DEADLINE`] is dropped. An adapter whose answers come in order over one connection
/// then gives up the connection, too, and never takes a late answer for that of another call.
#[async_trait]
pub trait Adapter: Send + Sync {
    /// What it can do, as far as is known without asking it; less, once it has turned out to be an older one.
    fn abilities(&self) -> Abilities;

    /// Looks the server over, for `invited check --connect`. Everything that is wrong is a finding. `base` is where our
    /// pages are, with a slash at its end: the lines that mend something lead there.
    async fn examine(&self, base: &str) -> Examination;

    /// Whether there is an account of that name.
    async fn exists(&self, username: &Username) -> Result<bool, CallError>;

    /// Makes an account, with everything that belongs to it. An account that is there already is
    /// [`Refusal::Taken`], and stays as it is.
    async fn create(&self, account: &NewAccount<'_>) -> Result<(), CallError>;

    /// Sets the password of an account that is there; else [`Refusal::NoAccount`].
    async fn set_password(&self, reset: &NewPassword<'_>) -> Result<(), CallError>;

    /// Makes a token that an app can sign up with.
    async fn mint(&self, wanted: &Mint<'_>) -> Result<Minted, CallError>;

    /// Whether tokens can be taken back at all.
    fn takes_back(&self) -> bool {
        true
    }

    /// Takes a token back. True if it was there, unused, and now is not; false if there was none to take back.
    async fn withdraw(&self, token: &str) -> Result<bool, CallError>;

    /// The invite behind a token that we have not made, also when it has ended; nothing if there never was one, or nobody
    /// remembers.
    async fn own(&self, token: &str) -> Result<Option<Own>, CallError> {
        match self.look_up(token).await? {
            TokenState::Live(found) => Ok(Some(Own { found, is_for_accounts: true, end: None })),
            TokenState::Used(_) | TokenState::Unused => Ok(None),
        }
    }

    /// Lets go of a token of ours whose use is on record, where such tokens take the room of others.
    async fn forget(&self, _token: &str) -> Result<(), CallError> {
        Ok(())
    }

    /// Limits of the server's own that guests may come to feel, as far as they were seen when it was looked over. For an
    /// admin.
    fn limits(&self) -> Vec<String> {
        vec![]
    }

    /// How much room the server has for tokens, where it has a limit and was seen lately. Asks nobody.
    fn room(&self) -> Option<Room> {
        None
    }

    /// What has become of a token.
    async fn look_up(&self, token: &str) -> Result<TokenState, CallError>;

    /// Which of many tokens are live no longer, each by its place among them; those that are live, or were not asked for this
    /// time, are left out.
    /// [`Refusal::Unsupported`] where the server is to be asked for each.
    async fn ended(&self, _tokens: &[&str]) -> Result<Vec<(usize, TokenState)>, CallError> {
        Err(Refusal::Unsupported.into())
    }

    /// Sees that what must be in place at the server is, such as what holds apps to the ledger; asked every second or so.
    /// [`Refusal::Unsupported`] where there is nothing to see to.
    async fn keep(&self) -> Result<(), CallError> {
        Err(Refusal::Unsupported.into())
    }

    /// Clears away what nobody needs any more, such as tokens that have expired; asked now and then. As above.
    async fn tidy(&self) -> Result<(), CallError> {
        Err(Refusal::Unsupported.into())
    }
}

/// What a server can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Abilities {
    /// Accounts can be made for guests, and passwords checked to be free.
    pub sign_up: bool,
    /// Passwords can be set.
    pub reset: bool,
    /// The new account and whoever invites can be made each other's contacts.
    pub contacts: bool,
    /// Groups and roles are given to a new account.
    pub groups: bool,
    /// Apps can sign up, and with which invites.
    pub in_app: InApp,
}

/// With which invites apps can sign up, so that the server obeys what the ledger says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct InApp {
    /// With those for anybody.
    pub account: bool,
    /// With those that are bound to a name.
    pub bound: bool,
    /// With those that make a contact.
    pub contact: bool,
    /// With those for a new password.
    pub reset: bool,
}

impl InApp {
    /// None at all.
    pub const NONE: Self = Self { account: false, bound: false, contact: false, reset: false };

    /// Whether an app can sign up with such an invite.
    #[must_use]
    pub fn has(self, kind: &Kind) -> bool {
        match kind {
            Kind::Account { username: None } => self.account,
            Kind::Account { username: Some(_) } => self.bound,
            Kind::Contact { username: None, .. } => self.contact,
            Kind::Contact { username: Some(_), .. } => self.contact && self.bound,
            Kind::Reset { .. } => self.reset,
        }
    }
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount<'a> {
    /// What it is called.
    pub username: &'a Username,
    /// Its password.
    pub password: &'a Secret,
    /// Who becomes its contact, and it theirs; an account on the same host.
    pub contact: Option<&'a Jid>,
    /// Groups it is put into.
    pub groups: &'a [String],
    /// Roles it is given.
    pub roles: &'a [String],
    /// The server's own token, which is used up by this: if it is no longer there, nothing is made and the answer is
    /// [`Refusal::NoToken`].
    pub token: Option<&'a str>,
    /// Where the guest is, for the server's own log and limits.
    pub client: Option<IpAddr>,
    /// An account that is not made by then is not made at all: nobody waits for it any more.
    pub not_after: Timestamp,
}

/// A password to be set.
#[derive(Clone, Debug)]
pub struct NewPassword<'a> {
    /// Whose.
    pub username: &'a Username,
    /// The new one.
    pub password: &'a Secret,
    /// As in [`NewAccount::token`].
    pub token: Option<&'a str>,
    /// As in [`NewAccount::not_after`].
    pub not_after: Timestamp,
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct Mint<'a> {
    /// For what.
    pub kind: &'a Kind,
    /// Groups of the new account.
    pub groups: &'a [String],
    /// Roles of the new account.
    pub roles: &'a [String],
    /// How long it is to be good.
    pub ttl: Duration,
}

/// A token that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minted {
    /// The token.
    pub token: String,
    /// Until when it is good, if that is earlier than was asked for.
    pub expires_at: Option<Timestamp>,
}

/// What has become of a token of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// It can be used.
    Live(Found),
    /// It was used, by whom as far as the server knows.
    Used(Option<Username>),
    /// Nobody has used it as far as the server knows, and nobody can: it never was there, has expired, was taken back, or
    /// the server has lost it. A use is what the server names, or what we have put down ourselves.
    Unused,
}

/// A token that the server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is for.
    pub kind: Kind,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Whether it can be used any number of times.
    pub reusable: bool,
}

/// An invite that the server made itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// What it is.
    pub found: Found,
    /// Whether an account can be made with it; else it is for whoever has one.
    pub is_for_accounts: bool,
    /// How it has ended; nothing if it can be used.
    pub end: Option<End>,
}

/// How an invite of the server's own has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Somebody used it, with that account as far as the server knows.
    Used(Option<Username>),
    /// Its time is over, or somebody ended that.
    Lapsed,
}

/// How many tokens a server has, of those that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Those that count, whether they can still be used or not.
    pub used: u64,
    /// With so many it makes no more.
    pub limit: u64,
}

impl Room {
    /// Whether an admin should know before it is too late.
    #[must_use]
    pub fn is_scarce(self) -> bool {
        self.used >= self.limit / 5 * 4
    }
}

/// Why a call came to nothing. No text in it is for a guest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The server says no; asked again it would say so again.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The server cannot be reached, or does not let us in. Nothing was done.
    #[error("the server is away ({0})")]
    Away(String),
    /// The call was sent and no answer came: nobody knows whether it was done.
    #[error("the server did not answer ({0})")]
    Unsure(String),
}

/// What a server says no for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The name has an account.
    #[error("there is an account of that name")]
    Taken,
    /// The name has no account.
    #[error("there is no account of that name")]
    NoAccount,
    /// The token was used, has expired or was taken back.
    #[error("the server's token is no longer there")]
    NoToken,
    /// The server takes no such name.
    #[error("the server does not take this name")]
    Name,
    /// The server takes no such password.
    #[error("the server does not take this password")]
    Password,
    /// The server's own rules are against this account; what they are about, for the log.
    #[error("the server does not allow it ({0})")]
    NotAllowed(String),
    /// The server's own rules are against it for now, such as too many accounts from one place; for the log.
    #[error("the server wants us to wait ({0})")]
    Later(String),
    /// It has as many tokens as it takes.
    #[error("the server has as many tokens as it takes")]
    NoRoom,
    /// This kind of server, or its version, cannot do it.
    #[error("the server cannot do this")]
    Unsupported,
    /// Something else; for the log, without anything secret or that a guest typed.
    #[error("the server refused ({0})")]
    Other(String),
}

/// What a look at a server showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examination {
    /// What stands there, such as `Prosody 0.12.3`; none if it could not be reached.
    pub server: Option<String>,
    /// What is missing there, or could be better.
    pub findings: Vec<Finding>,
}

/// Something that is missing at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether sign-up or in-app tokens do not work because of it; else it is advice.
    pub is_fault: bool,
    /// What is missing.
    pub what: String,
    /// The exact lines that mend it, and where they belong.
    pub mend: String,
}

/// Whether a server that prepares names as RFC 6122 did leaves this one as it is: such a one knows `ß` as `ss`, and the
/// account would be another than the ledger has. All servers that there are do so.
#[must_use]
pub fn is_kept(username: &Username) -> bool {
    stringprep::nodeprep(username.as_str()).is_ok_and(|name| name == username.as_str())
}

/// The backends of all hosts that have one.
#[derive(Default)]
pub struct Backends(BTreeMap<HostName, Arc<Backend>>);

impl Backends {
    /// The backends of `hosts`. What `before` has for a host whose settings have not changed is kept, with its
    /// connection.
    #[must_use]
    pub fn new(hosts: &BTreeMap<HostName, HostSettings>, before: Option<&Self>, metrics: &Arc<Metrics>) -> Self {
        let backend = |(name, host): (&HostName, &HostSettings)| {
            let same = before.and_then(|before| before.of(name)).filter(|backend| *backend.settings() == host.backend);
            let backend = match same {
                Some(backend) => Arc::clone(backend),
                None => Arc::new(Backend::new(name, &host.backend, adapter(name, &host.backend)?, metrics)),
            };
            Some((name.clone(), backend))
        };
        Self(hosts.iter().filter_map(backend).collect())
    }

    /// These backends, whatever is behind them.
    #[must_use]
    pub fn of_adapters(
        hosts: &BTreeMap<HostName, HostSettings>,
        mut adapters: BTreeMap<HostName, Box<dyn Adapter>>,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let backend = |(name, host): (&HostName, &HostSettings)| {
            let backend = Backend::new(name, &host.backend, adapters.remove(name)?, metrics);
            Some((name.clone(), Arc::new(backend)))
        };
        Self(hosts.iter().filter_map(backend).collect())
    }

    /// The backend of a host; none where the ledger is all there is.
    #[must_use]
    pub fn of(&self, host: &HostName) -> Option<&Arc<Backend>> {
        self.0.get(host)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (&HostName, &Arc<Backend>)> {
        self.0.iter()
    }
}

/// The adapter for a host; none where the ledger is all there is. Connects to nothing yet.
fn adapter(host: &HostName, settings: &BackendSettings) -> Option<Box<dyn Adapter>> {
    match settings {
        BackendSettings::Ledger => None,
        BackendSettings::Ejabberd { url, login } => Some(Box::new(ejabberd::Ejabberd::new(host, url, login))),
        BackendSettings::Prosody { socket } => Some(Box::new(prosody::Prosody::new(host, socket))),
        BackendSettings::Xmpp(account) => Some(Box::new(xmpp::Xmpp::new(host, account))),
    }
}
