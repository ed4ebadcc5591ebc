//! Locks of those who do something in one transaction at the same time: whoever judges by something locks it before reading it, and
//! holds the lock until what comes of it is sent. Statements are run in the order in which they are sent, so whoever comes next
//! reads what was written.
//!
//! They are locked in the order of [`LockKey`], so nobody waits in a circle; each is had in the order in which it was asked for.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use crate::invite::InviteId;
use crate::invite::name::{HostName, KeyId, Username};

/// What is locked. Whoever locks several locks the smaller ones first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum LockKey {
    /// What is used once.
    Token(KeyId, Vec<u8>),
    /// An Idempotency-Key.
    Slot(Vec<u8>),
    /// A row of `redemption`.
    Reservation(i64),
    Name(HostName, Username),
    Invite(InviteId),
    /// What is counted for a key or a user.
    Account(String),
    /// How many letters go there.
    Mailbox(String),
}

#[derive(Default)]
pub(super) struct KeyedLocks {
    queues: RefCell<HashMap<LockKey, VecDeque<QueuedLock>>>,
    next: Cell<u64>,
}

struct QueuedLock {
    number: u64,
    waker: Option<Waker>,
}

impl KeyedLocks {
    /// Waits for the lock of `key`.
    pub(super) async fn take(&self, key: LockKey) -> HeldLock<'_> {
        let number = self.next.get();
        self.next.set(number + 1);
        self.queues.borrow_mut().entry(key.clone()).or_default().push_back(QueuedLock { number, waker: None });
        let lock = HeldLock { queues: self, key, number };
        poll_fn(|cx| lock.poll(cx)).await;
        lock
    }
}

/// A lock, or a place among those who wait for it; the next one's when dropped.
pub(super) struct HeldLock<'a> {
    queues: &'a KeyedLocks,
    key: LockKey,
    number: u64,
}

impl HeldLock<'_> {
    fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let mut queues = self.queues.queues.borrow_mut();
        let Some(queue) = queues.get_mut(&self.key) else { return Poll::Ready(()) };
        if queue.front().is_none_or(|first| first.number == self.number) {
            return Poll::Ready(());
        }
        if let Some(own) = queue.iter_mut().find(|queued| queued.number == self.number) {
            own.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for HeldLock<'_> {
    fn drop(&mut self) {
        let mut queues = self.queues.queues.borrow_mut();
        let Some(queue) = queues.get_mut(&self.key) else { return };
        queue.retain(|queued| queued.number != self.number);
        match queue.front_mut() {
            Some(next) => {
                if let Some(waker) = next.waker.take() {
                    waker.wake();
                }
            }
            None => _ = queues.remove(&self.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::{block_on, poll_once};

    use super::*;

    fn account(name: &str) -> LockKey {
        LockKey::Account(name.into())
    }

    #[test]
    fn a_lock_is_had_by_one_after_the_other_as_they_asked() {
        let queues = KeyedLocks::default();
        block_on(async {
            let first = queues.take(account("site")).await;
            let (mut second, mut third) =
                (Box::pin(queues.take(account("site"))), Box::pin(queues.take(account("site"))));
            assert!(poll_once(&mut second).await.is_none() && poll_once(&mut third).await.is_none());
            let _other = queues.take(account("other")).await;
            drop(first);
            assert!(poll_once(&mut third).await.is_none());
            // Whoever gives up keeps nobody waiting.
            let second = poll_once(&mut second).await;
            assert!(second.is_some());
            let mut fourth = Box::pin(queues.take(account("site")));
            assert!(poll_once(&mut fourth).await.is_none());
            drop(third);
            drop(second);
            drop(fourth.await);
        });
        assert_eq!(queues.queues.borrow().len(), 0);
    }

    #[test]
    fn what_is_judged_first_is_smaller() {
        let name = LockKey::Name("example.com".parse().unwrap(), "juliet".parse().unwrap());
        let order = [
            LockKey::Slot(vec![9]),
            LockKey::Reservation(9),
            name,
            LockKey::Invite(InviteId::from_row(1)),
            account("a"),
        ];
        assert!(order.is_sorted());
    }
}
