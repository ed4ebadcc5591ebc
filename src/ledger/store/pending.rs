//! How many invites are pending. That is kept, as counting them would take longer the more there are.
//!
//! `pending_count` has how many were pending at the moment `counted.until`, of the invites that there are now. Whoever adds
//! invites adds to it in the same transaction; where one is changed or deleted triggers do (`version_4.sql`). What expires
//! between that moment and another one is found by its index, and taken off now and then. So each count is exact.
//! `expired_invite` has those that had expired by then.

use jiff::Timestamp;

use super::rows::{IS_PENDING, parsed};
use super::transaction::{Store, Transaction};
use crate::invite::Source;
use crate::ledger::error::{LedgerError, SqlError};
use crate::ledger::limits::{NextEnd, PendingCount, SourceLimits};
use crate::ledger::postgres::lock_whole;
use crate::ledger::query::Census;
use crate::ledger::row::Row;
use crate::ledger::statements::Statements;
use crate::ledger::value::SqlValue;

/// The condition for an invite that its time alone ends.
pub(super) const IS_OPEN: &str = "used < uses AND revoked_at IS NULL";

/// So many that have expired are taken off in one transaction, so that creates never wait long for it.
const SLICE: u32 = 2_000;

/// As long as there are fewer, whoever counts adds up those who have counted for themselves.
const FEW: u32 = 100;

/// Among so many invites is looked at for the next that expires.
const LOOK: u32 = 500;

const ADD: &str = "INSERT INTO pending_count (source, host, pending) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (source, host, slot) DO UPDATE SET pending = pending_count.pending + excluded.pending";

/// The moment of which the counts are.
async fn counted_until(sql: Statements<'_>) -> Result<i64, SqlError> {
    let until = sql.first("SELECT until FROM counted", &[], |row| row.integer(0)).await?;
    until.ok_or_else(|| SqlError::unreadable(0, "it does not say when it was counted"))
}

/// How many pending invites a source has.
async fn pending_of(sql: Statements<'_>, source: &Source, now: Timestamp) -> Result<u64, SqlError> {
    // Whoever adds to the text of a source does not have it looked up in the index over sources.
    let between = |from: &str, to: &str| {
        format!(
            "(SELECT count(*) FROM invite WHERE {IS_OPEN} AND expires_at > {from} AND expires_at <= {to} \
             AND source || '' = ?2)"
        )
    };
    let until = "(SELECT until FROM counted)";
    let statement = format!(
        "SELECT CAST(coalesce((SELECT sum(pending) FROM pending_count WHERE source = ?2), 0) AS BIGINT) - {} + {}",
        between(until, "?1"),
        between("?1", until)
    );
    let source = source.to_string();
    let values = [now.as_millisecond().into(), source.as_str().into()];
    let counted = sql.first(&statement, &values, |row| row.integer(0)).await?.unwrap_or(0);
    Ok(u64::try_from(counted).unwrap_or(0))
}

/// The pending invites of a source, where it may have only so many.
pub(super) async fn pending(
    sql: Statements<'_>,
    limits: &SourceLimits,
    now: Timestamp,
) -> Result<PendingCount, SqlError> {
    if limits.max_pending.is_none() {
        return Ok(PendingCount::default());
    }
    let count = pending_of(sql, &limits.source, now).await?;
    Ok(PendingCount { count: u32::try_from(count).unwrap_or(u32::MAX), next: None })
}

/// The same with what says when one of them expires, if there is no room for `count` more.
pub(super) async fn with_next(
    sql: Statements<'_>,
    limits: &SourceLimits,
    pending: PendingCount,
    count: u32,
    now: Timestamp,
) -> Result<PendingCount, SqlError> {
    if pending.next.is_some() || limits.has_room(pending, count) {
        return Ok(pending);
    }
    Ok(PendingCount { next: next_end(sql, &limits.source, pending.count, now).await?, ..pending })
}

