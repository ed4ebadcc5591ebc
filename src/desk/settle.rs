//! How a use that was reserved ends: by what the server answers, or by asking it later, after a crash or when it did not
//! answer.

use jiff::{SignedDuration, Timestamp};

use super::Desk;
use super::guest::{Guest, SignUpError};
use crate::backend::{Backend, CallError, Refusal, TokenState};
use crate::invite::{Invite, Kind, Source, Status, Via};
use crate::ledger::{LedgerError, Reservation, ReservationEnd};

/// Nobody makes an account any more that was asked for so long ago (twice the deadline of a call).
const SETTLE_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// What became of the token that holds a reserved use, as far as the server has said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nothing was done at all.
    Untouched,
    /// It is no longer there.
    Gone,
    /// It has said nothing of it.
    Unknown,
}

impl Desk {
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
            CallError::Refused(Refusal::NoToken) => Fate::Gone,
            CallError::Refused(_) => Fate::Unknown,
            CallError::Away(_) | CallError::Unsure(_) => Fate::Untouched,
        };
        if !self.release(backend, reservation, token).await? {
            return Err(SignUpError::Away);
        }
        Self::tell(&reservation.invite, "no account was made", &error);
        Err(match error {
            CallError::Away(_) | CallError::Unsure(_) => SignUpError::Away,
            CallError::Refused(refusal) => match refusal {
                Refusal::Taken => SignUpError::Taken,
                Refusal::NoToken => SignUpError::Ended(Status::Redeemed),
                Refusal::Name | Refusal::NoAccount => SignUpError::Name,
                Refusal::Password => SignUpError::Password,
                Refusal::Unsupported => SignUpError::Closed,
                Refusal::NotAllowed(_) => SignUpError::NotAllowed,
                Refusal::Later(_) | Refusal::NoRoom | Refusal::Other(_) => SignUpError::Away,
            },
        })
    }

    async fn record(&self, reservation: &Reservation) -> Result<Invite, SignUpError> {
        let invite = self.ledger.end_reservation(reservation.id, ReservationEnd::Redeemed).await?;
        if let Some(invite) = &invite {
            self.redeemed(invite, reservation.via, &Source::Server);
        }
        // Ended before: then it is recorded, by another node.
        let invite = match invite {
            Some(invite) => Some(invite),
            None => self.ledger.find(reservation.invite.id).await?,
        };
        invite.ok_or(SignUpError::Absent)
    }

    /// Frees a use for which no account was made, unless an app has it. False if that cannot be told now: then it stays
    /// reserved.
    async fn release(&self, backend: &Backend, reservation: &Reservation, token: Fate) -> Result<bool, LedgerError> {
        let text = reservation.token.as_ref().filter(|_| token != Fate::Untouched).and_then(|token| self.reveal(token));
        let taker = match text {
            None => ReservationEnd::Released,
            Some(text) => match backend.look_up(&text).await {
                Ok(TokenState::Used(account)) => ReservationEnd::RedeemedInApp(account),
                // Used up for an account that was not made, or ended by somebody else: nobody has that use.
                Ok(TokenState::Unused) => ReservationEnd::ReleasedTokenGone,
                Ok(TokenState::Live(_)) => ReservationEnd::Released,
                // A server that is never to be asked has refused the token itself: an app was there before.
                Err(CallError::Refused(Refusal::Unsupported)) if token == Fate::Gone => {
                    ReservationEnd::RedeemedInApp(None)
                }
                Err(CallError::Refused(_)) if token == Fate::Unknown => ReservationEnd::Released,
                Err(_) => return Ok(false),
            },
        };
        let by_app = matches!(taker, ReservationEnd::RedeemedInApp(_));
        let invite = self.ledger.end_reservation(reservation.id, taker).await?;
        if let Some(invite) = invite.filter(|_| by_app) {
            self.redeemed(&invite, Via::App, &Source::Server);
        }
        Ok(true)
    }

    /// Goes on with what this guest began and nobody knows the end of.
    pub(super) async fn resume(
        &self,
        backend: &Backend,
        reservation: &Reservation,
        guest: Guest<'_>,
        now: Timestamp,
    ) -> Result<Invite, SignUpError> {
        if matches!(reservation.invite.draft.kind, Kind::Reset { .. }) {
            self.lasting.forms.note(reservation.invite.id, guest, now);
            let mut answer = self.carry_out(backend, reservation, guest).await;
            if answer == Err(CallError::Refused(Refusal::NoToken)) {
                // The first try has used it up. Setting a password twice is setting it once.
                let without = Reservation { token: None, ..reservation.clone() };
                answer = self.carry_out(backend, &without, guest).await;
            }
            return self.end(backend, reservation, answer).await;
        }
        match backend.exists(&reservation.account).await {
            // Where it cannot be asked, it is tried again: a name that is taken now was reserved for this guest, and a
            // token that is gone was used up by the first try.
            Err(CallError::Refused(Refusal::Unsupported)) => match self.carry_out(backend, reservation, guest).await {
                Ok(()) | Err(CallError::Refused(Refusal::Taken | Refusal::NoToken)) => self.record(reservation).await,
                answer => self.end(backend, reservation, answer).await,
            },
            _ => self.settle(backend, reservation, now).await?.ok_or(SignUpError::Away),
        }
    }

    /// Asks the server how a reservation ended; gives the invite if there is an account.
    async fn settle(
        &self,
        backend: &Backend,
        reservation: &Reservation,
        now: Timestamp,
    ) -> Result<Option<Invite>, SignUpError> {
        let is_old = now.duration_since(reservation.at) >= SETTLE_AFTER;
        let was_done = if matches!(reservation.invite.draft.kind, Kind::Reset { .. }) {
            self.was_reset(backend, reservation, is_old).await
        } else {
            backend.exists(&reservation.account).await
        };
        match was_done {
            Ok(true) => self.record(reservation).await.map(Some),
            Ok(false) if is_old => {
                self.release(backend, reservation, Fate::Unknown).await?;
                Ok(None)
            }
            // Nobody will ever know: then it is not granted twice.
            Err(CallError::Refused(_)) if is_old => self.record(reservation).await.map(Some),
            Ok(false) | Err(_) => Ok(None),
        }
    }

    /// Whether a password was set: the account does not tell, but the token that is used up with it does.
    async fn was_reset(&self, backend: &Backend, reservation: &Reservation, is_old: bool) -> Result<bool, CallError> {
        match reservation.token.as_ref().and_then(|token| self.reveal(token)) {
            Some(token) => Ok(!matches!(backend.look_up(&token).await?, TokenState::Live(_))),
            // Nobody will ever know.
            None => Ok(is_old),
        }
    }

    /// Settles what was left open, by a crash or by a server that did not answer.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub(super) async fn settle_all(&self, now: Timestamp) -> Result<(), LedgerError> {
        for reservation in self.ledger.reservations(None).await? {
            if now.duration_since(reservation.at) < SETTLE_AFTER {
                continue;
            }
            let Some(backend) = self.backend(&reservation.invite.draft.host) else { continue };
            let _turn = self.lasting.turns.of(reservation.invite.id).await;
            if let Err(SignUpError::Ledger(error)) = self.settle(backend, &reservation, now).await {
                return Err(error);
            }
        }
        Ok(())
    }
}
