//! Registrations, which may come again with the same Idempotency-Key: then they are answered as before, and there is no second
//! account. A crash at any point leaves either the answer, or a reservation of the very moment at which the request came,
//! by which it is known again.

use jiff::Timestamp;

use super::guest::SignUpError;
use crate::invite::name::Username;
use crate::invite::{Invite, InviteId, Redemption, Via};
use crate::ledger::{Answer, Ledger, OneTimeUse, RedeemError, Repeatable, Reservation};
use crate::log::chain;

/// By which way somebody signs up, and with which request.
#[derive(Clone, Copy)]
pub(super) struct Registration<'a> {
    pub(super) via: Via,
    /// Set where it may come again.
    pub(super) request: Option<&'a Repeatable>,
    /// What is used once, with the reservation.
    pub(super) once: Option<&'a OneTimeUse>,
}

/// What came of the same request before.
pub(super) enum Before {
    /// It did not come.
    Nothing,
    /// It began at that moment; the reservation may be of that moment, or there is none.
    Begun(Timestamp),
    /// It ended well: the invite as it was then.
    Done(Box<Invite>),
}

impl Registration<'_> {
    /// By our form, which is no request that a program sends again.
    pub(super) const ON_THE_WEB: Registration<'static> = Registration { via: Via::Web, request: None, once: None };

    /// What came of it before; `invite` is as it is now.
    ///
    /// # Errors
    /// When another request came with its Idempotency-Key, or the ledger cannot be read.
    pub(super) async fn before(
        &self,
        ledger: &Ledger,
        invite: &Invite,
        username: &Username,
        now: Timestamp,
    ) -> Result<Before, SignUpError> {
        let Some(request) = self.request else { return Ok(Before::Nothing) };
        let Some(Answer { value, at, .. }) = ledger.registration(request, now).await? else {
            return Ok(Before::Nothing);
        };
        Ok(match value {
            Some(done) => Before::Done(Box::new(done)),
            // It was recorded, and then we crashed.
            None if invite.redemptions.iter().any(|one| is_of(one, username) && one.at == at) => {
                Before::Done(Box::new(invite.clone()))
            }
            None => Before::Begun(at),
        })
    }

    /// Reserves a use. `begun` is the moment of what was reserved for the same request before, and then of this.
    ///
    /// # Errors
    /// Nothing was reserved.
    pub(super) async fn reserve(
        &self,
        ledger: &Ledger,
        id: InviteId,
        username: &Username,
        begun: &mut Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Reservation, SignUpError> {
        let own = self.once.map(|once| Box::new(ledger.with_once(Some(once.clone()))));
        let ledger = own.as_deref().unwrap_or(ledger);
        let Some(request) = self.request else {
            return Ok(ledger.reserve(id, username.clone(), self.via, now).await?);
        };
        let reserved = ledger.reserve_for(request.clone(), id, username.clone(), now).await;
        if let Err(RedeemError::Taken(_) | RedeemError::Ended(_)) = reserved {
            let last = ledger.registration(request, now).await?.map(|kept| kept.at);
            // The same request is just being done at another node: whoever asks again gets that answer.
            if last != *begun {
                return Err(SignUpError::Away);
            }
        }
        // The ledger counts milliseconds.
        *begun = Timestamp::from_millisecond(now.as_millisecond()).ok();
        Ok(reserved?)
    }

    /// Has what is used once be there again: nothing came of the reservation, nor was anything told.
    pub(super) async fn give_back(&self, ledger: &Ledger) {
        let Some(once) = self.once else { return };
        // Then the token is used up, and another one is needed.
        if let Err(error) = ledger.give_back(once.clone()).await {
            tracing::debug!(error = %chain(&error), "cannot give back a token that nothing came of");
        }
    }

    /// Keeps the answer.
    pub(super) async fn keep(&self, ledger: &Ledger, username: &Username, invite: &Invite) {
        let Some(request) = self.request else { return };
        let Some(redemption) = invite.redemptions.iter().rev().find(|one| is_of(one, username)) else { return };
        // Without it the redemption itself is found.
        if let Err(error) = ledger.end_registration(request.clone(), redemption.at, invite.clone()).await {
            tracing::debug!(invite.id = %invite.id, error = %chain(&error), "cannot keep the answer to a registration");
        }
    }
}

/// Whether a redemption is that of a program's guest.
fn is_of(redemption: &Redemption, username: &Username) -> bool {
    redemption.via == Via::Api && redemption.account.as_ref() == Some(username)
}
