//! What the ledger can be asked about registrations that may come again with the same Idempotency-Key. A server is asked
//! between their beginning and their end, so what is kept under the key is first that they have begun, and then how they
//! have ended.

use jiff::Timestamp;

use super::Ledger;
use super::answers::{Answer, KeptAnswer, Recorded, Repeatable};
use super::error::{LedgerError, RedeemError};
use super::reservation::Reservation;
use super::work::WorkShape;
use crate::invite::name::Username;
use crate::invite::{Invite, InviteId};

impl Ledger {
    /// How far a registration has come that was asked for before, if it was: since when, and the invite as it was when it had
    /// ended. Nothing is kept of what was refused but that it began.
    ///
    /// # Errors
    /// When another request came with its Idempotency-Key, or the ledger cannot be read.
    pub async fn registration(
        &self,
        request: &Repeatable,
        now: Timestamp,
    ) -> Result<Option<Answer<Option<Invite>>>, RedeemError> {
        let asked = request.clone();
        let Some(KeptAnswer { body, at, sealed }) =
            self.readers.read_one(async move |store| store.answer(&asked, now).await).await?
        else {
            return Ok(None);
        };
        if body != request.body {
            return Err(RedeemError::IdempotencyKeyReused);
        }
        Ok(Some(Recorded::Before { sealed, at }.open(&self.seal, now)?))
    }

    /// Reserves one use of an invite for `account`, as [`Ledger::reserve`] does, for a registration that may be asked for
    /// again. Its reservation is of the moment that [`Ledger::registration`] gives.
    ///
    /// # Errors
    /// Nothing was reserved.
    pub async fn reserve_for(
        &self,
        request: Repeatable,
        id: InviteId,
        account: Username,
        now: Timestamp,
    ) -> Result<Reservation, RedeemError> {
        let seal = self.seal.clone();
        self.judge(WorkShape::ONE, async move |transaction| {
            transaction.reserve_for(&request, &seal, (id, account.clone()), now).await
        })
        .await
    }

    /// Keeps how a registration that began at `at` has ended, for whoever asks for it again.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn end_registration(
        &self,
        request: Repeatable,
        at: Timestamp,
        invite: Invite,
    ) -> Result<(), LedgerError> {
        let seal = self.seal.clone();
        self.write(WorkShape::ONE, async move |transaction| {
            transaction.end_registration(&request, &seal, at, &invite).await
        })
        .await
    }
}
