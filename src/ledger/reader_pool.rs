//! Connections that read while nobody reads, and how many may be read from at the same time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};

use super::read_connection::ReadConnection;
use crate::clock;

/// So many read a file.
pub(super) const READERS: usize = 2;

/// So many read from a server, which may be far away: each has one question under way.
pub(super) const DISTANT_READERS: usize = 5;

/// Lists are read by one of its own, so that nobody waits behind them but for another list.
pub(super) const LIST_READERS: usize = 1;

/// One that was not needed for so long is closed, when another one comes back.
const IDLE: Duration = Duration::from_mins(1);

/// The connections. The one that was used last is used first.
pub(super) struct ReaderPool {
    permits: Receiver<()>,
    shared: Arc<SharedPool>,
}

struct SharedPool {
    permits: Sender<()>,
    /// How many permits there are, lent or not.
    most: AtomicUsize,
    idle: Mutex<Vec<(Instant, ReadConnection)>>,
}

impl ReaderPool {
    pub(super) fn new(most: usize) -> Self {
        let (back, permits) = async_channel::bounded(most);
        for _ in 0..most {
            // There is room for exactly these.
            let _ = back.try_send(());
        }
        let shared = SharedPool { permits: back, most: AtomicUsize::new(most), idle: Mutex::default() };
        Self { permits, shared: Arc::new(shared) }
    }

    /// Waits for a connection, or the right to open one.
    pub(super) async fn borrow(&self) -> Option<ReaderLoan> {
        self.permits.recv().await.ok().map(|()| self.lend())
    }

    /// The same, if nobody has to be waited for.
    pub(super) fn try_borrow(&self) -> Option<ReaderLoan> {
        self.permits.try_recv().ok().map(|()| self.lend())
    }

    fn lend(&self) -> ReaderLoan {
        let connection = self.shared.idle().pop().map(|(_, connection)| connection);
        ReaderLoan { connection, is_given_up: false, pool: Arc::clone(&self.shared) }
    }
}

impl SharedPool {
    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, ReadConnection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan, or the right to open one. What failed is not put back: the next reader opens a new one.
pub(super) struct ReaderLoan {
    connection: Option<ReadConnection>,
    is_given_up: bool,
    pool: Arc<SharedPool>,
}

impl ReaderLoan {
    pub(super) fn take(&mut self) -> Option<ReadConnection> {
        self.connection.take()
    }

    pub(super) fn put(&mut self, connection: ReadConnection) {
        self.connection = Some(connection);
    }

    /// From now on there is one less, unless that would be fewer than are needed at least.
    pub(super) fn give_up(&mut self) -> bool {
        let fewer = |most: usize| (most > READERS).then(|| most - 1);
        self.is_given_up = self.pool.most.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok();
        self.is_given_up
    }
}

impl Drop for ReaderLoan {
    fn drop(&mut self) {
        let mut long_idle = None;
        if let Some(connection) = self.connection.take() {
            let (mut idle, now) = (self.pool.idle(), clock::instant());
            if idle.first().is_some_and(|(since, _)| now.duration_since(*since) > IDLE) {
                long_idle = Some(idle.remove(0));
            }
            idle.push((now, connection));
        }
        if !self.is_given_up {
            let _ = self.pool.permits.try_send(());
        }
        drop(long_idle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> ReadConnection {
        ReadConnection::Sqlite(rusqlite::Connection::open_in_memory().unwrap())
    }

    #[test]
    fn the_connection_that_was_used_last_is_used_first_and_no_more_are_lent_than_there_may_be() {
        let pool = ReaderPool::new(3);
        let mut loans: Vec<_> = (0..3).map(|_| pool.try_borrow().unwrap()).collect();
        assert!(pool.try_borrow().is_none());
        assert!(loans.iter_mut().all(|loan| loan.take().is_none()), "none is open");
        loans[0].put(connection());
        drop(loans);
        for _ in 0..3 {
            let mut loan = pool.try_borrow().unwrap();
            let connection = loan.take().expect("the same one");
            loan.put(connection);
        }
    }

    #[test]
    fn where_a_server_has_no_room_there_are_fewer_but_not_too_few() {
        let pool = ReaderPool::new(3);
        assert!(pool.try_borrow().unwrap().give_up());
        let mut loans: Vec<_> = (0..2).map(|_| pool.try_borrow().unwrap()).collect();
        assert!(pool.try_borrow().is_none());
        assert!(!loans[0].give_up());
        drop(loans);
        assert!(pool.try_borrow().is_some());
    }
}
