//! Answers with many invites, which are read and written by few at a time: each takes several times its own size meanwhile.
//!
//! Nobody waits here for a client: a permit is given back before its answer is sent.

use std::time::Duration;

use async_lock::{Semaphore, SemaphoreGuard};

use crate::clock::within;
use crate::log::Cause;
use crate::problem::Problem;
use crate::{clock, waiting};

/// More would not be quicker: the ledger has fewer readers.
static PERMITS: Semaphore = Semaphore::new(4);

/// Whoever waits for longer is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
#[error("too many answers with many invites are being written")]
struct NoPermit;

/// Waits until one more answer with many invites may be written; it counts until the guard is dropped.
///
/// # Errors
/// When others take too long.
pub async fn permit() -> Result<SemaphoreGuard<'static>, Problem> {
    let began = clock::instant();
    let permit = within(waiting::left(PATIENCE), PERMITS.acquire()).await;
    waiting::note(clock::instant().duration_since(began));
    permit.ok_or_else(|| Problem::Unavailable(Cause::new(NoPermit)))
}
