//! How soon something is tried again, and how much at once.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// How fast a carrier goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// So much is under way at once, while all is well.
    pub at_once: usize,
    /// Nothing is under way for longer.
    pub patience: Duration,
    /// What is under way when the service stops, or the channel is no more, has so long to end.
    pub grace: Duration,
    /// After its first failure something is tried again so late; twice as late after each further one.
    pub first: Duration,
    /// At most so late.
    pub most_for_row: Duration,
    /// The same for a receiver that takes nothing.
    pub most_for_channel: Duration,
}

impl Pace {
    /// For so long a channel is held, of several nodes by one.
    pub(super) fn hold(&self) -> Duration {
        self.patience * 2
    }

    /// When so much of that is left it is not held anew.
    pub(super) fn hold_on(&self) -> Duration {
        self.hold() * 4 / 5
    }

    /// Something is begun to be sent only if so much is left: it will have ended by then.
    pub(super) fn hold_left(&self) -> Duration {
        self.patience + Duration::from_secs(1)
    }

    /// When something is tried again that has failed so often, and whose receiver wants to be left alone for so long.
    pub(super) fn next_try(&self, failures: u32, wait: Option<Duration>, now: Timestamp, random: u32) -> Timestamp {
        let wait = wait.unwrap_or_default().min(MOST_WANTED);
        later(now, spread(self.doubled(failures, self.most_for_row).max(wait), random))
    }

    fn doubled(&self, failures: u32, most: Duration) -> Duration {
        let factor = 1_u32.checked_shl(failures.saturating_sub(1).min(20)).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(most)
    }
}

/// A receiver is left alone for as long as it wants, and no longer than this.
const MOST_WANTED: Duration = Duration::from_hours(1);

/// So many are sent in a second, so that what waits for a receiver leaves the machine to those who call; and so many of them together.
const PER_SECOND: f64 = 600.0;
const TOGETHER: f64 = 32.0;

/// After so many failures in a row nothing can be sent, and not only some of it.
const IS_AWAY: u32 = 5;

/// By how much moments differ, so that what failed together does not come together again: up to a quarter of it, by `random`.
fn spread(time: Duration, random: u32) -> Duration {
    time + time.mul_f64(f64::from(random) / f64::from(u32::MAX) / 4.0)
}

pub(super) fn later(now: Timestamp, time: Duration) -> Timestamp {
    SignedDuration::try_from(time).ok().and_then(|time| now.checked_add(time).ok()).unwrap_or(Timestamp::MAX)
}

/// How a receiver as a whole is tried: one that fails is asked for one thing at a time, and less and less often.
#[derive(Debug)]
pub(super) struct ChannelPace {
    pace: Pace,
    /// Failures in a row, of which those count as one that were under way together.
    failures: u32,
    until: Option<Timestamp>,
    at_once: usize,
    round: u64,
}

impl ChannelPace {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, failures: 0, until: None, at_once: pace.at_once, round: 0 }
    }

    /// When something is tried again that has failed so often.
    pub(super) fn next_try(&self, failures: u32, wait: Option<Duration>, now: Timestamp, random: u32) -> Timestamp {
        self.pace.next_try(failures, wait, now, random)
    }

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
        self.at_once = (self.at_once * 2).min(self.pace.at_once);
    }

    pub(super) fn failed(&mut self, round: u64, wait: Option<Duration>, now: Timestamp, random: u32) {
        if round == self.round {
            self.round += 1;
            self.failures = self.failures.saturating_add(1);
            self.at_once = 1;
        }
        let pause =
            self.pace.doubled(self.failures, self.pace.most_for_channel).max(wait.unwrap_or_default().min(MOST_WANTED));
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

    use crate::delivery::webhook::PACE;

    fn now() -> Timestamp {
        moment("2026-01-01T00:00:00Z")
    }

    fn next_try(failures: u32, wait: Option<Duration>, now: Timestamp, random: u32) -> Timestamp {
        PACE.next_try(failures, wait, now, random)
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
        let mut pace = ChannelPace::new(PACE);
        pace.failed(0, Some(Duration::from_mins(2)), now(), 0);
        assert!(!pace.may_send(moment("2026-01-01T00:01:59Z")) && pace.may_send(moment("2026-01-01T00:02:00Z")));
    }

    #[test]
    fn failures_that_were_under_way_together_count_as_one() {
        let mut pace = ChannelPace::new(PACE);
        let round = pace.round();
        for _ in 0..PACE.at_once {
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
    fn what_is_under_way_ends_before_another_node_may_begin() {
        assert_eq!([PACE.hold(), PACE.hold_on(), PACE.hold_left()].map(|time| time.as_secs()), [30, 24, 16]);
    }

    #[test]
    fn no_more_than_so_many_are_sent_in_a_second() {
        let start = crate::clock::instant();
        let mut allowance = Allowance::new(start);
        let sent = (0..=10_000_u64)
            .map(|step| start + Duration::from_micros(step * 200))
            .filter(|now| allowance.take(*now))
            .count();
        assert!((1_200..=1_240).contains(&sent), "{sent} in two seconds");
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_waiting() {
        let mut pace = ChannelPace::new(PACE);
        pace.failed(0, None, moment("2036-01-01T00:00:00Z"), 0);
        assert!(pace.may_send(now()));
    }
}
