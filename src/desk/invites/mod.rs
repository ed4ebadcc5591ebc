//! Invites: created, found, amended, revoked, redeemed by a program.
//!
//! | module | what it has |
//! |---|---|
//! | `caller` | who asks, and within which limits |
//! | `grants` | which scopes an invite takes |
//! | `create`, `error` | new invites, and why there are none |
//! | `accounts` | whether those whom they name have accounts |
//! | `links` | what their holders need |
//! | `mailed` | their links on the way to their holders |
//! | `news` | what those are told who had them created |
//! | `amend` | changes within what a key may, and revocation |
//! | `redeem` | a use for a program's own sign-up |
//! | `tree` | who invited whom |

mod accounts;
mod amend;
mod caller;
mod create;
mod error;
mod grants;
mod links;
mod mailed;
mod news;
mod redeem;
mod tree;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::app_tokens::{AppTokens, Asker, FindError};
use super::context::Context;
use crate::config::Settings;
use crate::invite::policy::MAX_USES;
use crate::invite::{Invite, InviteId};
use crate::key::Key;
use crate::ledger::{Filter, LedgerError, ListedInvites};
pub use amend::AmendError;
pub use caller::{Caller, one_time_use};
pub use create::CreationRules;
pub use error::CreateInviteError;
pub use grants::may_have_token;
pub use links::{CreatedInvite, WebOnly};
pub use mailed::{LetterContent, MailedInvite};
pub use news::TrueNews;
pub use redeem::RedeemInviteError;

/// Invites: a part of the desk.
#[derive(Clone)]
pub struct Invites {
    context: Arc<Context>,
    app_tokens: AppTokens,
}

impl Invites {
    pub(super) fn new(context: Arc<Context>, app_tokens: AppTokens) -> Self {
        Self { context, app_tokens }
    }

    /// The time by which they are judged.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.context.ledger.now()
    }

    /// The invite that `token` opens, also one that a host's server created itself: for `asker`, as servers are asked
    /// for what is unknown. Redeems nothing, and who has redeemed it before need not be known.
    ///
    /// # Errors
    /// When that cannot be found out now.
    pub async fn open(&self, token: &str, asker: &Asker, now: Timestamp) -> Result<Option<Invite>, FindError> {
        match self.context.ledger.key().open(token) {
            Some(id) => Ok(self.context.ledger.find_alone(id).await?),
            None => Box::pin(self.app_tokens.adopted(token, asker, now)).await,
        }
    }

    /// The same as far as the ledger knows: no server is asked.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn open_known(&self, token: &str) -> Result<Option<Invite>, LedgerError> {
        match self.context.ledger.key().open(token) {
            Some(id) => self.context.ledger.find_alone(id).await,
            None => self.app_tokens.adopted_before(token).await,
        }
    }

    /// The code of an invite: what is typed in place of its token.
    #[must_use]
    pub fn code(&self, id: InviteId) -> String {
        self.context.ledger.key().code(id)
    }

    /// The token of the invite whose code is in a text that somebody typed.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn token_of_code_in(&self, text: &str) -> Result<Option<String>, LedgerError> {
        let (ledger, key) = (&self.context.ledger, self.context.ledger.key());
        for id in key.codes_in(text) {
            if ledger.find_alone(id).await?.is_some() {
                return Ok(Some(key.token(id)));
            }
        }
        Ok(None)
    }

    /// Whether `token` may be one that a server minted itself: then servers are asked for it.
    #[must_use]
    pub fn may_be_a_servers(&self, token: &str) -> bool {
        let has_servers = self.context.backends.all().next().is_some();
        !token.is_empty() && self.context.ledger.key().open(token).is_none() && has_servers
    }

    /// The invite called `id`, if `key` may know of it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn find(&self, key: &Key, id: InviteId) -> Result<Option<Invite>, LedgerError> {
        Ok(self.context.ledger.find(id).await?.filter(|invite| key.allows_host(&invite.draft.host)))
    }

    /// A page of at most `limit` invites, newest first. A page may have few, or none, and not be the last one.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(&self, filter: Filter, limit: u32, now: Timestamp) -> Result<ListedInvites, LedgerError> {
        self.context.ledger.list(filter, limit, now).await
    }

    /// The longest lifetime that `key` may give an invite.
    #[must_use]
    pub fn max_ttl(&self, key: Option<&Key>) -> Duration {
        max_ttl(&self.context.settings, key)
    }
}

fn max_ttl(settings: &Settings, key: Option<&Key>) -> Duration {
    settings.invites.max_ttl.min(key.and_then(|key| key.settings.max_ttl).unwrap_or(Duration::MAX))
}

/// The most uses that an invite of `key` may have.
#[must_use]
pub fn max_uses(key: Option<&Key>) -> u32 {
    key.map_or(MAX_USES, |key| key.settings.max_uses.min(MAX_USES))
}
