//! What was found damaged: rows that cannot be read, and files of which SQLite says so. Said once each.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::error::{LedgerError, SqlError};
use crate::invite::InviteId;
use crate::log::chain;

/// What was found damaged since the start.
#[derive(Default)]
pub(super) struct Damage {
    rows: Mutex<BTreeSet<InviteId>>,
    /// Whether SQLite has found the file damaged.
    file: AtomicBool,
}

impl Damage {
    /// How much: each row counts, and the file once.
    pub(super) fn count(&self) -> u64 {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner).len();
        rows as u64 + u64::from(self.file.load(Ordering::Relaxed))
    }

    /// A row that cannot be read.
    pub(super) fn note_row(&self, id: InviteId, why: &SqlError) {
        if self.rows.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
            tracing::error!(invite.id = %id, error = %chain(why), "an invite cannot be read and is left out; run invited check");
        }
    }

    /// An error, if it is about damage.
    pub(super) fn note(&self, error: &LedgerError) {
        if matches!(error, LedgerError::Damaged(_)) && !self.file.swap(true, Ordering::Relaxed) {
            tracing::error!(error = %chain(error), "the ledger is damaged; run invited check");
        }
    }
}