/// When the next of `count` pending invites of a source expires; where that would have to be looked for among too many, a moment
/// before which none does.
async fn next_end(
    sql: Statements<'_>,
    source: &Source,
    count: u32,
    now: Timestamp,
) -> Result<Option<NextEnd>, SqlError> {
    let read = |row: &Row<'_>| Ok(NextEnd::new(row.integer(0)?, row.integer(1)?));
    let own = format!(
        "SELECT expires_at, created_at FROM (SELECT * FROM invite WHERE source = ?2 ORDER BY id DESC LIMIT ?3) AS own \
         WHERE {IS_PENDING} ORDER BY expires_at"
    );
    let source = source.to_string();
    let values = [now.as_millisecond().into(), source.as_str().into(), LOOK.into()];
    let newest = sql.all(&own, &values, read).await?;
    if newest.len() >= usize::try_from(count).unwrap_or(usize::MAX) {
        return Ok(newest.first().copied());
    }
    let of_all =
        format!("SELECT expires_at, created_at, source FROM invite WHERE {IS_PENDING} ORDER BY expires_at LIMIT ?2");
    let values = [now.as_millisecond().into(), LOOK.into()];
    let ends = sql.all(&of_all, &values, |row| Ok((read(row)?, row.text(2)? == source))).await?;
    let own = ends.iter().find(|(_, is_own)| *is_own).or(ends.last());
    Ok(own.map(|(next, _)| *next))
}

impl Transaction<'_> {
    /// Counts what was added, for whoever reads the counts, or as this ends.
    pub(in crate::ledger) async fn count_added(&self) -> Result<(), SqlError> {
        let added = self.memory.borrow_mut().uncounted.take();
        if added.is_empty() {
            return Ok(());
        }
        let until = counted_until(self.sql).await?;
        for ((source, host), ends) in added {
            let mut count = 0_i64;
            for (end, id) in ends {
                if end > until {
                    count += 1;
                } else {
                    let statement = "INSERT INTO expired_invite (id) VALUES (?1)";
                    self.sql.send(statement, &[id.to_row().into()]).await?;
                }
            }
            self.sql.send(ADD, &[source.as_str().into(), host.as_str().into(), count.into()]).await?;
        }
        Ok(())
    }

    /// Takes off some of those that have expired, and puts back what has not, where the clock was ahead; whether there are more.
    pub(in crate::ledger) async fn count_expired(&self, now: Timestamp) -> Result<Result<bool, LedgerError>, SqlError> {
        self.count_added().await?;
        if let Statements::Postgres(_) = self.sql {
            // What others add meanwhile would be counted by a moment that has passed.
            self.sql.any(&lock_whole(), &[]).await?;
        }
        let now = self.sure(now).await.as_millisecond();
        let until = counted_until(self.sql).await?;
        let [first, last] = [until.min(now), until.max(now)];
        let order = if until <= now { "ASC" } else { "DESC" };
        let place = format!(
            "SELECT expires_at FROM invite WHERE {IS_OPEN} AND expires_at > ?1 AND expires_at <= ?2 \
             ORDER BY expires_at {order} LIMIT 1 OFFSET ?3"
        );
        let values = [first.into(), last.into(), SLICE.into()];
        let place = self.sql.first(&place, &values, |row| row.integer(0)).await?;
        let to = match place {
            None => now,
            Some(place) if until <= now => place,
            // Whatever expires at the same moment goes together.
            Some(place) => place.min(until - 1),
        };
        let sign = if until <= now { -1 } else { 1 };
        let between = format!(
            "SELECT source, host, count(*) FROM invite WHERE {IS_OPEN} AND expires_at > ?1 AND expires_at <= ?2 \
             GROUP BY source, host"
        );
        let values = [until.min(to).into(), until.max(to).into()];
        let ids = format!("SELECT id FROM invite WHERE {IS_OPEN} AND expires_at > ?1 AND expires_at <= ?2");
        let note = if until <= now {
            format!("INSERT INTO expired_invite (id) {ids}")
        } else {
            format!("DELETE FROM expired_invite WHERE id IN ({ids})")
        };
        self.sql.send(&note, &values).await?;
        let found = self
            .sql
            .all(&between, &values, |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.integer(2)?)))
            .await?;
        for (source, host, count) in found {
            self.sql.send(ADD, &[source.as_str().into(), host.as_str().into(), (sign * count).into()]).await?;
        }
        self.sql.send("UPDATE counted SET until = ?1", &[to.into()]).await?;
        if to == now {
            self.tidy_counts().await?;
        }
        Ok(Ok(to != now))
    }

    /// One row for each source and host, and none for nothing.
    async fn tidy_counts(&self) -> Result<(), SqlError> {
        const GATHER: &str = "INSERT INTO pending_count (source, host, pending) \
                              SELECT source, host, CAST(sum(pending) AS BIGINT) FROM pending_count WHERE slot <> 0 \
                              GROUP BY source, host ON CONFLICT (source, host, slot) \
                              DO UPDATE SET pending = pending_count.pending + excluded.pending";
        for statement in [GATHER, "DELETE FROM pending_count WHERE slot <> 0 OR pending = 0"] {
            self.sql.send(statement, &[]).await?;
        }
        Ok(())
    }
}

