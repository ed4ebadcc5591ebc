//! Tokens of the host's server, with which an app signs up: minted when they are first needed, one at a time an invite,
//! watched; `take_back` has the other end of their life.

use jiff::Timestamp;

use super::take_back::TakeBackError;
use super::{Desk, of_source};
use crate::backend::{Backend, CallError, Mint, Minted, Own, Refusal, TokenState};
use crate::invite::name::{HostName, Username};
use crate::invite::{AppToken, Draft, Invite, Source, Status, Via};
use crate::ledger::{AppTokens, Kept, LedgerError};
use crate::log::{Event, event};

/// So many tokens are looked at in one round.
pub(super) const ROUND: u32 = 200;

impl Desk {
    /// The server behind a host, if there is one.
    pub(super) fn backend(&self, host: &HostName) -> Option<&Backend> {
        self.backends.of(host).map(std::convert::AsRef::as_ref)
    }

    /// The token itself.
    pub(super) fn reveal(&self, token: &AppToken) -> Option<String> {
        String::from_utf8(self.ledger.seal().open(&token.sealed)?).ok()
    }

    /// Makes a token for an invite of `draft`'s kind; nothing where apps cannot sign up with one.
    ///
    /// # Errors
    /// When the server is away, or does not make one.
    pub(super) async fn mint(&self, draft: &Draft, now: Timestamp) -> Result<Option<AppToken>, CallError> {
        let Some(backend) = self.backend(&draft.host) else { return Ok(None) };
        if !backend.abilities().in_app.has(&draft.kind) {
            return Ok(None);
        }
        let ttl = std::time::Duration::try_from(draft.expires_at.duration_since(now)).unwrap_or_default();
        let wanted = Mint { kind: &draft.kind, groups: &draft.groups, roles: &draft.roles, ttl };
        let Minted { token, expires_at } = backend.mint(&wanted).await?;
        let expires_at = expires_at.unwrap_or(draft.expires_at).min(draft.expires_at);
        let sealed = self.ledger.seal().close(token.as_bytes());
        Ok(Some(AppToken { sealed, expires_at, is_withdrawing: false }))
    }

