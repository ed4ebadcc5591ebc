//! App tokens: minted when they are first needed, one at a time an invite, watched, withdrawn when nobody is to use them
//! any more. What is done when is said by [`crate::invite::app_token`].
//!
//! | module | what it has |
//! |---|---|
//! | `adopt` | invites that a server created itself |
//! | `gate` | what keeps guessed tokens from the servers |
//! | `life` | the table, driven |

mod adopt;
mod gate;
mod life;

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::context::Context;
use crate::backend::{Backend, CallError, Own, Refusal};
use crate::invite::app_token::{AppTokenEvent, AppTokenState};
use crate::invite::name::HostName;
use crate::invite::request::Minting;
use crate::invite::{AppToken, Draft, Invite, InviteId, Source};
use crate::ledger::{AppTokenFilter, LedgerError};
use crate::log::chain;
use adopt::Adoption;
pub use adopt::FindError;
pub use gate::Asker;
use gate::LookUpGate;
pub(super) use life::TokenError;
use life::{Life, heard};

/// So many tokens are looked at in one round.
const ROUND: u32 = 200;

/// What is remembered of app tokens from one configuration to the next.
#[derive(Clone, Default)]
pub(super) struct TokenMemory {
    gate: Arc<LookUpGate>,
    /// How far the round through those that nobody is to use has come.
    withdrawn_to: Arc<Mutex<Option<InviteId>>>,
}

/// App tokens: a part of the desk.
#[derive(Clone)]
pub struct AppTokens {
    context: Arc<Context>,
    life: Life,
    adoption: Adoption,
    withdrawn_to: Arc<Mutex<Option<InviteId>>>,
}

impl AppTokens {
    pub(super) fn new(context: &Arc<Context>, TokenMemory { gate, withdrawn_to }: TokenMemory) -> Self {
        let life = Life::new(Arc::clone(context));
        let adoption = Adoption::new(Arc::clone(context), life.clone(), gate);
        Self { context: Arc::clone(context), life, adoption, withdrawn_to }
    }

    /// The invite that a server minted `token` for, if one of them did.
    ///
    /// # Errors
    /// When that cannot be found out now.
    pub(super) async fn adopted(
        &self,
        token: &str,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Option<Invite>, FindError> {
        self.adoption.find(token, asker, now).await
    }

    /// The same for one that was adopted before: no server is asked.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(super) async fn adopted_before(&self, token: &str) -> Result<Option<Invite>, LedgerError> {
        self.adoption.known(token).await
    }

    /// Gives each draft a token, as that is wanted: before the invites are created, so that a request that comes again is
    /// answered with the same tokens. Where none can be minted, or not all, there are as many as there can be.
    ///
    /// # Errors
    /// When tokens are required, and the server does not mint them all. Then none is out.
    pub(super) async fn mint_for(
        &self,
        mut drafts: Vec<Draft>,
        wanted: Minting,
        now: Timestamp,
    ) -> Result<Vec<Draft>, CallError> {
        let mut minted = Vec::with_capacity(drafts.len());
        for draft in drafts.iter_mut().filter(|draft| !self.context.shows_own_token(draft)) {
            let error = match self.life.mint(draft, now).await {
                Ok(Some(token)) => {
                    minted.push((draft.host.clone(), token.clone()));
                    draft.app_token = Some(token);
                    continue;
                }
                Ok(None) => match self.context.backend(&draft.host) {
                    None => break,
                    Some(backend) if backend.is_full() => Refusal::NoRoom.into(),
                    Some(_) => Refusal::Unsupported.into(),
                },
                Err(error) => error,
            };
            if wanted == Minting::Required {
                self.withdraw_minted(&minted).await;
                return Err(error);
            }
            break;
        }
        Ok(drafts)
    }

    /// Withdraws minted tokens that nobody has got. Where that fails they expire by themselves.
    pub(super) async fn withdraw_minted(&self, minted: &[(HostName, AppToken)]) {
        for (host, token) in minted {
            self.life.withdraw_minted(host, token).await;
        }
    }

