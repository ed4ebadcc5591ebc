//! What the ledger counts.

use jiff::Timestamp;

use super::Ledger;
use super::error::LedgerError;
use super::query::{Census, LastUse};
use super::work::WorkShape;
use crate::invite::Source;
use crate::invite::name::KeyId;
use crate::rate::Used;

impl Ledger {
    /// How many invites are pending, and how many expired after `since`, by whose they are.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn census(&self, since: Timestamp, now: Timestamp) -> Result<Vec<Census>, LedgerError> {
        self.readers.read(async move |store| store.census(since, now).await).await
    }

    /// Takes those that have expired off the counts of what is pending, so that whoever counts need not.
    ///
    /// # Errors
    /// When the ledger cannot be written; the counts are right all the same.
    pub async fn count_expired(&self, now: Timestamp) -> Result<(), LedgerError> {
        while self.readers.read(async move |store| store.has_uncounted(now).await).await?
            && self.judge(WorkShape::Alone, async move |transaction| transaction.count_expired(now).await).await?
        {
        }
        Ok(())
    }

    /// How much of a key's rate is used.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn rate_used(&self, key: KeyId) -> Result<Used, LedgerError> {
        self.readers.read(async move |store| store.rate_used(&key).await).await
    }

    /// How many pending invites a source has.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn pending_of(&self, source: Source, now: Timestamp) -> Result<u64, LedgerError> {
        self.readers.read(async move |store| store.pending_of(&source, now).await).await
    }

    /// When each key was last used.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn last_use(&self) -> Result<LastUse, LedgerError> {
        self.readers.read(async |store| store.last_use().await).await
    }
}
