//! Statements about uses, of which there is a row each: how one is taken, and what the token of an app holds.

use jiff::Timestamp;

use super::transaction::Transaction;
use crate::invite::name::Username;
use crate::invite::{AppToken, Invite, InviteId, Via};
use crate::ledger::error::SqlError;

/// How a use is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// For good: it is redeemed.
    Redeemed,
    /// While an account is being created.
    Reserved,
    /// The same, and it is the use that the server's token holds.
    ReservedWithToken,
}

impl Transaction<'_> {
    /// Takes one use; gives the row that says for whom.
    pub(super) fn take_use(
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
                i64::from(hold == Hold::Redeemed).into(),
                i64::from(hold == Hold::ReservedWithToken).into(),
            ],
            |row| row.integer(0),
        )?;
        id.ok_or_else(|| SqlError::unreadable(0, "a row was not put down"))
    }

    /// Whether the token that is out holds the last use that is left: nobody else may have that use before it is known
    /// what became of the token. What a reservation holds already is no longer left.
    pub(super) fn is_last_use(&self, invite: &Invite) -> Result<bool, SqlError> {
        Ok(invite.draft.app_token.is_some() && invite.uses_left() <= 1 && !self.is_token_reserved(invite.id)?)
    }

    /// Whether the use that an invite's token holds is reserved.
    pub(super) fn is_token_reserved(&self, id: InviteId) -> Result<bool, SqlError> {
        let statement = "SELECT 1 FROM redemption WHERE invite = ?1 AND made = 0 AND with_token = 1";
        self.sql.any(statement, &[id.to_row().into()])
    }

    /// Forgets the token of an invite; true if it was the one that is out.
    pub(super) fn forget_token(&self, id: InviteId, token: &AppToken) -> Result<bool, SqlError> {
        let forgotten = self.sql.execute(
            "UPDATE invite SET app_token = NULL, app_expires_at = NULL, app_withdrawing = 0 \
             WHERE id = ?1 AND app_token = ?2",
            &[id.to_row().into(), token.sealed.as_slice().into()],
        )?;
        Ok(forgotten == 1)
    }
}
