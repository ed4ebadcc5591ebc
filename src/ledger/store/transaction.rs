//! What the rules run on: a connection that reads, or the one transaction that writes.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use jiff::Timestamp;
use rand::Rng as _;
use rand::rngs::StdRng;

use super::batch::Batch;
use super::locks::{HeldLock, LockKey};
use super::passed_time::PassedTime;
use super::uncounted::UncountedInvites;
use crate::invite::InviteId;
use crate::ledger::error::SqlError;
use crate::ledger::statements::Statements;
use crate::ledger::subscribers::Subscriber;
use crate::rate::Used;

/// The ledger, as a connection that reads sees it.
#[derive(Clone, Copy)]
pub(in crate::ledger) struct Store<'a>(pub(in crate::ledger) Statements<'a>);

/// What the writer knows without asking; forgotten when a transaction fails, and where others write, too.
#[derive(Default)]
pub(in crate::ledger) struct Memory {
    pub(super) last_id: Option<InviteId>,
    pub(super) rates: HashMap<String, Used>,
    /// When the use of each key was last written.
    pub(super) noted: HashMap<String, Timestamp>,
    /// What was added, and is not yet counted.
    pub(super) uncounted: UncountedInvites,
    /// How far time has come for those who forget.
    pub(super) passed: PassedTime,
}

impl Memory {
    /// What stays true whatever others have written.
    pub(in crate::ledger) fn after_others(&self) -> Self {
        Self { passed: self.passed, ..Self::default() }
    }
}

/// A transaction under way. Where others do something in it at the same time, whoever judges locks what that is about
/// (`locks.rs`); no loan of a `RefCell` lasts while anything is waited for.
pub(in crate::ledger) struct Transaction<'a> {
    pub(in crate::ledger) sql: Statements<'a>,
    pub(in crate::ledger) memory: &'a RefCell<Memory>,
    /// Keeps ids of several processes apart. They are no secrets, so the operating system is not asked for each.
    pub(in crate::ledger) rng: &'a RefCell<StdRng>,
    /// What those share who do something in it at the same time, where any do.
    pub(in crate::ledger) batch: Option<&'a Batch<'a>>,
    /// Who is told of what happens.
    pub(in crate::ledger) subscribers: &'a [Subscriber],
    /// Whether anything was put into the outbox.
    pub(in crate::ledger) is_outbox_written: &'a Cell<bool>,
}

impl<'a> Transaction<'a> {
    /// The time of the database, where it has a clock of its own.
    pub(super) async fn clock(&self) -> Option<Timestamp> {
        match self.batch {
            Some(batch) => Some(batch.start().await.at),
            None => None,
        }
    }

    /// What the time is for whoever forgets, when this node's clock says `now`: what the database does not call old is not.
    pub(super) async fn sure(&self, now: Timestamp) -> Timestamp {
        self.clock().await.map_or(now, |clock| clock.min(now))
    }

    pub(super) fn random(&self) -> u32 {
        self.rng.borrow_mut().next_u32()
    }

    /// Waits for the lock of `key`, where there are others.
    pub(super) async fn lock(&self, key: LockKey) -> Option<HeldLock<'a>> {
        match self.batch {
            Some(batch) => Some(batch.locks.take(key).await),
            None => None,
        }
    }

    /// Sends what was gathered, for whoever reads it.
    pub(super) async fn send_gathered(&self) -> Result<(), SqlError> {
        if let Some(batch) = self.batch {
            batch.send_gathered().await;
        }
        Ok(())
    }
}
