//! Rates: so many in a period, in bursts up to that many.
//!
//! Counted by the generic cell rate algorithm (ITU-T I.371): the whole state is one point in time, so that it can be
//! stored with whatever was counted and survives a restart.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// So many in a period, in bursts up to that many: `60/h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
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
    #[error("expected a rate such as \"60/h\" (s, m, h or d)")]
    Form,
    /// So many are not counted.
    #[error("expected a rate between 1 and {MAX_COUNT} in its period")]
    Count,
}

/// Keeps the interval between two of them well above what it is counted in, microseconds.
const MAX_COUNT: u32 = 1_000_000;

const PERIODS: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];

impl FromStr for Rate {
    type Err = RateError;
    fn from_str(text: &str) -> Result<Self, RateError> {
        let (count, unit) = text.split_once('/').ok_or(RateError::Form)?;
        let count: u32 = count.trim().parse().map_err(|_| RateError::Form)?;
        let (_, seconds) = PERIODS.iter().find(|(name, _)| *name == unit.trim()).ok_or(RateError::Form)?;
        if !(1..=MAX_COUNT).contains(&count) {
            return Err(RateError::Count);
        }
        Ok(Self { count, period: Duration::from_secs(*seconds) })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit =
            PERIODS.iter().find(|(_, seconds)| Duration::from_secs(*seconds) == self.period).map_or("s", |p| p.0);
        write!(f, "{}/{unit}", self.count)
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

/// How much of a rate is used: the time at which all of it will be there again, in microseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Used(pub i64);

impl Rate {
    /// How many are left at `now`.
    #[must_use]
    pub fn left(self, used: Used, now: Timestamp) -> u32 {
        let taken = used.0.saturating_sub(now.as_microsecond()).max(0);
        // The last interval that has begun is not there yet.
        let taken = (taken + self.interval_us() - 1) / self.interval_us().max(1);
        self.count.saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX))
    }

    /// How long until all of it is there again.
    #[must_use]
    pub fn full_in(self, used: Used, now: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(used.0.saturating_sub(now.as_microsecond())).unwrap_or(0))
    }

    fn interval_us(self) -> i64 {
        i64::try_from(self.period.as_micros() / u128::from(self.count)).unwrap_or(i64::MAX)
    }

    /// Takes `count` out of the rate at `now`.
    ///
    /// # Errors
    /// When so many are not there; then nothing is taken.
    pub fn take(self, used: Used, now: Timestamp, count: u32) -> Result<Used, RateExceeded> {
        let now = now.as_microsecond();
        let full_at = used.0.max(now).saturating_add(self.interval_us().saturating_mul(i64::from(count)));
        let burst = self.interval_us().saturating_mul(i64::from(self.count));
        match u64::try_from(full_at.saturating_sub(burst).saturating_sub(now)) {
            Ok(wait @ 1..) => Err(RateExceeded { retry_after: Duration::from_micros(wait) }),
            _ => Ok(Used(full_at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_print_as_they_are_read() {
        for text in ["60/h", "1/s", "30/m", "10/d"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert_eq!("60".parse::<Rate>().unwrap_err().to_string(), "expected a rate such as \"60/h\" (s, m, h or d)");
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
}