impl Store<'_> {
    /// How many pending invites a source has.
    pub(in crate::ledger) async fn pending_of(self, source: &Source, now: Timestamp) -> Result<u64, SqlError> {
        pending_of(self.0, source, now).await
    }

    /// Whether any has expired that was not taken off, or many have counted for themselves.
    pub(in crate::ledger) async fn has_uncounted(self, now: Timestamp) -> Result<bool, SqlError> {
        let until = counted_until(self.0).await?;
        let now = now.as_millisecond();
        let expired = format!("SELECT 1 FROM invite WHERE {IS_OPEN} AND expires_at > ?1 AND expires_at <= ?2 LIMIT 1");
        let values = [until.min(now).into(), until.max(now).into()];
        let slots = "SELECT 1 FROM pending_count WHERE slot <> 0 LIMIT 1 OFFSET ?1";
        Ok(self.0.any(&expired, &values).await? || self.0.any(slots, &[FEW.into()]).await?)
    }

    /// How many are pending, and how many have expired after `since`.
    pub(in crate::ledger) async fn census(self, since: Timestamp, now: Timestamp) -> Result<Vec<Census>, SqlError> {
        let between = |counts: &str, from: &str, to: &str| {
            format!(
                "SELECT host, source, {counts} FROM invite WHERE {IS_OPEN} AND expires_at > {from} AND expires_at <= {to}"
            )
        };
        let until = "(SELECT until FROM counted)";
        let statement = format!(
            "SELECT host, source, CAST(sum(pending) AS BIGINT), CAST(sum(expired) AS BIGINT) FROM \
             (SELECT host, source, pending, 0 AS expired FROM pending_count UNION ALL {} UNION ALL {} UNION ALL {}) AS counts \
             GROUP BY host, source HAVING sum(pending) <> 0 OR sum(expired) <> 0",
            between("-1, 0", until, "?1"),
            between("1, 0", "?1", until),
            between("0, 1", "?2", "?1"),
        );
        let values: [SqlValue<'_>; 2] = [now.as_millisecond().into(), since.as_millisecond().into()];
        let counted = self
            .0
            .all(&statement, &values, |row| {
                Ok(Census {
                    host: parsed(row, 0)?,
                    source: parsed(row, 1)?,
                    pending: u64::try_from(row.integer(2)?).unwrap_or(0),
                    expired: row.integer(3)?.cast_unsigned(),
                })
            })
            .await;
        let mut counted: Vec<Census> = counted?;
        counted.sort_by_cached_key(|one| (one.host.to_string(), one.source.to_string()));
        Ok(counted)
    }
}
