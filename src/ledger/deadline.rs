//! How long the ledger is waited for.

use std::time::Duration;

use super::error::LedgerError;
use crate::clock;

/// So long the service waits for the ledger, whatever the disk or PostgreSQL does. A command waits as long as whoever runs
/// it does.
pub(super) const DEADLINE: Duration = Duration::from_secs(5);

/// What comes of `work`, or nothing if that takes too long.
pub(super) async fn in_time<T>(deadline: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => clock::within(deadline, work).await,
        None => Some(work.await),
    }
}

/// Nobody knows what became of it.
pub(super) fn silent() -> LedgerError {
    LedgerError::unsure("it does not answer in time")
}
