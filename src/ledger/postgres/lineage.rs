//! Which servers a ledger has been written on, one after the other: how a server that comes back from the past is told from
//! the one that went on.
//!
//! Each PostgreSQL cluster has an identifier of its own, which a replica shares with its primary, and a timeline, which grows
//! by a promotion. A primary that comes back after its replica was promoted is still on the earlier timeline. Two replicas of
//! one primary that are both promoted are on timelines of the same number; so whoever first writes on a timeline notes a mark
//! in the ledger there, which the other one does not have.

use std::fmt;
use std::str::FromStr;

/// What a server's data comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DataOrigin {
    /// The cluster's identifier.
    pub(super) system: i64,
    pub(super) timeline: u32,
}

/// A timeline that the ledger has been written on, with its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Marked {
    origin: DataOrigin,
    mark: u64,
}

/// What a ledger is known to have been written on, the latest last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lineage {
    timelines: Vec<Marked>,
    /// Whether this was told to a server that the ledger has gone on from: the last of these is not there.
    is_elsewhere: bool,
}

/// The line at the end of what is told to such a server.
const ELSEWHERE: &str = "elsewhere";

/// The ledger went on elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Superseded {
    /// On a later timeline.
    #[error(
        "this server is from the past: the ledger went on elsewhere on timeline {latest}, and this one is on timeline {found}; \
         stop it, or make it a replica"
    )]
    Earlier { found: u32, latest: u32 },
    /// On another one.
    #[error(
        "this server is from the past: the ledger went on with another one, which was promoted to timeline {0}, too, or before; \
         stop it, or make it a replica"
    )]
    Branch(u32),
}

impl Lineage {
    /// Whether the ledger may go on there; `noted` is what is noted in the ledger there.
    pub(super) fn allows(&self, origin: &DataOrigin, noted: &Self) -> Result<(), Superseded> {
        // Whoever knows nothing believes what was told to a server.
        let known = if noted.is_elsewhere && self.timelines.is_empty() { noted } else { self };
        let Some(Marked { origin: latest, mark }) = known.timelines.last() else { return Ok(()) };
        let earlier = Superseded::Earlier { found: origin.timeline, latest: latest.timeline };
        if latest.system != origin.system {
            let was_left = known.timelines.iter().any(|one| one.origin.system == origin.system);
            return if was_left || noted.is_elsewhere { Err(earlier) } else { Ok(()) };
        }
        if latest.timeline > origin.timeline {
            return Err(earlier);
        }
        let is_ours = match noted.mark_of(latest) {
            _ if noted.is_elsewhere => false,
            Some(other) => other == *mark,
            // Promoted later, it may have been so before it had received all. Where a person has deleted what was noted, that
            // is a word.
            None => origin.timeline > latest.timeline || noted.timelines.is_empty(),
        };
        if is_ours { Ok(()) } else { Err(Superseded::Branch(latest.timeline)) }
    }

    /// The mark of a timeline, if the ledger was written on it.
    pub(super) fn mark_of(&self, origin: &DataOrigin) -> Option<u64> {
        self.timelines.iter().find(|one| one.origin == *origin).map(|one| one.mark)
    }

    /// Whether the ledger has been written there by somebody who noted that.
    pub(super) fn has(&self, origin: &DataOrigin) -> bool {
        !self.is_elsewhere && self.timelines.last().is_some_and(|last| last.origin == *origin)
    }

    /// What is to be noted when the ledger goes on there: with `mark`, if that timeline is a new one.
    pub(super) fn going_on(&self, origin: &DataOrigin, mark: u64) -> Self {
        let mut next = Self { is_elsewhere: false, ..self.clone() };
        if !next.has(origin) {
            next.timelines.push(Marked { origin: *origin, mark });
        }
        next
    }

    /// What is told to a server that the ledger has gone on from.
    pub(super) fn elsewhere(&self) -> Self {
        Self { is_elsewhere: true, ..self.clone() }
    }

    /// Learns from what somebody else knows, if that is more.
    pub(super) fn learn(&mut self, other: &Self) {
        let (Some(ours), Some(theirs)) = (self.timelines.last(), other.timelines.last()) else {
            if self.timelines.is_empty() {
                self.timelines.clone_from(&other.timelines);
            }
            return;
        };
        let is_same = ours.origin.system == theirs.origin.system;
        let knows_us = other.timelines.iter().any(|one| one.origin.system == ours.origin.system);
        if if is_same { theirs.origin.timeline > ours.origin.timeline } else { knows_us } {
            self.timelines.clone_from(&other.timelines);
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

impl FromStr for Marked {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (origin, mark) = text.rsplit_once(' ').unwrap_or((text, ""));
        Ok(Self { origin: origin.parse()?, mark: u64::from_str_radix(mark, 16)? })
    }
}

impl FromStr for Lineage {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lines: Vec<_> = text.lines().collect();
        let is_elsewhere = lines.last() == Some(&ELSEWHERE);
        let timelines = &lines[..lines.len() - usize::from(is_elsewhere)];
        Ok(Self { timelines: timelines.iter().map(|line| line.parse()).collect::<Result<_, _>>()?, is_elsewhere })
    }
}

impl fmt::Display for Lineage {
    /// A line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line =
            |Marked { origin: DataOrigin { system, timeline }, mark }: &Marked| format!("{system} {timeline} {mark:x}");
        let mut lines: Vec<_> = self.timelines.iter().map(line).collect();
        if self.is_elsewhere {
            lines.push(ELSEWHERE.to_owned());
        }
        f.write_str(&lines.join("\n"))
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

