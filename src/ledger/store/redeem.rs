//! Statements that redeem an invite, or reserve a use of it while an account is being created.

use futures_lite::future::try_zip;
use jiff::Timestamp;

use super::locks::{HeldLock, LockKey};
use super::rows::{IS_RESERVED_OF, find_alone, moment, parsed, read_redemption};
use super::transaction::{Store, Transaction};
use super::uses::Hold;
use crate::invite::event::EventKind;
use crate::invite::name::Username;
use crate::invite::{Invite, InviteId, Kind, Redemption, Status, Via};
use crate::ledger::error::{LedgerError, RedeemError, SqlError};
use crate::ledger::reservation::{Reservation, ReservationEnd, ReservationId};
use crate::ledger::row::Row;
use crate::ledger::statements::SentStatement;
use crate::ledger::value::SqlValue;

/// An invite that may be redeemed, with the locks that keep that so until a use of it is taken.
struct Redeemable<'a> {
    invite: Invite,
    _locks: [Option<HeldLock<'a>>; 2],
}

impl<'a> Transaction<'a> {
    /// Redeems one use; gives the invite as it is then, with this redemption alone.
    pub(in crate::ledger) async fn redeem(
        &self,
        id: InviteId,
        account: Option<Username>,
        via: Via,
        now: Timestamp,
    ) -> Result<Result<Invite, RedeemError>, SqlError> {
        let found = match self.redeemable(id, account.as_ref(), now).await? {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if self.is_last_use(&found.invite).await? {
            return Ok(Err(RedeemError::AppTokenOutstanding));
        }
        let mut invite = found.invite.clone();
        let account = account.or_else(|| invite.draft.kind.username().cloned());
        self.take_use(&invite, account.as_ref(), via, Hold::Redeemed, now).await?;
        invite.used += 1;
        let redemption = Redemption { account, at: now, via };
        self.announce(EventKind::InviteRedeemed, &invite, Some(&redemption), (now, now)).await?;
        if let Some(batch) = self.batch {
            batch.know(id, Some(invite.clone()));
        }
        invite.redemptions.push(redemption);
        Ok(Ok(invite))
    }

    /// Reserves one use of a contact's invite for somebody who has an account already.
    pub(in crate::ledger) async fn reserve_contact(
        &self,
        id: InviteId,
        account: Option<&Username>,
        now: Timestamp,
    ) -> Result<Result<ReservationId, RedeemError>, SqlError> {
        let (number, read) = try_zip(self.next_number(), self.as_it_was(id)).await?;
        let Some(read) = read else { return Ok(Err(RedeemError::Absent)) };
        let _lock = self.lock(LockKey::Invite(id)).await;
        let Some(invite) = self.as_it_is_now(read).await? else { return Ok(Err(RedeemError::Absent)) };
        let status = invite.status(now);
        if status != Status::Pending {
            return Ok(Err(RedeemError::Ended(status)));
        }
        let bound = invite.draft.kind.username();
        if invite.draft.kind.contact().is_none() || (bound.is_some() && bound != account) {
            return Ok(Err(RedeemError::OtherName));
        }
        if self.is_last_use(&invite).await? {
            return Ok(Err(RedeemError::AppTokenOutstanding));
        }
        let row = self.take_numbered_use(number, &invite, account, Via::App, Hold::ReservedForContact, now).await?;
        Ok(Ok(ReservationId(row)))
    }

    /// Reserves one use for an account that is about to be created.
    pub(in crate::ledger) async fn reserve(
        &self,
        id: InviteId,
        account: Username,
        via: Via,
        now: Timestamp,
    ) -> Result<Result<Reservation, RedeemError>, SqlError> {
        let (number, found) = try_zip(self.next_number(), self.redeemable(id, Some(&account), now)).await?;
        let found = match found {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let invite = found.invite.clone();
        let (token, hold) = if self.is_last_use(&invite).await? {
            let Some(token) = invite.live_app_token(now).cloned() else {
                return Ok(Err(RedeemError::AppTokenOutstanding));
            };
            (Some(token), Hold::ReservedWithToken)
        } else {
            (None, Hold::Reserved)
        };
        let id = ReservationId(self.take_numbered_use(number, &invite, Some(&account), via, hold, now).await?);
        Ok(Ok(Reservation { id, invite, account, at: now, via, token }))
    }

    /// The invite, if `account` may redeem it.
    async fn redeemable(
        &self,
        id: InviteId,
        account: Option<&Username>,
        now: Timestamp,
    ) -> Result<Result<Redeemable<'a>, RedeemError>, SqlError> {
        // Whose and for whom an invite is never changes, so that is read before it is locked; others are judged by it meanwhile.
        let Some(read) = self.as_it_was(id).await? else { return Ok(Err(RedeemError::Absent)) };
        if let Err(refusal) = may_redeem(&read, account, now) {
            return Ok(Err(refusal));
        }
        let host = read.draft.host.clone();
        // A reset is for an account that is there.
        let is_reset = matches!(read.draft.kind, Kind::Reset { .. });
        let name = account.or(read.draft.kind.username()).filter(|_| !is_reset).cloned();
        let (mut name_lock, mut is_gone) = (None, false);
        if let Some(name) = &name {
            name_lock = self.lock(LockKey::Name(host.clone(), name.clone())).await;
            let is_bound = read.draft.kind.username().is_some();
            let reserved = async {
                if is_bound {
                    self.is_reserved_before(&host, name, id, now).await
                } else {
                    self.is_reserved(&host, name, Some(id), now).await
                }
            };
            let (is_taken, is_reserved) = try_zip(self.is_taken(&host, name), reserved).await?;
            is_gone = is_taken || is_reserved;
        }
        let lock = self.lock(LockKey::Invite(id)).await;
        let Some(invite) = self.as_it_is_now(read).await? else { return Ok(Err(RedeemError::Absent)) };
        if let Err(refusal) = may_redeem(&invite, account, now) {
            return Ok(Err(refusal));
        }
        match name {
            Some(name) if is_gone => Ok(Err(RedeemError::Taken(name))),
            _ => Ok(Ok(Redeemable { invite, _locks: [name_lock, lock] })),
        }
    }

    /// Reads an invite before it is needed, where that takes a while.
    pub(in crate::ledger) async fn look_ahead(&self, id: InviteId) -> Result<(), SqlError> {
        if self.batch.is_some() {
            self.as_it_was(id).await?;
        }
        Ok(())
    }

    /// An invite as it was when others began to do something in this transaction; without its redemptions, as are all by which is
    /// judged here.
    async fn as_it_was(&self, id: InviteId) -> Result<Option<Invite>, SqlError> {
        if let Some(found) = self.batch.and_then(|batch| batch.found(id)) {
            return Ok(Some(found));
        }
        let found = find_alone(self.sql, id).await?;
        if let (Some(batch), Some(found)) = (self.batch, &found) {
            batch.note_found(found);
        }
        Ok(found)
    }

    /// An invite that was read in this transaction, as it is by now, for whoever holds the lock of it.
    async fn as_it_is_now(&self, read: Invite) -> Result<Option<Invite>, SqlError> {
        let id = read.id;
        match self.batch {
            None => Ok(Some(read)),
            Some(batch) => match batch.now(id, read) {
                Some(invite) => Ok(Some(invite)),
                None => find_alone(self.sql, id).await,
            },
        }
    }

    /// Ends a reservation: the account was created, or it was not and the use is free again, or an app's. Gives the invite
    /// as it is then, with what was redeemed by this alone; nothing if the reservation was ended before.
    pub(in crate::ledger) async fn end_reservation(
        &self,
        reservation: ReservationId,
        end: &ReservationEnd,
        now: Timestamp,
    ) -> Result<Result<Option<Invite>, LedgerError>, SqlError> {
        let number = reservation.0;
        let _lock = self.lock(LockKey::Reservation(number)).await;
        let statement =
            "SELECT invite, with_token, account, at, via, had_account FROM redemption WHERE id = ?1 AND made = 0";
        let read =
            |row: &Row<'_>| Ok((row.integer(0)?, row.integer(1)? == 1, read_redemption(row, 2)?, row.integer(5)? == 1));
        let Some((row, with_token, reserved, had_account)) = self.sql.first(statement, &[number.into()], read).await?
        else {
            return Ok(Ok(None));
        };
        let invite = InviteId::from_row(row);
        let lock = self.lock(LockKey::Invite(invite)).await;
        match end {
            ReservationEnd::Released | ReservationEnd::ReleasedTokenGone => {
                self.sql.send("DELETE FROM redemption WHERE id = ?1", &[number.into()]).await?;
                let statement = "UPDATE invite SET used = used - 1, spent_at = NULL WHERE id = ?1";
                self.sql.send(statement, &[row.into()]).await?;
            }
            ReservationEnd::Redeemed => {
                self.sql.send("UPDATE redemption SET made = 1 WHERE id = ?1", &[number.into()]).await?;
            }
            ReservationEnd::RedeemedInApp(user) => {
                let statement =
                    "UPDATE redemption SET made = 1, account = ?2, via = 'app', had_account = ?3 WHERE id = ?1";
                let account = user.as_ref().map(|user| user.account.as_str());
                let had_account = i64::from(user.as_ref().is_some_and(|user| user.had_account));
                self.sql.send(statement, &[number.into(), account.into(), had_account.into()]).await?;
            }
        }
        if matches!(end, ReservationEnd::Redeemed | ReservationEnd::RedeemedInApp(_)) {
            self.note_invited_with(number).await?;
        }
        if with_token && *end != ReservationEnd::Released {
            let statement =
                "UPDATE invite SET app_token = NULL, app_expires_at = NULL, app_withdrawing = 0 WHERE id = ?1";
            self.sql.send(statement, &[row.into()]).await?;
        }
        if let Some(batch) = self.batch {
            batch.know(invite, None);
        }
        let found = SentStatement::send(find_alone(self.sql, invite)).await;
        let (redeemed, is_new) = match end {
            ReservationEnd::Released | ReservationEnd::ReleasedTokenGone => (None, false),
            ReservationEnd::Redeemed => (Some(reserved), !had_account),
            ReservationEnd::RedeemedInApp(user) => {
                let account = user.as_ref().map(|user| user.account.clone());
                let is_new = user.as_ref().is_some_and(|user| !user.had_account);
                (Some(Redemption { account, via: Via::App, ..reserved }), is_new)
            }
        };
        // Whoever is told of it is told in order: nobody else does anything with the invite until then.
        let lock = if redeemed.is_some() && !self.subscribers.is_empty() { Some(lock) } else { None };
        let found = found.answer().await?;
        if let (Some(invite), Some(redemption)) = (&found, &redeemed) {
            self.announce(EventKind::InviteRedeemed, invite, Some(redemption), (now, now)).await?;
            if let Some(account) = redemption.account.as_ref().filter(|_| is_new) {
                self.announce_joined(invite, account, now).await?;
            }
        }
        drop(lock);
        Ok(Ok(found.map(|invite| Invite { redemptions: redeemed.into_iter().collect(), ..invite })))
    }
}

/// Whether an invite can be redeemed by `account`, whoever else has that name.
fn may_redeem(invite: &Invite, account: Option<&Username>, now: Timestamp) -> Result<(), RedeemError> {
    let status = invite.status(now);
    if status != Status::Pending {
        return Err(RedeemError::Ended(status));
    }
    let bound = invite.draft.kind.username();
    if bound.is_some() && account.is_some() && bound != account {
        return Err(RedeemError::OtherName);
    }
    Ok(())
}

impl Store<'_> {
    /// Reservations that nobody has ended, oldest first.
    pub(in crate::ledger) async fn reservations(self, of: Option<InviteId>) -> Result<Vec<Reservation>, SqlError> {
        let which = if of.is_some() { IS_RESERVED_OF } else { "made = 0" };
        let statement = format!(
            "SELECT id, invite, account, at, via, with_token FROM redemption WHERE {which} AND account IS NOT NULL ORDER BY at"
        );
        let values: Vec<_> = of.map(|id| SqlValue::from(id.to_row())).into_iter().collect();
        let rows = self.0.all(&statement, &values, |row| {
            let invite = InviteId::from_row(row.integer(1)?);
            let with_token = row.integer(5)? == 1;
            Ok((ReservationId(row.integer(0)?), invite, parsed(row, 2)?, moment(row, 3)?, parsed(row, 4)?, with_token))
        });
        let rows = rows.await?;
        let mut reservations = Vec::new();
        for (id, invite, account, at, via, with_token) in rows {
            if let Some(invite) = self.find_alone(invite).await? {
                let token = invite.draft.app_token.clone().filter(|_| with_token);
                reservations.push(Reservation { id, invite, account, at, via, token });
            }
        }
        Ok(reservations)
    }
}
