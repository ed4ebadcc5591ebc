//! Rates: so many in a period, in bursts up to that many.
//!
//! Counted by the generic cell rate algorithm (ITU-T I.371): the whole state is one point in time, so that it can be
//! stored with whatever was counted and survives a restart. A second one says when that was, for clocks that are set.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod meters;

pub use meters::{Meters, network};

/// So many in a period, in bursts up to that many: `60/h`, or `5/30d` for a period of several days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("expected" = RateError::Form.to_string()))]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In which time.
    pub period: Duration,
}

/// Why a text is no rate: says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// It is something else.
    #[error("expected a rate such as \"60/h\" or \"5/30d\" (s, m, h or d)")]
    Form,
    /// So many are not counted.
    #[error("expected a rate between 1 and {MAX_COUNT} in its period")]
    Count,
}

/// Keeps the interval between two of them well above what it is counted in, microseconds.
const MAX_COUNT: u32 = 1_000_000;

/// From the longest.
const PERIODS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// A period is at most so long.
const MAX_PERIOD: Duration = Duration::from_hours(366 * 24);

impl FromStr for Rate {
    type Err = RateError;
    fn from_str(text: &str) -> Result<Self, RateError> {
        let (count, unit) = text.split_once('/').ok_or(RateError::Form)?;
        let count: u32 = count.trim().parse().map_err(|_| RateError::Form)?;
        let unit = unit.trim();
        let name = unit.trim_start_matches(|c: char| c.is_ascii_digit());
        let (_, seconds) = PERIODS.iter().find(|(known, _)| *known == name).ok_or(RateError::Form)?;
        let units = match &unit[..unit.len() - name.len()] {
            "" => 1,
            number => number.parse::<u64>().map_err(|_| RateError::Form)?,
        };
        let period = Duration::from_secs(units.checked_mul(*seconds).ok_or(RateError::Form)?);
        if period.is_zero() || period > MAX_PERIOD {
            return Err(RateError::Form);
        }
        if !(1..=MAX_COUNT).contains(&count) {
            return Err(RateError::Count);
        }
        Ok(Self { count, period })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let period = self.period.as_secs().max(1);
        // A second divides every period.
        let (unit, seconds) =
            PERIODS.into_iter().find(|(_, seconds)| period.is_multiple_of(*seconds)).unwrap_or(PERIODS[3]);
        match period / seconds {
            1 => write!(f, "{}/{unit}", self.count),
            units => write!(f, "{}/{units}{unit}", self.count),
        }
    }
}

impl TryFrom<String> for Rate {
    type Error = RateError;
    fn try_from(text: String) -> Result<Self, RateError> {
        text.parse()
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.to_string()
    }
}

/// Refused: the rate is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateExceeded {
    /// When as many as were asked for will be there.
    pub retry_after: Duration,
}

/// How much of a rate is used, in microseconds since 1970 (in memory: since any moment).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// When all of it will be there again.
    pub full_at: i64,
    /// When that was noted. What is there again is counted from then on; a clock that was set back since counts as one
    /// that stood still, and so its jump takes nothing from anybody.
    pub at: i64,
}

/// The clocks of nodes that count together may differ by so much: it takes nothing from the limit, as each goes on from the
/// latest of them.
const SKEW_US: i64 = 60_000_000;

impl Rate {
    /// How many are left at `now`.
    #[must_use]
    pub fn left(self, used: Used, now: Timestamp) -> u32 {
        // The last interval that has begun is not there yet.
        let taken = self.full_in_at(used, now.as_microsecond()).saturating_add(self.interval_us() - 1);
        self.count.saturating_sub(u32::try_from(taken / self.interval_us()).unwrap_or(u32::MAX))
    }

    /// How long until all of it is there again.
    #[must_use]
    pub fn full_in(self, used: Used, now: Timestamp) -> Duration {
        Duration::from_micros(self.full_in_at(used, now.as_microsecond()).cast_unsigned())
    }

    /// Whether it was noted so much later than `now` that the clock must have been set back: then it is to be noted anew,
    /// for the time that passes to count again.
    #[must_use]
    pub fn is_ahead(self, used: Used, now: Timestamp) -> bool {
        used.at > self.counted_from(used, now.as_microsecond())
    }

