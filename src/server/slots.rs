//! Connections: how many are open, and how many of them are served at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_lock::{Semaphore, SemaphoreGuardArc};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::place::ConnectionPlace;

/// One slot for each connection that may be served at once. A semaphore, which can only grow, and how much it has to shrink.
pub(super) struct Slots {
    /// Connections that were accepted, whether they have a slot or wait for one.
    pub(super) open: TaskTracker,
    free: Arc<Semaphore>,
    /// So many slots go as they are given back: the limit was lowered while they were taken.
    surplus: AtomicUsize,
}

impl Slots {
    pub(super) fn new(most: usize) -> Self {
        Self { open: TaskTracker::new(), free: Arc::new(Semaphore::new(most)), surplus: AtomicUsize::new(0) }
    }

    /// Another limit: connections over a lower one are served to their end.
    pub(super) fn resize(&self, before: usize, most: usize) {
        for _ in before..most {
            if !self.is_surplus() {
                self.free.add_permits(1);
            }
        }
        self.surplus.fetch_add(before.saturating_sub(most), Ordering::SeqCst);
        while let Some(slot) = self.free.try_acquire_arc() {
            if !self.is_surplus() {
                break;
            }
            slot.forget();
        }
    }

    /// Whether a slot has to go; then it counts as gone.
    fn is_surplus(&self) -> bool {
        let less = |surplus: usize| surplus.checked_sub(1);
        self.surplus.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
    }

    /// Waits until a slot is free.
    pub(super) async fn take(self: &Arc<Self>) -> Slot {
        Slot { guard: Some(self.free.acquire_arc().await), slots: Arc::clone(self) }
    }

    /// A slot, if one is free now.
    pub(super) fn try_take(self: &Arc<Self>) -> Option<Slot> {
        Some(Slot { guard: Some(self.free.try_acquire_arc()?), slots: Arc::clone(self) })
    }
}

/// A slot, until it is dropped.
pub(super) struct Slot {
    guard: Option<SemaphoreGuardArc>,
    slots: Arc<Slots>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take()
            && self.slots.is_surplus()
        {
            guard.forget();
        }
    }
}

/// An accepted connection: it is open, and served, until this is dropped.
pub(super) struct Admitted {
    pub(super) _open: TaskTrackerToken,
    pub(super) _slot: Slot,
    pub(super) place: Arc<ConnectionPlace>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(slots: &Arc<Slots>) -> Vec<Slot> {
        std::iter::from_fn(|| slots.try_take()).collect()
    }

    #[test]
    fn a_lower_limit_holds_when_what_was_taken_is_given_back() {
        let slots = Arc::new(Slots::new(3));
        let mut held = taken(&slots);
        assert_eq!(held.len(), 3);
        slots.resize(3, 1);
        for _ in 0..2 {
            held.pop();
            assert!(slots.try_take().is_none(), "those that are served are as many as may be");
        }
        held.pop();
        assert_eq!(taken(&slots).len(), 1);
    }

    #[test]
    fn the_limit_is_the_last_one_whatever_was_free_or_taken() {
        for is_held in [true, false] {
            let slots = Arc::new(Slots::new(2));
            let held = if is_held { taken(&slots) } else { vec![] };
            for (before, most) in [(2, 5), (5, 1), (1, 4), (4, 3), (3, 3), (3, 1), (1, 2)] {
                slots.resize(before, most);
            }
            drop(held);
            assert_eq!(taken(&slots).len(), 2, "{is_held}");
        }
    }
}
