//! What the ledger can be asked about uses: to redeem one, to reserve one, and about the tokens with which apps use one.

use jiff::Timestamp;

use super::Ledger;
use super::answers::{Answer, Recorded, Repeatable};
use super::app_token::{AppTokenFilter, Kept};
use super::error::{LedgerError, RedeemError};
use super::reservation::{Reservation, ReservationEnd, ReservationId};
use super::store::OneTimeUse;
use super::work::WorkShape;
use crate::invite::name::Username;
use crate::invite::{AppToken, AppUser, Invite, InviteId, Via};

impl Ledger {
    /// Redeems one use of an invite, for `account` if its name is known; gives the invite as it is then, with this redemption
    /// alone.
    ///
    /// # Errors
    /// Nothing was redeemed.
    pub async fn redeem(
        &self,
        id: InviteId,
        account: Option<Username>,
        via: Via,
        request: Option<Repeatable>,
        now: Timestamp,
    ) -> Result<Answer<Invite>, RedeemError> {
        let seal = self.seal.clone();
        let recorded = self.judge(WorkShape::ONE, async move |transaction| {
            let redeem = transaction.redeem(id, account.clone(), via, now);
            match &request {
                None => Ok(redeem.await?.map(Recorded::New)),
                Some(request) => {
                    let ahead = transaction.look_ahead(id);
                    transaction.once(request, &seal, now, RedeemError::IdempotencyKeyReused, ahead, redeem).await
                }
            }
        });
        Ok(recorded.await?.open(&self.seal, now)?)
    }

    /// Reserves one use of a contact's invite for somebody who has an account already: `account` if it is one of that host.
    /// To be ended at once.
    ///
    /// # Errors
    /// Nothing was reserved.
    pub async fn reserve_contact(
        &self,
        id: InviteId,
        account: Option<Username>,
        now: Timestamp,
    ) -> Result<ReservationId, RedeemError> {
        self.judge(WorkShape::ONE, async move |transaction| {
            transaction.reserve_contact(id, account.as_ref(), now).await
        })
        .await
    }

    /// Reserves one use of an invite for `account`, which is about to be created.
    ///
    /// # Errors
    /// Nothing was reserved.
    pub async fn reserve(
        &self,
        id: InviteId,
        account: Username,
        via: Via,
        now: Timestamp,
    ) -> Result<Reservation, RedeemError> {
        self.judge(WorkShape::ONE, async move |transaction| transaction.reserve(id, account.clone(), via, now).await)
            .await
    }

    /// Ends a reservation; gives the invite as it is then, with what was redeemed by this alone, or nothing if the reservation was
    /// ended before.
    ///
    /// # Errors
    /// The use stays reserved.
    pub async fn end_reservation(
        &self,
        reservation: ReservationId,
        end: ReservationEnd,
    ) -> Result<Option<Invite>, LedgerError> {
        let now = self.now();
        self.write(WorkShape::ONE, async move |transaction| transaction.end_reservation(reservation, &end, now).await)
            .await
    }

    /// The reservations that nobody has ended, oldest first: all, or those of one invite.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn reservations(&self, of: Option<InviteId>) -> Result<Vec<Reservation>, LedgerError> {
        self.readers.read(async move |store| store.reservations(of).await).await
    }

    /// Redeems an invite for an app that used `token`, once, and unless somebody else is finding out what became of it;
    /// gives the invite as it is then, and whether this has redeemed it.
    ///
    /// # Errors
    /// Nothing was redeemed.
    pub async fn redeem_in_app(
        &self,
        id: InviteId,
        token: AppToken,
        user: Option<AppUser>,
        now: Timestamp,
    ) -> Result<(Option<Invite>, bool), LedgerError> {
        self.write(WorkShape::Alone, async move |transaction| {
            transaction.redeem_in_app(id, &token, user.as_ref(), now).await
        })
        .await
    }

    /// Remembers the server's token for an invite that can be redeemed and has none.
    ///
    /// # Errors
    /// Nothing was remembered.
    pub async fn keep_app_token(&self, id: InviteId, token: AppToken, now: Timestamp) -> Result<Kept, LedgerError> {
        self.judge(WorkShape::Alone, async move |transaction| transaction.keep_app_token(id, token.clone(), now).await)
            .await
    }

    /// Marks a token as being withdrawn: from now on nobody is given it. False if it is not out, or somebody's reservation
    /// holds it.
    ///
    /// # Errors
    /// Nothing was marked.
    pub async fn begin_withdrawal(&self, id: InviteId, token: AppToken) -> Result<bool, LedgerError> {
        self.write(WorkShape::Alone, async move |transaction| transaction.begin_withdrawal(id, &token).await).await
    }

    /// Forgets a token that was withdrawn; true if it was the invite's.
    ///
    /// # Errors
    /// It is still remembered.
    pub async fn forget_app_token(&self, id: InviteId, token: AppToken) -> Result<bool, LedgerError> {
        self.write(WorkShape::Alone, async move |transaction| transaction.forget_app_token(id, &token).await).await
    }

    /// Invites with an app token, by id after `after`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn app_tokens(
        &self,
        which: AppTokenFilter,
        after: Option<InviteId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<Invite>, LedgerError> {
        Ok(self.readable(self.readers.read(async move |store| store.app_tokens(which, after, limit, now).await).await?))
    }

    /// Whether what may be used once is there to be used, or the same request has used it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn may_use(&self, one: OneTimeUse) -> Result<bool, LedgerError> {
        self.readers.read_one(async move |store| store.may_use(&one).await).await
    }

    /// Uses what may be used once. Gives whether it was there to be used; that is durable when this returns.
    ///
    /// # Errors
    /// Nothing was used.
    pub async fn use_once(&self, one: OneTimeUse) -> Result<bool, LedgerError> {
        self.judge(WorkShape::ONE, async move |transaction| transaction.use_once(&one).await.map(Ok)).await
    }

    /// Has what this call has used be there again, as nothing came of it.
    ///
    /// # Errors
    /// It stays used.
    pub async fn give_back(&self, one: OneTimeUse) -> Result<(), LedgerError> {
        self.write(WorkShape::ONE, async move |transaction| transaction.give_back(&one).await.map(Ok)).await
    }
}
