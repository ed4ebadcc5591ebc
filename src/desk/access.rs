//! Who calls: keys, and how often they may be wrong; how much of its limits a key has used.
//!
//! Wrong tokens and codes are counted by address, apart from wrong keys: guests who err keep no program from its work. The
//! limit is the same.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::{PublicUrl, Settings};
use crate::invite::Source;
use crate::key::{Admission, Failures, Flaw, Key, KeyRing, Once, Refused};
use crate::ledger::{Ledger, LedgerError};
use crate::log::{Event, event};
use crate::rate::{Rate, Used};

/// Why a caller is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Too many wrong keys came from its address.
    #[error("too many wrong keys from this address")]
    Wait(Duration),
    /// Its key opens nothing.
    #[error("{0}")]
    Refused(Refused),
    /// Whether its token was used before is not known.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What is remembered of callers from one configuration to the next.
#[derive(Clone, Default)]
pub(super) struct CallerMemory {
    wrong_keys: Arc<Failures>,
    wrong_guesses: Arc<Failures>,
}

/// Who calls: a part of the desk.
pub struct Access {
    keys: KeyRing,
    /// Whom tokens have to name as their audience.
    public_url: Option<PublicUrl>,
    /// How often an address may be wrong.
    failures: Rate,
    memory: CallerMemory,
    ledger: Ledger,
}

impl Access {
    pub(super) fn new(settings: &Settings, keys: KeyRing, memory: CallerMemory, ledger: Ledger) -> Self {
        let (public_url, failures) = (settings.public_url.clone(), settings.http.auth_failures);
        Self { keys, public_url, failures, memory, ledger }
    }

    /// Finds out who calls by the key, which a token may have narrowed. Wrong keys are counted by address; a caller without
    /// a key guessed nothing. A token that is for one use is used when this returns, also if the request then fails.
    ///
    /// # Errors
    /// When the key opens nothing, too many were wrong, or the ledger cannot say whether a token was used before.
    pub async fn authenticate(
        &self,
        presented: Option<&str>,
        client: IpAddr,
        now: Timestamp,
    ) -> Result<Arc<Key>, AuthError> {
        if let Some(wait) = self.memory.wrong_keys.wait(self.failures, client, now) {
            return Err(AuthError::Wait(wait));
        }
        let presented = presented.ok_or(AuthError::Refused(Refused::Missing))?;
        let refused = match self.keys.authenticate(presented, self.public_url.as_ref(), now) {
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
        self.memory.wrong_keys.note(self.failures, client, now);
        // An id that is none of ours may be a secret in the wrong place.
        let known = id.as_ref().filter(|_| reason != Refused::Unknown).map(|id| id as &dyn std::fmt::Display);
        event(&Event::KeyRefused { key: known, client: &client, reason: &reason });
        Err(AuthError::Refused(reason))
    }

    /// How long `client` must wait before it may try a code; none if it may.
    #[must_use]
    pub fn wait_for_guess(&self, client: IpAddr, now: Timestamp) -> Option<Duration> {
        self.memory.wrong_guesses.wait(self.failures, client, now)
    }

    /// Notes that `client` tried a code that opens nothing.
    pub fn note_wrong_guess(&self, client: IpAddr, now: Timestamp) {
        self.memory.wrong_guesses.note(self.failures, client, now);
    }

    /// How many keys there are.
    #[must_use]
    pub fn key_count(&self) -> usize {
        self.keys.all().len()
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
