//! Statements about registrations that may be asked for again with the same Idempotency-Key.

use futures_lite::future::try_zip;
use jiff::Timestamp;

use super::locks::LockKey;
use super::transaction::{Store, Transaction};
use crate::invite::name::Username;
use crate::invite::{Invite, InviteId, Via};
use crate::ledger::answers::Repeatable;
use crate::ledger::error::{LedgerError, RedeemError, SqlError};
use crate::ledger::reservation::Reservation;
use crate::ledger::seal::Seal;

impl Transaction<'_> {
    /// Reserves a use for a registration, and keeps that it has begun; nothing, if another request came with its
    /// Idempotency-Key.
    pub(in crate::ledger) async fn reserve_for(
        &self,
        request: &Repeatable,
        seal: &Seal,
        (id, account): (InviteId, Username),
        now: Timestamp,
    ) -> Result<Result<Reservation, RedeemError>, SqlError> {
        let _lock = self.lock(LockKey::Slot(request.slot.clone())).await;
        let (kept, ()) = try_zip(Store(self.sql).answer(request, now), self.look_ahead(id)).await?;
        if let Some(kept) = kept
            && kept.body != request.body
        {
            return Ok(Err(RedeemError::IdempotencyKeyReused));
        }
        let reserved = self.reserve(id, account, Via::Api, now).await?;
        if reserved.is_ok() {
            self.keep_answer(request, seal, now, &None::<Invite>).await?;
        }
        Ok(reserved)
    }

    /// Keeps how a registration that began at `at` has ended.
    pub(in crate::ledger) async fn end_registration(
        &self,
        request: &Repeatable,
        seal: &Seal,
        at: Timestamp,
        invite: &Invite,
    ) -> Result<Result<(), LedgerError>, SqlError> {
        let _lock = self.lock(LockKey::Slot(request.slot.clone())).await;
        self.keep_answer(request, seal, at, &Some(invite)).await.map(Ok)
    }
}