    /// The same as it is at `now`.
    #[must_use]
    pub fn noted_at(self, used: Used, now: Timestamp) -> Used {
        let at = self.counted_from(used, now.as_microsecond());
        Used { full_at: at.saturating_add(self.full_in_at(used, at)), at }
    }

    /// The moment that counts as `now`.
    fn counted_from(self, used: Used, now: i64) -> i64 {
        let period = i64::try_from(self.period.as_micros()).unwrap_or(i64::MAX);
        if used.at.saturating_sub(now) <= period.min(SKEW_US) { now.max(used.at) } else { now }
    }

    fn interval_us(self) -> i64 {
        i64::try_from(self.period.as_micros() / u128::from(self.count.max(1))).unwrap_or(i64::MAX).max(1)
    }

    /// All of it, as time: never more than its period.
    fn burst_us(self) -> i64 {
        self.interval_us().saturating_mul(i64::from(self.count))
    }

    /// Microseconds, between none and all of the rate's, whatever the clock did since.
    fn full_in_at(self, used: Used, now: i64) -> i64 {
        used.full_at.saturating_sub(now.max(used.at)).clamp(0, self.burst_us())
    }

    /// Takes `count` out of the rate at `now`.
    ///
    /// # Errors
    /// When so many are not there; then nothing is taken.
    pub fn take(self, used: Used, now: Timestamp, count: u32) -> Result<Used, RateExceeded> {
        self.take_at(used, now.as_microsecond(), count)
    }

    /// One less is used.
    fn give_back_at(self, used: Used, now: i64) -> Used {
        let left = self.full_in_at(used, now).saturating_sub(self.interval_us()).max(0);
        let at = self.counted_from(used, now);
        Used { full_at: at.saturating_add(left), at }
    }

