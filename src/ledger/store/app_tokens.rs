//! Statements about app tokens: one is kept with an invite until it is known what became of it.

use jiff::Timestamp;

use super::rows::{IS_PENDING, ReadFrom, SortOrder, find, find_alone, select};
use super::transaction::{Store, Transaction};
use super::uses::Hold;
use crate::invite::event::EventKind;
use crate::invite::{AppToken, AppUser, Invite, InviteId, Redemption, Status, Via};
use crate::ledger::app_token::{AppTokenFilter, Kept};
use crate::ledger::error::{LedgerError, SqlError};
use crate::ledger::query::ReadInvites;

impl Transaction<'_> {
    /// Redeems an invite for an app that used its token; gives the invite as it is then, and whether this has redeemed it. What
    /// was redeemed so before is not again. Nor is what somebody else is finding out: a reservation that holds the token may have
    /// used it itself, and a withdrawal that has begun since may have ended it.
    pub(in crate::ledger) async fn redeem_in_app(
        &self,
        id: InviteId,
        token: &AppToken,
        user: Option<&AppUser>,
        now: Timestamp,
    ) -> Result<Result<(Option<Invite>, bool), LedgerError>, SqlError> {
        let out = find_alone(self.sql, id).await?.and_then(|invite| invite.draft.app_token);
        let is_out =
            out.as_ref() == Some(token) && !self.is_token_reserved(id).await? && self.forget_token(id, token).await?;
        let invite = if is_out { find_alone(self.sql, id).await? } else { None };
        // There is always a use left for a token that is out, unless an admin took it away since.
        let Some(invite) = invite.filter(|invite| invite.uses_left() > 0) else {
            return Ok(Ok((find(self.sql, id).await?, false)));
        };
        let is_contact = user.is_some_and(|user| user.had_account);
        let hold = if is_contact { Hold::RedeemedForContact } else { Hold::Redeemed };
        let account = user.map(|user| &user.account);
        self.take_use(&invite, account, Via::App, hold, now).await?;
        let redeemed = find(self.sql, id).await?;
        if let Some(invite) = &redeemed {
            let redemption = Redemption { account: account.cloned(), at: now, via: Via::App };
            self.announce(EventKind::InviteRedeemed, invite, Some(&redemption), (now, now)).await?;
        }
        Ok(Ok((redeemed, true)))
    }

    /// Remembers the server's token for an invite, if there is a use left for it.
    pub(in crate::ledger) async fn keep_app_token(
        &self,
        id: InviteId,
        token: AppToken,
        now: Timestamp,
    ) -> Result<Result<Kept, LedgerError>, SqlError> {
        let Some(mut invite) = find(self.sql, id).await? else { return Ok(Ok(Kept::NotNeeded(None))) };
        if invite.draft.app_token.is_some() || invite.status(now) != Status::Pending {
            return Ok(Ok(Kept::NotNeeded(Some(invite))));
        }
        self.sql
            .send(
                "UPDATE invite SET app_token = ?2, app_expires_at = ?3, app_withdrawing = 0 WHERE id = ?1",
                &[id.to_row().into(), token.sealed.as_slice().into(), token.expires_at.as_millisecond().into()],
            )
            .await?;
        invite.draft.app_token = Some(token);
        Ok(Ok(Kept::Kept(invite)))
    }

    /// Marks a token as being withdrawn; true if it is the one that is out.
    pub(in crate::ledger) async fn begin_withdrawal(
        &self,
        id: InviteId,
        token: &AppToken,
    ) -> Result<Result<bool, LedgerError>, SqlError> {
        let found = find_alone(self.sql, id).await?.and_then(|invite| invite.draft.app_token);
        let Some(out) = found.filter(|out| out.sealed == token.sealed) else { return Ok(Ok(false)) };
        if self.is_token_reserved(id).await? {
            return Ok(Ok(false));
        }
        if !out.is_withdrawing {
            self.sql.send("UPDATE invite SET app_withdrawing = 1 WHERE id = ?1", &[id.to_row().into()]).await?;
        }
        Ok(Ok(true))
    }

    /// Forgets a token that was withdrawn; true if it was the one that is out.
    pub(in crate::ledger) async fn forget_app_token(
        &self,
        id: InviteId,
        token: &AppToken,
    ) -> Result<Result<bool, LedgerError>, SqlError> {
        self.forget_token(id, token).await.map(Ok)
    }
}

impl Store<'_> {
    /// Invites with an app token.
    pub(in crate::ledger) async fn app_tokens(
        self,
        which: AppTokenFilter,
        after: Option<InviteId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<ReadInvites, SqlError> {
        let is_offered = format!("{IS_PENDING} AND app_expires_at > ?1 AND app_withdrawing = 0");
        let which = match which {
            AppTokenFilter::Live => is_offered,
            AppTokenFilter::Stale => format!("NOT ({is_offered})"),
        };
        // An invite whose last use is just being taken is not over yet.
        let from = format!(
            "invite WHERE app_token IS NOT NULL AND id > ?2 AND {which} \
             AND NOT EXISTS (SELECT 1 FROM redemption WHERE redemption.invite = invite.id AND made = 0)"
        );
        let after = after.map_or(i64::MIN, InviteId::to_row);
        let values = [now.as_millisecond().into(), after.into()];
        select(self.0, ReadFrom { with: "", from: &from }, SortOrder::Oldest, limit, &values).await
    }
}
