//! How many calls a server has under way.

use std::sync::atomic::{AtomicUsize, Ordering};

/// So many calls may be under way; one more is refused at once, as if the server were away.
const MAX_CALLS: usize = 64;

/// A slot among the calls that are under way.
pub(super) struct CallSlot<'a>(&'a AtomicUsize);

impl<'a> CallSlot<'a> {
    /// A slot, if one is left.
    pub(super) fn take(calls: &'a AtomicUsize) -> Option<Self> {
        let more = |calls: usize| (calls < MAX_CALLS).then_some(calls + 1);
        calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Self(calls))
    }
}

impl Drop for CallSlot<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
