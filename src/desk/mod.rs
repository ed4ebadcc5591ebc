//! The use cases: whoever wants something of an invite asks here, be it over HTTP, on a page, or on the command line.

mod adopt;
mod app_token;
mod caller;
mod change;
mod create;
mod forms;
mod guess;
mod guest;
mod links;
mod redeem;
mod settle;
mod take_back;
mod turns;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::backend::Backends;
use crate::config::Settings;
use crate::invite::name::HostName;
use crate::invite::policy::MAX_USES;
use crate::invite::{Invite, InviteId, Source};
use crate::key::{Admission, Failures, Flaw, Key, KeyRing, Once, Refused};
use crate::ledger::{Filter, Ledger, LedgerError};
use crate::log::{Event, event};
use crate::metrics::{Metrics, Of};
use crate::rate::Used;
pub use caller::Caller;
pub use change::AmendError;
pub use create::CreateInviteError;
pub use guest::{Guest, Offer, SignUpError, Wants, Web};
pub use links::{CreatedInvite, WebOnly};
pub use redeem::SpendError;
use turns::Turns;

/// One configuration at work: its settings, keys and backends, over what outlives it.
pub struct Desk {
    settings: Settings,
    keys: KeyRing,
    backends: Arc<Backends>,
    lasting: Arc<Lasting>,
    ledger: Ledger,
    metrics: Arc<Metrics>,
}

/// What is remembered from one configuration to the next, as long as the process lives.
#[derive(Default)]
pub struct Lasting {
    failures: Failures,
    guesses: Failures,
    turns: Turns,
    forms: forms::Forms,
    gate: adopt::Gate,
    stale: take_back::Round,
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

/// Why it cannot be told whether there is such an invite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger has none, and the server that may have made it cannot be asked now.
    #[error("the XMPP server that may have made this invite cannot be asked now")]
    Away,
}

impl Desk {
    /// Brings a configuration to work.
    #[must_use]
    pub fn new(
        settings: Settings,
        keys: KeyRing,
        backends: Arc<Backends>,
        lasting: Arc<Lasting>,
        ledger: Ledger,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { settings, keys, backends, lasting, ledger, metrics }
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

    /// The XMPP servers.
    #[must_use]
    pub fn backends(&self) -> &Backends {
        &self.backends
    }

    /// What outlives the configuration.
    #[must_use]
    pub fn lasting(&self) -> &Arc<Lasting> {
        &self.lasting
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
        if let Some(wait) = self.lasting.failures.wait(rate, client, now) {
            return Err(AuthError::Wait(wait));
        }
        let presented = presented.ok_or(AuthError::Refused(Refused::Missing))?;
        let refused = match self.keys.authenticate(presented, self.settings.public_url.as_ref(), now) {
            Ok(Admission { key, once: None }) => return Ok(key),
            Ok(Admission { key, once: Some(Once { jti, until }) }) => {
                if self.ledger.use_once(&key.id, &jti, until, now).await? {
                    return Ok(key);
                }
                (Refused::Jwt(Flaw::Used), Some(key.id.clone()))
            }
            Err(refused) => refused,
        };
        let (reason, id) = refused;
        self.lasting.failures.note(rate, client, now);
        // An id that is none of ours may be a secret in the wrong place.
        let known = id.as_ref().filter(|_| reason != Refused::Unknown).map(|id| id as &dyn std::fmt::Display);
        event(&Event::KeyRefused { key: known, client: &client, reason: &reason });
        Err(AuthError::Refused(reason))
    }

    /// The longest life that `key` may give an invite.
    #[must_use]
    pub fn max_ttl(&self, key: Option<&Key>) -> Duration {
        self.settings.invites.max_ttl.min(key.and_then(|key| key.settings.max_ttl).unwrap_or(Duration::MAX))
    }

    /// The invite that `token` opens, also one that a host's server made itself. Spends nothing.
    ///
    /// # Errors
    /// When that cannot be told now.
    pub async fn open(&self, token: &str, now: Timestamp) -> Result<Option<Invite>, FindError> {
        match self.ledger.key().open(token) {
            Some(id) => Ok(self.ledger.find(id).await?),
            None => Box::pin(self.adopted(token, now)).await,
        }
    }

    /// Sees to what was left undone, by a crash or by a server that was away: asked every few seconds.
    ///
    /// # Errors
    /// When the ledger cannot be used; the rest is for the next time.
    pub async fn tend(&self, now: Timestamp) -> Result<(), LedgerError> {
        self.settle_all(now).await?;
        self.take_back_stale(now).await
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

/// Whose an invite is, for counting.
fn of_source(host: &HostName, source: &Source) -> Of {
    Of { host: host.to_string(), key: source.label() }
}
