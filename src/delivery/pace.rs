//! How soon something is tried again, and how much at once.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// After its first failure something is tried again so late; twice as late after each further one, up to the most.
const FIRST: Duration = Duration::from_secs(1);
const MOST_FOR_ROW: Duration = Duration::from_mins(15);
const MOST_FOR_CHANNEL: Duration = Duration::from_mins(5);

/// A receiver is left alone for as long as it wants, and no longer than this.
const MOST_WANTED: Duration = Duration::from_hours(1);

/// So many are sent at once to a receiver that is well.
pub(super) const MOST_AT_ONCE: usize = 16;

/// So many are sent in a second, so that what waits for a receiver leaves the machine to those who call; and so many of them together.
const PER_SECOND: f64 = 1_000.0;
const TOGETHER: f64 = 32.0;

/// After so many failures in a row nothing can be sent, and not only some of it.
const IS_AWAY: u32 = 5;

/// By how much moments differ, so that what failed together does not come together again: up to a quarter of it, by `random`.
fn spread(time: Duration, random: u32) -> Duration {
    time + time.mul_f64(f64::from(random) / f64::from(u32::MAX) / 4.0)
}

fn doubled(failures: u32, most: Duration) -> Duration {
    FIRST.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1).min(20)).unwrap_or(u32::MAX)).min(most)
}

fn later(now: Timestamp, time: Duration) -> Timestamp {
    SignedDuration::try_from(time).ok().and_then(|time| now.checked_add(time).ok()).unwrap_or(Timestamp::MAX)
}

/// When something is tried again that has failed so often, and whose receiver wants to be left alone for so long.
pub(super) fn next_try(failures: u32, wait: Option<Duration>, now: Timestamp, random: u32) -> Timestamp {
    let wait = wait.unwrap_or_default().min(MOST_WANTED);
    later(now, spread(doubled(failures, MOST_FOR_ROW).max(wait), random))
}

/// How a receiver as a whole is tried: one that fails is asked for one thing at a time, and less and less often.
#[derive(Debug)]
pub(super) struct ChannelPace {
    /// Failures in a row, of which those count as one that were under way together.
    failures: u32,
    until: Option<Timestamp>,
    at_once: usize,
    round: u64,
}

impl Default for ChannelPace {
    fn default() -> Self {
        Self { failures: 0, until: None, at_once: MOST_AT_ONCE, round: 0 }
    }
}

impl ChannelPace {
    /// Whether anything may be sent. A clock that was set back keeps nobody waiting for longer.
    pub(super) fn may_send(&self, now: Timestamp) -> bool {
        let latest = later(now, MOST_WANTED.saturating_mul(2));
        self.until.is_none_or(|until| until <= now || until > latest)
    }

    /// How much may be under way at once.
    pub(super) fn at_once(&self) -> usize {
        self.at_once
    }

    /// What is sent now belongs to this round, for [`Self::failed`].
    pub(super) fn round(&self) -> u64 {
        self.round
    }

    /// Whether nothing can be sent at all.
    pub(super) fn is_away(&self) -> bool {
        self.failures >= IS_AWAY
    }

    pub(super) fn delivered(&mut self) {
        self.failures = 0;
        self.until = None;
        self.at_once = (self.at_once * 2).min(MOST_AT_ONCE);
    }

    pub(super) fn failed(&mut self, round: u64, wait: Option<Duration>, now: Timestamp, random: u32) {
        if round == self.round {
            self.round += 1;
            self.failures = self.failures.saturating_add(1);
            self.at_once = 1;
        }
        let pause = doubled(self.failures, MOST_FOR_CHANNEL).max(wait.unwrap_or_default().min(MOST_WANTED));
        self.until = self.until.max(Some(later(now, spread(pause, random))));
    }
}

/// How much may be sent just now.
#[derive(Debug)]
pub(super) struct Allowance {
    left: f64,
    at: Instant,
}

impl Allowance {
    pub(super) fn new(at: Instant) -> Self {
        Self { left: TOGETHER, at }
    }

    /// Whether one may be sent now; if so, it counts as sent.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * PER_SECOND).min(TOGETHER);
        self.at = now;
        let may = self.left >= 1.0;
        if may {
            self.left -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::moment;

    fn now() -> Timestamp {
        moment("2026-01-01T00:00:00Z")
    }

    fn seconds(until: Timestamp) -> i64 {
        until.duration_since(now()).as_secs()
    }

    #[test]
    fn what_fails_is_tried_less_and_less_often_and_never_all_at_the_same_moment() {
        let pauses =
            |random| (1..=12).map(|failures| seconds(next_try(failures, None, now(), random))).collect::<Vec<_>>();
        assert_eq!(pauses(0), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(pauses(u32::MAX), [1, 2, 5, 10, 20, 40, 80, 160, 320, 640, 1125, 1125]);
        assert_eq!(seconds(next_try(u32::MAX, None, now(), 0)), 900);
    }

    #[test]
    fn a_receiver_is_left_alone_as_long_as_it_wants_within_bounds() {
        let wanted = |wait| seconds(next_try(1, Some(Duration::from_secs(wait)), now(), 0));
        assert_eq!([wanted(0), wanted(120), wanted(1_000_000)], [1, 120, 3_600]);
        let mut pace = ChannelPace::default();
        pace.failed(0, Some(Duration::from_mins(2)), now(), 0);
        assert!(!pace.may_send(moment("2026-01-01T00:01:59Z")) && pace.may_send(moment("2026-01-01T00:02:00Z")));
    }

    #[test]
    fn failures_that_were_under_way_together_count_as_one() {
        let mut pace = ChannelPace::default();
        let round = pace.round();
        for _ in 0..MOST_AT_ONCE {
            pace.failed(round, None, now(), 0);
        }
        assert_eq!((pace.at_once(), pace.is_away()), (1, false));
        assert!(!pace.may_send(now()) && pace.may_send(moment("2026-01-01T00:00:01Z")));
        for _ in 1..IS_AWAY {
            pace.failed(pace.round(), None, now(), 0);
        }
        assert!(pace.is_away() && !pace.may_send(moment("2026-01-01T00:00:15Z")));
        // One that works again is trusted with more and more.
        let widths = [(); 6].map(|()| {
            pace.delivered();
            pace.at_once()
        });
        assert_eq!(widths, [2, 4, 8, 16, 16, 16]);
        assert!(pace.may_send(now()) && !pace.is_away());
    }

    #[test]
    fn no_more_than_a_thousand_are_sent_in_a_second() {
        let start = crate::clock::instant();
        let mut allowance = Allowance::new(start);
        let sent = (0..=10_000_u64)
            .map(|step| start + Duration::from_micros(step * 200))
            .filter(|now| allowance.take(*now))
            .count();
        assert!((2_000..=2_040).contains(&sent), "{sent} in two seconds");
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_waiting() {
        let mut pace = ChannelPace::default();
        pace.failed(0, None, moment("2036-01-01T00:00:00Z"), 0);
        assert!(pace.may_send(now()));
    }
}
