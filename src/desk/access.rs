//! Who calls: keys, and how often they may be wrong; how much of its limits a key has used.
//!
//! What is wrong is slowed down by address, and what is right never: to look at a key costs a digest, so that nobody who
//! shares an address with a guesser has to wait. Only signatures cost more: those that come from an address with too many
//! wrong keys are computed up to a budget. Wrong tokens and codes are counted apart from wrong keys: guests who err keep
//! no program from its work. The limit is the same.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::invites::{Caller, one_time_use};
use crate::clock;
use crate::config::{PublicUrl, Settings};
use crate::invite::Source;
use crate::invite::name::KeyId;
use crate::invite::request::Idempotency;
use crate::key::{Flaw, Key, KeyRing, Refused};
use crate::ledger::{Ledger, LedgerError, OneTimeUse};
use crate::log::{Event, event};
use crate::rate::{Meters, Rate, Used, network};

/// So many signatures of tokens are computed for an address that waits.
const SIGNATURES: Rate = Rate { count: 20, period: Duration::from_secs(1) };
/// So many for all of them together: a few hundredths of a processor, whatever comes.
const SIGNATURES_OF_ALL: Rate = Rate { count: 500, period: Duration::from_secs(1) };

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
    wrong_keys: Arc<Meters<IpAddr>>,
    wrong_guesses: Arc<Meters<IpAddr>>,
    signatures: Arc<Meters<IpAddr>>,
    signatures_of_all: Arc<Meters<()>>,
}

/// Who calls: a part of the desk.
#[derive(Clone)]
pub struct Access {
    keys: KeyRing,
    /// Whom tokens have to name as their audience: one of these.
    audiences: Vec<PublicUrl>,
    /// How often an address may be wrong.
    failures: Rate,
    memory: CallerMemory,
    ledger: Ledger,
}

impl Access {
    pub(super) fn new(settings: &Settings, keys: KeyRing, memory: CallerMemory, ledger: Ledger) -> Self {
        let (audiences, failures) = (settings.public_urls().cloned().collect(), settings.http.auth_failures);
        Self { keys, audiences, failures, memory, ledger }
    }

    /// Finds out who calls by the key, which a token may have narrowed. Wrong keys are counted by address; a caller without
    /// a key guessed nothing, and neither did one whose token for one use came again, as it may with a request that
    /// `may_repeat` another. What is for one use is not used by this.
    ///
    /// # Errors
    /// When the key opens nothing, also since too many were wrong.
    pub fn authenticate(
        &self,
        presented: Option<&str>,
        client: IpAddr,
        may_repeat: bool,
        now: Timestamp,
    ) -> Result<Arc<Key>, AuthError> {
        let presented = presented.ok_or(AuthError::Refused(Refused::Missing))?;
        let (client_network, at) = (network(client), clock::instant());
        let wait = || self.memory.wrong_keys.wait(self.failures, &client_network, at);
        let may_compute = || wait().is_none() || self.may_compute_signature(client_network, at);
        let (reason, id) = match self.keys.authenticate(presented, &self.audiences, now, may_repeat, &may_compute) {
            Ok(key) => return Ok(key),
            Err(refused) => refused,
        };
        let wait = match reason {
            Refused::Jwt(Flaw::Used) => None,
            Refused::Jwt(Flaw::Unchecked) => Some(self.wait_for_signature(client_network, at)),
            _ => wait().or_else(|| self.count_wrong_key(client_network, at)),
        };
        if let Some(wait) = wait {
            return Err(AuthError::Wait(wait));
        }
        // An id that is none of ours may be a secret in the wrong place.
        Err(refuse(id.as_ref().filter(|_| reason != Refused::Unknown), client, reason))
    }

    /// Checks that what `key` has for one use is there to be used, or was used by this request, if that may come again. What
    /// is done uses it then, in the same transaction.
    ///
    /// # Errors
    /// When it was used, or the ledger cannot be read.
    pub async fn check_unused(
        &self,
        key: &Key,
        again: Option<&Idempotency>,
        client: IpAddr,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        let Some(one) = self.one_time_use(key, again, now) else { return Ok(()) };
        if self.ledger.may_use(one).await? { Ok(()) } else { Err(used(key, again, client)) }
    }

    /// Uses what `key` has for one use, unless this request has done so: for answers that come of no transaction.
    ///
    /// # Errors
    /// When it was used by something else, or the ledger does not say.
    pub async fn use_once(
        &self,
        key: &Key,
        again: Option<&Idempotency>,
        client: IpAddr,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        let Some(one) = self.one_time_use(key, again, now).filter(|one| !one.is_ours()) else { return Ok(()) };
        let is_good = self.ledger.use_once(one.clone()).await? || (again.is_some() && self.ledger.may_use(one).await?);
        if is_good { Ok(()) } else { Err(used(key, again, client)) }
    }

    fn one_time_use(&self, key: &Key, again: Option<&Idempotency>, now: Timestamp) -> Option<OneTimeUse> {
        let one = one_time_use(key, now)?;
        Some(one.by(Caller::Key(key).repeatable(self.ledger.seal(), again).as_ref()))
    }

    /// How long it must wait instead, if others were wrong there in the meantime.
    fn count_wrong_key(&self, client: IpAddr, at: Instant) -> Option<Duration> {
        let is_counted = self.memory.wrong_keys.take(self.failures, client, at);
        if is_counted { None } else { self.memory.wrong_keys.wait(self.failures, &client, at) }
    }

    fn may_compute_signature(&self, client: IpAddr, at: Instant) -> bool {
        self.memory.signatures.take(SIGNATURES, client, at)
            && self.memory.signatures_of_all.take(SIGNATURES_OF_ALL, (), at)
    }

    fn wait_for_signature(&self, client: IpAddr, at: Instant) -> Duration {
        let (one, all) = (&self.memory.signatures, &self.memory.signatures_of_all);
        let wait = one.wait(SIGNATURES, &client, at).max(all.wait(SIGNATURES_OF_ALL, &(), at));
        wait.unwrap_or_default()
    }

    /// How long `client` must wait before it may try another code that opens nothing; none if it may.
    #[must_use]
    pub fn wait_for_guess(&self, client: IpAddr) -> Option<Duration> {
        self.memory.wrong_guesses.wait(self.failures, &network(client), clock::instant())
    }

    /// Notes that `client` tried a code that opens nothing.
    pub fn note_wrong_guess(&self, client: IpAddr) {
        self.memory.wrong_guesses.take(self.failures, network(client), clock::instant());
    }

    /// The key called `id`.
    #[must_use]
    pub fn key(&self, id: &KeyId) -> Option<Arc<Key>> {
        self.keys.find(id)
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

/// Refuses what was used before.
fn used(key: &Key, again: Option<&Idempotency>, client: IpAddr) -> AuthError {
    // With an Idempotency-Key it is looked at each time.
    if let Some(once) = key.once.as_ref().filter(|_| again.is_none()) {
        once.note_used();
    }
    refuse(Some(&key.id), client, Refused::Jwt(Flaw::Used))
}

/// Refuses a key, and logs it.
fn refuse(id: Option<&KeyId>, client: IpAddr, reason: Refused) -> AuthError {
    let key = id.map(|id| id as &dyn std::fmt::Display);
    event(&Event::KeyRefused { key, client: &client, reason: &reason });
    AuthError::Refused(reason)
}
