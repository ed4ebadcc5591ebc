//! Statements that keep the ledger in order: what ended long ago is deleted, and whether it can be written is tried.

use jiff::{SignedDuration, Timestamp};

use super::transaction::Transaction;
use crate::invite::InviteId;
use crate::ledger::error::{LedgerError, SqlError};
use crate::ledger::row::Row;

/// A sweep looks at so many rows in one transaction, so that creates never wait long for it.
pub(super) const SWEEP_ROWS: i64 = 2_000;

/// So far the clock by which old things are forgotten goes at most, from one sweep to the next.
const STEP: SignedDuration = SignedDuration::from_hours(24);

/// Nodes that share a ledger may differ by so much.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// What one slice of a sweep did.
pub(in crate::ledger) struct Swept {
    pub(in crate::ledger) deleted: u64,
    /// Where the next slice begins, if there is one.
    pub(in crate::ledger) next: Option<InviteId>,
}

fn later(moment: Timestamp, time: SignedDuration) -> Timestamp {
    moment.checked_add(time).unwrap_or(Timestamp::MAX)
}

impl Transaction<'_> {
    /// Deletes what ended before `ended_before` among the next rows after `after`. What was created later cannot have ended
    /// earlier, so the sweep stops there: it costs what is old, not what is there.
    pub(in crate::ledger) async fn sweep(
        &self,
        ended_before: Timestamp,
        after: Option<InviteId>,
        now: Timestamp,
    ) -> Result<Result<Swept, LedgerError>, SqlError> {
        let now = self.sure(now).await;
        let first = after.map_or(i64::MIN, InviteId::to_row);
        // Ids say when, but for those that came after one of a clock that was ahead: then all are looked at.
        let newest = self.sql.first("SELECT max(id) FROM invite", &[], |row| row.maybe_integer(0)).await?.flatten();
        let is_ahead = newest.is_some_and(|newest| newest > InviteId::first_at(later(now, AHEAD)).to_row());
        let end = if is_ahead { i64::MAX } else { InviteId::first_at(ended_before).to_row() };
        let last = self
            .sql
            .first(
                "SELECT max(id) FROM (SELECT id FROM invite WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3) AS slice",
                &[first.into(), end.into(), SWEEP_ROWS.into()],
                |row| row.maybe_integer(0),
            )
            .await?;
        let Some(last) = last.flatten() else { return Ok(Ok(Swept { deleted: 0, next: None })) };
        let deleted = self
            .sql
            .execute(
                "DELETE FROM invite WHERE id > ?1 AND id <= ?2 \
             AND (expires_at < ?3 OR revoked_at < ?3 OR spent_at < ?3) \
             AND NOT EXISTS (SELECT 1 FROM redemption WHERE redemption.invite = invite.id AND made = 0)",
                &[first.into(), last.into(), ended_before.as_millisecond().into()],
            )
            .await?;
        Ok(Ok(Swept { deleted, next: Some(InviteId::from_row(last)) }))
    }

    /// The moment by which old things are forgotten: the clock, but each time that it is asked for at most [`STEP`] later
    /// than before. A clock that is wrong for an hour costs no more than that, and one that was right all along is caught up
    /// with.
    pub(in crate::ledger) async fn forgetting_clock(
        &self,
        now: Timestamp,
    ) -> Result<Result<Timestamp, LedgerError>, SqlError> {
        let now = self.sure(now).await;
        let created = "SELECT max(created_at) FROM invite";
        let before = match self.forgetting().await? {
            Some(ms) => Some(ms),
            // The first time, or after an upgrade.
            None => self.sql.first(created, &[], |row| row.maybe_integer(0)).await?.flatten(),
        };
        let before = before.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let clock = before.map_or(now, |before| now.min(later(before, STEP)));
        if before.is_none_or(|before| before < clock) {
            self.sql
                .send(
                    "INSERT INTO meta (name, value) VALUES ('forgetting', ?1) \
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    &[clock.as_millisecond().to_be_bytes().as_slice().into()],
                )
                .await?;
        }
        Ok(Ok(clock))
    }

    /// Whether the ledger has seen so much of time that `now` may be it: what is far ahead of that is nothing to forget by.
    pub(super) async fn may_be(&self, now: Timestamp) -> Result<bool, SqlError> {
        let seen = self.forgetting().await?.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        Ok(seen.is_none_or(|seen| now <= later(seen, STEP)))
    }

    /// By which moment things were forgotten last, in milliseconds since 1970.
    async fn forgetting(&self) -> Result<Option<i64>, SqlError> {
        let statement = "SELECT value FROM meta WHERE name = 'forgetting'";
        let read = |row: &Row<'_>| Ok(row.bytes(0)?.try_into().map(i64::from_be_bytes).ok());
        Ok(self.sql.first(statement, &[], read).await?.flatten())
    }

    pub(in crate::ledger) async fn probe(&self) -> Result<Result<(), LedgerError>, SqlError> {
        self.sql.send(
            "INSERT INTO meta (name, value) VALUES ('probe', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &[[0].as_slice().into()],
        )
        .await?;
        Ok(Ok(()))
    }
}
