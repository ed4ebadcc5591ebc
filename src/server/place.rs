//! The place of a connection in the table of them, by which those who serve it say how it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use super::stream::StreamHandle;
use super::table::ConnectionTable;

/// A place in a table, until it is dropped.
pub(super) struct ConnectionPlace {
    table: Arc<ConnectionTable>,
    id: u64,
}

impl ConnectionPlace {
    /// Takes a connection on; see [`ConnectionTable::enter`].
    pub(super) fn enter(
        table: &Arc<ConnectionTable>,
        handle: StreamHandle,
        peer: Option<SocketAddr>,
    ) -> Option<Arc<Self>> {
        let id = table.enter(handle, peer)?;
        Some(Arc::new(Self { table: Arc::clone(table), id }))
    }

    /// It has a request in flight: it stays.
    pub(super) fn work(&self) {
        self.table.work(self.id);
    }

    /// It has no whole request, and may go.
    pub(super) fn idle(&self) {
        self.table.idle(self.id);
    }

    /// Its client has the service wait with a request under way: from then on it may go.
    pub(super) fn stall(&self, from: Instant) {
        self.table.stall(self.id, from);
    }

    /// Its client gets nothing further.
    pub(super) fn cut_off(&self) {
        self.table.cut_off(self.id);
    }

    /// It holds so much for its client, more than before.
    pub(super) fn hold(&self, bytes: usize) {
        self.table.hold(self.id, bytes);
    }

    /// It holds so much less.
    pub(super) fn release(&self, bytes: usize) {
        self.table.release(self.id, bytes);
    }

    /// Whether it was told to go.
    pub(super) fn is_leaving(&self) -> bool {
        self.table.is_leaving(self.id)
    }

    /// Whether it was, or another connection waits for its place.
    pub(super) fn is_wanted(&self) -> bool {
        self.is_leaving() || self.table.is_crowded()
    }
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        self.table.leave(self.id);
    }
}
