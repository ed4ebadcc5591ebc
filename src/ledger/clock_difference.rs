//! By how much a node's clock differs from PostgreSQL's, and what follows from that.

use std::fmt;

use jiff::SignedDuration;

/// By how much this node's clock is ahead of PostgreSQL's; negative where it is behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
pub struct ClockDifference(SignedDuration);

impl ClockDifference {
    /// What differs by more is logged, until it differs by less than [`Self::SMALL`].
    pub const LARGE: SignedDuration = SignedDuration::from_secs(2);
    /// Less than this counts as none.
    pub const SMALL: SignedDuration = SignedDuration::from_secs(1);
    /// A node that differs by more neither judges nor forgets.
    pub const MOST: SignedDuration = SignedDuration::from_secs(30);

    /// A clock that is ahead by so much.
    #[must_use]
    pub fn new(ahead: SignedDuration) -> Self {
        Self(ahead)
    }

    /// How much that is, whichever of the two is ahead.
    #[must_use]
    pub fn size(self) -> SignedDuration {
        self.0.abs()
    }

    /// Whether an admin is to know of it.
    #[must_use]
    pub fn is_large(self) -> bool {
        self.size() > Self::LARGE
    }

    /// Whether the node neither judges nor forgets.
    #[must_use]
    pub fn is_too_large(self) -> bool {
        self.size() > Self::MOST
    }

    /// In seconds; positive where this node's clock is ahead.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.0.as_secs_f64()
    }
}

impl fmt::Display for ClockDifference {
    /// `5 minutes ahead of PostgreSQL's`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.size().as_millis().saturating_add(500) / 1_000;
        let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes")];
        let unit = units.into_iter().find(|(length, _)| seconds >= 2 * length);
        let (length, name) = unit.unwrap_or((1, if seconds == 1 { "second" } else { "seconds" }));
        let way = if self.0.is_negative() { "behind" } else { "ahead of" };
        write!(f, "{} {name} {way} PostgreSQL's", seconds / length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_people_say_it() {
        for (ms, text) in [
            (0, "0 seconds ahead of PostgreSQL's"),
            (-1_200, "1 second behind PostgreSQL's"),
            (3_499, "3 seconds ahead of PostgreSQL's"),
            (-119_000, "119 seconds behind PostgreSQL's"),
            (300_000, "5 minutes ahead of PostgreSQL's"),
            (-7_200_000, "2 hours behind PostgreSQL's"),
            (400 * 86_400_000, "400 days ahead of PostgreSQL's"),
        ] {
            assert_eq!(ClockDifference::new(SignedDuration::from_millis(ms)).to_string(), text);
        }
    }

    #[test]
    fn more_than_two_seconds_are_told_and_more_than_thirty_are_too_many() {
        for (ms, expected) in
            [(2_000, (false, false)), (2_001, (true, false)), (30_000, (true, false)), (30_001, (true, true))]
        {
            for sign in [1, -1] {
                let difference = ClockDifference::new(SignedDuration::from_millis(sign * ms));
                assert_eq!((difference.is_large(), difference.is_too_large()), expected, "{difference}");
            }
        }
    }
}
