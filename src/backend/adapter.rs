//! What a kind of server can be asked, and what it can do.

use std::time::Duration;

use async_trait::async_trait;

use super::account::{NewAccount, NewPassword};
use super::error::{CallError, Refusal};
use super::examination::Examination;
use super::question::Verdict;
use super::token::{Mint, Minted, Own, Room, TokenState};
use crate::invite::Kind;
use crate::invite::name::Username;

/// Every call is given so long.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// What can be asked of a kind of server. Names are prepared; everything else is as somebody typed it.
///
/// A call that is given up at its [`DEADLINE`] is cancelled. An adapter whose answers come in order over one connection
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

    /// Whether the account of that name is an admin of the server. [`Refusal::Unsupported`] where it cannot be asked that;
    /// [`Refusal::Admin`] of one that is known for an admin without asking.
    async fn is_admin(&self, _username: &Username) -> Result<bool, CallError> {
        Err(Refusal::Unsupported.into())
    }

    /// Creates an account, with everything that belongs to it. An account that is there already is
    /// [`Refusal::Taken`], and stays as it is.
    async fn create(&self, account: &NewAccount<'_>) -> Result<(), CallError>;

    /// Sets the password of an account that is there; else [`Refusal::NoAccount`].
    async fn set_password(&self, reset: &NewPassword<'_>) -> Result<(), CallError>;

    /// Whether this is the password of that account. False also where there is no such account, or the server has disabled
    /// it; [`Refusal::Unsupported`] where the server cannot be asked. No error repeats any of it.
    async fn check_password(&self, _username: &Username, _password: &str) -> Result<bool, CallError> {
        Err(Refusal::Unsupported.into())
    }

    /// Mints a token that an app can sign up with.
    async fn mint(&self, wanted: &Mint<'_>) -> Result<Minted, CallError>;

    /// Whether tokens can be withdrawn at all.
    fn can_withdraw(&self) -> bool {
        true
    }

    /// Withdraws a token. True if it was there, unused, and now is not; false if there was none to withdraw.
    async fn withdraw(&self, token: &str) -> Result<bool, CallError>;

    /// The invite behind a token that we have not minted, also when it has ended; nothing if there never was one, or nobody
    /// remembers.
    async fn own(&self, token: &str) -> Result<Option<Own>, CallError> {
        match self.look_up(token).await? {
            TokenState::Live(found) => Ok(Some(Own { found, is_for_accounts: true, end: None })),
            TokenState::Used(_) | TokenState::Befriended(_) | TokenState::Unused => Ok(None),
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

    /// Answers a [`super::Question`] of the server. True if an app still waited for it. Only of a server that asks.
    async fn answer(&self, _question: &str, _verdict: &Verdict) -> Result<bool, CallError> {
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
    /// Accounts can be created for guests, and passwords checked to be free.
    pub sign_up: bool,
    /// Passwords can be set.
    pub reset: bool,
    /// The new account and whoever invites can become each other's contacts.
    pub contacts: bool,
    /// Groups and roles are given to a new account.
    pub groups: bool,
    /// Apps can sign up, and with which invites.
    pub in_app: InApp,
    /// They show the invite's own token, and the server asks us about it; so it mints none for our invites.
    pub asks: bool,
}

/// With which invites apps can sign up, so that the server obeys what the ledger says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct InApp {
    /// With those for anybody.
    pub account: bool,
    /// With those that are bound to a name.
    pub bound: bool,
    /// With those that bring a contact.
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
