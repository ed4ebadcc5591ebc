//! The life of one app token, driven: [`app_token::next`] says what is to be done, and here it is done.

use std::sync::Arc;

use jiff::Timestamp;

use crate::backend::{CallError, Mint, Minted, Refusal, TokenState};
use crate::desk::context::{Context, warn_refused};
use crate::invite::app_token::{self, AppTokenAction, AppTokenEvent, AppTokenState};
use crate::invite::name::HostName;
use crate::invite::{AppToken, AppUser, Draft, Invite, Source, Via};
use crate::ledger::{Kept, LedgerError};

/// Drives app tokens through their lives.
#[derive(Clone)]
pub(super) struct Life {
    context: Arc<Context>,
}

/// Why it is not known what became of a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::desk) enum TokenError {
    /// The server is away, or withdraws no tokens.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What a server's answer is to a token's life, and who used it.
pub(super) fn heard(state: TokenState) -> (AppTokenEvent, Option<AppUser>) {
    match state {
        TokenState::Live(_) => (AppTokenEvent::FoundLive, None),
        TokenState::Used(account) => (AppTokenEvent::FoundUsed, account.map(AppUser::from)),
        TokenState::Befriended(account) => (AppTokenEvent::FoundUsed, account.map(AppUser::befriended)),
        TokenState::Unused => (AppTokenEvent::FoundUnused, None),
    }
}

impl Life {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Has the table say what `event` does to the token of `invite`, and does that, until nothing is left to do. Gives the
    /// invite as it is then; without a token nothing happens.
    ///
    /// # Errors
    /// When it cannot be found out now what became of the token, or it cannot be withdrawn.
    pub(super) async fn drive(
        &self,
        invite: Invite,
        event: AppTokenEvent,
        now: Timestamp,
    ) -> Result<Invite, TokenError> {
        match invite.draft.app_token.clone() {
            Some(token) => self.drive_token(invite, token, (event, None), now).await,
            None => Ok(invite),
        }
    }

    /// Mints a token for an invite that can have one and has none.
    ///
    /// # Errors
    /// When the ledger cannot be used. If the server mints none the invite stays as it is.
    pub(super) async fn mint_if_absent(&self, invite: Invite, now: Timestamp) -> Result<Invite, TokenError> {
        let (_, action) = app_token::next(AppTokenState::of(&invite, now), AppTokenEvent::Wanted);
        if action != AppTokenAction::Mint {
            return Ok(invite);
        }
        match self.mint(&invite.draft, now).await {
            Ok(Some(token)) => self.drive_token(invite, token, (AppTokenEvent::Minted, None), now).await,
            Ok(None) => Ok(invite),
            Err(error) => {
                warn_refused(&invite, "no app token was minted", &error);
                Ok(invite)
            }
        }
    }

