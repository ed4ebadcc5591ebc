//! One job per invite at a time: two tabs of one guest do not get in each other's way.

use async_lock::{Mutex, MutexGuard};

use crate::invite::InviteId;

/// More invites than are ever worked on at once; two that meet here by chance only wait for each other.
const PLACES: usize = 64;

/// The locks of all invites, within this process. Between processes the ledger alone decides.
pub(super) struct InviteLocks([Mutex<()>; PLACES]);

impl Default for InviteLocks {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

impl InviteLocks {
    /// Waits for the lock of an invite, which is held as long as the guard lives.
    pub(super) async fn lock(&self, id: InviteId) -> MutexGuard<'_, ()> {
        // The low bits of an id are the random ones.
        let place = id.to_row().cast_unsigned() % PLACES as u64;
        self.0[usize::try_from(place).unwrap_or(0)].lock().await
    }
}
