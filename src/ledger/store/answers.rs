//! Statements about answers that are kept to be repeated.

use jiff::Timestamp;
use serde::Serialize;

use super::rows::moment;
use super::transaction::{Store, Transaction};
use crate::ledger::answers::{KeptAnswer, Recorded, Repeatable};
use crate::ledger::error::{LedgerError, SqlError};
use crate::ledger::seal::Seal;

/// An answer is repeated for a day.
const KEPT_MS: i64 = 24 * 3_600 * 1_000;

/// What was answered later than this is answered the same again.
fn kept_since(now: Timestamp) -> i64 {
    now.as_millisecond() - KEPT_MS
}

impl Store<'_> {
    /// Whether a request was answered.
    pub(in crate::ledger) fn is_answered(self, request: &Repeatable, now: Timestamp) -> Result<bool, SqlError> {
        let statement = "SELECT 1 FROM answer WHERE slot = ?1 AND made_at > ?2";
        self.0.any(statement, &[request.slot.as_slice().into(), kept_since(now).into()])
    }

    /// What is kept under the Idempotency-Key of a request.
    pub(in crate::ledger) fn answer(
        self,
        request: &Repeatable,
        now: Timestamp,
    ) -> Result<Option<KeptAnswer>, SqlError> {
        self.0.first(
            "SELECT request, made_at, sealed FROM answer WHERE slot = ?1 AND made_at > ?2",
            &[request.slot.as_slice().into(), kept_since(now).into()],
            |row| Ok(KeptAnswer { body: row.bytes(0)?.to_vec(), at: moment(row, 1)?, sealed: row.bytes(2)?.to_vec() }),
        )
    }
}

impl Transaction<'_> {
    /// Does `work`, or gives what came of the same request before. `key_reused`: the refusal where another request came
    /// with its Idempotency-Key.
    pub(in crate::ledger) fn once<T: Serialize, E>(
        &mut self,
        request: &Repeatable,
        seal: &Seal,
        now: Timestamp,
        key_reused: E,
        work: impl FnOnce(&mut Self) -> Result<Result<T, E>, SqlError>,
    ) -> Result<Result<Recorded<T>, E>, SqlError> {
        if let Some(KeptAnswer { body, at, sealed }) = Store(self.sql).answer(request, now)? {
            if at > now {
                // The clock was set back since: its day begins now.
                let statement = "UPDATE answer SET made_at = ?2 WHERE slot = ?1";
                self.sql.execute(statement, &[request.slot.as_slice().into(), now.as_millisecond().into()])?;
            }
            return Ok(if body == request.body { Ok(Recorded::Before { sealed, at }) } else { Err(key_reused) });
        }
        let done = work(self)?;
        if let Ok(value) = &done {
            self.keep_answer(request, seal, now, value)?;
        }
        Ok(done.map(Recorded::New))
    }

    /// Keeps the answer to a request, in place of one that it had.
    pub(super) fn keep_answer<T: Serialize>(
        &mut self,
        request: &Repeatable,
        seal: &Seal,
        at: Timestamp,
        value: &T,
    ) -> Result<(), SqlError> {
        let json = serde_json::to_vec(value).map_err(|error| SqlError::unreadable(3, error))?;
        self.sql.execute(
            "INSERT INTO answer (slot, request, made_at, sealed) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (slot) \
             DO UPDATE SET request = excluded.request, made_at = excluded.made_at, sealed = excluded.sealed",
            &[
                request.slot.as_slice().into(),
                request.body.as_slice().into(),
                at.as_millisecond().into(),
                seal.close(&json).as_slice().into(),
            ],
        )?;
        Ok(())
    }

    /// Forgets answers that no repeated request gets any more, and tokens that are refused by themselves.
    pub(in crate::ledger) fn forget_answers(&mut self, now: Timestamp) -> Result<Result<(), LedgerError>, SqlError> {
        self.sql.execute("DELETE FROM answer WHERE made_at <= ?1", &[kept_since(now).into()])?;
        self.sql.execute("DELETE FROM used_jti WHERE until <= ?1", &[now.as_millisecond().into()])?;
        Ok(Ok(()))
    }

    /// Has the day of those begin now that were given before the clock was set back by more than a day.
    pub(in crate::ledger) fn bound_answers(&mut self, now: Timestamp) -> Result<Result<(), LedgerError>, SqlError> {
        let ms = self.clock.unwrap_or(now).as_millisecond();
        self.sql.execute("UPDATE answer SET made_at = ?1 WHERE made_at > ?2", &[ms.into(), (ms + KEPT_MS).into()])?;
        Ok(Ok(()))
    }
}
