//! What may be used once. A `jti` is kept as half of its digest: it is as long as its issuer likes.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use sha2::Digest as _;

use super::transaction::Transaction;
use crate::clock;
use crate::invite::name::KeyId;
use crate::ledger::error::SqlError;

/// Two different `jti` of one key meet in these by chance once in 2^64 tokens.
const DIGEST_BYTES: usize = 16;

/// Nodes that share a ledger may be behind it by so much, and would take a token for valid that has expired.
const BEHIND: SignedDuration = SignedDuration::from_hours(1);

/// A `jti` that is used once.
pub(in crate::ledger) struct OneTimeUse {
    key: KeyId,
    digest: [u8; DIGEST_BYTES],
    until: Timestamp,
    now: Timestamp,
    at: Instant,
}

impl OneTimeUse {
    pub(in crate::ledger) fn new(key: &KeyId, jti: &str, until: Timestamp, now: Timestamp) -> Self {
        let digest = sha2::Sha256::digest(jti.as_bytes());
        let mut half = [0; DIGEST_BYTES];
        half.copy_from_slice(&digest[..DIGEST_BYTES]);
        Self { key: key.clone(), digest: half, until, now, at: clock::instant() }
    }
}

impl Transaction<'_> {
    /// Gives whether it was there to be used. Forgets those that have expired.
    pub(in crate::ledger) async fn use_once(&self, jti: &OneTimeUse) -> Result<bool, SqlError> {
        let clock = self.clock().await;
        let passed = self.memory.borrow_mut().passed.until(jti.now, jti.at);
        let passed = match clock.map(|clock| clock.checked_sub(BEHIND)) {
            None | Some(Err(_)) => passed,
            Some(Ok(clock)) => passed.min(clock),
        };
        // A clock that was wrong already when this process began is not the database's.
        if clock.is_some() || self.may_be(passed).await? {
            self.sql.send("DELETE FROM used_jti WHERE until <= ?1", &[passed.as_millisecond().into()]).await?;
        }
        let statement = "INSERT INTO used_jti (key, jti, until) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        let values = [jti.key.as_str().into(), jti.digest.as_slice().into(), jti.until.as_millisecond().into()];
        let inserted = self.sql.execute(statement, &values).await?;
        Ok(inserted == 1)
    }
}
