//! Statements about answers that are kept to be repeated.

use futures_lite::future::try_zip;
use jiff::Timestamp;
use serde::Serialize;

use super::locks::LockKey;
use super::rows::moment;
use super::sweep::SWEEP_ROWS;
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
    pub(in crate::ledger) async fn is_answered(self, request: &Repeatable, now: Timestamp) -> Result<bool, SqlError> {
        let statement = "SELECT 1 FROM answer WHERE slot = ?1 AND made_at > ?2";
        self.0.any(statement, &[request.slot.as_slice().into(), kept_since(now).into()]).await
    }

    /// What is kept under the Idempotency-Key of a request.
    pub(in crate::ledger) async fn answer(
        self,
        request: &Repeatable,
        now: Timestamp,
    ) -> Result<Option<KeptAnswer>, SqlError> {
        self.0
            .first(
                "SELECT request, made_at, sealed FROM answer WHERE slot = ?1 AND made_at > ?2",
                &[request.slot.as_slice().into(), kept_since(now).into()],
                |row| {
                    Ok(KeptAnswer { body: row.bytes(0)?.to_vec(), at: moment(row, 1)?, sealed: row.bytes(2)?.to_vec() })
                },
            )
            .await
    }
}

impl Transaction<'_> {
    /// Does `work`, or gives what came of the same request before. `key_reused`: the refusal where another request came
    /// with its Idempotency-Key. `ahead`: what `work` will ask, and may be asked at the same time.
    pub(in crate::ledger) async fn once<T: Serialize, E>(
        &self,
        request: &Repeatable,
        seal: &Seal,
        now: Timestamp,
        key_reused: E,
        ahead: impl Future<Output = Result<(), SqlError>>,
        work: impl Future<Output = Result<Result<T, E>, SqlError>>,
    ) -> Result<Result<Recorded<T>, E>, SqlError> {
        let _lock = self.lock(LockKey::Slot(request.slot.clone())).await;
        let (kept, ()) = try_zip(Store(self.sql).answer(request, now), ahead).await?;
        if let Some(KeptAnswer { body, at, sealed }) = kept {
            if at > now {
                // The clock was set back since: its day begins now.
                let statement = "UPDATE answer SET made_at = ?2 WHERE slot = ?1";
                let values = [request.slot.as_slice().into(), now.as_millisecond().into()];
                self.sql.send(statement, &values).await?;
            }
            return Ok(if body == request.body { Ok(Recorded::Before { sealed, at }) } else { Err(key_reused) });
        }
        let done = work.await?;
        if let Ok(value) = &done {
            self.keep_answer(request, seal, now, value).await?;
        }
        Ok(done.map(Recorded::New))
    }

    /// Keeps the answer to a request, in place of one that it had.
    pub(super) async fn keep_answer<T: Serialize>(
        &self,
        request: &Repeatable,
        seal: &Seal,
        at: Timestamp,
        value: &T,
    ) -> Result<(), SqlError> {
        let json = serde_json::to_vec(value).map_err(|error| SqlError::unreadable(3, error))?;
        self.sql
            .send(
                "INSERT INTO answer (slot, request, made_at, sealed) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (slot) \
             DO UPDATE SET request = excluded.request, made_at = excluded.made_at, sealed = excluded.sealed",
                &[
                    request.slot.as_slice().into(),
                    request.body.as_slice().into(),
                    at.as_millisecond().into(),
                    seal.close(&json).as_slice().into(),
                ],
            )
            .await
    }

    /// Forgets answers that no repeated request gets any more, and tokens that are refused by themselves: the oldest of them.
    /// Gives whether there may be more.
    pub(in crate::ledger) async fn forget_answers(
        &self,
        now: Timestamp,
    ) -> Result<Result<bool, LedgerError>, SqlError> {
        let answers = "DELETE FROM answer WHERE made_at <= (SELECT max(made_at) FROM \
                       (SELECT made_at FROM answer WHERE made_at <= ?1 ORDER BY made_at LIMIT ?2) AS slice)";
        let tokens = "DELETE FROM used_jti WHERE until <= (SELECT max(until) FROM \
                      (SELECT until FROM used_jti WHERE until <= ?1 ORDER BY until LIMIT ?2) AS slice)";
        let mut is_more = false;
        for (statement, until) in [(answers, kept_since(now)), (tokens, now.as_millisecond())] {
            let forgotten = self.sql.execute(statement, &[until.into(), SWEEP_ROWS.into()]).await?;
            is_more |= forgotten >= SWEEP_ROWS.cast_unsigned();
        }
        Ok(Ok(is_more))
    }

    /// Has the day of those begin now that were given before the clock was set back by more than a day.
    pub(in crate::ledger) async fn bound_answers(&self, now: Timestamp) -> Result<Result<(), LedgerError>, SqlError> {
        let ms = self.clock().await.unwrap_or(now).as_millisecond();
        self.sql
            .execute("UPDATE answer SET made_at = ?1 WHERE made_at > ?2", &[ms.into(), (ms + KEPT_MS).into()])
            .await?;
        Ok(Ok(()))
    }
}
