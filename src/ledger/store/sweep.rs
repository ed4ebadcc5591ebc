//! Statements that keep the ledger in order: what ended long ago is deleted, and whether it can be written is tried.

use jiff::Timestamp;

use super::transaction::Transaction;
use crate::invite::InviteId;
use crate::ledger::error::{LedgerError, SqlError};

/// A sweep looks at so many rows in one transaction, so that creates never wait long for it.
const SWEEP_ROWS: i64 = 2_000;

/// What one slice of a sweep did.
pub(in crate::ledger) struct Swept {
    pub(in crate::ledger) deleted: u64,
    /// Where the next slice begins, if there is one.
    pub(in crate::ledger) next: Option<InviteId>,
}

impl Transaction<'_> {
    /// Deletes what ended before `ended_before` among the next rows after `after`. What was created later cannot have ended
    /// earlier, so the sweep stops there: it costs what is old, not what is there.
    pub(in crate::ledger) fn sweep(
        &mut self,
        ended_before: Timestamp,
        after: Option<InviteId>,
    ) -> Result<Result<Swept, LedgerError>, SqlError> {
        let first = after.map_or(i64::MIN, InviteId::to_row);
        let end = InviteId::first_at(ended_before).to_row();
        let last = self.sql.first(
            "SELECT max(id) FROM (SELECT id FROM invite WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3) AS slice",
            &[first.into(), end.into(), SWEEP_ROWS.into()],
            |row| row.maybe_integer(0),
        )?;
        let Some(last) = last.flatten() else { return Ok(Ok(Swept { deleted: 0, next: None })) };
        let deleted = self.sql.execute(
            "DELETE FROM invite WHERE id > ?1 AND id <= ?2 \
             AND (expires_at < ?3 OR revoked_at < ?3 OR spent_at < ?3) \
             AND NOT EXISTS (SELECT 1 FROM redemption WHERE redemption.invite = invite.id AND made = 0)",
            &[first.into(), last.into(), ended_before.as_millisecond().into()],
        )?;
        Ok(Ok(Swept { deleted, next: Some(InviteId::from_row(last)) }))
    }

    pub(in crate::ledger) fn probe(&mut self) -> Result<Result<(), LedgerError>, SqlError> {
        self.sql.execute(
            "INSERT INTO meta (name, value) VALUES ('probe', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &[[0].as_slice().into()],
        )?;
        Ok(Ok(()))
    }
}
