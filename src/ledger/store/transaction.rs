//! What the rules run on: a connection that reads, or the one transaction that writes.

use std::collections::HashMap;

use jiff::Timestamp;
use rand::rngs::StdRng;

use super::passed_time::PassedTime;
use crate::invite::InviteId;
use crate::ledger::sql::Sql;
use crate::rate::Used;

/// The ledger, as a connection that reads sees it.
#[derive(Clone, Copy)]
pub(in crate::ledger) struct Store<'a>(pub(in crate::ledger) Sql<'a>);

/// What the writer knows without asking; forgotten when a transaction fails, and where others write, too.
#[derive(Default)]
pub(in crate::ledger) struct Memory {
    pub(super) last_id: Option<InviteId>,
    pub(super) rates: HashMap<String, Used>,
    /// When the use of each key was last written.
    pub(super) noted: HashMap<String, Timestamp>,
    /// How far time has come for those who forget.
    pub(super) passed: PassedTime,
}

impl Memory {
    /// What stays true whatever others have written.
    pub(in crate::ledger) fn after_others(&self) -> Self {
        Self { passed: self.passed, ..Self::default() }
    }
}

/// A transaction under way.
pub(in crate::ledger) struct Transaction<'a> {
    pub(in crate::ledger) sql: Sql<'a>,
    pub(in crate::ledger) memory: &'a mut Memory,
    /// The time of the database, where it has a clock of its own.
    pub(in crate::ledger) clock: Option<Timestamp>,
    /// Keeps ids of several processes apart. They are no secrets, so the operating system is not asked for each.
    pub(in crate::ledger) rng: &'a mut StdRng,
}

impl Transaction<'_> {
    /// What the time is for whoever forgets, when this node's clock says `now`: what the database does not call old is not.
    pub(super) fn sure(&self, now: Timestamp) -> Timestamp {
        self.clock.map_or(now, |clock| clock.min(now))
    }
}
