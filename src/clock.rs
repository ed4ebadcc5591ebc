//! The clock and the randomness of the operating system: the only place that asks for either.
//!
//! Everything that decides takes `now` and an rng as parameters; whoever calls it from the outside gets them here.
#![expect(clippy::disallowed_methods, reason = "this is the one seam to the globals")]

use std::time::{Duration, SystemTime};

use async_io::Timer;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_lite::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use rand::Rng as _;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

/// 9000-01-01T00:00:00Z
const LATEST_MS: i64 = 221_845_392_000_000;

/// The time of day, in UTC, to the millisecond (what the ledger stores). A clock that is before 1970 or after the year 9000
/// counts as one that stands there: so whatever is counted from it, back or forth, is a time, too.
#[must_use]
pub fn now() -> Timestamp {
    within_reason(SystemTime::now())
}

fn within_reason(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    from_millisecond(i64::try_from(since.as_millis()).unwrap_or(LATEST_MS))
}

/// The time of a clock that says it is so many milliseconds after 1970, with the same bounds.
#[must_use]
pub fn from_millisecond(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms.clamp(0, LATEST_MS)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// How far `at` is from `now`, to either side: what is in the future was noted before the clock was set back, and a window
/// that it began is not to last as long as that jump was.
#[must_use]
pub fn distance(at: Timestamp, now: Timestamp) -> SignedDuration {
    now.duration_since(at).abs()
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

/// What something is called by that nobody is to guess: 128 bits, in URL-safe base64.
#[must_use]
pub fn random_id() -> String {
    let mut bytes = [0; 16];
    rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The operating system's random numbers (getrandom(2)). A system that has none left cannot make secrets: it panics.
#[must_use]
pub fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_time_leave_room_to_both_sides() {
        let year = Duration::from_hours(24 * 365);
        for (time, expected) in [
            (SystemTime::UNIX_EPOCH - year, "1970-01-01T00:00:00Z"),
            (SystemTime::UNIX_EPOCH + Duration::from_millis(1), "1970-01-01T00:00:00.001Z"),
            (SystemTime::UNIX_EPOCH + year * 8_100, "9000-01-01T00:00:00Z"),
            (SystemTime::UNIX_EPOCH + year * 200_000, "9000-01-01T00:00:00Z"),
        ] {
            assert_eq!(within_reason(time).to_string(), expected);
        }
    }
}
