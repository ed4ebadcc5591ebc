//! A row of the outbox before it is one.

use jiff::Timestamp;

use crate::ledger::outbox_row::GIVE_UP_AFTER;

/// A row that is to be put into the outbox.
pub(super) struct OutboxEntry<'a> {
    pub(super) channel: &'a str,
    pub(super) message: String,
    pub(super) topic: String,
    pub(super) body: &'a [u8],
    pub(super) at: Timestamp,
}

impl OutboxEntry<'_> {
    /// When it is tried for the last time.
    pub(super) fn give_up_at(&self) -> Timestamp {
        give_up_at(self.at)
    }
}

/// When what is put there at `at` is tried for the last time.
pub(super) fn give_up_at(at: Timestamp) -> Timestamp {
    at.checked_add(GIVE_UP_AFTER).unwrap_or(Timestamp::MAX)
}
