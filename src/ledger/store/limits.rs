//! Statements about limits: what is used of them, and what is left for whoever would create an invite.

use jiff::{SignedDuration, Timestamp};

use super::rows::IS_PENDING;
use super::transaction::{Store, Transaction};
use crate::clock;
use crate::invite::Source;
use crate::invite::name::KeyId;
use crate::ledger::error::{CreateError, SqlError};
use crate::ledger::limits::{PendingCount, SourceLimits};
use crate::ledger::sql::{Row, Sql};
use crate::rate::Used;

/// When a key was last used is written so often; a limit that is used, always.
const NOTE_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// Whether `count` more invites may be created, and what is used of the rate then. `known`: what is used of it by now, if
/// that need not be read.
pub(super) fn judge(
    sql: Sql<'_>,
    limits: &SourceLimits,
    known: Option<Used>,
    count: u32,
    now: Timestamp,
) -> Result<Result<Used, CreateError>, SqlError> {
    let pending = pending(sql, limits, now)?;
    let used = known.map_or_else(|| rate_used(sql, &limits.account()), Ok)?;
    Ok(limits.judge(pending, used, count, now))
}

/// The pending invites of a source. No more are counted than it may have.
pub(super) fn pending(sql: Sql<'_>, limits: &SourceLimits, now: Timestamp) -> Result<PendingCount, SqlError> {
    let Some(max_pending) = limits.max_pending else { return Ok(PendingCount::default()) };
    let statement = format!(
        "SELECT count(*), min(expires_at), max(expires_at - created_at) FROM \
         (SELECT expires_at, created_at FROM invite WHERE source = ?2 AND {IS_PENDING} LIMIT ?3) AS pending"
    );
    let source = limits.source.to_string();
    let values = [now.as_millisecond().into(), source.as_str().into(), max_pending.into()];
    let counted = sql.first(&statement, &values, |row| {
        let longest = row.maybe_integer(2)?.unwrap_or(0);
        Ok(PendingCount { count: row.number(0)?, next_end: row.maybe_integer(1)?, longest })
    })?;
    Ok(counted.unwrap_or_default())
}

/// What is used of the rate that is counted for `account` ([`SourceLimits::account`]).
fn rate_used(sql: Sql<'_>, account: &str) -> Result<Used, SqlError> {
    let statement = "SELECT rate_used, last_used_at FROM key_use WHERE key = ?1";
    let used = |row: &Row<'_>| Ok(Used { full_at: row.integer(0)?, at: row.integer(1)?.saturating_mul(1_000) });
    Ok(sql.first(statement, &[account.into()], used)?.unwrap_or_default())
}

impl Transaction<'_> {
    /// Writes what is used of a limit with every invite; when a key was last used, now and then.
    pub(super) fn note_use(&mut self, limits: &SourceLimits, now: Timestamp, used: Used) -> Result<(), SqlError> {
        // A rate goes on from the moment by which it was judged.
        let noted_at = limits.limit.map_or_else(|| now.as_millisecond(), |_| used.at / 1_000);
        let account = limits.account();
        let noted = self.memory.noted.get(&*account);
        if limits.limit.is_none() && noted.is_some_and(|at| clock::distance(*at, now) < NOTE_EVERY) {
            return Ok(());
        }
        self.sql.execute(
            "INSERT INTO key_use (key, last_used_at, rate_used) VALUES (?1, ?2, ?3) \
             ON CONFLICT (key) DO UPDATE SET last_used_at = excluded.last_used_at, rate_used = excluded.rate_used",
            &[(&*account).into(), noted_at.into(), used.full_at.into()],
        )?;
        self.memory.rates.insert(account.to_string(), used);
        self.memory.noted.insert(account.into_owned(), now);
        Ok(())
    }
}

impl Transaction<'_> {
    /// Writes what is used of a limit also when it was refused, if the clock was set back since it was last written: from
    /// now on the time that passes counts again.
    pub(super) fn note_refused(
        &mut self,
        limits: &SourceLimits,
        known: Option<Used>,
        now: Timestamp,
    ) -> Result<(), SqlError> {
        let Some(limit) = limits.limit else { return Ok(()) };
        let used = known.map_or_else(|| rate_used(self.sql, &limits.account()), Ok)?;
        if limit.is_ahead(used, now) {
            self.note_use(limits, now, limit.noted_at(used, now))?;
        }
        Ok(())
    }
}

impl Store<'_> {
    /// What is used of a key's rate.
    pub(in crate::ledger) fn rate_used(self, key: &KeyId) -> Result<Used, SqlError> {
        rate_used(self.0, key.as_str())
    }

    /// How many pending invites a source has.
    pub(in crate::ledger) fn pending_of(self, source: &Source, now: Timestamp) -> Result<u64, SqlError> {
        let statement = format!("SELECT count(*) FROM invite WHERE source = ?2 AND {IS_PENDING}");
        let source = source.to_string();
        let values = [now.as_millisecond().into(), source.as_str().into()];
        Ok(self.0.first(&statement, &values, |row| row.integer(0))?.map_or(0, i64::cast_unsigned))
    }
}
