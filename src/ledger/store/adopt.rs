//! Statements about invites that a host's server created itself.

use super::rows::find;
use super::transaction::{Store, Transaction};
use crate::invite::event::EventKind;
use crate::invite::{Draft, Invite, InviteId};
use crate::ledger::error::{LedgerError, SqlError};

impl Transaction<'_> {
    /// Takes an invite of the server itself into the ledger, once; `slot` is what its token is found by.
    pub(in crate::ledger) async fn adopt(
        &self,
        slot: &[u8],
        draft: Draft,
    ) -> Result<Result<Option<Invite>, LedgerError>, SqlError> {
        if let Some(known) = Store(self.sql).adopted(slot).await? {
            return Ok(Ok(Some(known)));
        }
        let now = draft.created_at;
        let invite = self.insert(draft).await?;
        self.announce(EventKind::InviteCreated, &invite, None, (now, now)).await?;
        self.send_gathered().await?;
        let statement = "INSERT INTO adopted (token, invite) VALUES (?1, ?2)";
        self.sql.send(statement, &[slot.into(), invite.id.to_row().into()]).await?;
        Ok(Ok(Some(invite)))
    }
}

impl Store<'_> {
    /// The invite that was adopted for a token.
    pub(in crate::ledger) async fn adopted(self, slot: &[u8]) -> Result<Option<Invite>, SqlError> {
        let statement = "SELECT invite FROM adopted WHERE token = ?1";
        let row = self.0.first(statement, &[slot.into()], |row| row.integer(0)).await?;
        match row {
            Some(row) => find(self.0, InviteId::from_row(row)).await,
            None => Ok(None),
        }
    }
}
