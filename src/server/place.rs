//! The place of a connection in the table of them, by which those who serve it say how it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use tide::http::Request;

use super::stream::StreamHandle;
use super::table::ConnectionTable;

/// A place in a table, until it is dropped.
pub(super) struct ConnectionPlace {
    table: Arc<ConnectionTable>,
    id: u64,
    handle: StreamHandle,
}

impl ConnectionPlace {
    /// Takes a connection on; see [`ConnectionTable::enter`].
    pub(super) fn enter(
        table: &Arc<ConnectionTable>,
        handle: StreamHandle,
        peer: Option<SocketAddr>,
    ) -> Option<Arc<Self>> {
        let id = table.enter(handle.clone(), peer)?;
        Some(Arc::new(Self { table: Arc::clone(table), id, handle }))
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

    /// Whether its client has gone, or has at least ended its side.
    pub(super) fn has_ended(&self) -> bool {
        self.handle.has_ended()
    }

    /// A request of its client's, by which others see whether that is still there.
    pub(super) fn mark(self: &Arc<Self>, mut request: Request) -> Request {
        request.ext_mut().insert(Presence(Arc::clone(self)));
        request
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

/// The client of a request, as long as that is answered; an extension of it.
#[derive(Clone)]
pub struct Presence(Arc<ConnectionPlace>);

impl Presence {
    /// Whether it has gone, or has at least ended its side: then there may still be somebody who reads.
    #[must_use]
    pub fn has_gone(&self) -> bool {
        self.0.has_ended()
    }
}
