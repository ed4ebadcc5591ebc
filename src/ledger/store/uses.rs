//! Statements about uses: what redeems an invite, reserves a use of it, or lets an app use it.

use jiff::Timestamp;

use super::rows::find;
use super::{Store, Transaction};
use crate::invite::name::Username;
use crate::invite::{AppToken, Draft, Invite, InviteId, Kind, Redemption, Status, Via};
use crate::ledger::error::SqlError;
use crate::ledger::{Kept, LedgerError, RedeemError, Reservation, ReservationId, Taker};

impl Transaction<'_> {
    /// Spends one use.
    pub(in crate::ledger) fn redeem(
        &mut self,
        id: InviteId,
        account: Option<Username>,
        via: Via,
        now: Timestamp,
    ) -> Result<Result<Invite, RedeemError>, SqlError> {
        let mut invite = match self.redeemable(id, account.as_ref(), now)? {
            Ok(invite) => invite,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if self.is_last_use(&invite)? {
            return Ok(Err(RedeemError::AppTokenOutstanding));
        }
        let account = account.or_else(|| invite.draft.kind.username().cloned());
        self.take_use(&invite, account.as_ref(), via, Hold::Made, now)?;
        invite.used += 1;
        invite.redemptions.push(Redemption { account, at: now, via });
        Ok(Ok(invite))
    }

    /// Reserves one use for an account that is about to be made.
    pub(in crate::ledger) fn reserve(
        &mut self,
        id: InviteId,
        account: Username,
        via: Via,
        now: Timestamp,
    ) -> Result<Result<Reservation, RedeemError>, SqlError> {
        let invite = match self.redeemable(id, Some(&account), now)? {
            Ok(invite) => invite,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (token, hold) = if self.is_last_use(&invite)? {
            let Some(token) = invite.live_app_token(now).cloned() else {
                return Ok(Err(RedeemError::AppTokenOutstanding));
            };
            (Some(token), Hold::ReservedWithToken)
        } else {
            (None, Hold::Reserved)
        };
        let id = ReservationId(self.take_use(&invite, Some(&account), via, hold, now)?);
        Ok(Ok(Reservation { id, invite, account, at: now, via, token }))
    }

    /// The invite, if `account` may redeem it.
    fn redeemable(
        &self,
        id: InviteId,
        account: Option<&Username>,
        now: Timestamp,
    ) -> Result<Result<Invite, RedeemError>, SqlError> {
        let Some(invite) = find(self.sql, id)? else { return Ok(Err(RedeemError::Absent)) };
        let status = invite.status(now);
        if status != Status::Pending {
            return Ok(Err(RedeemError::Ended(status)));
        }
        let bound = invite.draft.kind.username();
        if bound.is_some() && account.is_some() && bound != account {
            return Ok(Err(RedeemError::OtherName));
        }
        // A reset is for an account that is there.
        if let Some(name) = account.or(bound).filter(|_| !matches!(invite.draft.kind, Kind::Reset { .. }))
            && (self.is_taken(&invite.draft.host, name)?
                || self.is_reserved(&invite.draft.host, name, Some(id), now)?)
        {
            return Ok(Err(RedeemError::Taken(name.clone())));
        }
        Ok(Ok(invite))
    }

    /// Takes one use; gives the row that says for whom.
    fn take_use(
        &self,
        invite: &Invite,
        account: Option<&Username>,
        via: Via,
        hold: Hold,
        now: Timestamp,
    ) -> Result<i64, SqlError> {
        self.sql.execute(
            "UPDATE invite SET used = used + 1, \
             spent_at = CASE WHEN used + 1 = uses THEN CAST(?2 AS BIGINT) END WHERE id = ?1",
            &[invite.id.to_row().into(), now.as_millisecond().into()],
        )?;
        let id = self.sql.first(
            "INSERT INTO redemption (invite, host, account, at, via, made, with_token) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
            &[
                invite.id.to_row().into(),
                invite.draft.host.as_str().into(),
                account.map(Username::as_str).into(),
                now.as_millisecond().into(),
                via.to_string().as_str().into(),
                i64::from(hold == Hold::Made).into(),
                i64::from(hold == Hold::ReservedWithToken).into(),
            ],
            |row| row.integer(0),
        )?;
        id.ok_or_else(|| SqlError::unreadable(0, "a row was not put down"))
    }

    /// Ends a reservation: the account was made, or it was not and the use is free again, or an app's. Gives the invite
    /// as it is then; nothing if the reservation was ended before.
    pub(in crate::ledger) fn end_reservation(
        &mut self,
        reservation: ReservationId,
        taker: &Taker,
    ) -> Result<Result<Option<Invite>, LedgerError>, SqlError> {
        let found = self.sql.first(
            "SELECT invite, with_token FROM redemption WHERE id = ?1 AND made = 0",
            &[reservation.0.into()],
            |row| Ok((row.integer(0)?, row.integer(1)? == 1)),
        )?;
        let Some((invite, with_token)) = found else { return Ok(Ok(None)) };
        match taker {
            Taker::Nobody | Taker::NobodyNorToken => {
                self.sql.execute("DELETE FROM redemption WHERE id = ?1", &[reservation.0.into()])?;
                let statement = "UPDATE invite SET used = used - 1, spent_at = NULL WHERE id = ?1";
                self.sql.execute(statement, &[invite.into()])?;
            }
            Taker::Guest => {
                self.sql.execute("UPDATE redemption SET made = 1 WHERE id = ?1", &[reservation.0.into()])?;
            }
            Taker::App(account) => {
                let statement = "UPDATE redemption SET made = 1, account = ?2, via = 'app' WHERE id = ?1";
                let account = account.as_ref().map(Username::as_str);
                self.sql.execute(statement, &[reservation.0.into(), account.into()])?;
            }
        }
        if with_token && *taker != Taker::Nobody {
            let statement =
                "UPDATE invite SET app_token = NULL, app_expires_at = NULL, app_withdrawing = 0 WHERE id = ?1";
            self.sql.execute(statement, &[invite.into()])?;
        }
        Ok(Ok(find(self.sql, InviteId::from_row(invite))?))
    }

    /// Puts down that an app used the token of an invite; gives the invite as it is then. What was put down before is
    /// not again. Nor is what somebody else is finding out: a reservation that holds the token may have used it itself,
    /// and a withdrawal that has begun since may have taken it back.
    pub(in crate::ledger) fn used_in_app(
        &mut self,
        id: InviteId,
        token: &AppToken,
        account: Option<&Username>,
        now: Timestamp,
    ) -> Result<Result<Option<Invite>, LedgerError>, SqlError> {
        let out = find(self.sql, id)?.and_then(|invite| invite.draft.app_token);
        if out.as_ref() != Some(token) || self.is_token_reserved(id)? || !self.drop_token(id, token)? {
            return Ok(Ok(find(self.sql, id)?));
        }
        let Some(invite) = find(self.sql, id)? else { return Ok(Ok(None)) };
        // There is always a use left for a token that is out, unless an admin took it away since.
        if invite.uses_left() > 0 {
            self.take_use(&invite, account, Via::App, Hold::Made, now)?;
        }
        Ok(Ok(find(self.sql, id)?))
    }

    /// Remembers the server's token for an invite, if there is a use left for it.
    pub(in crate::ledger) fn keep_app_token(
        &mut self,
        id: InviteId,
        token: AppToken,
        now: Timestamp,
    ) -> Result<Result<Kept, LedgerError>, SqlError> {
        let Some(mut invite) = find(self.sql, id)? else { return Ok(Ok(Kept::NotNeeded(None))) };
        if invite.draft.app_token.is_some() || invite.status(now) != Status::Pending {
            return Ok(Ok(Kept::NotNeeded(Some(invite))));
        }
        self.sql.execute(
            "UPDATE invite SET app_token = ?2, app_expires_at = ?3, app_withdrawing = 0 WHERE id = ?1",
            &[id.to_row().into(), token.sealed.as_slice().into(), token.expires_at.as_millisecond().into()],
        )?;
        invite.draft.app_token = Some(token);
        Ok(Ok(Kept::Kept(invite)))
    }

    /// Marks a token as being taken back; true if it is the one that is out.
    pub(in crate::ledger) fn begin_withdrawal(
        &mut self,
        id: InviteId,
        token: &AppToken,
    ) -> Result<Result<bool, LedgerError>, SqlError> {
        let found = find(self.sql, id)?.and_then(|invite| invite.draft.app_token);
        let Some(out) = found.filter(|out| out.sealed == token.sealed) else { return Ok(Ok(false)) };
        if self.is_token_reserved(id)? {
            return Ok(Ok(false));
        }
        if !out.is_withdrawing {
            self.sql.execute("UPDATE invite SET app_withdrawing = 1 WHERE id = ?1", &[id.to_row().into()])?;
        }
        Ok(Ok(true))
    }

    /// Forgets a token that was taken back; true if it was the one that is out.
    pub(in crate::ledger) fn drop_app_token(
        &mut self,
        id: InviteId,
        token: &AppToken,
    ) -> Result<Result<bool, LedgerError>, SqlError> {
        self.drop_token(id, token).map(Ok)
    }

    /// Whether the token that is out holds the last use that is left: nobody else may have that use before it is known
    /// what became of the token. What a reservation holds already is no longer left.
    fn is_last_use(&self, invite: &Invite) -> Result<bool, SqlError> {
        Ok(invite.draft.app_token.is_some() && invite.uses_left() <= 1 && !self.is_token_reserved(invite.id)?)
    }

    /// Whether the use that an invite's token holds is reserved.
    fn is_token_reserved(&self, id: InviteId) -> Result<bool, SqlError> {
        let statement = "SELECT 1 FROM redemption WHERE invite = ?1 AND made = 0 AND with_token = 1";
        self.sql.any(statement, &[id.to_row().into()])
    }

    fn drop_token(&self, id: InviteId, token: &AppToken) -> Result<bool, SqlError> {
        let dropped = self.sql.execute(
            "UPDATE invite SET app_token = NULL, app_expires_at = NULL, app_withdrawing = 0 \
             WHERE id = ?1 AND app_token = ?2",
            &[id.to_row().into(), token.sealed.as_slice().into()],
        )?;
        Ok(dropped == 1)
    }

    /// Takes an invite of the server itself into the ledger, once; `slot` is what its token is found by.
    pub(in crate::ledger) fn adopt(
        &mut self,
        slot: &[u8],
        draft: Draft,
    ) -> Result<Result<Option<Invite>, LedgerError>, SqlError> {
        if let Some(known) = Store(self.sql).adopted(slot)? {
            return Ok(Ok(Some(known)));
        }
        let invite = self.insert(draft)?;
        let statement = "INSERT INTO adopted (token, invite) VALUES (?1, ?2)";
        self.sql.execute(statement, &[slot.into(), invite.id.to_row().into()])?;
        Ok(Ok(Some(invite)))
    }
}

/// How a use is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// For good.
    Made,
    /// While an account is being made.
    Reserved,
    /// The same, and it is the use that the server's token holds.
    ReservedWithToken,
}
