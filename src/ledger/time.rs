//! What time it is for whoever judges: by PostgreSQL's clock, which all nodes have, or by this machine's, where the ledger is
//! a file. A node whose own clock is far from that judges nothing: what else it has to do with time would be wrong, too.

use std::time::Duration;

use jiff::Timestamp;

use super::Ledger;
use super::clock_difference::ClockDifference;
use super::error::{LedgerError, SqlError};
use super::server_clock::{SERVER_TIME, ServerClock};
use super::store::Transaction;
use super::work::WorkShape;
use crate::clock;

/// A clock that nobody writes by is read so often.
const READ_EVERY: Duration = Duration::from_secs(5);

impl Ledger {
    /// The time by which all is judged.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.as_deref().map_or_else(clock::now, ServerClock::now)
    }

    /// Whether that is another clock than this machine's.
    #[must_use]
    pub fn has_other_clock(&self) -> bool {
        self.clock.is_some()
    }

    /// How far this node's clock is ahead of the one by which it judges; nothing where that is its own, or is not known yet. A
    /// database that is away leaves it as it was.
    #[must_use]
    pub fn clock_difference(&self) -> Option<ClockDifference> {
        self.clock.as_deref()?.difference()
    }

    /// Reads the clock of the database, where there is one, unless it was just read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read_clock(&self) -> Result<(), LedgerError> {
        let Some(clock) = self.clock.clone().filter(|clock| !clock.is_fresh(READ_EVERY)) else { return Ok(()) };
        self.readers
            .read(async move |store| {
                let sent = clock::instant();
                let said = store.0.first(&format!("SELECT {SERVER_TIME}"), &[], |row| row.integer(0)).await?;
                if let Some(said) = said {
                    clock.note(sent, clock::instant(), clock::from_millisecond(said));
                }
                Ok(())
            })
            .await
    }

    /// Whether this node may judge.
    ///
    /// # Errors
    /// When its clock is too far from the database's.
    pub fn may_judge(&self) -> Result<(), LedgerError> {
        match self.clock_difference() {
            Some(difference) if difference.is_too_large() => Err(LedgerError::Clock(difference)),
            Some(_) | None => Ok(()),
        }
    }

    /// Writes what is judged by the time, if this node may judge, and the time is still what it was taken for.
    pub(super) async fn judge<T, E>(
        &self,
        shape: WorkShape,
        work: impl AsyncFn(&Transaction<'_>) -> Result<Result<T, E>, SqlError> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<LedgerError> + Send + 'static,
    {
        self.may_judge()?;
        let (clock, asked) = (self.clock.clone(), clock::instant());
        let judging = async move |transaction: &Transaction<'_>| match clock
            .as_ref()
            .map_or(Ok(()), |clock| clock.confirm(asked))
        {
            Ok(()) => work(transaction).await,
            Err(error) => Ok(Err(error.into())),
        };
        self.write(shape, judging).await
    }
}
