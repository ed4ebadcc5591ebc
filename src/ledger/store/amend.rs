//! Statements that amend invites, or revoke them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::pending::{pending, with_next};
use super::rows::{COLUMNS, IS_PENDING, find, read_invite, with_redemptions};
use super::transaction::{Store, Transaction};
use crate::invite::event::EventKind;
use crate::invite::name::Jid;
use crate::invite::{Change, Invite, InviteId, Inviter, Status};
use crate::ledger::error::{ChangeError, LedgerError, SqlError};
use crate::ledger::limits::SourceLimits;
use crate::ledger::query::{RevokedInvites, TreeFilter};
use crate::ledger::statements::SentStatement;
use crate::ledger::value::SqlValue;

impl Transaction<'_> {
    /// Amends an invite.
    pub(in crate::ledger) async fn amend(
        &self,
        id: InviteId,
        change: Change,
        limits: Option<&SourceLimits>,
        now: Timestamp,
    ) -> Result<Result<Invite, ChangeError>, SqlError> {
        let Some(mut invite) = find(self.sql, id).await? else { return Ok(Err(ChangeError::Absent)) };
        let was_revoked = invite.revoked_at.is_some();
        let revives = match change.apply(&mut invite, now) {
            Ok(revives) => revives,
            Err(error) => return Ok(Err(ChangeError::Uses(error))),
        };
        if revives {
            if let Some(name) = invite.draft.kind.reserves()
                && (self.is_reserved(&invite.draft.host, name, Some(id), now).await?
                    || self.is_taken(&invite.draft.host, name).await?)
            {
                return Ok(Err(ChangeError::NameReserved(name.clone())));
            }
            if let Some(limits) = limits {
                self.count_added().await?;
                let pending = pending(self.sql, limits, now).await?;
                let pending = with_next(self.sql, limits, pending, 1, now).await?;
                if let Err(retry_after) = limits.room(pending, 1, now) {
                    return Ok(Err(ChangeError::Pending { retry_after }));
                }
            }
        }
        self.sql
            .send(
                "UPDATE invite SET note = ?2, expires_at = ?3, uses = ?4, revoked_at = ?5, \
             spent_at = CASE WHEN used < ?4 THEN NULL ELSE coalesce(spent_at, ?6) END WHERE id = ?1",
                &[
                    id.to_row().into(),
                    invite.draft.note.as_deref().into(),
                    invite.draft.expires_at.as_millisecond().into(),
                    invite.draft.uses.into(),
                    invite.revoked_at.map(Timestamp::as_millisecond).into(),
                    now.as_millisecond().into(),
                ],
            )
            .await?;
        if !was_revoked && invite.status(now) == Status::Revoked {
            self.announce(EventKind::InviteRevoked, &invite, None, (now, now)).await?;
        }
        Ok(Ok(invite))
    }

    pub(in crate::ledger) async fn revoke(
        &self,
        ids: &[InviteId],
        now: Timestamp,
    ) -> Result<Result<Vec<Invite>, LedgerError>, SqlError> {
        let ids: Vec<_> = ids.iter().map(|id| id.to_row().into()).collect();
        self.revoke_where("id", &ids, now).await.map(Ok)
    }

    /// Revokes the pending invites of `user`, and with `is_deep` of all whom that one has invited, directly or not.
    pub(in crate::ledger) async fn revoke_of(
        &self,
        user: &Jid,
        is_deep: bool,
        now: Timestamp,
    ) -> Result<Result<RevokedInvites, LedgerError>, SqlError> {
        let filter = TreeFilter { inviter: Some(Inviter::User(user.clone())), is_deep, ..TreeFilter::default() };
        let accounts = Store(self.sql).tree(&filter).await?;
        let below = accounts.iter().filter(|_| is_deep).map(|account| account.account.to_string());
        let addresses: BTreeSet<_> = below.chain([user.to_string()]).collect();
        let addresses: Vec<_> = addresses.iter().map(|address| SqlValue::from(address.as_str())).collect();
        let invites = self.revoke_where("invited_by", &addresses, now).await?;
        Ok(Ok(RevokedInvites { invites, accounts }))
    }

    /// Revokes the invites that have one of these values in that column, as far as they are pending.
    async fn revoke_where(
        &self,
        column: &str,
        values: &[SqlValue<'_>],
        now: Timestamp,
    ) -> Result<Vec<Invite>, SqlError> {
        // A use that is reserved may come free again, and then is not to be had either.
        let statement = format!(
            "UPDATE invite SET revoked_at = ?1 WHERE {column} = ?2 AND ({IS_PENDING} OR (revoked_at IS NULL \
             AND EXISTS (SELECT 1 FROM redemption WHERE redemption.invite = invite.id AND made = 0))) RETURNING {COLUMNS}"
        );
        let (mut asked, mut found, mut revoked) = (Vec::new(), Vec::new(), Vec::new());
        for value in values {
            let one = async {
                let values = [now.as_millisecond().into(), *value];
                self.sql.all(&statement, &values, read_invite).await
            };
            asked.push(SentStatement::send(one).await);
        }
        for one in asked {
            for invite in one.answer().await? {
                found.push(SentStatement::send(with_redemptions(self.sql, invite)).await);
            }
        }
        for one in found {
            let invite = one.answer().await?;
            self.announce(EventKind::InviteRevoked, &invite, None, (now, now)).await?;
            revoked.push(invite);
        }
        Ok(revoked)
    }
}
