//! The clock and the randomness of the operating system: the only place that asks for either.
//!
//! Everything that decides takes `now` and an rng as parameters; whoever calls it from the outside gets them here.
#![expect(clippy::disallowed_methods, reason = "this is the one seam to the globals")]

use std::time::Duration;

use async_io::Timer;
use futures_lite::FutureExt as _;
use jiff::Timestamp;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

/// The time of day, in UTC, to the millisecond (what the ledger stores).
#[must_use]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// A clock that only goes forward, for time-outs.
#[must_use]
pub fn instant() -> std::time::Instant {
    std::time::Instant::now()
}

/// Runs `future` for at most `time`; none if that was not enough.
pub async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    async { Some(future.await) }
        .or(async {
            Timer::after(time).await;
            None
        })
        .await
}

/// The operating system's random numbers (getrandom(2)). A system that has none left cannot make secrets: it panics.
#[must_use]
pub fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}
