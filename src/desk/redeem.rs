//! Spending the uses of invites.

use jiff::Timestamp;

use super::{Desk, Repeat, of};
use crate::invite::name::Account;
use crate::invite::{Invite, Source, Via};
use crate::key::Key;
use crate::ledger::{Answer, RedeemError, Repeatable};
use crate::log::{Event, event};

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
    ) -> Result<Answer<Invite>, RedeemError> {
        let invite = self.open(token).await?.filter(|invite| key.allows_host(&invite.draft.host));
        let Invite { id, draft, .. } = invite.ok_or(RedeemError::Absent)?;
        if account.as_ref().and_then(|account| account.host.as_ref()).is_some_and(|host| *host != draft.host) {
            return Err(RedeemError::OtherName);
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
        match self.ledger.redeem(id, account, Via::Api, request, now).await? {
            Answer::Before(sealed) => Ok(Answer::Before(self.open_answer(&sealed)?)),
            Answer::New(invite) => {
                let source = Source::Key(key.id.clone());
                self.metrics.redeemed.get_or_create(&of(Some(&invite.draft.host), Some(key))).inc();
                event(&Event::InviteRedeemed {
                    invite: &id,
                    host: &invite.draft.host,
                    via: &Via::Api,
                    source: &source,
                });
                Ok(Answer::New(invite))
            }
        }
    }
}
