//! How slowly a client may read its answers.
//!
//! It may stop reading for as long as a connection may be idle. That time comes back with what it reads, and only so fast as
//! [`LEAST_BYTES_PER_SECOND`] says: whoever takes a little now and then, so as to hold an answer for ever, runs out of it.

use std::time::{Duration, Instant};

/// A client that reads less than this runs out of patience.
const LEAST_BYTES_PER_SECOND: u64 = 4 << 10;

/// How much longer a client may have us wait until it reads.
pub(super) struct ReadPace {
    most: Duration,
    left: Duration,
    /// Since when it has had us wait.
    blocked_since: Option<Instant>,
}

impl ReadPace {
    pub(super) fn new(most: Duration) -> Self {
        Self { most, left: most, blocked_since: None }
    }

    /// Whether it has us wait.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked_since.is_some()
    }

    /// It has us wait. Gives how long it may, when that is news.
    pub(super) fn block(&mut self, now: Instant) -> Option<Instant> {
        if self.is_blocked() {
            return None;
        }
        self.blocked_since = Some(now);
        Some(now + self.left)
    }

    /// There is room for so many bytes, because it has read. Gives whether it had us wait.
    pub(super) fn advance(&mut self, bytes: usize, now: impl FnOnce() -> Instant) -> bool {
        let was_blocked = self.blocked_since.take();
        if let Some(since) = was_blocked {
            self.left = self.left.saturating_sub(now().saturating_duration_since(since));
        }
        if self.left < self.most {
            let earned = Duration::from_micros(bytes as u64 * 1_000_000 / LEAST_BYTES_PER_SECOND);
            self.left = self.most.min(self.left + earned);
        }
        was_blocked.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Duration = Duration::from_mins(1);

    /// How long a client lasts that reads so many bytes after each pause.
    fn lasts(pause: Duration, bytes: usize) -> Option<Duration> {
        let (mut pace, start) = (ReadPace::new(MOST), crate::clock::instant());
        let mut now = start;
        for _ in 0..10_000 {
            let deadline = pace.block(now).unwrap();
            assert!(pace.block(now).is_none());
            if deadline <= now + pause {
                return Some(deadline - start);
            }
            now += pause;
            assert!(pace.advance(bytes, || now));
        }
        None
    }

    #[test]
    fn who_reads_a_little_now_and_then_runs_out_of_time() {
        let seconds = Duration::from_secs;
        // The 3 KB each 20 s of an attack that held an answer for ever.
        assert_eq!(lasts(seconds(20), 3 << 10).map(|lasted| lasted.as_secs()), Some(62));
        assert!(lasts(seconds(1), 1).unwrap() <= seconds(61));
        assert_eq!(lasts(seconds(60), 100 << 20), Some(MOST));
    }

    #[test]
    fn who_reads_fast_enough_may_pause_and_goes_on_for_ever() {
        let seconds = Duration::from_secs;
        for (pause, bytes) in [(1, 4 << 10), (20, 80 << 10), (59, 236 << 10)] {
            assert_eq!(lasts(seconds(pause), bytes), None, "{pause} s, {bytes} bytes");
        }
    }

    #[test]
    fn what_was_read_fast_gives_no_more_than_one_pause() {
        let (mut pace, now) = (ReadPace::new(MOST), crate::clock::instant());
        for _ in 0..1_000 {
            assert!(!pace.advance(1 << 20, || now));
        }
        assert_eq!(pace.block(now), Some(now + MOST));
    }
}
