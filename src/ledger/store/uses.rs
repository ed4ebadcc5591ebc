//! Statements about uses, of which there is a row each: how one is taken, and what the token of an app holds.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::rows::IS_RESERVED_OF;
use super::transaction::Transaction;
use crate::invite::name::Username;
use crate::invite::{AppToken, Invite, InviteId, Via};
use crate::ledger::error::SqlError;
use crate::ledger::value::SqlValue;

/// How a use is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// For good: it is redeemed.
    Redeemed,
    /// The same, by somebody who had an account and is a contact now.
    RedeemedForContact,
    /// While an account is being created.
    Reserved,
    /// The same, and it is the use that the server's token holds.
    ReservedWithToken,
    /// While somebody who has an account becomes a contact.
    ReservedForContact,
}

fn row<'a>(
    invite: &'a Invite,
    account: Option<&'a Username>,
    via: &'a str,
    hold: Hold,
    now: Timestamp,
) -> [SqlValue<'a>; 8] {
    [
        invite.id.to_row().into(),
        invite.draft.host.as_str().into(),
        account.map(Username::as_str).into(),
        now.as_millisecond().into(),
        via.into(),
        i64::from(matches!(hold, Hold::Redeemed | Hold::RedeemedForContact)).into(),
        i64::from(hold == Hold::ReservedWithToken).into(),
        i64::from(matches!(hold, Hold::ReservedForContact | Hold::RedeemedForContact)).into(),
    ]
}

impl Transaction<'_> {
    /// Takes one use, for whoever holds the lock of the invite and with that name.
    pub(super) async fn take_use(
        &self,
        invite: &Invite,
        account: Option<&Username>,
        via: Via,
        hold: Hold,
        now: Timestamp,
    ) -> Result<(), SqlError> {
        self.send_use(invite, now).await?;
        let statement = "INSERT INTO redemption (invite, host, account, at, via, made, with_token, had_account) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let word = via.to_string();
        self.sql.send(statement, &row(invite, account, &word, hold, now)).await?;
        if let (Hold::Redeemed, Some(account)) = (hold, account) {
            self.note_invited(invite, account, now).await?;
            self.announce_joined(invite, account, now).await?;
        }
        self.know_use(invite, account);
        Ok(())
    }

    /// Takes one use as [`Self::take_use`] does, in the row that is called `number`, if it has a number yet; gives that.
    pub(super) async fn take_numbered_use(
        &self,
        number: Option<i64>,
        invite: &Invite,
        account: Option<&Username>,
        via: Via,
        hold: Hold,
        now: Timestamp,
    ) -> Result<i64, SqlError> {
        self.send_use(invite, now).await?;
        let via = via.to_string();
        let row = row(invite, account, &via, hold, now);
        let number = if let Some(number) = number {
            let statement = "INSERT INTO redemption (invite, host, account, at, via, made, with_token, had_account, id) \
                             OVERRIDING SYSTEM VALUE VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
            self.sql.send(statement, &[row.as_slice(), &[number.into()]].concat()).await?;
            Some(number)
        } else {
            // SQLite gives the number of the last row again once that is gone, and somebody may still end a reservation by it.
            let statement = "INSERT INTO redemption (invite, host, account, at, via, made, with_token, had_account, id) \
                             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, coalesce(max(id), 0) + 1 + ?9 FROM redemption RETURNING id";
            let gap = i64::from(self.random() >> 2);
            self.sql.first(statement, &[row.as_slice(), &[gap.into()]].concat(), |row| row.integer(0)).await?
        };
        self.know_use(invite, account);
        number.ok_or_else(|| SqlError::unreadable(0, "a row was not put down"))
    }

    /// The number of the next row, where it can be had before the row is put down, so that it need not be waited for then.
    pub(super) async fn next_number(&self) -> Result<Option<i64>, SqlError> {
        if self.batch.is_none() {
            return Ok(None);
        }
        let statement = "SELECT nextval(pg_get_serial_sequence('redemption', 'id'))";
        self.sql.first(statement, &[], |row| row.integer(0)).await
    }

    /// What others know in this transaction from now on.
    fn know_use(&self, invite: &Invite, account: Option<&Username>) {
        if let Some(batch) = self.batch {
            batch.know(invite.id, Some(Invite { used: invite.used + 1, ..invite.clone() }));
            if let Some(name) = account {
                batch.know_name(&invite.draft.host, name, |known| known.is_taken = Some(true));
            }
        }
    }

    async fn send_use(&self, invite: &Invite, now: Timestamp) -> Result<(), SqlError> {
        self.sql
            .send(
                "UPDATE invite SET used = used + 1, \
             spent_at = CASE WHEN used + 1 = uses THEN CAST(?2 AS BIGINT) END WHERE id = ?1",
                &[invite.id.to_row().into(), now.as_millisecond().into()],
            )
            .await
    }

    /// Whether the token that is out holds the last use that is left: nobody else may have that use before it is known
    /// what became of the token. What a reservation holds already is no longer left.
    pub(super) async fn is_last_use(&self, invite: &Invite) -> Result<bool, SqlError> {
        Ok(invite.draft.app_token.is_some() && invite.uses_left() <= 1 && !self.is_token_reserved(invite.id).await?)
    }

    /// Whether the use that an invite's token holds is reserved.
    pub(super) async fn is_token_reserved(&self, id: InviteId) -> Result<bool, SqlError> {
        static STATEMENT: LazyLock<String> =
            LazyLock::new(|| format!("SELECT 1 FROM redemption WHERE {IS_RESERVED_OF} AND with_token = 1"));
        self.sql.any(&STATEMENT, &[id.to_row().into()]).await
    }

    /// Forgets the token of an invite; true if it was the one that is out.
    pub(super) async fn forget_token(&self, id: InviteId, token: &AppToken) -> Result<bool, SqlError> {
        let forgotten = self
            .sql
            .execute(
                "UPDATE invite SET app_token = NULL, app_expires_at = NULL, app_withdrawing = 0 \
             WHERE id = ?1 AND app_token = ?2",
                &[id.to_row().into(), token.sealed.as_slice().into()],
            )
            .await?;
        Ok(forgotten == 1)
    }
}
