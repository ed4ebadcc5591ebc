//! How a use that was reserved ends: by what the server answers, or by asking it later, after a crash or when it did not
//! answer.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::guest::SignUpError;
use crate::backend::{Backend, CallError, Refusal, TokenState};
use crate::clock;
use crate::desk::context::{Context, warn_refused};
use crate::invite::app_token::{self, AppTokenAction, AppTokenEvent, AppTokenState};
use crate::invite::{AppUser, Invite, Kind, Source, Status, Via};
use crate::ledger::{LedgerError, Reservation, ReservationEnd};

/// Nobody creates an account any more that was asked for so long ago (twice the deadline of a call).
pub(super) const RECONCILE_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// What the server has said of the token that holds a reserved use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TokenSeen {
    /// It was not even shown to it.
    Untouched,
    /// It is no longer there.
    Gone,
    /// Nothing.
    Unknown,
}

/// Ends reservations.
#[derive(Clone)]
pub(super) struct Ends {
    context: Arc<Context>,
}

impl Ends {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Ends a reservation by what the server answered.
    pub(super) async fn end(
        &self,
        backend: &Backend,
        reservation: &Reservation,
        answer: Result<(), CallError>,
    ) -> Result<Invite, SignUpError> {
        let error = match answer {
            Ok(()) => return self.record(reservation).await,
            // It may come true yet; whoever asks again finds it reserved.
            Err(CallError::Unsure(_)) => return Err(SignUpError::Away),
            Err(error) => error,
        };
        let token = match &error {
            CallError::Refused(Refusal::NoToken) => TokenSeen::Gone,
            CallError::Refused(_) => TokenSeen::Unknown,
            CallError::Away(_) | CallError::Unsure(_) => TokenSeen::Untouched,
        };
        if !self.release(backend, reservation, token).await? {
            return Err(SignUpError::Away);
        }
        warn_refused(&reservation.invite, "no account was created", &error);
        Err(match error {
            CallError::Away(_) | CallError::Unsure(_) => SignUpError::Away,
            CallError::Refused(refusal) => match refusal {
                Refusal::Taken => SignUpError::Taken,
                Refusal::NoToken => SignUpError::Ended(Status::Redeemed),
                Refusal::Name | Refusal::NoAccount => SignUpError::Name,
                Refusal::Password => SignUpError::Password,
                Refusal::Unsupported | Refusal::Admin => SignUpError::Closed,
                Refusal::NotAllowed(_) => SignUpError::NotAllowed,
                Refusal::Later(_) | Refusal::NoRoom | Refusal::Other(_) => SignUpError::Away,
            },
        })
    }

    /// Records that the guest has redeemed the use.
    pub(super) async fn record(&self, reservation: &Reservation) -> Result<Invite, SignUpError> {
        // Ended before: then it is recorded, by another node.
        let invite = match self.end_by(reservation, AppTokenEvent::Created, None).await? {
            Some(invite) => Some(invite),
            None => self.context.ledger.find_for(reservation.invite.id, reservation.account.clone()).await?,
        };
        invite.ok_or(SignUpError::Absent)
    }

    /// Releases a use for which no account was created, unless an app has it. False if that cannot be found out now: then it
    /// stays reserved.
    async fn release(
        &self,
        backend: &Backend,
        reservation: &Reservation,
        token: TokenSeen,
    ) -> Result<bool, LedgerError> {
        let shown = reservation.token.as_ref().filter(|_| token != TokenSeen::Untouched);
        let (event, user) = match shown.and_then(|token| self.context.reveal(token)) {
            None => (AppTokenEvent::NothingDone, None),
            Some(text) => match (backend.look_up(&text).await, token) {
                (Ok(TokenState::Live(_)), _) => (AppTokenEvent::FoundLive, None),
                (Ok(TokenState::Used(account)), _) => (AppTokenEvent::FoundUsed, account.map(AppUser::from)),
                (Ok(TokenState::Befriended(account)), _) => {
                    (AppTokenEvent::FoundUsed, account.map(AppUser::befriended))
                }
                (Ok(TokenState::Unused), _) => (AppTokenEvent::FoundUnused, None),
                (Err(CallError::Refused(Refusal::Unsupported)), TokenSeen::Gone) => (AppTokenEvent::TokenRefused, None),
                (Err(CallError::Refused(_)), TokenSeen::Unknown) => (AppTokenEvent::Untold, None),
                (Err(_), _) => return Ok(false),
            },
        };
        self.end_by(reservation, event, user).await?;
        Ok(true)
    }

    /// Ends a reservation as the table says; gives the invite as it is then, or nothing if the reservation was ended
    /// before. What was redeemed by that is counted and logged.
    async fn end_by(
        &self,
        reservation: &Reservation,
        event: AppTokenEvent,
        user: Option<AppUser>,
    ) -> Result<Option<Invite>, LedgerError> {
        let (taker, redeemed) = match app_token::next(AppTokenState::Reserved, event).1 {
            AppTokenAction::Redeem => (ReservationEnd::Redeemed, Some(reservation.via)),
            AppTokenAction::RecordUse => (ReservationEnd::RedeemedInApp(user), Some(Via::App)),
            AppTokenAction::Release => (ReservationEnd::Released, None),
            AppTokenAction::ReleaseTokenGone => (ReservationEnd::ReleasedTokenGone, None),
            // These are about a token that no reservation holds.
            AppTokenAction::Leave
            | AppTokenAction::Mint
            | AppTokenAction::Keep
            | AppTokenAction::WithdrawMinted
            | AppTokenAction::BeginWithdrawal
            | AppTokenAction::Withdraw
            | AppTokenAction::LookUp
            | AppTokenAction::Forget
            | AppTokenAction::Revoke
            | AppTokenAction::Refuse
            | AppTokenAction::TryLater => return Ok(None),
        };
        let invite = self.context.ledger.end_reservation(reservation.id, taker).await?;
        if let (Some(invite), Some(via)) = (&invite, redeemed) {
            self.context.redeemed(invite, via, &Source::Server);
        }
        Ok(invite)
    }

    /// Asks the server how a reservation ended; gives the invite if there is an account.
    pub(super) async fn reconcile(
        &self,
        backend: &Backend,
        reservation: &Reservation,
        now: Timestamp,
    ) -> Result<Option<Invite>, SignUpError> {
        let is_old = clock::distance(reservation.at, now) >= RECONCILE_AFTER;
        let was_done = if matches!(reservation.invite.draft.kind, Kind::Reset { .. }) {
            self.was_reset(backend, reservation, is_old).await
        } else {
            backend.exists(&reservation.account).await
        };
        match was_done {
            Ok(true) => self.record(reservation).await.map(Some),
            Ok(false) if is_old => {
                self.release(backend, reservation, TokenSeen::Unknown).await?;
                Ok(None)
            }
            // Nobody will ever know: then it is not granted twice.
            Err(CallError::Refused(_)) if is_old => self.record(reservation).await.map(Some),
            Ok(false) | Err(_) => Ok(None),
        }
    }

    /// Whether a password was set: the account does not say, but the token that is redeemed with it does.
    async fn was_reset(&self, backend: &Backend, reservation: &Reservation, is_old: bool) -> Result<bool, CallError> {
        match reservation.token.as_ref().and_then(|token| self.context.reveal(token)) {
            Some(token) => Ok(!matches!(backend.look_up(&token).await?, TokenState::Live(_))),
            // Nobody will ever know.
            None => Ok(is_old),
        }
    }
}
