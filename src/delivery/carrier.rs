//! What a courier is given to send with.

use std::time::Duration;

use jiff::Timestamp;

use crate::ledger::OutboxRow;

/// What came of sending something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// Its receiver has it.
    Delivered,
    /// Its receiver may not have it.
    Failed {
        /// Why, for an admin: without anything secret, or that the receiver said.
        reason: String,
        /// How long the receiver wants to be left alone.
        wait: Option<Duration>,
    },
}

/// Who sends what is in a channel.
pub trait Carrier: Send + Sync + 'static {
    /// Sends it, and waits for what comes of that, with a deadline of its own.
    fn carry(&self, row: &OutboxRow, now: Timestamp) -> impl Future<Output = Carried> + Send;
}