    /// Whether who knows this lets the ledger go on with a server where that is noted.
    fn allows(known: &str, origin: DataOrigin, noted: &str) -> bool {
        lineage(known).allows(&origin, &lineage(noted)).is_ok()
    }

    #[test]
    fn it_goes_on_where_it_was_and_where_a_replica_was_promoted() {
        for next in [origin(7, 1), origin(7, 2), origin(8, 1)] {
            assert!(allows("", next, ""), "{next:?}");
            assert!(allows("7 1 a", next, "7 1 a"), "{next:?}");
        }
        let known = lineage("7 1 a");
        assert_eq!(known.going_on(&origin(7, 1), 0xb), known);
        assert_eq!(known.going_on(&origin(7, 2), 0xb).to_string(), "7 1 a\n7 2 b");
        // A person has deleted what was noted.
        assert!(allows("7 1 a", origin(7, 1), ""));
    }

    #[test]
    fn what_comes_back_from_the_past_is_refused() {
        let known = lineage("7 1 a\n7 2 b");
        let refused = known.allows(&origin(7, 1), &lineage("7 1 a")).unwrap_err().to_string();
        assert!(refused.contains("on timeline 2, and this one is on timeline 1"), "{refused}");
        assert!(!allows("7 1 a\n7 2 b", origin(7, 1), ""));
        // The same when it has moved to another cluster, where timelines begin anew.
        let moved = known.going_on(&origin(8, 1), 0xc).to_string();
        assert_eq!(moved, "7 1 a\n7 2 b\n8 1 c");
        assert!(!allows(&moved, origin(7, 3), "7 1 a"));
        assert!(allows(&moved, origin(8, 1), &moved));
    }

    #[test]
    fn of_two_that_were_promoted_the_other_one_is_refused() {
        let known = "7 1 a\n7 2 b";
        assert!(allows(known, origin(7, 2), known));
        for noted in ["7 1 a", "7 1 a\n7 2 c", "7 1 a\n7 2 b\nelsewhere"] {
            assert!(!allows(known, origin(7, 2), noted), "{noted:?}");
        }
        // So is what comes of the other one, as far as that can be told.
        assert!(allows(known, origin(7, 3), known));
        assert!(allows(known, origin(7, 3), "7 1 a"), "it was promoted before it had received the rest");
        for noted in ["7 1 a\n7 2 c\n7 3 d", "7 1 a\n7 2 b\nelsewhere"] {
            assert!(!allows(known, origin(7, 3), noted), "{noted:?}");
        }
        // Whoever knows nothing believes what was told to a server.
        for timeline in [1, 2, 3] {
            assert!(!allows("", origin(7, timeline), "7 1 a\n7 2 b\nelsewhere"), "{timeline}");
        }
        assert!(lineage(known).has(&origin(7, 2)) && !lineage("7 1 a").has(&origin(7, 2)));
        assert!(!lineage(known).elsewhere().has(&origin(7, 2)));
    }

    #[test]
    fn whoever_knows_less_learns() {
        for (ours, theirs, learnt) in [
            ("", "7 1 a", "7 1 a"),
            ("7 1 a", "", "7 1 a"),
            ("7 1 a", "7 1 a\n7 2 b", "7 1 a\n7 2 b"),
            ("7 1 a", "7 1 a\n7 2 b\nelsewhere", "7 1 a\n7 2 b"),
            ("7 2 b", "7 1 a", "7 2 b"),
            ("7 2 b", "7 2 c", "7 2 b"),
            ("7 1 a", "7 2 b\n8 1 c", "7 2 b\n8 1 c"),
            ("7 2 b\n8 1 c", "7 3 d", "7 2 b\n8 1 c"),
            ("7 1 a", "9 1 e", "7 1 a"),
        ] {
            let mut known = lineage(ours);
            known.learn(&lineage(theirs));
            assert_eq!(known.to_string(), learnt, "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn what_was_written_is_read() {
        for text in
            ["", "-9223372036854775808 4294967295 ffffffffffffffff", "7 2 a\n8 1 0", "7 2 a\nelsewhere", ELSEWHERE]
        {
            assert_eq!(text.parse::<Lineage>().unwrap().to_string(), text);
        }
        for text in ["x", "7", "7 2", "7 2 1 0", "\n", "elsewhere\n7 2 a"] {
            assert!(text.parse::<Lineage>().is_err(), "{text:?}");
        }
    }
}
