//! Statements that redeem an invite, or reserve a use of it while an account is being created.

use jiff::Timestamp;

use super::rows::{find, moment, parsed};
use super::transaction::{Store, Transaction};
use super::uses::Hold;
use crate::invite::name::Username;
use crate::invite::{Invite, InviteId, Kind, Redemption, Status, Via};
use crate::ledger::error::{LedgerError, RedeemError, SqlError};
use crate::ledger::reservation::{Reservation, ReservationEnd, ReservationId};
use crate::ledger::value::SqlValue;

impl Transaction<'_> {
    /// Redeems one use.
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
        self.take_use(&invite, account.as_ref(), via, Hold::Redeemed, now)?;
        invite.used += 1;
        invite.redemptions.push(Redemption { account, at: now, via });
        Ok(Ok(invite))
    }

    /// Reserves one use of a contact's invite for somebody who has an account already.
    pub(in crate::ledger) fn reserve_contact(
        &mut self,
        id: InviteId,
        account: Option<&Username>,
        now: Timestamp,
    ) -> Result<Result<ReservationId, RedeemError>, SqlError> {
        let Some(invite) = find(self.sql, id)? else { return Ok(Err(RedeemError::Absent)) };
        let status = invite.status(now);
        if status != Status::Pending {
            return Ok(Err(RedeemError::Ended(status)));
        }
        let bound = invite.draft.kind.username();
        if invite.draft.kind.contact().is_none() || (bound.is_some() && bound != account) {
            return Ok(Err(RedeemError::OtherName));
        }
        if self.is_last_use(&invite)? {
            return Ok(Err(RedeemError::AppTokenOutstanding));
        }
        self.take_use(&invite, account, Via::App, Hold::Reserved, now).map(|row| Ok(ReservationId(row)))
    }

    /// Reserves one use for an account that is about to be created.
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

    /// Ends a reservation: the account was created, or it was not and the use is free again, or an app's. Gives the invite
    /// as it is then; nothing if the reservation was ended before.
    pub(in crate::ledger) fn end_reservation(
        &mut self,
        reservation: ReservationId,
        end: &ReservationEnd,
    ) -> Result<Result<Option<Invite>, LedgerError>, SqlError> {
        let found = self.sql.first(
            "SELECT invite, with_token FROM redemption WHERE id = ?1 AND made = 0",
            &[reservation.0.into()],
            |row| Ok((row.integer(0)?, row.integer(1)? == 1)),
        )?;
        let Some((invite, with_token)) = found else { return Ok(Ok(None)) };
        match end {
            ReservationEnd::Released | ReservationEnd::ReleasedTokenGone => {
                self.sql.execute("DELETE FROM redemption WHERE id = ?1", &[reservation.0.into()])?;
                let statement = "UPDATE invite SET used = used - 1, spent_at = NULL WHERE id = ?1";
                self.sql.execute(statement, &[invite.into()])?;
            }
            ReservationEnd::Redeemed => {
                self.sql.execute("UPDATE redemption SET made = 1 WHERE id = ?1", &[reservation.0.into()])?;
            }
            ReservationEnd::RedeemedInApp(account) => {
                let statement = "UPDATE redemption SET made = 1, account = ?2, via = 'app' WHERE id = ?1";
                let account = account.as_ref().map(Username::as_str);
                self.sql.execute(statement, &[reservation.0.into(), account.into()])?;
            }
        }
        if with_token && *end != ReservationEnd::Released {
            let statement =
                "UPDATE invite SET app_token = NULL, app_expires_at = NULL, app_withdrawing = 0 WHERE id = ?1";
            self.sql.execute(statement, &[invite.into()])?;
        }
        Ok(Ok(find(self.sql, InviteId::from_row(invite))?))
    }
}

impl Store<'_> {
    /// Reservations that nobody has ended, oldest first.
    pub(in crate::ledger) fn reservations(self, of: Option<InviteId>) -> Result<Vec<Reservation>, SqlError> {
        let which = if of.is_some() { "AND invite = ?1" } else { "" };
        let statement = format!(
            "SELECT id, invite, account, at, via, with_token FROM redemption WHERE made = 0 AND account IS NOT NULL {which} \
             ORDER BY at"
        );
        let values: Vec<_> = of.map(|id| SqlValue::from(id.to_row())).into_iter().collect();
        let rows = self.0.all(&statement, &values, |row| {
            let invite = InviteId::from_row(row.integer(1)?);
            let with_token = row.integer(5)? == 1;
            Ok((ReservationId(row.integer(0)?), invite, parsed(row, 2)?, moment(row, 3)?, parsed(row, 4)?, with_token))
        })?;
        let mut reservations = Vec::new();
        for (id, invite, account, at, via, with_token) in rows {
            if let Some(invite) = self.find(invite)? {
                let token = invite.draft.app_token.clone().filter(|_| with_token);
                reservations.push(Reservation { id, invite, account, at, via, token });
            }
        }
        Ok(reservations)
    }
}
