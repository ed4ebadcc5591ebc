//! Spending the uses of invites.

use jiff::Timestamp;

use super::take_back::TakeBackError;
use super::{Desk, FindError, Repeat};
use crate::backend::CallError;
use crate::invite::name::Account;
use crate::invite::{Invite, Source, Via};
use crate::key::Key;
use crate::ledger::{Answer, LedgerError, RedeemError, Repeatable};

/// Why a caller's own sign-up spent nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpendError {
    /// The ledger says no.
    #[error(transparent)]
    Ledger(#[from] RedeemError),
    /// The server is away that would know whether an app is using the invite, or whether the invite is its own.
    #[error("the XMPP server is away, and must be asked about this invite")]
    Away,
}

impl From<FindError> for SpendError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Ledger(error) => error.into(),
            FindError::Away => Self::Away,
        }
    }
}

impl From<LedgerError> for SpendError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error.into())
    }
}

impl Desk {
    /// Spends one use of the invite that `token` opens, for a caller's own sign-up.
    ///
    /// # Errors
    /// Nothing was spent.
    pub async fn redeem(
        &self,
        key: &Key,
        token: &str,
        account: Option<Account>,
        repeat: Option<Repeat<'_, Invite>>,
        now: Timestamp,
    ) -> Result<Answer<Invite>, SpendError> {
        let invite = self.open(token, now).await?.filter(|invite| key.allows_host(&invite.draft.host));
        let invite = invite.ok_or(RedeemError::Absent)?;
        // A user's invite to become contacts is none to sign up with, unless the server says so.
        if !self.is_for_accounts(&invite, now).await {
            return Err(RedeemError::Absent.into());
        }
        let Invite { id, draft, .. } = &invite;
        if account.as_ref().and_then(|account| account.host.as_ref()).is_some_and(|host| *host != draft.host) {
            return Err(RedeemError::OtherName.into());
        }
        let account = account.map(|account| account.user);
        let request = repeat.map(|repeat| {
            let seal = self.ledger.seal().clone();
            Repeatable::<Invite> {
                slot: seal.slot(repeat.parts),
                body: seal.digest(repeat.body),
                seal: Box::new(move |invite| seal.close(&(repeat.answer)(invite.clone()))),
            }
        });
        if invite.draft.app_token.is_some() && invite.uses_left() <= 1 {
            // The token holds the last use; it is taken back for this caller, unless an app was first.
            let _turn = self.lasting.turns.of(*id).await;
            let invite = self.ledger.find(*id).await?.ok_or(RedeemError::Absent)?;
            match self.take_back(&invite, now).await {
                Ok(()) => {}
                Err(TakeBackError::Ledger(error)) => return Err(error.into()),
                Err(TakeBackError::Call(CallError::Refused(_))) => return Err(RedeemError::InApp.into()),
                Err(TakeBackError::Call(_)) => return Err(SpendError::Away),
            }
        }
        match self.ledger.redeem(*id, account, Via::Api, request, now).await {
            Ok(Answer::Before(sealed)) => Ok(Answer::Before(self.open_answer(&sealed)?)),
            Ok(Answer::New(invite)) => {
                self.redeemed(&invite, Via::Api, &Source::Key(key.id.clone()));
                Ok(Answer::New(invite))
            }
            Err(error) => Err(error.into()),
        }
    }
}