    /// The invite with a token, if apps can sign up with it and its server is there; at most one token is out.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub(super) async fn with_app_token(&self, invite: Invite, now: Timestamp) -> Result<Invite, LedgerError> {
        if self.backend(&invite.draft.host).is_none() || invite.live_app_token(now).is_some() {
            return Ok(invite);
        }
        let _turn = self.lasting.turns.of(invite.id).await;
        // Somebody else's turn may have come first.
        let Some(invite) = self.ledger.find(invite.id).await? else { return Ok(invite) };
        let invite = match self.settled(invite.clone(), now).await {
            Ok(invite) => invite,
            Err(TakeBackError::Call(_)) => return Ok(invite),
            Err(TakeBackError::Ledger(error)) => return Err(error),
        };
        if invite.draft.app_token.is_some() || invite.status(now) != Status::Pending {
            return Ok(invite);
        }
        let token = match self.mint(&invite.draft, now).await {
            Ok(Some(token)) => token,
            Ok(None) => return Ok(invite),
            Err(error) => {
                Self::tell(&invite, "no token for apps", &error);
                return Ok(invite);
            }
        };
        match self.ledger.keep_app_token(invite.id, token.clone(), now).await {
            Ok(Kept::Kept(invite)) => Ok(invite),
            Ok(Kept::NotNeeded(other)) => {
                self.discard(&invite.draft.host, &token).await;
                Ok(other.unwrap_or(invite))
            }
            Err(error) => {
                self.discard(&invite.draft.host, &token).await;
                Err(error)
            }
        }
    }

    /// Takes back a token that nobody has got. If that fails it lapses by itself.
    pub(super) async fn discard(&self, host: &HostName, token: &AppToken) {
        if let (Some(backend), Some(token)) = (self.backend(host), self.reveal(token)) {
            let _ = backend.withdraw(&token).await;
        }
    }

    /// Asks the server what has become of the token that is out; gives the invite as it is then.
    ///
    /// # Errors
    /// When the ledger cannot be used. A server that is away is no error: then nothing new is known.
    pub async fn refresh(&self, invite: Invite, now: Timestamp) -> Result<Invite, LedgerError> {
        let Some((backend, token, text)) = self.token_out(&invite, now) else { return Ok(invite) };
        let state = match backend.look_up(&text).await {
            Ok(state) => state,
            // All that some servers tell is whether it has ended.
            Err(CallError::Refused(Refusal::Unsupported)) => {
                match backend.ended(&[&text]).await.unwrap_or_default().pop() {
                    Some((_, state)) => state,
                    None => return Ok(invite),
                }
            }
            Err(_) => return Ok(invite),
        };
        self.heard_of(invite, token, state, now).await
    }

    /// Takes down what has become of the token that is out.
    async fn heard_of(
        &self,
        invite: Invite,
        token: AppToken,
        state: TokenState,
        now: Timestamp,
    ) -> Result<Invite, LedgerError> {
        match state {
            TokenState::Live(_) => Ok(invite),
            TokenState::Used(account) => self.used_in_app(invite, token, account, now).await,
            TokenState::Unused => {
                if invite.draft.source == Source::Server {
                    // This was all of it, unless a guest of ours is using it up right now.
                    if !self.ledger.reservations(Some(invite.id)).await?.is_empty() {
                        return Ok(invite);
                    }
                    self.revoke_only(vec![invite.id], now).await?;
                }
                // Whoever opens the invite again gets another one.
                self.ledger.forget_app_token(invite.id, token).await?;
                Ok(self.ledger.find(invite.id).await?.unwrap_or(invite))
            }
        }
    }

    /// Whether an account can be made with an invite: with one that a user of the server made it is that user's right, and
    /// the server's to judge. False only if it says so.
    pub(super) async fn is_for_accounts(&self, invite: &Invite, now: Timestamp) -> bool {
        if (&invite.draft.source, invite.draft.kind.contact().is_some()) != (&Source::Server, true) {
            return true;
        }
        let Some((backend, _, text)) = self.token_out(invite, now) else { return true };
        !matches!(backend.own(&text).await, Ok(Some(Own { is_for_accounts: false, .. })))
    }

    fn token_out<'a>(&'a self, invite: &Invite, now: Timestamp) -> Option<(&'a Backend, AppToken, String)> {
        let token = invite.live_app_token(now)?.clone();
        let text = self.reveal(&token)?;
        Some((self.backend(&invite.draft.host)?, token, text))
    }

    pub(super) async fn used_in_app(
        &self,
        invite: Invite,
        token: AppToken,
        account: Option<Username>,
        now: Timestamp,
    ) -> Result<Invite, LedgerError> {
        let before = invite.redemptions.len();
        let text = self.reveal(&token);
        let Some(invite) = self.ledger.redeem_in_app(invite.id, token, account, now).await? else { return Ok(invite) };
        if invite.redemptions.len() > before {
            self.redeemed(&invite, Via::App, &Source::Server);
            // From here on the ledger knows. Where this fails the server has one token more in its way.
            if let (Some(backend), Some(text)) = (self.backend(&invite.draft.host), text)
                && invite.draft.source != Source::Server
            {
                let _ = backend.forget(&text).await;
            }
        }
        Ok(invite)
    }

    /// Counts and tells a redemption: by the caller who says so, else by whoever had the invite made.
    pub(super) fn redeemed(&self, invite: &Invite, via: Via, source: &Source) {
        let whose = match source {
            Source::Key(_) => of_source(&invite.draft.host, source),
            Source::Cli | Source::Server | Source::Xmpp(_) => of_source(&invite.draft.host, &invite.draft.source),
        };
        self.metrics.redeemed.get_or_create(&whose).inc();
        event(&Event::InviteRedeemed { invite: &invite.id, host: &invite.draft.host, via: &via, source });
    }

    /// Whether apps hold tokens with which they can sign up; true also if that cannot be told.
    pub async fn has_app_tokens(&self, now: Timestamp) -> bool {
        let tokens = self.ledger.app_tokens(AppTokens::Live, None, 1, now).await;
        !tokens.is_ok_and(|tokens| tokens.is_empty())
    }

    /// Hears of what apps used.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub async fn watch_apps(&self, now: Timestamp) -> Result<(), LedgerError> {
        let mut after = None;
        loop {
            let invites = self.ledger.app_tokens(AppTokens::Live, after, ROUND, now).await?;
            let Some(last) = invites.last() else { return Ok(()) };
            after = Some(last.id);
            for (host, backend) in self.backends.all() {
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
                        self.heard_of((*invite).clone(), token.clone(), state, now).await?;
                    }
                }
            }
        }
    }

    pub(super) fn tell(invite: &Invite, what: &str, error: &CallError) {
        match error {
            // The backend has said so, once.
            CallError::Away(_) | CallError::Unsure(_) => {}
            CallError::Refused(refusal) => {
                log::warn!("invite.id":% = invite.id, "host":% = invite.draft.host, "error":% = refusal; "{what}");
            }
        }
    }
}
