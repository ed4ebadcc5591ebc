//! Taking tokens back that nobody is to use any more. Before that begins it is written down, so that nobody is given one.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::Desk;
use super::app_token::ROUND;
use crate::backend::{CallError, Refusal, TokenState};
use crate::invite::{Invite, InviteId, Status};
use crate::ledger::{AppTokens, LedgerError};

impl Desk {
    /// An invite as it is when it is known what became of a token that nobody is given any more: its time is over, or it
    /// was to be taken back.
    ///
    /// # Errors
    /// When that cannot be found out now.
    pub(super) async fn settled(&self, invite: Invite, now: Timestamp) -> Result<Invite, TakeBackError> {
        if invite.draft.app_token.is_none() || invite.live_app_token(now).is_some() {
            return Ok(invite);
        }
        self.take_back(&invite, now).await?;
        Ok(self.ledger.find(invite.id).await?.unwrap_or(invite))
    }

    /// Takes back the token of an invite, unless it was used: that is put down. Then no token is out.
    ///
    /// # Errors
    /// When the server is away, or takes none back: it may still be used.
    pub(super) async fn take_back(&self, invite: &Invite, now: Timestamp) -> Result<(), TakeBackError> {
        let Some(mut token) = invite.draft.app_token.clone() else { return Ok(()) };
        let (Some(backend), Some(text)) = (self.backend(&invite.draft.host), self.reveal(&token)) else {
            self.ledger.forget_app_token(invite.id, token).await?;
            return Ok(());
        };
        let is_over = now >= token.expires_at;
        if !backend.takes_back() {
            if !is_over {
                return Err(CallError::Refused(Refusal::Unsupported).into());
            }
            // Nobody will ever know whether it was used; where that matters, it counts as used.
            if invite.status(now) == Status::Pending {
                self.used_in_app(invite.clone(), token, None, now).await?;
            } else {
                self.ledger.forget_app_token(invite.id, token).await?;
            }
            return Ok(());
        }
        // From here on nobody is given it, also if we end in the middle.
        if !self.ledger.begin_withdrawal(invite.id, token.clone()).await? {
            return Ok(());
        }
        token.is_withdrawing = true;
        if !backend.withdraw(&text).await? {
            match backend.look_up(&text).await? {
                TokenState::Used(account) => {
                    self.used_in_app(invite.clone(), token, account, now).await?;
                    return Ok(());
                }
                TokenState::Unused => {}
                TokenState::Live(_) => return Err(CallError::Unsure("its token was not taken back".into()).into()),
            }
        }
        self.ledger.forget_app_token(invite.id, token).await?;
        Ok(())
    }

    /// The same where it need not be now: what cannot be taken back yet is so by [`Desk::tend`].
    pub(super) async fn take_back_soon(&self, invite: &Invite, now: Timestamp) {
        if invite.draft.app_token.is_some()
            && let Err(error) = self.take_back(invite, now).await
        {
            log::info!("invite.id":% = invite.id, "host":% = invite.draft.host, "error":% = error;
                "the token for apps is taken back later");
        }
    }

    /// Takes back tokens that nobody is to use any more: some at a time, and each in its turn, so that those which cannot
    /// be taken back keep none waiting.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub(super) async fn take_back_stale(&self, now: Timestamp) -> Result<(), LedgerError> {
        let invites = self.ledger.app_tokens(AppTokens::Stale, self.lasting.stale.last(), ROUND, now).await?;
        let is_end = invites.len() < ROUND as usize;
        self.lasting.stale.go_on(invites.last().filter(|_| !is_end).map(|invite| invite.id));
        for invite in invites {
            let _turn = self.lasting.turns.of(invite.id).await;
            match self.take_back(&invite, now).await {
                Ok(()) | Err(TakeBackError::Call(_)) => {}
                Err(TakeBackError::Ledger(error)) => return Err(error),
            }
        }
        Ok(())
    }
}

/// How far a round through the ledger has come.
#[derive(Default)]
pub(super) struct Round(Mutex<Option<InviteId>>);

impl Round {
    fn last(&self) -> Option<InviteId> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn go_on(&self, last: Option<InviteId>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }
}

/// Why a token was not taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TakeBackError {
    /// The server is away.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
