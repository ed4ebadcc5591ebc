//! What may be used once. A `jti` is kept as half of its digest: it is as long as its issuer likes. Where the request may come
//! again, a digest of both is kept, too: that request alone may come with the same token.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use sha2::Digest as _;

use super::locks::LockKey;
use super::transaction::{Store, Transaction};
use crate::clock;
use crate::invite::name::KeyId;
use crate::ledger::answers::Repeatable;
use crate::ledger::error::{LedgerError, SqlError};

/// Two different `jti` of one key meet in these by chance once in 2^64 tokens.
const DIGEST_BYTES: usize = 16;

/// Nodes that share a ledger may be behind it by so much, and would take a token for valid that has expired.
const BEHIND: SignedDuration = SignedDuration::from_hours(1);

/// For so long a request may come again with its token: its answer is kept for longer.
const REPEATED: SignedDuration = SignedDuration::from_hours(23);

/// A `jti` that is used once, by one call.
#[derive(Clone, Debug)]
pub struct OneTimeUse {
    key: KeyId,
    digest: [u8; DIGEST_BYTES],
    /// The same with the request, if that may come again.
    of_request: Option<[u8; DIGEST_BYTES]>,
    until: Timestamp,
    now: Timestamp,
    at: Instant,
    /// Whether this call has used it.
    is_ours: Arc<AtomicBool>,
}

impl OneTimeUse {
    /// Of a `jti` of the tokens of `key`, which is remembered until `until`. Those of one call have `is_ours` in common.
    #[must_use]
    pub fn new(key: &KeyId, jti: &str, until: Timestamp, is_ours: Arc<AtomicBool>, now: Timestamp) -> Self {
        let digest = half(&[jti.as_bytes()]);
        Self { key: key.clone(), digest, of_request: None, until, now, at: clock::instant(), is_ours }
    }

    /// The same by a request that may come again.
    #[must_use]
    pub fn by(mut self, request: Option<&Repeatable>) -> Self {
        self.of_request = request.map(|request| half(&[&self.digest, &request.slot, &request.body]));
        self
    }

    /// Whether this call has used it.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.is_ours.load(Ordering::Relaxed)
    }
}

/// Half of the digest of `parts`, all but the last of which are of one length.
fn half(parts: &[&[u8]]) -> [u8; DIGEST_BYTES] {
    let mut digest = sha2::Sha256::new();
    for part in parts {
        digest.update(part);
    }
    let mut half = [0; DIGEST_BYTES];
    half.copy_from_slice(&digest.finalize()[..DIGEST_BYTES]);
    half
}

impl Store<'_> {
    /// Whether it is there to be used, or the same request has used it.
    pub(in crate::ledger) async fn may_use(self, one: &OneTimeUse) -> Result<bool, SqlError> {
        let statement = "SELECT 1 FROM used_jti WHERE key = ?1 AND jti = ?2";
        let is_used = self.0.any(statement, &[one.key.as_str().into(), one.digest.as_slice().into()]).await?;
        Ok(!is_used || self.is_same_request(one).await?)
    }

    /// Whether the same request has used it.
    async fn is_same_request(self, one: &OneTimeUse) -> Result<bool, SqlError> {
        let Some(of_request) = &one.of_request else { return Ok(false) };
        let statement = "SELECT 1 FROM used_jti WHERE key = ?1 AND jti = ?2 AND until > ?3";
        let values = [one.key.as_str().into(), of_request.as_slice().into(), one.now.as_millisecond().into()];
        self.0.any(statement, &values).await
    }
}

impl Transaction<'_> {
    /// Does `work` for whoever has it: it is used with what is done, and left as it is by a refusal.
    pub(in crate::ledger) async fn with_once<T, E: From<LedgerError>>(
        &self,
        one: &OneTimeUse,
        work: impl Future<Output = Result<Result<T, E>, SqlError>>,
    ) -> Result<Result<T, E>, SqlError> {
        let _lock = self.lock(LockKey::Token(one.key.clone(), one.digest.to_vec())).await;
        let is_first = self.use_once(one).await?;
        if !is_first && !Store(self.sql).is_same_request(one).await? {
            return Ok(Err(LedgerError::TokenUsed.into()));
        }
        let done = work.await?;
        if is_first && done.is_err() {
            self.give_back(one).await?;
        }
        Ok(done)
    }

    /// Gives whether it was there to be used. Forgets those that have expired.
    pub(in crate::ledger) async fn use_once(&self, one: &OneTimeUse) -> Result<bool, SqlError> {
        let clock = self.clock().await;
        let passed = self.memory.borrow_mut().passed.until(one.now, one.at);
        let passed = match clock.map(|clock| clock.checked_sub(BEHIND)) {
            None | Some(Err(_)) => passed,
            Some(Ok(clock)) => passed.min(clock),
        };
        // A clock that was wrong already when this process began is not the database's.
        if clock.is_some() || self.may_be(passed).await? {
            self.sql.send("DELETE FROM used_jti WHERE until <= ?1", &[passed.as_millisecond().into()]).await?;
        }
        let values = [one.key.as_str().into(), one.digest.as_slice().into(), one.until.as_millisecond().into()];
        if self.sql.execute(NOTE, &values).await? == 0 {
            return Ok(false);
        }
        if let Some(of_request) = &one.of_request {
            let until = one.until.min(one.now + REPEATED).as_millisecond();
            self.sql.send(NOTE, &[one.key.as_str().into(), of_request.as_slice().into(), until.into()]).await?;
        }
        one.is_ours.store(true, Ordering::Relaxed);
        Ok(true)
    }

    /// Has it be there again, if this call has used it.
    pub(in crate::ledger) async fn give_back(&self, one: &OneTimeUse) -> Result<(), SqlError> {
        if one.is_ours() {
            for digest in [Some(&one.digest), one.of_request.as_ref()].into_iter().flatten() {
                let values = [one.key.as_str().into(), digest.as_slice().into()];
                self.sql.send("DELETE FROM used_jti WHERE key = ?1 AND jti = ?2", &values).await?;
            }
            one.is_ours.store(false, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Changes nothing if it was noted before.
const NOTE: &str = "INSERT INTO used_jti (key, jti, until) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