    /// The invite with a token, if apps can sign up with it and its server is there; at most one token is out.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub(super) async fn offer(&self, invite: Invite, now: Timestamp) -> Result<Invite, LedgerError> {
        let is_live = matches!(AppTokenState::of(&invite, now), AppTokenState::Live | AppTokenState::Adopted);
        if is_live || self.context.shows_own_token(&invite.draft) {
            return Ok(invite);
        }
        let _lock = self.context.locks.lock(invite.id).await;
        // Somebody else may have been here first.
        let Some(invite) = self.context.ledger.find(invite.id).await? else { return Ok(invite) };
        let offered = match self.reconcile(invite.clone(), now).await {
            Ok(invite) => self.life.mint_if_absent(invite, now).await,
            Err(error) => Err(error),
        };
        match offered {
            Ok(invite) => Ok(invite),
            Err(TokenError::Call(_)) => Ok(invite),
            Err(TokenError::Ledger(error)) => Err(error),
        }
    }

    /// An invite as it is when it is known what became of a token that nobody is given any more.
    ///
    /// # Errors
    /// When that cannot be found out now.
    pub(super) async fn reconcile(&self, invite: Invite, now: Timestamp) -> Result<Invite, TokenError> {
        self.life.drive(invite, AppTokenEvent::Reconcile, now).await
    }

    /// Withdraws the token of an invite, unless it was used: that is recorded. Then no token is out.
    ///
    /// # Errors
    /// When the server is away, or withdraws none: the token may still be used.
    pub(super) async fn withdraw(&self, invite: Invite, now: Timestamp) -> Result<Invite, TokenError> {
        self.life.drive(invite, AppTokenEvent::Withdraw, now).await
    }

    /// The same where it need not be now: what cannot be withdrawn yet is so by [`AppTokens::withdraw_stale`].
    pub(super) async fn withdraw_soon(&self, invite: &Invite, now: Timestamp) {
        if let Err(error) = self.withdraw(invite.clone(), now).await {
            tracing::debug!(invite.id = %invite.id, host = %invite.draft.host, error = %chain(&error),
                "cannot withdraw an app token, will retry");
        }
    }

    /// Withdraws tokens that nobody is to use any more: some at a time, and each in its turn, so that those which cannot be
    /// withdrawn keep none waiting.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub(super) async fn withdraw_stale(&self, now: Timestamp) -> Result<(), LedgerError> {
        let after = *self.withdrawn_to.lock().unwrap_or_else(PoisonError::into_inner);
        let invites = self.context.ledger.app_tokens(AppTokenFilter::Stale, after, ROUND, now).await?;
        let is_end = invites.len() < ROUND as usize;
        let last = invites.last().filter(|_| !is_end).map(|invite| invite.id);
        *self.withdrawn_to.lock().unwrap_or_else(PoisonError::into_inner) = last;
        for invite in invites {
            let _lock = self.context.locks.lock(invite.id).await;
            match self.withdraw(invite, now).await {
                Ok(_) | Err(TokenError::Call(_)) => {}
                Err(TokenError::Ledger(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Asks the server what has become of the token that is out; gives the invite as it is then.
    ///
    /// # Errors
    /// When the ledger cannot be used. A server that is away is no error: then nothing new is known.
    pub async fn renew(&self, invite: Invite, now: Timestamp) -> Result<Invite, LedgerError> {
        let Some((backend, token, text)) = self.token_out(&invite, now) else { return Ok(invite) };
        let state = match backend.look_up(&text).await {
            Ok(state) => state,
            // All that some servers say is whether it has ended.
            Err(CallError::Refused(Refusal::Unsupported)) => {
                match backend.ended(&[&text]).await.unwrap_or_default().pop() {
                    Some((_, state)) => state,
                    None => return Ok(invite),
                }
            }
            Err(_) => return Ok(invite),
        };
        known(&invite, self.life.drive_token(invite.clone(), token, heard(state), now).await)
    }

    /// Asks the servers which tokens apps have used, and records that.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub async fn watch(&self, now: Timestamp) -> Result<(), LedgerError> {
        if self.context.backends.all().next().is_none() {
            return Ok(());
        }
        let mut after = None;
        loop {
            let invites = self.context.ledger.app_tokens(AppTokenFilter::Live, after, ROUND, now).await?;
            let Some(last) = invites.last() else { return Ok(()) };
            after = Some(last.id);
            for (host, backend) in self.context.backends.all() {
                let of_host = invites.iter().filter(|invite| invite.draft.host == *host);
                let out = of_host.filter_map(|invite| {
                    let (_, token, text) = self.token_out(invite, now)?;
                    Some((invite, token, text))
                });
                let out: Vec<_> = out.collect();
                if out.is_empty() {
                    continue;
                }
                let texts: Vec<_> = out.iter().map(|(_, _, text)| text.as_str()).collect();
                // A server that is away is asked in the next round.
                for (at, state) in backend.ended(&texts).await.unwrap_or_default() {
                    if let Some((invite, token, _)) = out.get(at) {
                        let driven = self.life.drive_token((*invite).clone(), token.clone(), heard(state), now).await;
                        known(invite, driven)?;
                    }
                }
            }
        }
    }

    /// Whether a server asks us about the tokens that apps show.
    #[must_use]
    pub fn are_asked_about(&self) -> bool {
        self.context.backends.all().any(|(_, backend)| backend.abilities().asks)
    }

    /// Whether apps hold tokens of a server, whose use is to be watched; true also if the ledger cannot be read.
    pub async fn are_out(&self, now: Timestamp) -> bool {
        if self.context.backends.all().next().is_none() {
            return false;
        }
        let tokens = self.context.ledger.app_tokens(AppTokenFilter::Live, None, 1, now).await;
        !tokens.is_ok_and(|tokens| tokens.is_empty())
    }

    /// Whether an account can be created with an invite: with one that a user of the server created it is that user's right,
    /// and the server's to judge. False only if it says so.
    pub(super) async fn is_for_accounts(&self, invite: &Invite, now: Timestamp) -> bool {
        if (&invite.draft.source, invite.draft.kind.contact().is_some()) != (&Source::Server, true) {
            return true;
        }
        let Some((backend, _, text)) = self.token_out(invite, now) else { return true };
        !matches!(backend.own(&text).await, Ok(Some(Own { is_for_accounts: false, .. })))
    }

    fn token_out<'a>(&'a self, invite: &Invite, now: Timestamp) -> Option<(&'a Backend, AppToken, String)> {
        let token = invite.live_app_token(now)?.clone();
        let text = self.context.reveal(&token)?;
        Some((self.context.backend(&invite.draft.host)?, token, text))
    }
}

/// The invite as it is known: what a server could not say now, it is asked again.
fn known(invite: &Invite, driven: Result<Invite, TokenError>) -> Result<Invite, LedgerError> {
    match driven {
        Ok(invite) => Ok(invite),
        Err(TokenError::Call(_)) => Ok(invite.clone()),
        Err(TokenError::Ledger(error)) => Err(error),
    }
}
