//! Which connection goes first.

use std::time::Instant;

use crate::clock;

/// Which connection goes first: the least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// It has had no whole request since then.
    Idle(Instant),
    /// Its request is under way, and the client has the service wait: it may go from then on.
    Stalled(Instant),
}

impl Rank {
    /// Whether it may go now.
    pub(super) fn may_go(self) -> bool {
        match self {
            Self::Idle(_) => true,
            Self::Stalled(from) => from <= clock::instant(),
        }
    }
}