    /// The same for a token in hand: the one that is out, or one that was just minted.
    pub(super) async fn drive_token(
        &self,
        mut invite: Invite,
        mut token: AppToken,
        (mut event, mut user): (AppTokenEvent, Option<AppUser>),
        now: Timestamp,
    ) -> Result<Invite, TokenError> {
        let ledger = &self.context.ledger;
        let host = invite.draft.host.clone();
        let server = self.context.backend(&host).zip(self.context.reveal(&token));
        let mut state = AppTokenState::of(&invite, now);
        loop {
            let (after, action) = app_token::next(state, event);
            state = after;
            match action {
                // A reservation is ended by whoever holds it, and a token that is in hand need not be minted.
                AppTokenAction::Leave
                | AppTokenAction::Mint
                | AppTokenAction::Redeem
                | AppTokenAction::Release
                | AppTokenAction::ReleaseTokenGone => {
                    return Ok(invite);
                }
                AppTokenAction::Keep => match ledger.keep_app_token(invite.id, token.clone(), now).await {
                    Ok(Kept::Kept(invite)) => return Ok(invite),
                    // Somebody was faster: the table is asked again, for the invite as the ledger has it.
                    Ok(Kept::NotNeeded(other)) => {
                        state = other.as_ref().map_or(AppTokenState::Ended, |other| AppTokenState::of(other, now));
                        event = AppTokenEvent::Minted;
                        invite = other.unwrap_or(invite);
                    }
                    Err(error) => {
                        self.withdraw_minted(&host, &token).await;
                        return Err(error.into());
                    }
                },
                AppTokenAction::WithdrawMinted => {
                    self.withdraw_minted(&host, &token).await;
                    return Ok(invite);
                }
                AppTokenAction::BeginWithdrawal => {
                    event = match &server {
                        None => AppTokenEvent::NoServer,
                        Some((backend, _)) if !backend.can_withdraw() => AppTokenEvent::CannotWithdraw,
                        // From here on nobody is given it, also if we end in the middle.
                        Some(_) if ledger.begin_withdrawal(invite.id, token.clone()).await? => {
                            token.is_withdrawing = true;
                            AppTokenEvent::Marked
                        }
                        Some(_) => AppTokenEvent::Held,
                    }
                }
                AppTokenAction::Withdraw => {
                    event = match &server {
                        Some((backend, text)) if backend.withdraw(text).await? => AppTokenEvent::Withdrawn,
                        Some(_) => AppTokenEvent::NotThere,
                        None => AppTokenEvent::NoServer,
                    }
                }
                AppTokenAction::LookUp => {
                    (event, user) = match &server {
                        Some((backend, text)) => heard(backend.look_up(text).await?),
                        None => (AppTokenEvent::NoServer, None),
                    }
                }
                AppTokenAction::RecordUse => return Ok(self.record_use(invite, token, user, now).await?),
                AppTokenAction::Revoke => {
                    // This was all of it, unless a guest of ours is using it up right now.
                    if !ledger.reservations(Some(invite.id)).await?.is_empty() {
                        return Ok(invite);
                    }
                    self.context.revoke(&self.context.ledger, vec![invite.id], now).await?;
                    return Ok(self.forget(invite, token).await?);
                }
                AppTokenAction::Forget => return Ok(self.forget(invite, token).await?),
                AppTokenAction::Refuse => return Err(CallError::Refused(Refusal::Unsupported).into()),
                AppTokenAction::TryLater => return Err(CallError::Unsure("its token was not withdrawn".into()).into()),
            }
        }
    }

    async fn forget(&self, invite: Invite, token: AppToken) -> Result<Invite, LedgerError> {
        self.context.ledger.forget_app_token(invite.id, token).await?;
        Ok(self.context.ledger.find(invite.id).await?.unwrap_or(invite))
    }

    /// Records that an app used `token`, unless that is on record.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub(super) async fn record_use(
        &self,
        invite: Invite,
        token: AppToken,
        user: Option<AppUser>,
        now: Timestamp,
    ) -> Result<Invite, LedgerError> {
        let text = self.context.reveal(&token);
        let (found, is_redeemed) = self.context.ledger.redeem_in_app(invite.id, token, user, now).await?;
        let Some(invite) = found else { return Ok(invite) };
        if is_redeemed {
            self.context.redeemed(&invite, Via::App, &Source::Server);
            // From here on the ledger knows. Where this fails the server has one token more in its way.
            if let (Some(backend), Some(text)) = (self.context.backend(&invite.draft.host), text)
                && invite.draft.source != Source::Server
            {
                let _ = backend.forget(&text).await;
            }
        }
        Ok(invite)
    }

    /// Mints a token for an invite of `draft`'s kind; nothing where apps cannot sign up with one.
    ///
    /// # Errors
    /// When the server is away, or mints none.
    pub(super) async fn mint(&self, draft: &Draft, now: Timestamp) -> Result<Option<AppToken>, CallError> {
        let Some(backend) = self.context.backend(&draft.host) else { return Ok(None) };
        if self.context.shows_own_token(draft)
            || !backend.abilities().in_app.has(&draft.kind)
            || self.context.is_reserved_reset(draft)
        {
            return Ok(None);
        }
        let ttl = std::time::Duration::try_from(draft.expires_at.duration_since(now)).unwrap_or_default();
        let spares_admins = draft.source != Source::Cli;
        let wanted = Mint { kind: &draft.kind, groups: &draft.groups, roles: &draft.roles, ttl, spares_admins };
        let Minted { token, expires_at } = backend.mint(&wanted).await?;
        let expires_at = expires_at.unwrap_or(draft.expires_at).min(draft.expires_at);
        let sealed = self.context.ledger.seal().close(token.as_bytes());
        Ok(Some(AppToken { sealed, expires_at, is_withdrawing: false }))
    }

    /// Withdraws a token that nobody has got. If that fails it expires by itself.
    pub(super) async fn withdraw_minted(&self, host: &HostName, token: &AppToken) {
        if let (Some(backend), Some(token)) = (self.context.backend(host), self.context.reveal(token)) {
            let _ = backend.withdraw(&token).await;
        }
    }
}
