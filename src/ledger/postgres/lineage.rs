//! Which servers a ledger has been written on, one after the other: how a server that comes back from the past is told from
//! the one that went on.
//!
//! Each PostgreSQL cluster has an identifier of its own, which a replica shares with its primary, and a timeline, which grows
//! by a promotion. A primary that comes back after its replica was promoted is still on the earlier timeline.

use std::fmt;
use std::str::FromStr;

/// What a server's data comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DataOrigin {
    /// The cluster's identifier.
    pub(super) system: i64,
    pub(super) timeline: u32,
}

/// What a ledger is known to have been written on, the latest last; each cluster once, with its latest timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lineage(Vec<DataOrigin>);

/// The ledger went on elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this server is from the past: the ledger went on elsewhere on timeline {latest}, and this one is on timeline {found}; \
     stop it, or make it a replica"
)]
pub(super) struct Superseded {
    found: u32,
    latest: u32,
}

impl Lineage {
    /// Whether the ledger may go on there.
    pub(super) fn allows(&self, origin: &DataOrigin) -> Result<(), Superseded> {
        let Some(latest) = self.0.last() else { return Ok(()) };
        let superseded = Err(Superseded { found: origin.timeline, latest: latest.timeline });
        if latest.system == origin.system {
            return if latest.timeline > origin.timeline { superseded } else { Ok(()) };
        }
        if self.0.iter().any(|one| one.system == origin.system) { superseded } else { Ok(()) }
    }

    /// The ledger goes on there.
    pub(super) fn go_on(&mut self, origin: &DataOrigin) {
        self.0.retain(|one| one.system != origin.system);
        self.0.push(origin.clone());
    }

    /// Learns from what somebody else knows, if that is more.
    pub(super) fn learn(&mut self, other: &Self) {
        let (Some(ours), Some(theirs)) = (self.0.last(), other.0.last()) else {
            if self.0.is_empty() {
                other.clone_into(self);
            }
            return;
        };
        let is_same = ours.system == theirs.system;
        let knows_us = other.0.iter().any(|one| one.system == ours.system);
        if if is_same { theirs.timeline > ours.timeline } else { knows_us } {
            other.clone_into(self);
        }
    }
}

impl FromStr for DataOrigin {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (system, timeline) = text.split_once(' ').unwrap_or((text, ""));
        Ok(Self { system: system.parse()?, timeline: timeline.parse()? })
    }
}

impl fmt::Display for DataOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.system, self.timeline)
    }
}

impl FromStr for Lineage {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.lines().map(str::parse).collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for Lineage {
    /// A line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(index, one)| {
            if index > 0 {
                f.write_str("\n")?;
            }
            one.fmt(f)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(system: i64, timeline: u32) -> DataOrigin {
        DataOrigin { system, timeline }
    }

    fn lineage(text: &str) -> Lineage {
        text.parse().unwrap()
    }

    #[test]
    fn it_goes_on_where_it_was_and_where_a_replica_was_promoted() {
        for next in [origin(7, 1), origin(7, 2), origin(8, 1)] {
            assert_eq!(Lineage::default().allows(&next), Ok(()));
            assert_eq!(lineage("7 1").allows(&next), Ok(()), "{next}");
        }
        let mut known = lineage("7 1");
        known.go_on(&origin(7, 2));
        assert_eq!(known.to_string(), "7 2");
    }

    #[test]
    fn what_comes_back_from_the_past_is_refused() {
        let mut known = lineage("7 2");
        let refused = known.allows(&origin(7, 1)).unwrap_err().to_string();
        assert!(refused.contains("on timeline 2, and this one is on timeline 1"), "{refused}");
        // The same when it has moved to another cluster, where timelines begin anew.
        known.go_on(&origin(8, 1));
        assert_eq!(known.to_string(), "7 2\n8 1");
        assert!(known.allows(&origin(7, 3)).is_err());
        assert_eq!(known.allows(&origin(8, 1)), Ok(()));
    }

    #[test]
    fn whoever_knows_less_learns() {
        for (ours, theirs, learnt) in [
            ("", "7 1", "7 1"),
            ("7 1", "", "7 1"),
            ("7 1", "7 2", "7 2"),
            ("7 2", "7 1", "7 2"),
            ("7 1", "7 2\n8 1", "7 2\n8 1"),
            ("7 2\n8 1", "7 3", "7 2\n8 1"),
            ("7 1", "9 1", "7 1"),
        ] {
            let mut known = lineage(ours);
            known.learn(&lineage(theirs));
            assert_eq!(known.to_string(), learnt, "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn what_was_written_is_read() {
        for text in ["", "-9223372036854775808 4294967295", "7 2\n8 1"] {
            assert_eq!(text.parse::<Lineage>().unwrap().to_string(), text);
        }
        for text in ["x", "7", "7 2 1", "\n"] {
            assert!(text.parse::<Lineage>().is_err(), "{text:?}");
        }
    }
}