    fn take_at(self, used: Used, now: i64, count: u32) -> Result<Used, RateExceeded> {
        let (taken, all) = (self.full_in_at(used, now), self.burst_us());
        let wanted = self.interval_us().saturating_mul(i64::from(count)).saturating_add(taken);
        if let Ok(wait @ 1..) = u64::try_from(wanted.saturating_sub(all).min(all)) {
            return Err(RateExceeded { retry_after: Duration::from_micros(wait) });
        }
        let at = self.counted_from(used, now);
        Ok(Used { full_at: at.saturating_add(wanted), at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_print_as_they_are_read() {
        for text in ["60/h", "1/s", "30/m", "10/d", "5/30d", "3/90s", "1/366d", "7/36h"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert_eq!("60/60m".parse::<Rate>().unwrap().to_string(), "60/h");
        let form = "expected a rate such as \"60/h\" or \"5/30d\" (s, m, h or d)";
        for wrong in
            ["60", "5/", "5/30", "5/0d", "5/367d", "5/-1d", "5/1.5h", "5/99999999999999999999d", "5/30w", "5/d30"]
        {
            assert_eq!(wrong.parse::<Rate>().unwrap_err().to_string(), form, "{wrong}");
        }
        assert_eq!(
            "0/h".parse::<Rate>().unwrap_err().to_string(),
            "expected a rate between 1 and 1000000 in its period"
        );
    }

    #[test]
    fn a_burst_is_as_large_as_the_count_and_refills_evenly() {
        let rate: Rate = "3/m".parse().unwrap();
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let later = |seconds| start + jiff::SignedDuration::from_secs(seconds);
        let mut used = Used::default();
        for left in [2, 1, 0] {
            used = rate.take(used, start, 1).unwrap();
            assert_eq!(rate.left(used, start), left);
        }
        assert_eq!(rate.full_in(used, start), Duration::from_mins(1));
        assert_eq!((rate.left(used, later(19)), rate.left(used, later(20)), rate.left(used, later(99))), (0, 1, 3));
        assert_eq!(rate.take(used, start, 1), Err(RateExceeded { retry_after: Duration::from_secs(20) }));
        assert_eq!(rate.take(used, later(19), 1), Err(RateExceeded { retry_after: Duration::from_secs(1) }));
        used = rate.take(used, later(20), 1).unwrap();
        assert_eq!(rate.take(used, later(20), 1), Err(RateExceeded { retry_after: Duration::from_secs(20) }));
        assert!(rate.take(used, later(100), 3).is_ok());
        assert_eq!(rate.take(used, later(1000), 4), Err(RateExceeded { retry_after: Duration::from_secs(20) }));
    }

    /// Whatever the clock does: no panic, no wait that is longer than the period, and no more than the rate allows, but for
    /// one burst each time that the clock was set forward.
    #[test]
    fn a_clock_that_jumps_makes_nobody_wait_longer_than_the_period() {
        use rand::{RngExt as _, SeedableRng as _};
        let mut rng = rand::rngs::StdRng::seed_from_u64(14);
        let moments = [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX].map(Timestamp::as_second);
        for text in ["1/s", "1/d", "7/m", "60/h", "5/30d", "1000000/d", "1000000/s"] {
            let rate: Rate = text.parse().unwrap();
            let mut used = Used::default();
            let (mut now, mut taken, mut allowed) = (1_800_000_000, 0, rate.burst_us());
            for _ in 0..2_000 {
                let jump = match rng.random_range(0..20) {
                    0 => moments[rng.random_range(0..3)] - now,
                    1 => rng.random_range(-40_000_000..=40_000_000),
                    _ => rng.random_range(0..100),
                };
                let next = (now + jump).clamp(moments[0], moments[2]);
                let period = i64::try_from(rate.period.as_secs()).unwrap();
                allowed += (next - now).clamp(0, period) * 1_000_000;
                now = next;
                let at = Timestamp::from_second(now).unwrap();
                let before = rate.left(used, at);
                match rate.take(used, at, 1) {
                    Ok(after) => {
                        assert_eq!(rate.left(after, at), before - 1, "{text} at {at}: {used:?}");
                        taken += rate.interval_us();
                        used = after;
                    }
                    Err(RateExceeded { retry_after }) => {
                        assert!(before == 0 && retry_after <= rate.period, "{text} at {at}: {used:?}");
                        used = rate.noted_at(used, at);
                    }
                }
                assert!(rate.full_in(used, at) <= rate.period && taken <= allowed, "{text} at {at}: {used:?}");
                let stored = Used { full_at: rng.random(), at: rng.random() };
                assert!(rate.left(stored, at) <= rate.count && rate.full_in(stored, at) <= rate.period);
            }
        }
    }

    #[test]
    fn clocks_that_differ_by_seconds_give_nothing_away() {
        let rate: Rate = "60/h".parse().unwrap();
        let mut used = Used::default();
        let ahead: Timestamp = "2026-01-01T00:00:30Z".parse().unwrap();
        let behind: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let taken = (0..1_000).filter(|at| {
            let node = if at % 2 == 0 { ahead } else { behind };
            rate.take(used, node, 1).map(|after| used = after).is_ok()
        });
        assert_eq!(taken.count(), 60);
        assert!(!rate.is_ahead(used, behind));
    }

    #[test]
    fn a_clock_that_was_set_back_counts_as_one_that_stood_still() {
        let rate: Rate = "3/m".parse().unwrap();
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let month = jiff::SignedDuration::from_hours(30 * 24);
        let used = rate.take(Used::default(), start, 2).unwrap();
        let back = start - month;
        assert_eq!((rate.left(used, back), rate.full_in(used, back)), (1, Duration::from_secs(40)));
        let used = rate.take(used, back, 1).unwrap();
        assert_eq!(rate.take(used, back, 1), Err(RateExceeded { retry_after: Duration::from_secs(20) }));
        // Who is refused is noted, so that it goes on from there.
        let earlier = back - month;
        assert!(rate.is_ahead(used, earlier) && !rate.is_ahead(used, back));
        let noted = rate.noted_at(used, earlier);
        assert_eq!(rate.take(noted, earlier, 1), Err(RateExceeded { retry_after: Duration::from_secs(20) }));
        assert!(rate.take(noted, earlier + jiff::SignedDuration::from_secs(20), 1).is_ok());
    }
}
