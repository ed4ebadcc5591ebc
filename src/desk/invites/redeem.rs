//! Redeeming: a use for a program's own sign-up.

use std::time::Duration;

use jiff::Timestamp;

use super::Invites;
use super::caller::Caller;
use crate::backend::CallError;
use crate::desk::app_tokens::{Asker, FindError, TokenError};
use crate::desk::context::ADMINS_PASSWORD;
use crate::invite::field::{FieldError, FieldErrorKind, join};
use crate::invite::policy;
use crate::invite::request::RedeemRequest;
use crate::invite::{Invite, Via};
use crate::key::Key;
use crate::ledger::{Answer, LedgerError, RedeemError};

/// Why a caller's own sign-up redeemed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedeemInviteError {
    /// Fields of the request are wrong.
    #[error("{}", join(.0))]
    Fields(Vec<FieldError>),
    /// The ledger says no.
    #[error(transparent)]
    Ledger(#[from] RedeemError),
    /// A new password for an admin of the XMPP server, or for a reserved name, for which only the command line has it set.
    #[error("{ADMINS_PASSWORD}")]
    AdminsPassword,
    /// The caller asked for too many unknown tokens.
    #[error("too many unknown tokens came with this key")]
    Wait(Duration),
    /// The server is away that would know whether an app is using the invite, or whether the invite is its own.
    #[error("the XMPP server is away, and must be asked about this invite")]
    Away,
}

impl From<FindError> for RedeemInviteError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Ledger(error) => error.into(),
            FindError::Away => Self::Away,
            FindError::Wait(wait) => Self::Wait(wait),
        }
    }
}

impl From<LedgerError> for RedeemInviteError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error.into())
    }
}

impl Invites {
    /// Redeems one use of the invite that `token` opens, for a caller's own sign-up.
    ///
    /// # Errors
    /// Nothing was redeemed.
    pub async fn redeem(
        &self,
        key: &Key,
        request: &RedeemRequest,
        now: Timestamp,
    ) -> Result<Answer<Invite>, RedeemInviteError> {
        let (token, account) = policy::validate_redeem(request).map_err(RedeemInviteError::Fields)?;
        let invite = self
            .open(token, &Asker::Key(key.id.clone()), now)
            .await?
            .filter(|invite| key.allows_host(&invite.draft.host));
        let invite = invite.ok_or(RedeemError::Absent)?;
        // A user's invite to become contacts is none to sign up with, unless the server says so.
        if !self.app_tokens.is_for_accounts(&invite, now).await {
            return Err(RedeemError::Absent.into());
        }
        let Invite { id, draft, .. } = &invite;
        if account.and_then(|account| account.host.as_ref()).is_some_and(|host| *host != draft.host) {
            return Err(RedeemError::OtherName.into());
        }
        if self.context.is_reserved_reset(draft)
            || self.context.is_admins_reset(draft).await.map_err(|_| RedeemInviteError::Away)?
        {
            return Err(RedeemInviteError::AdminsPassword);
        }
        let account = account.map(|account| account.user.clone());
        if let Some(name) = account.as_ref().filter(|name| self.context.is_reserved(draft, name)) {
            let reason = format!("{name} is reserved on {}", draft.host);
            let error = FieldError { kind: FieldErrorKind::NotAccepted, ..FieldError::new("account", reason) };
            return Err(RedeemInviteError::Fields(vec![error]));
        }
        let caller = Caller::Key(key);
        let source = caller.source();
        let repeatable = caller.repeatable(self.context.ledger.seal(), request.idempotency.as_ref());
        if invite.draft.app_token.is_some() && invite.uses_left() <= 1 {
            // The token holds the last use; it is withdrawn for this caller, unless an app was first.
            let _lock = self.context.locks.lock(*id).await;
            let invite = self.context.ledger.find_alone(*id).await?.ok_or(RedeemError::Absent)?;
            match self.app_tokens.withdraw(invite, now).await {
                Ok(_) => {}
                Err(TokenError::Ledger(error)) => return Err(error.into()),
                Err(TokenError::Call(CallError::Refused(_))) => return Err(RedeemError::AppTokenOutstanding.into()),
                Err(TokenError::Call(_)) => return Err(RedeemInviteError::Away),
            }
        }
        let ledger = caller.ledger(&self.context.ledger, repeatable.as_ref(), now);
        let answer = ledger.redeem(*id, account, Via::Api, repeatable, now).await?;
        if !answer.is_repeated {
            self.context.redeemed(&answer.value, Via::Api, &source);
        }
        Ok(answer)
    }
}
